/* SPDX-License-Identifier: Apache-2.0 */
/* key_body.c - model binding of KeyCreate, KeyImport and KeyUpdate. */
#include "api/data/key_body.h"

#include <stdio.h>

#include "api/data/b64_fields.h"
#include "api/data/object_body.h"
#include "api/data/release_policy.h"

/* The parts of an RSA-4096 key, twice over. */
enum { PARTS_MAX = 8 * 1024 };

static enum err refuse(struct key_body *b, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err
refuse(struct key_body *b, enum err e, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(b->why, sizeof(b->why), format, ap);
    va_end(ap);
    return e;
}

/* ------------------------------------------------------------------- the type */

/*
 * WIRE: what Azure's vaults of the SKU do not offer is refused with their text, unless a
 * setting of the vault opens it (docs/wire/keys.md).
 */
static bool
type_is_offered(const struct exchange *x, enum key_type t, bool hsm)
{
    switch (t) {
    case KEY_RSA:
    case KEY_EC:
        return true;
    case KEY_OCT:
        return hsm ? x->version >= V7_2 : x->vault->allow_oct;
    case KEY_OKP:
        return x->version >= V7_4 && x->vault->allow_okp;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return false;
}

static enum err
read_type(const struct exchange *x, const struct jsn *obj, struct key_body *b)
{
    struct span kty, base;

    if (jsn_get_str(obj, "kty", &kty) != JSN_OK)
        return ERR_BAD_BODY;
    base = kty;
    if (kty.len > 4 && span_is_str(span_tail(kty, kty.len - 4), "-HSM")) {
        b->hsm = true;
        base = span_head(kty, kty.len - 4);
    }
    b->spec.type = key_type_find(base);
    if (!type_is_offered(x, b->spec.type, b->hsm))
        return refuse(b, ERR_KEY_TYPE, "%.*s", (int)(kty.len > 64 ? 64 : kty.len),
                      (const char *)kty.ptr);
    return ERR_OK;
}

/* After `Hsm` and kty were read. */
static enum err
check_sku(const struct exchange *x, struct key_body *b)
{
    if (b->hsm && !x->vault->premium)
        return refuse(b, ERR_BAD_PARAMETER,
                      "Hardware key operation not allowed on standard vault");
    return ERR_OK;
}

/* ------------------------------------------------------------ sizes and curves */

static enum err
bad_size(struct key_body *b, int64_t size, const char *good)
{
    return refuse(b, ERR_KEY_SIZE, "Unsupported key size (%lld). Supported sizes are [%s]",
                  (long long)size, good);
}

static enum err
check_size(struct key_body *b, int64_t size)
{
    switch (b->spec.type) {
    case KEY_RSA:
        if (size != 2048 && size != 3072 && size != 4096)
            return bad_size(b, size, "2048, 3072, 4096");
        break;
    case KEY_OCT:
        if (size != 128 && size != 192 && size != 256)
            return bad_size(b, size, "128, 192, 256");
        break;
    case KEY_EC:
        if (size != 256 && size != 384 && size != 521)
            return bad_size(b, size, "256, 384, 521");
        break;
    case KEY_NONE:
    case KEY_OKP:
    case KEY_TYPE__MAX:
        return ERR_OK;
    }
    b->spec.bits = (unsigned)size;
    return ERR_OK;
}

static enum err
read_curve(const struct jsn *obj, struct key_body *b)
{
    struct span crv;
    enum jsn_got got = jsn_get_str(obj, "crv", &crv);
    enum key_curve fits[] = { [KEY_EC] = CURVE_P256, [KEY_OKP] = CURVE_ED25519 };

    if (got == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    if (b->spec.type != KEY_EC && b->spec.type != KEY_OKP)
        return ERR_OK;
    if (got == JSN_ABSENT) {
        b->spec.curve = b->spec.bits == 384   ? CURVE_P384
                        : b->spec.bits == 521 ? CURVE_P521
                                              : fits[b->spec.type];
        return ERR_OK;
    }
    b->spec.curve = key_curve_find(crv);
    if (b->spec.curve == CURVE_NONE ||
        (b->spec.curve == CURVE_ED25519) != (b->spec.type == KEY_OKP))
        return refuse(b, ERR_BAD_PARAMETER, "Unsupported curve: %.*s",
                      (int)(crv.len > 64 ? 64 : crv.len), (const char *)crv.ptr);
    return ERR_OK;
}

static enum err
read_size(const struct jsn *root, struct key_body *b)
{
    static const unsigned usual[KEY_TYPE__MAX] = { [KEY_RSA] = 2048, [KEY_OCT] = 256 };
    int64_t size;
    enum jsn_got got = jsn_get_i64(root, "key_size", &size);

    if (got == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    b->spec.bits = usual[b->spec.type];
    return got == JSN_OK ? check_size(b, size) : ERR_OK;
}

static enum err
read_exponent(const struct exchange *x, const struct jsn *root, struct key_body *b)
{
    int64_t e;
    enum jsn_got got = jsn_get_i64(root, "public_exponent", &e);

    if (x->version < V7_2 || b->spec.type != KEY_RSA)
        return ERR_OK;
    if (got == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    if (got == JSN_ABSENT)
        return ERR_OK;
    /* Below 65537 RSA without padding checks has a history; above 2^32 hardly anybody reads it.
     */
    if (e < 3 || e > UINT32_MAX || e % 2 == 0)
        return refuse(b, ERR_BAD_PARAMETER, "Unsupported public exponent (%lld).",
                      (long long)e);
    b->spec.exponent = (uint64_t)e;
    return ERR_OK;
}

/* -------------------------------------------------------------- what is common */

static enum err
read_ops(const struct exchange *x, const struct jsn *obj, struct key_body *b)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, "key_ops", &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    b->has_ops = true;
    if (jsn_len(list) > KEY_OPS_MAX)
        return ERR_BAD_BODY;
    for (size_t i = 0; i < jsn_len(list); i++) {
        struct span name = jsn_str(jsn_at(list, i));
        enum key_op op = key_op_find(name);

        if (!jsn_is_str(jsn_at(list, i)))
            return ERR_BAD_BODY;
        if (op == KEY_OP__MAX || (op == KEY_IMPORT && x->version < V7_1) ||
            (op == KEY_EXPORT && x->version < V7_3))
            return refuse(b, ERR_BAD_PARAMETER, "Unsupported key operation(s): \"%.*s\".",
                          (int)(name.len > 64 ? 64 : name.len), (const char *)name.ptr);
        b->ops[b->nops++] = op;
    }
    return ERR_OK;
}

static enum err
read_release(const struct exchange *x, struct key_body *b)
{
    const struct jsn *attrs, *policy;

    if (x->version < V7_3)
        return ERR_OK;
    if (jsn_get_object(b->root, "attributes", &attrs) == JSN_OK) {
        enum jsn_got got = jsn_get_bool(attrs, "exportable", &b->exportable);

        if (got == JSN_WRONG_TYPE)
            return ERR_BAD_BODY;
        b->has_exportable = got == JSN_OK;
    }
    switch (jsn_get_object(b->root, "release_policy", &policy)) {
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        return ERR_BAD_BODY;
    case JSN_OK:
        break;
    }
    return release_policy_read(policy, &b->policy, &b->release);
}

/* data-plane.md A6.1, C12 */
static enum err
check_release(struct key_body *b)
{
    if (b->exportable && !b->release.is_set)
        return refuse(b, ERR_BAD_PARAMETER,
                      "AKV.SKR.1004: Exportable keys must have release policy.");
    if (!b->exportable && b->release.is_set)
        return refuse(b, ERR_BAD_PARAMETER,
                      "AKV.SKR.1005: Non-exportable keys must not have release policy.");
    if (b->exportable && !b->hsm)
        return refuse(b, ERR_BAD_PARAMETER,
                      "Exportable keys must be of a type that ends with -HSM.");
    return ERR_OK;
}

static enum err
read_common(const struct exchange *x, struct key_body *b)
{
    if (!object_body_attrs(b->root, &b->change.attrs) ||
        !object_body_tags(b->root, KEY_TAG_CHARS, &b->change.has_tags, &b->change.tags))
        return ERR_BAD_BODY;
    return read_release(x, b);
}

/* ------------------------------------------------------------------ the bodies */

static enum err
read_create(const struct exchange *x, struct key_body *b)
{
    enum err e = read_type(x, b->root, b);

    if (e == ERR_OK)
        e = check_sku(x, b);
    if (e == ERR_OK)
        e = read_size(b->root, b);
    if (e == ERR_OK)
        e = read_curve(b->root, b);
    if (e == ERR_OK)
        e = read_exponent(x, b->root, b);
    if (e == ERR_OK)
        e = read_ops(x, b->root, b);
    return e == ERR_OK ? check_release(b) : e;
}

static bool
is_there(struct span s)
{
    return s.len > 0;
}

/* Bits of a big-endian number. */
static int64_t
bits_of(struct span n)
{
    int64_t bits;

    while (n.len > 0 && n.ptr[0] == 0)
        n = span_tail(n, 1);
    bits = (int64_t)n.len * 8;
    for (unsigned top = n.len > 0 ? n.ptr[0] : 0x80; (top & 0x80) == 0; top <<= 1)
        bits--;
    return bits;
}

static enum err
check_parts(struct key_body *b)
{
    const struct key_parts *p = &b->parts;

    switch (b->spec.type) {
    case KEY_RSA:
        /* All of them, as the vendor's clients send them (data-plane.md C4). */
        if (!is_there(p->n) || !is_there(p->e) || !is_there(p->d) || !is_there(p->p) ||
            !is_there(p->q) || !is_there(p->dp) || !is_there(p->dq) || !is_there(p->qi))
            return ERR_BAD_BODY;
        return check_size(b, bits_of(p->n));
    case KEY_EC:
        return is_there(p->x) && is_there(p->y) && is_there(p->d) ? ERR_OK : ERR_BAD_BODY;
    case KEY_OKP:
        return is_there(p->x) && is_there(p->d) ? ERR_OK : ERR_BAD_BODY;
    case KEY_OCT:
        if (!is_there(p->k))
            return ERR_BAD_BODY;
        if (p->k.len < 16 || p->k.len > KEY_OCT_MAX)
            return bad_size(b, (int64_t)p->k.len * 8, "128, 192, 256");
        return ERR_OK;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return ERR_BAD_BODY;
}

static enum err
read_parts(const struct jsn *jwk, struct key_body *b)
{
    struct key_parts *p = &b->parts;
    const struct b64_field fields[] = { { "n", &p->n },   { "e", &p->e },   { "d", &p->d },
                                        { "dp", &p->dp }, { "dq", &p->dq }, { "qi", &p->qi },
                                        { "p", &p->p },   { "q", &p->q },   { "x", &p->x },
                                        { "y", &p->y },   { "k", &p->k } };
    enum err e;

    if (b->spec.type == KEY_EC || b->spec.type == KEY_OKP) {
        struct span crv;

        if (jsn_get_str(jwk, "crv", &crv) != JSN_OK)
            return ERR_BAD_BODY;
    }
    e = b64_fields_read(jwk, fields, sizeof(fields) / sizeof(fields[0]), &b->bytes);
    if (e != ERR_OK)
        return e;
    p->type = b->spec.type;
    p->curve = b->spec.curve;
    return key_parts_fit(p) ? check_parts(b) : ERR_BAD_BODY;
}

static enum err
read_import(const struct exchange *x, struct key_body *b)
{
    const struct jsn *jwk;
    bool hsm = false;
    enum err e;

    if (jsn_get_object(b->root, "key", &jwk) != JSN_OK ||
        jsn_get_bool(b->root, "Hsm", &hsm) == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    b->hsm = hsm;
    e = read_type(x, jwk, b);
    if (e == ERR_OK)
        e = check_sku(x, b);
    if (e == ERR_OK)
        e = read_curve(jwk, b);
    if (e == ERR_OK)
        e = read_ops(x, jwk, b);
    if (e != ERR_OK)
        return e;
    switch (jsn_get_str(jwk, "key_hsm", &b->byok)) {
    case JSN_WRONG_TYPE:
        return ERR_BAD_BODY;
    case JSN_ABSENT:
        e = read_parts(jwk, b);
        break;
    case JSN_OK:
        /* A transported key arrives for a hardware type alone. */
        if (b->byok.len == 0 || !b->hsm)
            return ERR_BAD_BODY;
        break;
    }
    return e == ERR_OK ? check_release(b) : e;
}

enum err
key_body_read(const struct exchange *x, enum key_body_kind kind, struct key_body *b)
{
    enum err e;

    *b = (struct key_body){ 0 };
    secbuf_init(&b->bytes, PARTS_MAX);
    buf_init(&b->policy, RELEASE_POLICY_MAX);
    e = jsn_parse(x->req->body, &b->root);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    if (!jsn_is_object(b->root))
        return ERR_BAD_BODY;
    e = read_common(x, b);
    if (e != ERR_OK)
        return e;
    switch (kind) {
    case KEY_BODY_CREATE:
        return read_create(x, b);
    case KEY_BODY_IMPORT:
        return read_import(x, b);
    case KEY_BODY_UPDATE:
        break;
    }
    return read_ops(x, b->root, b);
}

void
key_body_release(struct key_body *b)
{
    jsn_free(b->root);
    secbuf_release(&b->bytes);
    buf_release(&b->policy);
    *b = (struct key_body){ 0 };
}
