/* SPDX-License-Identifier: Apache-2.0 */
/* key_samples.h - keys and one-line uses of them, for the tests of crypto/key.h. */
#ifndef TEST_CRYPTO_KEY_SAMPLES_H
#define TEST_CRYPTO_KEY_SAMPLES_H

#include "crypto/key.h"
#include "vectors.h"

/* What one use answered; the value lives until the next. */
struct used {
    enum err err;
    struct span value;
    struct key_result result;
};

static struct secbuf used_value;

static inline void
used_release(void)
{
    secbuf_release(&used_value);
}

static inline struct used
use(struct key *k, const struct key_use *u)
{
    struct used got;

    secbuf_release(&used_value);
    secbuf_init(&used_value, 128 * 1024);
    got.err = key_use(k, u, &used_value, &got.result);
    got.value = secbuf_span(&used_value);
    if (got.err != ERR_OK)
        assert_int_equal(got.value.len, 0);
    return got;
}

static inline struct key *
key_made(enum key_type type, enum key_curve curve, unsigned bits)
{
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    struct key *k = NULL;

    assert_int_equal(key_new(&spec, &k), ERR_OK);
    return k;
}

static inline struct key *
oct_of(struct span bytes)
{
    struct key_parts p = { .type = KEY_OCT, .k = bytes };
    struct key *k = NULL;

    assert_int_equal(key_import(&p, &k), ERR_OK);
    return k;
}

/* A key of the bits that the algorithm wants, or of 256. */
static inline struct key *
key_for(enum key_alg alg)
{
    const struct key_alg_info *a = key_alg_info(alg);

    return key_made(a->type, a->curve,
                    a->type == KEY_RSA ? 2048
                    : a->bits != 0     ? a->bits
                                       : 256);
}

/* The stored form of PKCS#8 DER: loads without the price of an import. */
static inline struct key *
key_of_pkcs8(enum key_type type, enum key_curve curve, struct span der)
{
    struct key *k = NULL;
    struct secbuf b;

    secbuf_init(&b, KEY_PRIVATE_MAX);
    secbuf_put_byte(&b, 1);
    secbuf_put_byte(&b, (uint8_t)type);
    secbuf_put_byte(&b, (uint8_t)curve);
    secbuf_put(&b, der);
    assert_int_equal(key_load(secbuf_span(&b), &k), ERR_OK);
    secbuf_release(&b);
    return k;
}

#endif /* TEST_CRYPTO_KEY_SAMPLES_H */
