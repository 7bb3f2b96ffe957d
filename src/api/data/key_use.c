/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_use.c - encrypt, decrypt, wrap, unwrap, sign, verify (data-plane.md C7 - C9).
 *
 * What a caller may learn of a ciphertext that does not open is that it does
 * not: everything about it that is wrong, lengths too, is one answer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/data/key_fail.h"
#include "api/data/key_json.h"
#include "api/data/key_use_body.h"
#include "api/data/keys.h"
#include "api/data/object.h"
#include "base/clock.h"

enum { MAC_INPUT_MAX = 8 * 1024 }; /* data-plane.md M8 */

struct use_state {
    enum key_op op;
    struct key_use_body body;
    char kid[OBJECT_URL_MAX];
};

static void
use_free(void *state)
{
    struct use_state *s = state;

    key_use_body_release(&s->body);
    free(s);
}

/* ------------------------------------------------------------ does the algorithm fit */

static const char *
kind_of_alg(enum key_op op)
{
    switch (op) {
    case KEY_SIGN:
    case KEY_VERIFY:
        return "signing";
    case KEY_WRAP:
    case KEY_UNWRAP:
        return "key wrap";
    case KEY_ENCRYPT:
    case KEY_DECRYPT:
    case KEY_IMPORT:
    case KEY_EXPORT:
    case KEY_OP__MAX:
        break;
    }
    return "encryption";
}

/* Texts recorded for signing algorithms (data-plane.md A6.1); the others by analogy. */
static enum err
incompatible(const struct use_state *s, const struct key_detail *d, char *why)
{
    const struct key_alg_info *a = key_alg_info(s->body.alg);
    const struct key_public *p = &d->public;
    int n = snprintf(why, KEY_WHY_MAX, "Key and %s algorithm are incompatible. Key %s ",
                     kind_of_alg(s->op), s->kid);
    size_t at = n > 0 && n < KEY_WHY_MAX ? (size_t)n : 0;

    why += at;
    if (a->type != p->type)
        (void)snprintf(why, KEY_WHY_MAX - at,
                       "is of type '%s', and algorithm '%s' can only be used with a key of "
                       "type '%s' or '%s-HSM'.",
                       key_kty(d), a->name, key_type_name(a->type), key_type_name(a->type));
    else if (a->curve != p->curve)
        (void)snprintf(why, KEY_WHY_MAX - at,
                       "uses curve '%s', and algorithm '%s' can only be used with curve '%s'.",
                       key_curve_name(p->curve), a->name, key_curve_name(a->curve));
    else
        (void)snprintf(why, KEY_WHY_MAX - at,
                       "has %u bits, and algorithm '%s' can only be used with a key of %u "
                       "bits.",
                       p->bits, a->name, a->bits);
    return ERR_BAD_PARAMETER;
}

static enum err
bad_length(const char *name, struct span got, enum key_alg alg, unsigned want, char *why)
{
    (void)snprintf(why, KEY_WHY_MAX,
                   "Invalid length of '%s': %zu bytes. %s requires %u bytes, encoded with "
                   "base64url.",
                   name, got.len, key_alg_info(alg)->name, want);
    return ERR_BAD_PARAMETER;
}

static enum err
check_digest(const struct use_state *s, char *why)
{
    const struct key_alg_info *a = key_alg_info(s->body.alg);
    struct span digest = s->op == KEY_VERIFY ? s->body.digest : s->body.value;

    if (a->digest_len != 0 && digest.len != a->digest_len)
        return bad_length(s->op == KEY_VERIFY ? "digest" : "value", digest, s->body.alg,
                          a->digest_len, why);
    return a->scheme == SCHEME_HMAC && digest.len > MAC_INPUT_MAX ? ERR_BAD_BODY : ERR_OK;
}

/*
 * An iv for GCM is the provider's to make; one that was sent to encrypt is not looked at. That
 * a member is missing may be said of a decryption too, that its length is wrong may not.
 */
static enum err
check_cipher(const struct use_state *s, char *why)
{
    const struct key_use_body *b = &s->body;

    switch (key_alg_info(b->alg)->scheme) {
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
        if (b->iv.ptr == NULL)
            return ERR_BAD_BODY;
        if (s->op == KEY_ENCRYPT && b->iv.len != CBC_IV_BYTES)
            return bad_length("iv", b->iv, b->alg, CBC_IV_BYTES, why);
        break;
    case SCHEME_GCM:
        if (s->op == KEY_DECRYPT && (b->iv.ptr == NULL || b->tag.ptr == NULL))
            return ERR_BAD_BODY;
        break;
    case SCHEME_RSAES_PKCS1:
    case SCHEME_RSAES_OAEP:
    case SCHEME_RSASSA_PKCS1:
    case SCHEME_RSASSA_PKCS1_NULL:
    case SCHEME_RSASSA_PSS:
    case SCHEME_ECDSA:
    case SCHEME_EDDSA:
    case SCHEME_KW:
    case SCHEME_KWP:
    case SCHEME_HMAC:
        break;
    }
    return ERR_OK;
}

static enum err
check_body(const struct use_state *s, const struct key_detail *d, char *why)
{
    const struct key_public *p = &d->public;

    if (!key_alg_fits(s->body.alg, s->op, p->type, p->curve, p->bits))
        return incompatible(s, d, why);
    if (s->op == KEY_SIGN || s->op == KEY_VERIFY)
        return check_digest(s, why);
    return check_cipher(s, why);
}

