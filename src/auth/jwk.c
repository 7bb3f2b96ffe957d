/* SPDX-License-Identifier: Apache-2.0 */
/* jwk.c - public keys from JSON, strictly: no leading zeros, no private members. */
#include "auth/jwk.h"

#include "codec/b64.h"
#include "codec/jsw.h"

enum { THUMB_TEXT_MAX = 1024 };

static const struct curve {
    const char *name; /* RFC 7518 6.2.1.1, RFC 8037 2 */
    const char *type;
    enum key_curve curve;
    enum key_type kind;
} curves[] = { { "P-256", "EC", CURVE_P256, KEY_EC },
               { "P-384", "EC", CURVE_P384, KEY_EC },
               { "P-521", "EC", CURVE_P521, KEY_EC },
               { "Ed25519", "OKP", CURVE_ED25519, KEY_OKP } };

static const struct curve *
curve_find(struct span type, struct span name)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (span_is_str(type, curves[i].type) && span_is_str(name, curves[i].name))
            return &curves[i];
    return NULL;
}

/* Where the next number goes. */
struct room {
    uint8_t *at;
    size_t left;
};

static enum err
read_number(const struct jsn *obj, const char *name, struct room *to, struct span *out)
{
    struct span text;
    struct buf bytes;
    enum err e;

    if (jsn_get_str(obj, name, &text) != JSN_OK || span_find(text, '=') != text.len)
        return ERR_SYNTAX;
    buf_init(&bytes, to->left);
    e = b64url_get(text, sink_buf(&bytes));
    if (e == ERR_OK && bytes.len > 0) {
        memcpy(to->at, bytes.ptr, bytes.len);
        *out = span_of(to->at, bytes.len);
        to->at += bytes.len;
        to->left -= bytes.len;
    }
    buf_release(&bytes);
    if (e == ERR_TOO_LARGE)
        return ERR_KEY_TYPE;
    return e == ERR_OK && out->len == 0 ? ERR_SYNTAX : e;
}

static bool
see_private(void *arg, struct span name, const struct jsn *value)
{
    static const char *const secret[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
    bool *found = arg;

    (void)value;
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        *found = *found || span_is_str(name, secret[i]);
    return !*found;
}

static enum err
read_rsa(const struct jsn *obj, struct room *room, struct key_public *p)
{
    enum err e = read_number(obj, "n", room, &p->n);

    if (e == ERR_OK)
        e = read_number(obj, "e", room, &p->e);
    p->type = KEY_RSA;
    p->bits = (unsigned)p->n.len * 8;
    return e;
}

static enum err
read_curve(const struct jsn *obj, struct span type, struct room *room, struct key_public *p)
{
    const struct curve *c;
    struct span name;
    enum err e;

    if (jsn_get_str(obj, "crv", &name) != JSN_OK)
        return ERR_SYNTAX;
    c = curve_find(type, name);
    if (c == NULL)
        return ERR_KEY_TYPE;
    p->type = c->kind;
    p->curve = c->curve;
    p->bits = c->curve == CURVE_P521 ? 521 : (unsigned)key_curve_bytes(c->curve) * 8;
    e = read_number(obj, "x", room, &p->x);
    if (e == ERR_OK && c->kind == KEY_EC)
        e = read_number(obj, "y", room, &p->y);
    return e;
}

enum err
jwk_read(const struct jsn *obj, struct jwk *out)
{
    struct room room = { out->numbers, sizeof(out->numbers) };
    struct key_public p = { .type = KEY_NONE };
    bool is_private = false;
    struct span type;
    enum err e;

    out->public = p;
    if (!jsn_is_object(obj) || jsn_get_str(obj, "kty", &type) != JSN_OK)
        return ERR_SYNTAX;
    jsn_each(obj, see_private, &is_private);
    if (is_private)
        return ERR_SYNTAX;
    if (span_is_str(type, "RSA"))
        e = read_rsa(obj, &room, &p);
    else if (span_is_str(type, "EC") || span_is_str(type, "OKP"))
        e = read_curve(obj, type, &room, &p);
    else
        e = ERR_KEY_TYPE;
    if (e != ERR_OK)
        return e;
    if (!key_public_is_ok(&p))
        return ERR_KEY_TYPE;
    out->public = p;
    return ERR_OK;
}

static const char *
curve_name(enum key_curve curve)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (curves[i].curve == curve)
            return curves[i].name;
    return NULL;
}

/* RFC 7638 3.2: the required members in the order of their names, and nothing else. */
static enum err
put_required(const struct key_public *key, struct buf *text)
{
    struct jsw w = jsw_of(sink_buf(text));

    jsw_object(&w, NULL);
    if (key->type == KEY_RSA) {
        jsw_b64url(&w, "e", key->e);
        jsw_str(&w, "kty", "RSA");
        jsw_b64url(&w, "n", key->n);
    } else {
        if (curve_name(key->curve) == NULL)
            return ERR_ARG;
        jsw_str(&w, "crv", curve_name(key->curve));
        jsw_str(&w, "kty", key->type == KEY_EC ? "EC" : "OKP");
        jsw_b64url(&w, "x", key->x);
        if (key->type == KEY_EC)
            jsw_b64url(&w, "y", key->y);
    }
    jsw_end(&w);
    return text->err;
}

enum err
jwk_thumbprint(const struct key_public *key, uint8_t out[static SHA256_LEN])
{
    struct buf text;
    enum err e;

    buf_init(&text, THUMB_TEXT_MAX);
    e = put_required(key, &text);
    if (e == ERR_OK)
        e = digest_sha256(buf_span(&text), out);
    buf_release(&text);
    return e;
}
