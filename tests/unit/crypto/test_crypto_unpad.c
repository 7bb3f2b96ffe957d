/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Padding taken off in constant time says what OpenSSL's own says, of good
 * blocks and of blocks that are spoiled in each byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/rand.h"
#include "base/span.h"
#include "crypto/unpad.h"

enum { K = 256 };

static const struct {
    enum digest_alg digest;
    const char *name;
} digests[] = { { DIGEST_SHA1, "SHA1" },
                { DIGEST_SHA256, "SHA256" },
                { DIGEST_SHA384, "SHA384" } };

/* One key for the program: what it encrypts, it decrypts without padding here. */
static EVP_PKEY *pkey;

static int
setup(void **state)
{
    (void)state;
    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)K * 8);
    return pkey == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(pkey);
    return 0;
}

/* An encoded message as OpenSSL makes it; oaep NULL: PKCS#1 v1.5. */
static void
encoded(const char *oaep, struct span message, uint8_t em[static K])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t sent[K];
    size_t n = K;

    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, oaep == NULL ? RSA_PKCS1_PADDING
                                                                    : RSA_PKCS1_OAEP_PADDING),
                     1);
    if (oaep != NULL)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, oaep, NULL), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, sent, &n, message.ptr, message.len), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new(pkey, NULL);
    n = K;
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(ctx, em, &n, sent, K), 1);
    assert_int_equal(n, K);
    EVP_PKEY_CTX_free(ctx);
}

static size_t
oaep_of(enum digest_alg digest, const uint8_t em[static K], uint8_t out[static K])
{
    size_t len;

    memcpy(out, em, K);
    assert_int_equal(unpad_oaep(digest, out, K, &len), ERR_OK);
    return len;
}

static void
oaep_of_every_length_comes_off(void **state)
{
    uint8_t message[K], em[K], out[K];

    (void)state;
    rand_fill(message, sizeof(message));
    for (size_t d = 0; d < sizeof(digests) / sizeof(digests[0]); d++) {
        size_t max = K - 2 * digest_len(digests[d].digest) - 2;

        for (size_t len = 0; len <= max; len += len < 3 || len > max - 3 ? 1 : 13) {
            encoded(digests[d].name, span_of(message, len), em);
            assert_int_equal(oaep_of(digests[d].digest, em, out), len);
            assert_memory_equal(out, message, len);
        }
    }
}

/* A changed byte anywhere spoils the hash of the label, or the zeros, or the first octet. */
static void
oaep_with_a_changed_byte_is_bad(void **state)
{
    static const uint8_t message[100] = { 1, 0, 1 };
    uint8_t em[K], out[K];

    (void)state;
    for (size_t d = 0; d < sizeof(digests) / sizeof(digests[0]); d++) {
        encoded(digests[d].name, span_of(message, 50), em);
        for (size_t i = 0; i < K - 50; i++) {
            em[i] ^= (uint8_t)(1 + i % 255);
            assert_int_equal(oaep_of(digests[d].digest, em, out), SIZE_MAX);
            em[i] ^= (uint8_t)(1 + i % 255);
        }
    }
}

static void
oaep_of_another_digest_is_bad(void **state)
{
    uint8_t em[K], out[K];

    (void)state;
    encoded("SHA256", span_str("message"), em);
    assert_int_equal(oaep_of(DIGEST_SHA1, em, out), SIZE_MAX);
    assert_int_equal(oaep_of(DIGEST_SHA384, em, out), SIZE_MAX);
}

static void
noise_is_bad(void **state)
{
    uint8_t em[K], out[K];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        rand_fill(em, sizeof(em));
        assert_int_equal(oaep_of(DIGEST_SHA1, em, out), SIZE_MAX);
        em[0] = 0;
        assert_int_equal(oaep_of(DIGEST_SHA256, em, out), SIZE_MAX);
        em[1] = (uint8_t)(i % 2 == 0 ? 1 : 3);
        assert_int_equal(unpad_pkcs1(em, K), SIZE_MAX);
    }
    memset(em, 0, sizeof(em));
    assert_int_equal(oaep_of(DIGEST_SHA1, em, out), SIZE_MAX);
    assert_int_equal(unpad_pkcs1(em, K), SIZE_MAX);
}

static void
modulus_that_is_too_short_for_oaep_is_bad(void **state)
{
    uint8_t em[K] = { 0 };
    size_t len = 0;

    (void)state;
    assert_int_equal(unpad_oaep(DIGEST_SHA512, em, 128, &len), ERR_OK);
    assert_int_equal(len, SIZE_MAX);
}

static void
pkcs1_of_every_length_comes_off(void **state)
{
    uint8_t message[K], em[K];

    (void)state;
    rand_fill(message, sizeof(message));
    for (size_t len = 0; len <= K - 11; len += len < 3 || len > K - 14 ? 1 : 11) {
        encoded(NULL, span_of(message, len), em);
        assert_int_equal(unpad_pkcs1(em, K), len);
        assert_memory_equal(em, message, len);
    }
}

static void
pkcs1_wants_eight_octets_of_padding(void **state)
{
    uint8_t em[K], copy[K];

    (void)state;
    for (size_t zero = 2; zero < 20; zero++) {
        memset(em, 0x55, sizeof(em));
        em[0] = 0;
        em[1] = 2;
        em[zero] = 0;
        memcpy(copy, em, K);
        assert_int_equal(unpad_pkcs1(copy, K), zero < 10 ? SIZE_MAX : K - zero - 1);
        em[0] = 1;
        assert_int_equal(unpad_pkcs1(em, K), SIZE_MAX);
    }
    memset(em, 0x55, sizeof(em));
    em[0] = 0;
    em[1] = 2;
    assert_int_equal(unpad_pkcs1(em, K), SIZE_MAX); /* no end */
}

static void
cbc_padding_is_one_of_sixteen(void **state)
{
    uint8_t text[48];

    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        for (size_t spoiled = 0; spoiled <= 16; spoiled++) {
            bool good = n >= 1 && n <= 16;

            memset(text, 0xee, sizeof(text));
            memset(text + (good ? 48 - n : 32), (int)n, good ? n : 16);
            if (spoiled > 1 && spoiled <= n) { /* one before the last */
                text[48 - spoiled] ^= 0x40;
                good = false;
            }
            assert_int_equal(unpad_cbc(text, 48), good ? 48 - n : SIZE_MAX);
        }
    }
    memset(text, 16, 16);
    assert_int_equal(unpad_cbc(text, 16), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oaep_of_every_length_comes_off),
        cmocka_unit_test(oaep_with_a_changed_byte_is_bad),
        cmocka_unit_test(oaep_of_another_digest_is_bad),
        cmocka_unit_test(noise_is_bad),
        cmocka_unit_test(modulus_that_is_too_short_for_oaep_is_bad),
        cmocka_unit_test(pkcs1_of_every_length_comes_off),
        cmocka_unit_test(pkcs1_wants_eight_octets_of_padding),
        cmocka_unit_test(cbc_padding_is_one_of_sixteen),
    };

    return cmocka_run_group_tests_name("crypto/unpad", tests, setup, teardown);
}
