/* SPDX-License-Identifier: Apache-2.0 */
/* make.c - what all ways of making a key share, and generation. */
#include "token/make.h"

#include "base/log.h"
#include "base/rand.h"
#include "token/make_int.h"
#include "token/use.h"

enum { E_DEFAULT = 65537, E_MIN = 3, MAC_BYTES = 64, POINT_UNCOMPRESSED = 4 };
#define E_MAX UINT64_C(0xffffffff)

enum { NUMBERS_ROOM = 2048, ATTRIBUTE_MAX = 1024 };

/* ------------------------------------------------------------------- shared */

void
making_begin(struct session *s, struct making *m)
{
    if (m->begun)
        (void)!session_destroy(s, m->where.id);
    m->begun = true;
    rand_fill(m->where.id, sizeof(m->where.id));
    buf_clear(&m->numbers);
    (void)span_copy_str(span_str(session_module(s)->serial), m->serial, sizeof(m->serial));
    m->where.serial = span_str(m->serial);
}

enum err
making_read(struct session *s, struct making *m, CK_OBJECT_HANDLE object,
            CK_ATTRIBUTE_TYPE type, struct span *out)
{
    uint8_t bytes[ATTRIBUTE_MAX];
    CK_ATTRIBUTE a = { type, bytes, sizeof(bytes) };
    size_t at = m->numbers.len;
    enum err e =
        session_said(s, "C_GetAttributeValue",
                     session_calls(s)->C_GetAttributeValue(session_handle(s), object, &a, 1));

    *out = span_of(NULL, 0);
    if (e != ERR_OK)
        return e;
    if (a.ulValueLen > sizeof(bytes))
        return session_said(s, "C_GetAttributeValue", CKR_ATTRIBUTE_SENSITIVE);
    buf_put(&m->numbers, span_of(bytes, a.ulValueLen));
    if (m->numbers.err != ERR_OK)
        return m->numbers.err;
    *out = span_of(m->numbers.ptr + at, a.ulValueLen);
    return ERR_OK;
}

static struct span
strip(struct span s)
{
    while (s.len > 0 && s.ptr[0] == 0)
        s = span_tail(s, 1);
    return s;
}

enum err
making_read_rsa(struct session *s, struct making *m, CK_OBJECT_HANDLE object)
{
    struct key_public *p = &m->where.public;
    struct span n, exponent;
    enum err e = making_read(s, m, object, CKA_MODULUS, &n);

    if (e == ERR_OK)
        e = making_read(s, m, object, CKA_PUBLIC_EXPONENT, &exponent);
    if (e != ERR_OK)
        return e;
    n = strip(n);
    *p = (struct key_public){
        .type = KEY_RSA, .bits = (unsigned)n.len * 8, .n = n, .e = strip(exponent)
    };
    return p->bits == 2048 || p->bits == 3072 || p->bits == 4096 ? ERR_OK : ERR_SYNTAX;
}

/* Signs with the token and verifies here: the halves belong together, and the token works. */
static enum err
prove(struct session *s, const struct where *w)
{
    static const enum key_alg by_curve[CURVE__MAX] = { [CURVE_P256] = ALG_ES256,
                                                       [CURVE_P384] = ALG_ES384,
                                                       [CURVE_P521] = ALG_ES512,
                                                       [CURVE_P256K] = ALG_ES256K };
    struct key_use u = { .op = KEY_SIGN,
                         .alg = w->public.type == KEY_RSA ? ALG_RS256
                                                          : by_curve[w->public.curve] };
    uint8_t sample[DIGEST_MAX_LEN];
    struct key_result result;
    struct secbuf signature, none;
    enum err e;

    if (w->public.type == KEY_OCT)
        return ERR_OK;
    rand_fill(sample, sizeof(sample));
    u.bytes = span_of(sample, key_alg_info(u.alg)->digest_len);
    secbuf_init(&signature, KEY_MODULUS_MAX);
    secbuf_init(&none, KEY_MODULUS_MAX);
    e = use_key(s, w, &u, &signature, &result);
    u.op = KEY_VERIFY;
    u.signature = secbuf_span(&signature);
    if (e == ERR_OK)
        e = use_key(s, w, &u, &none, &result);
    secbuf_release(&signature);
    secbuf_release(&none);
    return e == ERR_DENIED || e == ERR_FORMAT ? ERR_CRYPTO : e;
}

