/* SPDX-License-Identifier: Apache-2.0 */
/* make_import.c - keys that come from outside: as numbers, or wrapped for the token. */
#include "base/rand.h"
#include "crypto/recover.h"
#include "token/make_int.h"
#include "token/use_int.h"

enum { MAC_BYTES = 64, SECRET_MAX = KEY_OCT_MAX, KWP_MIN = 16, KWP_HALF = 8 };

static enum err
create(struct session *s, struct template *t)
{
    CK_OBJECT_HANDLE unused;

    return session_said(
        s, "C_CreateObject",
        session_calls(s)->C_CreateObject(session_handle(s), t->a, t->n, &unused));
}

/* PKCS#11's Big integers have no zeros in front. */
static void
put_number(struct template *t, CK_ATTRIBUTE_TYPE type, struct span number)
{
    while (number.len > 0 && number.ptr[0] == 0)
        number = span_tail(number, 1);
    template_put(t, type, number);
}

static enum err
import_rsa(struct session *s, struct making *m)
{
    const struct key_parts *p = m->parts;
    struct template t = { .n = 0 };

    template_private(&t, m->where.id, m->label, CKK_RSA);
    put_number(&t, CKA_MODULUS, p->n);
    put_number(&t, CKA_PUBLIC_EXPONENT, p->e);
    put_number(&t, CKA_PRIVATE_EXPONENT, p->d);
    put_number(&t, CKA_PRIME_1, p->p);
    put_number(&t, CKA_PRIME_2, p->q);
    put_number(&t, CKA_EXPONENT_1, p->dp);
    put_number(&t, CKA_EXPONENT_2, p->dq);
    put_number(&t, CKA_COEFFICIENT, p->qi);
    return create(s, &t);
}

static enum err
import_ec(struct session *s, struct making *m)
{
    struct template t = { .n = 0 };

    template_private(&t, m->where.id, m->label, CKK_EC);
    template_put(&t, CKA_EC_PARAMS, template_curve(m->parts->curve));
    put_number(&t, CKA_VALUE, m->parts->d);
    return create(s, &t);
}

static enum err
import_secret(struct session *s, struct making *m, CK_KEY_TYPE kind, struct span bytes)
{
    struct template t = { .n = 0 };

    template_private(&t, m->where.id, m->label, kind);
    template_put(&t, CKA_VALUE, bytes);
    return create(s, &t);
}

static bool
is_aes(size_t len)
{
    return len == 16 || len == 24 || len == 32;
}

/* HMAC fills a short key up with zeros itself (RFC 2104 2); so may we, and tokens that want a
 * key as long as the digest take it. */
static enum err
import_oct(struct session *s, struct making *m)
{
    struct span k = m->parts->k;
    struct secbuf padded;
    enum err e = ERR_OK;

    secbuf_init(&padded, SECRET_MAX);
    secbuf_put(&padded, k);
    while (padded.len < MAC_BYTES && padded.err == ERR_OK)
        secbuf_put_byte(&padded, 0);
    m->where.cipher = is_aes(k.len);
    m->where.mac = module_can(session_module(s), CKM_SHA256_HMAC, CKF_SIGN);
    if (!m->where.cipher && !m->where.mac)
        e = ERR_UNSUPPORTED;
    if (e == ERR_OK && m->where.cipher)
        e = import_secret(s, m, CKK_AES, k);
    if (e == ERR_OK)
        e = padded.err;
    if (e == ERR_OK && m->where.mac)
        e = import_secret(s, m, CKK_GENERIC_SECRET, secbuf_span(&padded));
    secbuf_release(&padded);
    return e;
}

static enum err
import(struct session *s, void *arg)
{
    struct making *m = arg;

    making_begin(s, m);
    if (m->parts->type == KEY_RSA)
        return import_rsa(s, m);
    return m->parts->type == KEY_EC ? import_ec(s, m) : import_oct(s, m);
}

enum err
make_import(struct session *s, const struct key_place *place, const struct key_parts *parts,
            struct secbuf *answer)
{
    struct making m = { .parts = parts };
    struct key *k = NULL;
    enum err e = key_import(parts, &k); /* judges what no token judges */

    if (e == ERR_OK && parts->type == KEY_OKP)
        e = ERR_UNSUPPORTED;
    if (e == ERR_OK) {
        m.where.public = *key_public(k);
        e = make_run(s, &m, import, place, ERR_ARG, answer);
    }
    key_free(k);
    return e;
}

/* --------------------------------------------------------------------- BYOK */

/* The AES key, which lives in the session, and in the token's memory only. */
static enum err
unwrap_aes(struct session *s, struct making *m, CK_OBJECT_HANDLE *aes)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    struct span in = span_head(m->ciphertext, m->kek->public.n.len);
    struct template t = { .n = 0 };
    CK_OBJECT_HANDLE kek;
    enum err e = session_find(s, m->kek->id, CKO_PRIVATE_KEY, CKK_RSA, &kek);

    if (e != ERR_OK)
        return e;
    template_number(&t, CKA_CLASS, CKO_SECRET_KEY);
    template_number(&t, CKA_KEY_TYPE, CKK_AES);
    template_flag(&t, CKA_TOKEN, false);
    template_flag(&t, CKA_PRIVATE, true);
    template_flag(&t, CKA_SENSITIVE, true);
    template_flag(&t, CKA_EXTRACTABLE, false);
    template_flag(&t, CKA_UNWRAP, true);
    return session_said(s, "C_UnwrapKey",
                        session_calls(s)->C_UnwrapKey(session_handle(s), &mechanism, kek,
                                                      token_bytes(in), in.len, t.a, t.n, aes));
}

