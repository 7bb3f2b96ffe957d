/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys that verify (tokens, assertions, attestations) against Wycheproof: each key is
 * read from its numbers and from its DER, and both must judge every signature as the file
 * does. Algorithms of vault keys: test_crypto_key_wycheproof.c.
 */
#include "crypto/verify.h"
#include "vectors.h"

enum { BY_NUMBERS, BY_SPKI, WAYS };

static const json_t *group_now; /* whose keys they are */
static struct verifykey *keys[WAYS];
static enum sig_alg alg_now;
static size_t good, bad;

static void
drop_keys(void)
{
    for (size_t i = 0; i < WAYS; i++) {
        verifykey_free(keys[i]);
        keys[i] = NULL;
    }
    group_now = NULL;
}

static void
read_numbers(const json_t *public)
{
    enum { COORDINATE = 32 };

    if (alg_now == SIG_ES256) {
        struct buf point = hex_member(public, "uncompressed");

        assert_int_equal(point.len, 1 + 2 * COORDINATE);
        assert_int_equal(verifykey_from_p256(span_of(point.ptr + 1, COORDINATE),
                                             span_of(point.ptr + 1 + COORDINATE, COORDINATE),
                                             &keys[BY_NUMBERS]),
                         ERR_OK);
        buf_release(&point);
    } else {
        struct buf n = hex_member(public, "modulus"), e = hex_member(public, "publicExponent");

        assert_int_equal(verifykey_from_rsa(buf_span(&n), buf_span(&e), &keys[BY_NUMBERS]),
                         ERR_OK);
        buf_release(&n);
        buf_release(&e);
    }
}

static void
check_row(const json_t *group, const json_t *test, bool valid)
{
    struct buf msg = hex_member(test, "msg"), sig = hex_member(test, "sig");

    if (group != group_now) {
        struct buf der = hex_member(group, "publicKeyDer");

        drop_keys();
        read_numbers(json_object_get(group, "publicKey"));
        assert_int_equal(verifykey_from_spki(buf_span(&der), &keys[BY_SPKI]), ERR_OK);
        buf_release(&der);
        group_now = group;
    }
    for (size_t i = 0; i < WAYS; i++)
        assert_int_equal(verifykey_check(keys[i], alg_now, buf_span(&msg), buf_span(&sig)),
                         valid ? ERR_OK : ERR_INTEGRITY);
    good += valid;
    bad += !valid;
    buf_release(&msg);
    buf_release(&sig);
}

/* Keys on curves that no token of ours is signed with. */
static void
check_refused(const json_t *group, const json_t *test, bool valid)
{
    struct buf der;

    (void)test;
    (void)valid;
    if (group == group_now)
        return;
    der = hex_member(group, "publicKeyDer");
    assert_int_equal(verifykey_from_spki(buf_span(&der), &keys[BY_SPKI]), ERR_UNSUPPORTED);
    assert_null(keys[BY_SPKI]);
    bad++;
    buf_release(&der);
    group_now = group;
}

static const struct file {
    const char *name;
    enum sig_alg alg;
    wycheproof_fn row;
} files[] = {
    { "ecdsa_secp256r1_sha256_p1363_test.json", SIG_ES256, check_row },
    { "rsa_signature_2048_sha256_test.json", SIG_RS256, check_row },
    { "rsa_signature_3072_sha256_test.json", SIG_RS256, check_row },
    { "rsa_signature_4096_sha256_test.json", SIG_RS256, check_row },
    { "rsa_pss_2048_sha256_mgf1_32_test.json", SIG_PS256, check_row },
    { "rsa_pss_3072_sha256_mgf1_32_test.json", SIG_PS256, check_row },
    { "rsa_pss_4096_sha256_mgf1_32_test.json", SIG_PS256, check_row },
    { "ecdsa_secp384r1_sha384_p1363_test.json", 0, check_refused },
    { "ecdsa_secp521r1_sha512_p1363_test.json", 0, check_refused },
    { "ecdsa_secp256k1_sha256_p1363_test.json", 0, check_refused },
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static void
run_file(void **state)
{
    const struct file *f = *state;

    good = bad = 0;
    alg_now = f->alg;
    assert_true(wycheproof_walk(f->name, f->row) > 0);
    drop_keys();
    print_message("%s: %zu accepted, %zu refused, as they should be\n", f->name, good, bad);
    assert_true(bad > 0 && (good > 0 || f->row == check_refused));
}

int
main(void)
{
    struct CMUnitTest tests[FILES];

    for (size_t i = 0; i < FILES; i++)
        tests[i] = (struct CMUnitTest){ .name = files[i].name,
                                        .test_func = run_file,
                                        .initial_state = (void *)(uintptr_t)&files[i] };
    return cmocka_run_group_tests_name("crypto/verify_wycheproof", tests, secmem_setup,
                                       secmem_teardown);
}