/* ------------------------------------------------------------------------- asking */

static void
ask(struct exchange *x, const struct use_state *s, const struct object *o,
    const struct key_detail *d)
{
    struct vault_at at = object_at(x);
    struct wrapped vault = vault_key(x->vault);
    struct key_place place = key_place_of(&at, o, &vault);
    const struct key_use_body *b = &s->body;
    struct key_use use = { .op = s->op, .alg = b->alg, .bytes = b->value };
    enum key_scheme scheme = key_alg_info(b->alg)->scheme;

    if (s->op == KEY_VERIFY) {
        use.bytes = b->digest;
        use.signature = b->value;
    }
    if (scheme == SCHEME_CBC || scheme == SCHEME_CBC_PAD ||
        (scheme == SCHEME_GCM && s->op == KEY_DECRYPT))
        use.iv = b->iv;
    if (scheme == SCHEME_GCM) {
        use.aad = b->aad;
        if (s->op == KEY_DECRYPT)
            use.tag = b->tag;
    }
    keeper_pack_key_use(sink_sec(&x->ask), &place, &use);
    x->ask_op = KEEPER_KEY_USE;
    x->ask_of = d->home;
}

/* The key may be used for this, by this caller, now, in this way; then the question is put. */
static enum err
use_key(struct exchange *x, struct use_state *s, const struct object *o, char *why)
{
    struct key_detail d;
    enum err e = key_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    /* Who may only read the key is let in for its public half. */
    if (x->public_only && d.public.type == KEY_OCT)
        return ERR_DENIED;
    object_url(x, "keys", o->head.name.spelled, o->v.id.text, s->kid);
    object_note(x, o->head.name.spelled, o->v.id.text);
    e = key_may(&d, &o->v.attrs, s->op, clock_now());
    if (e == ERR_OK)
        e = check_body(s, &d, why);
    if (e == ERR_OK)
        e = key_note_use(x, &d, &o->v.attrs, s->body.alg);
    x->cost = quota_cost_use(d.hsm, d.public.type == KEY_RSA, d.public.bits);
    if (e == ERR_OK)
        ask(x, s, o, &d);
    return e;
}

static enum err
begin(struct exchange *x, enum key_op op, char *why)
{
    struct vault_at at = object_at(x);
    struct use_state *s = calloc(1, sizeof(*s));
    struct object_name name;
    struct hex32 version;
    struct object o;
    bool has;
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    s->op = op;
    x->state = s;
    x->state_free = use_free;
    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = object_version(x, &version, &has);
    if (e != ERR_OK)
        return e;
    e = key_use_body_read(op, x->version, x->req->body, &s->body);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, &o);
    return e == ERR_OK ? use_key(x, s, &o, why) : e;
}

/* ---------------------------------------------------------------------- answering */

static enum err
reply_value(struct exchange *x, const struct use_state *s)
{
    const struct key_use_body *b = &s->body;
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    struct key_use_answer a;
    enum err e = key_use_answer_read(secbuf_span(&x->answer), &a);

    if (e != ERR_OK)
        return e;
    jsw_object(&w, NULL);
    jsw_str(&w, "kid", s->kid);
    jsw_b64url(&w, "value", a.value);
    if (s->op == KEY_ENCRYPT && key_alg_info(b->alg)->type == KEY_OCT) {
        jsw_b64url(&w, "iv", a.has_iv_tag ? a.iv : b->iv);
        if (a.has_iv_tag)
            jsw_b64url(&w, "tag", a.tag);
        if (a.has_iv_tag && b->aad.ptr != NULL)
            jsw_b64url(&w, "aad", b->aad);
    }
    jsw_end(&w);
    object_reply(x, 200);
    return ERR_OK;
}

static void
reply_verified(struct exchange *x, bool good)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));

    jsw_object(&w, NULL);
    jsw_bool(&w, "value", good);
    jsw_end(&w);
    object_reply(x, 200);
}

static enum next
use(struct exchange *x, enum key_op op)
{
    char why[KEY_WHY_MAX] = "";
    enum err e;

    if (x->step == 0) {
        e = begin(x, op, why);
        if (e == ERR_DENIED)
            return exchange_deny(x);
        return e == ERR_OK ? NEXT_KEEPER : key_fail(x, e, key_op_name(op), why);
    }
    e = x->answer_err;
    if (op == KEY_VERIFY && (e == ERR_OK || e == ERR_DENIED)) {
        reply_verified(x, e == ERR_OK);
        e = ERR_OK;
    } else if (e == ERR_OK)
        e = reply_value(x, x->state);
    else
        e = key_provider_err(e, ERR_KEY_DATA);
    return e == ERR_OK ? object_finish(x, NEXT_REPLY) : key_fail(x, e, key_op_name(op), why);
}

enum next
api_key_encrypt(struct exchange *x)
{
    return use(x, KEY_ENCRYPT);
}

enum next
api_key_decrypt(struct exchange *x)
{
    return use(x, KEY_DECRYPT);
}

enum next
api_key_wrap(struct exchange *x)
{
    return use(x, KEY_WRAP);
}

enum next
api_key_unwrap(struct exchange *x)
{
    return use(x, KEY_UNWRAP);
}

enum next
api_key_sign(struct exchange *x)
{
    return use(x, KEY_SIGN);
}

enum next
api_key_verify(struct exchange *x)
{
    return use(x, KEY_VERIFY);
}