static enum err
unwrap_target(struct session *s, struct making *m, CK_OBJECT_HANDLE aes, CK_KEY_TYPE kind,
              CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
    struct span in = span_tail(m->ciphertext, m->kek->public.n.len);
    struct template t = { .n = 0 };

    template_private(&t, m->where.id, m->label, kind);
    return session_said(s, "C_UnwrapKey",
                        session_calls(s)->C_UnwrapKey(session_handle(s), &mechanism, aes,
                                                      token_bytes(in), in.len, t.a, t.n, out));
}

/* One block: the token found that it is an AES key. */
static bool
encrypts(struct session *s, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = { CKM_AES_ECB, NULL, 0 };
    uint8_t in[16] = { 0 }, out[16];
    size_t len;

    return use_once(s, CALL_ENCRYPT, &mechanism, key, span_of(in, sizeof(in)), out, sizeof(out),
                    &len) == ERR_OK;
}

static enum err
unwrap_oct(struct session *s, struct making *m, CK_OBJECT_HANDLE aes)
{
    CK_OBJECT_HANDLE cipher, mac;
    CK_ULONG len = 0;
    CK_ATTRIBUTE a = { CKA_VALUE_LEN, &len, sizeof(len) };
    size_t given = span_tail(m->ciphertext, m->kek->public.n.len).len - KWP_HALF;
    enum err e = unwrap_target(s, m, aes, CKK_AES, &cipher);

    if (e == ERR_OK)
        e = session_said(
            s, "C_GetAttributeValue",
            session_calls(s)->C_GetAttributeValue(session_handle(s), cipher, &a, 1));
    if (e == ERR_OK)
        e = unwrap_target(s, m, aes, CKK_GENERIC_SECRET, &mac);
    if (e != ERR_OK)
        return e;
    if (len == 0) /* SoftHSM does not say; whole halves were wrapped, or it is no AES key */
        len = given;
    m->where.cipher = m->where.mac = true;
    m->where.public = (struct key_public){ .type = KEY_OCT, .bits = (unsigned)len * 8 };
    return is_aes(len) && encrypts(s, cipher) ? ERR_OK : ERR_SYNTAX;
}

/* A private number came; its point is worked out from what it signs. */
static enum err
find_point(struct session *s, struct making *m, CK_OBJECT_HANDLE object)
{
    uint8_t digests[2][DIGEST_MAX_LEN], signatures[2][2 * KEY_COORDINATE_MAX];
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    struct key_public *p = &m->where.public;
    struct recover_sample samples[2];
    uint8_t point[2 * KEY_COORDINATE_MAX];
    struct span params;
    enum err e = making_read(s, m, object, CKA_EC_PARAMS, &params);
    size_t len, got;

    *p = (struct key_public){ .type = KEY_EC, .curve = template_curve_find(params) };
    if (e == ERR_OK && p->curve == CURVE_NONE)
        e = ERR_SYNTAX;
    if (e != ERR_OK)
        return e;
    len = key_curve_bytes(p->curve);
    p->bits = p->curve == CURVE_P521 ? 521 : (unsigned)len * 8;
    rand_fill(digests, sizeof(digests));
    for (int i = 0; i < 2 && e == ERR_OK; i++) {
        samples[i].digest = span_of(digests[i], len > DIGEST_MAX_LEN ? DIGEST_MAX_LEN : len);
        e = use_once(s, CALL_SIGN, &mechanism, object, samples[i].digest, signatures[i],
                     2 * len, &got);
        samples[i].signature = span_of(signatures[i], got);
    }
    if (e == ERR_OK)
        e = recover_ec(p->curve, samples, point);
    if (e == ERR_OK) {
        p->x = span_of(m->numbers.ptr + m->numbers.len, len);
        p->y = span_of(m->numbers.ptr + m->numbers.len + len, len);
        buf_put(&m->numbers, span_of(point, 2 * len));
        e = m->numbers.err;
    }
    return e;
}

static enum err
unwrap(struct session *s, void *arg)
{
    struct making *m = arg;
    CK_OBJECT_HANDLE aes, object;
    enum err e;

    making_begin(s, m);
    e = unwrap_aes(s, m, &aes);
    if (e != ERR_OK)
        return e;
    if (m->type == KEY_OCT) {
        e = unwrap_oct(s, m, aes);
    } else {
        e = unwrap_target(s, m, aes, m->type == KEY_RSA ? CKK_RSA : CKK_EC, &object);
        if (e == ERR_OK)
            e = m->type == KEY_RSA ? making_read_rsa(s, m, object) : find_point(s, m, object);
    }
    (void)session_calls(s)->C_DestroyObject(session_handle(s), aes);
    return e;
}

enum err
make_byok(struct session *s, const struct key_place *kek, const struct key_place *place,
          enum key_type type, struct span ciphertext, struct secbuf *answer)
{
    struct making m = { .type = type, .ciphertext = ciphertext };
    struct where by;
    enum err e = where_unpack(kek->sealed, &by);
    size_t rest;

    if (e != ERR_OK)
        return e;
    if (by.public.type != KEY_RSA)
        return ERR_ARG;
    if (type != KEY_RSA && type != KEY_EC && type != KEY_OCT)
        return ERR_UNSUPPORTED;
    rest = span_tail(ciphertext, by.public.n.len).len;
    if (rest < KWP_MIN || rest % 8 != 0)
        return ERR_SYNTAX;
    m.kek = &by;
    return make_run(s, &m, unwrap, place, ERR_SYNTAX, answer);
}
