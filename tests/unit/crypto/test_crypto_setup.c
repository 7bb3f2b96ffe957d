/* SPDX-License-Identifier: Apache-2.0 */
/* A process for private keys: set up first, its heap used, then self-tested. */
#include <openssl/evp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/key.h"
#include "crypto/setup.h"
#include "crypto/sign.h"
#include "vectors.h"

static void
private_setup_is_done_once_and_keys_are_made(void **state)
{
    struct signkey *k = NULL;

    (void)state;
    assert_true(crypto_wipe_freed());
    assert_true(crypto_wipe_freed());
    assert_int_equal(crypto_setup_private(256 * 1024), ERR_OK);
    assert_int_equal(signkey_new(SIGNKEY_EC, &k), ERR_OK);
    signkey_free(k);
}

/* PKCS#8 of another would do: two that are there before anything is demanded. */
static struct key *
curve_key(enum key_curve curve)
{
    struct key_spec spec = { .type = KEY_EC, .curve = curve };
    struct key *k;

    assert_int_equal(key_new(&spec, &k), ERR_OK);
    return k;
}

static enum err
sign_with(struct key *k, enum key_alg alg)
{
    static const uint8_t digest[48];
    struct key_use u = { .op = KEY_SIGN,
                         .alg = alg,
                         .bytes = { digest, alg == ALG_ES256 ? 32 : sizeof(digest) } };
    struct key_result result;
    struct secbuf sig;
    enum err e;

    secbuf_init(&sig, 256);
    e = key_use(k, &u, &sig, &result);
    secbuf_release(&sig);
    return e;
}

/* A library that has no approved algorithm at the moment of the proof. */
static void
what_failed_its_self_test_is_not_used_again(void **state)
{
    struct key *p384 = curve_key(CURVE_P384), *p256 = curve_key(CURVE_P256);

    (void)state;
    assert_int_equal(sign_with(p384, ALG_ES384), ERR_OK);
    assert_int_equal(crypto_selftest(), ERR_OK);
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
    assert_int_equal(sign_with(p384, ALG_ES384), ERR_CRYPTO);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    assert_int_equal(sign_with(p384, ALG_ES384), ERR_CRYPTO);
    assert_int_equal(sign_with(p256, ALG_ES256), ERR_OK);
    assert_int_equal(key_selftest(), ERR_CRYPTO);
    key_free(p384);
    key_free(p256);
}

/* The same for keys of ours; and what was proved, or was not, is not asked again. */
static void
keys_of_ours_are_proved_by_kind(void **state)
{
    static const enum signkey_kind kinds[] = { SIGNKEY_RSA, SIGNKEY_EC, SIGNKEY_ED25519 };
    static const enum sig_alg algs[] = { SIG_RS256, SIG_ES256, SIG_ED25519 };
    struct signkey *keys[3];
    uint8_t sig[SIG_MAX];
    size_t len;

    (void)state;
    assert_int_equal(crypto_selftest(), ERR_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(signkey_new(kinds[i], &keys[i]), ERR_OK);
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
    assert_int_equal(
        signkey_sign(keys[0], SIG_RS256, DIGEST_SHA256, span_str("x"), sig, sizeof(sig), &len),
        ERR_CRYPTO);
    assert_int_equal(len, 0);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    assert_int_equal(
        signkey_sign(keys[0], SIG_RS256, DIGEST_SHA256, span_str("x"), sig, sizeof(sig), &len),
        ERR_CRYPTO);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(signkey_sign(keys[i], algs[i], DIGEST_SHA256, span_str("x"), sig,
                                      sizeof(sig), &len),
                         ERR_OK);
    for (size_t i = 0; i < 3; i++)
        signkey_free(keys[i]);
}

static enum err
sign_text(struct signkey *k)
{
    uint8_t sig[SIG_MAX];
    size_t len;

    return signkey_sign(k, SIG_RS256, DIGEST_SHA256, span_str("x"), sig, sizeof(sig), &len);
}

/* In a process of its own, since verdicts are final: keys of vaults hold, one of ours does not.
 */
static void
all_means_keys_of_ours_too(void **state)
{
    struct signkey *k;
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(signkey_new(SIGNKEY_RSA, &k), ERR_OK);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(crypto_selftest() == ERR_OK &&
                      EVP_set_default_properties(NULL, "fips=yes") == 1 &&
                      sign_text(k) == ERR_CRYPTO && EVP_set_default_properties(NULL, "") == 1 &&
                      key_selftest() == ERR_OK && crypto_selftest_all() == ERR_CRYPTO
                  ? 0
                  : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    signkey_free(k);
}

static void
second_private_setup_is_refused(void **state)
{
    (void)state;
    assert_int_equal(crypto_setup_private(256 * 1024), ERR_NOMEM);
    assert_int_equal(crypto_setup(), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_setup_is_done_once_and_keys_are_made),
        cmocka_unit_test(second_private_setup_is_refused),
        cmocka_unit_test(all_means_keys_of_ours_too),
        cmocka_unit_test(what_failed_its_self_test_is_not_used_again),
        cmocka_unit_test(keys_of_ours_are_proved_by_kind),
    };

    return cmocka_run_group_tests_name("crypto/setup", tests, secmem_setup, secmem_teardown);
}