static enum err
destroy(struct session *s, void *arg)
{
    enum err e = session_destroy(s, ((const struct where *)arg)->id);

    return e;
}

static enum err
pack_answer(const struct making *m, struct secbuf *answer)
{
    struct buf sealed;
    enum err e;

    buf_init(&sealed, KEY_SEALED_MAX);
    where_pack(sink_buf(&sealed), &m->where);
    e = sealed.err;
    if (e == ERR_OK) {
        keypair_answer_pack(sink_sec(answer), buf_span(&sealed), &m->where.public);
        e = answer->err;
    }
    buf_release(&sealed);
    return e;
}

enum err
make_run(struct session *s, struct making *m, session_fn fn, const struct key_place *place,
         enum err bad_input, struct secbuf *answer)
{
    enum err e;

    if (place->exportable || place->in_secret)
        return ERR_ARG;
    template_label(&place->id, m->label);
    buf_init(&m->numbers, NUMBERS_ROOM);
    /* Numbers that are read do not move those that were read before. */
    if (buf_grow(&m->numbers, NUMBERS_ROOM) == NULL)
        e = m->numbers.err;
    else
        e = session_change(s, fn, m, bad_input);
    if (e == ERR_OK)
        e = prove(s, &m->where);
    if (e == ERR_OK)
        e = pack_answer(m, answer);
    if (e != ERR_OK && m->begun && session_change(s, destroy, &m->where, ERR_ARG) != ERR_OK)
        log_debug("token: nothing to destroy of %s", m->label);
    buf_release(&m->numbers);
    return e;
}

/* --------------------------------------------------------------- generation */

static enum err
generate_pair(struct session *s, struct making *m, CK_MECHANISM_TYPE type,
              struct template *public, CK_KEY_TYPE kind, CK_OBJECT_HANDLE *out)
{
    struct template private = { .n = 0 };
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_OBJECT_HANDLE unused;

    /* The public object lives as long as the session: we keep what it says. */
    template_flag(public, CKA_TOKEN, false);
    template_flag(public, CKA_PRIVATE, false);
    template_flag(public, CKA_VERIFY, true);
    template_private(&private, m->where.id, m->label, kind);
    return session_said(s, "C_GenerateKeyPair",
                        session_calls(s)->C_GenerateKeyPair(session_handle(s), &mechanism,
                                                            public->a, public->n, private.a,
                                                            private.n, out, &unused));
}

static enum err
generate_rsa(struct session *s, struct making *m)
{
    uint64_t number = m->spec->exponent == 0 ? E_DEFAULT : m->spec->exponent;
    struct template public = { .n = 0 };
    uint8_t exponent[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number };
    CK_OBJECT_HANDLE object;
    enum err e;

    template_number(&public, CKA_MODULUS_BITS, m->spec->bits);
    template_put(&public, CKA_PUBLIC_EXPONENT, strip(span_of(exponent, sizeof(exponent))));
    e = generate_pair(s, m, CKM_RSA_PKCS_KEY_PAIR_GEN, &public, CKK_RSA, &object);
    if (e == ERR_OK)
        e = making_read_rsa(s, m, object);
    if (e == ERR_OK && m->where.public.bits != m->spec->bits)
        e = ERR_CRYPTO;
    if (e == ERR_OK)
        (void)session_calls(s)->C_DestroyObject(session_handle(s), object);
    return e;
}

