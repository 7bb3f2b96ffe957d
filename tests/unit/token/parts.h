/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - fresh private keys as numbers, from OpenSSL itself. */
#ifndef TEST_TOKEN_PARTS_H
#define TEST_TOKEN_PARTS_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/rand.h"
#include "crypto/key.h"

struct parts {
    struct key_parts p;
    struct secbuf *store;
};

static inline struct span
number_of(EVP_PKEY *pkey, const char *name, struct secbuf *store)
{
    size_t at = store->len;
    BIGNUM *bn = NULL;
    uint8_t *to;
    int n;

    assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &bn), 1);
    n = BN_num_bytes(bn);
    to = secbuf_grow(store, (size_t)n);
    assert_non_null(to);
    assert_int_equal(BN_bn2bin(bn, to), n);
    BN_clear_free(bn);
    return span_of(store->ptr + at, (size_t)n);
}

static inline struct parts
parts_empty(enum key_type type)
{
    struct parts m = { .p = { .type = type }, .store = secbuf_new(8192) };

    /* The spans must not move. */
    assert_non_null(secbuf_grow(m.store, 8192));
    secbuf_truncate(m.store, 0);
    return m;
}

static inline struct parts
parts_rsa(unsigned bits)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    struct parts m = parts_empty(KEY_RSA);

    m.p.n = number_of(pkey, OSSL_PKEY_PARAM_RSA_N, m.store);
    m.p.e = number_of(pkey, OSSL_PKEY_PARAM_RSA_E, m.store);
    m.p.d = number_of(pkey, OSSL_PKEY_PARAM_RSA_D, m.store);
    m.p.p = number_of(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, m.store);
    m.p.q = number_of(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, m.store);
    m.p.dp = number_of(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT1, m.store);
    m.p.dq = number_of(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT2, m.store);
    m.p.qi = number_of(pkey, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, m.store);
    EVP_PKEY_free(pkey);
    return m;
}

static inline struct parts
parts_ec(enum key_curve curve)
{
    static const char *const groups[CURVE__MAX] = { [CURVE_P256] = "prime256v1",
                                                    [CURVE_P384] = "secp384r1",
                                                    [CURVE_P521] = "secp521r1",
                                                    [CURVE_P256K] = "secp256k1" };
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", groups[curve]);
    struct parts m = parts_empty(KEY_EC);

    m.p.curve = curve;
    m.p.x = number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X, m.store);
    m.p.y = number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, m.store);
    m.p.d = number_of(pkey, OSSL_PKEY_PARAM_PRIV_KEY, m.store);
    EVP_PKEY_free(pkey);
    return m;
}

static inline struct parts
parts_oct(size_t len)
{
    struct parts m = parts_empty(KEY_OCT);
    uint8_t *at = secbuf_grow(m.store, len);

    rand_fill(at, len);
    m.p.k = span_of(at, len);
    return m;
}

#endif /* TEST_TOKEN_PARTS_H */