/* CKA_EC_POINT: 04 | x | y in an OCTET STRING, or, from some tokens, as it is. */
static enum err
read_point(struct session *s, struct making *m, CK_OBJECT_HANDLE object)
{
    struct key_public *p = &m->where.public;
    enum key_curve curve = m->spec->curve;
    size_t len = key_curve_bytes(curve);
    struct span point;
    enum err e = making_read(s, m, object, CKA_EC_POINT, &point);

    if (e != ERR_OK)
        return e;
    if (point.len > 1 + 2 * len)
        point = span_tail(point, point.len - 1 - 2 * len);
    if (point.ptr == NULL || point.len != 1 + 2 * len || point.ptr[0] != POINT_UNCOMPRESSED)
        return ERR_UNSUPPORTED;
    *p = (struct key_public){ .type = KEY_EC,
                              .curve = curve,
                              .bits = curve == CURVE_P521 ? 521 : (unsigned)len * 8,
                              .x = span_of(point.ptr + 1, len),
                              .y = span_of(point.ptr + 1 + len, len) };
    return ERR_OK;
}

static enum err
generate_ec(struct session *s, struct making *m)
{
    struct template public = { .n = 0 };
    CK_OBJECT_HANDLE object;
    enum err e;

    template_put(&public, CKA_EC_PARAMS, template_curve(m->spec->curve));
    e = generate_pair(s, m, CKM_EC_KEY_PAIR_GEN, &public, CKK_EC, &object);
    if (e == ERR_OK)
        e = read_point(s, m, object);
    if (e == ERR_OK)
        (void)session_calls(s)->C_DestroyObject(session_handle(s), object);
    return e;
}

static enum err
generate_secret(struct session *s, struct making *m, CK_MECHANISM_TYPE type, CK_KEY_TYPE kind,
                size_t len)
{
    struct template t = { .n = 0 };
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_OBJECT_HANDLE unused;

    template_private(&t, m->where.id, m->label, kind);
    template_number(&t, CKA_VALUE_LEN, len);
    return session_said(
        s, "C_GenerateKey",
        session_calls(s)->C_GenerateKey(session_handle(s), &mechanism, t.a, t.n, &unused));
}

static enum err
generate_oct(struct session *s, struct making *m)
{
    enum err e = generate_secret(s, m, CKM_AES_KEY_GEN, CKK_AES, m->spec->bits / 8);

    m->where.cipher = true;
    m->where.public = (struct key_public){ .type = KEY_OCT, .bits = m->spec->bits };
    m->where.mac = module_can(session_module(s), CKM_GENERIC_SECRET_KEY_GEN, CKF_GENERATE) &&
                   module_can(session_module(s), CKM_SHA256_HMAC, CKF_SIGN);
    /* As long as the longest digest: tokens want that much for HS512. */
    if (e == ERR_OK && m->where.mac)
        e = generate_secret(s, m, CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, MAC_BYTES);
    return e;
}

static enum err
generate(struct session *s, void *arg)
{
    struct making *m = arg;

    making_begin(s, m);
    if (m->spec->type == KEY_RSA)
        return generate_rsa(s, m);
    return m->spec->type == KEY_EC ? generate_ec(s, m) : generate_oct(s, m);
}

static enum err
spec_check(const struct key_spec *spec)
{
    uint64_t e = spec->exponent;

    switch (spec->type) {
    case KEY_RSA:
        return spec->curve == CURVE_NONE &&
                       (spec->bits == 2048 || spec->bits == 3072 || spec->bits == 4096) &&
                       (e == 0 || (e % 2 == 1 && e >= E_MIN && e <= E_MAX))
                   ? ERR_OK
                   : ERR_ARG;
    case KEY_EC:
        return template_curve(spec->curve).len > 0 ? ERR_OK : ERR_ARG;
    case KEY_OCT:
        return spec->curve == CURVE_NONE &&
                       (spec->bits == 128 || spec->bits == 192 || spec->bits == 256)
                   ? ERR_OK
                   : ERR_ARG;
    case KEY_OKP:
        return ERR_UNSUPPORTED;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return ERR_ARG;
}

enum err
make_new(struct session *s, const struct key_place *place, const struct key_spec *spec,
         struct secbuf *answer)
{
    struct making m = { .spec = spec };
    enum err e = spec_check(spec);

    return e == ERR_OK ? make_run(s, &m, generate, place, ERR_ARG, answer) : e;
}

enum err
make_destroy(struct session *s, const struct key_place *place)
{
    struct where w;
    enum err e = where_unpack(place->sealed, &w);

    if (e == ERR_OK)
        e = session_change(s, destroy, &w, ERR_ARG);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
