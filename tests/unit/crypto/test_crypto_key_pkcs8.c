/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#8 and raw bytes from outside: keys of ours come in, everything else stays out. */
#include "key_samples.h"
#include "key_vectors.h"

static const struct plain_row {
    const char *name;
    enum key_type type;
    const char *hex;
    enum err err;
    unsigned bits;
} plains[] = {
    { "RSA-2048", KEY_RSA, rsa_pkcs8, ERR_OK, 2048 },
    { "RSA-3072", KEY_RSA, rsa3072_pkcs8, ERR_OK, 3072 },
    { "P-256", KEY_EC, ec_pkcs8, ERR_OK, 256 },
    { "P-256 without its point", KEY_EC, ec_no_public_pkcs8, ERR_OK, 256 },
    { "Ed25519", KEY_OKP, ed25519_pkcs8, ERR_OK, 256 },
    { "RSA-1024", KEY_RSA, rsa1024_pkcs8, ERR_ARG, 0 },
    { "three primes", KEY_RSA, rsa_three_primes_pkcs8, ERR_SYNTAX, 0 },
    { "a curve we do not keep", KEY_EC, ec_other_curve_pkcs8, ERR_ARG, 0 },
    { "RSA as EC", KEY_EC, rsa_pkcs8, ERR_SYNTAX, 0 },
    { "RSA as OKP", KEY_OKP, rsa_pkcs8, ERR_SYNTAX, 0 },
    { "EC as RSA", KEY_RSA, ec_pkcs8, ERR_SYNTAX, 0 },
    { "RSA bound to PSS", KEY_RSA, rsa_pss_pkcs8, ERR_SYNTAX, 0 },
    { "X25519 as OKP", KEY_OKP, x25519_pkcs8, ERR_SYNTAX, 0 },
    { "DSA", KEY_RSA, dsa_pkcs8, ERR_SYNTAX, 0 },
    { "encrypted", KEY_EC, ec_encrypted_pkcs8, ERR_SYNTAX, 0 },
    { "RSAPrivateKey without PKCS#8", KEY_RSA, rsa_traditional, ERR_SYNTAX, 0 },
    { "nothing", KEY_RSA, "", ERR_SYNTAX, 0 },
    { "no DER", KEY_EC, "6b6579686f6c64", ERR_SYNTAX, 0 },
    { "PKCS#8 as oct", KEY_OCT, ec_pkcs8, ERR_OK, 1104 },
    { "no type", KEY_NONE, ec_pkcs8, ERR_ARG, 0 },
};

static void
pkcs8_comes_in_when_it_holds_a_key_of_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
        struct buf der = hex_of(plains[i].hex);
        struct key *k = NULL;
        enum err e = key_import_plain(plains[i].type, buf_span(&der), &k);

        if (e != plains[i].err)
            fail_msg("%s: %s", plains[i].name, err_name(e));
        assert_int_equal(k == NULL, e != ERR_OK);
        if (k != NULL)
            assert_int_equal(key_public(k)->bits, plains[i].bits);
        key_free(k);
        buf_release(&der);
    }
}

static void
rsa_4096_comes_in(void **state)
{
    struct key *k = NULL;
    struct buf der;

    (void)state;
    buf_init(&der, KEY_PRIVATE_MAX);
    assert_int_equal(b64_get(span_str(rsa4096_pkcs8_b64), sink_buf(&der)), ERR_OK);
    assert_int_equal(key_import_plain(KEY_RSA, buf_span(&der), &k), ERR_OK);
    assert_int_equal(key_public(k)->bits, 4096);
    key_free(k);
    buf_release(&der);
}

/* A name would do, but the file spells the curve out: the numbers are those of P-256, so either
 * answer is right; what is kept is a named key. */
static void
a_spelled_out_curve_is_the_named_one_or_refused(void **state)
{
    struct buf der = hex_of(ec_explicit_pkcs8);
    struct key *k = NULL;
    enum err e = key_import_plain(KEY_EC, buf_span(&der), &k);

    (void)state;
    if (e == ERR_OK) {
        struct secbuf out;

        secbuf_init(&out, KEY_PRIVATE_MAX);
        assert_int_equal(key_public(k)->curve, CURVE_P256);
        assert_int_equal(key_put_plain(k, &out), ERR_OK);
        assert_true(out.len < 150);
        secbuf_release(&out);
    } else {
        assert_true(e == ERR_ARG || e == ERR_SYNTAX);
    }
    key_free(k);
    buf_release(&der);
}

static void
truncated_or_longer_pkcs8_is_refused(void **state)
{
    static const struct {
        enum key_type type;
        const char *hex;
    } rows[] = { { KEY_RSA, rsa_pkcs8 }, { KEY_EC, ec_pkcs8 }, { KEY_OKP, ed25519_pkcs8 } };
    struct key *k = NULL;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf der = hex_of(rows[i].hex);

        for (size_t len = 0; len < der.len; len += len < 40 ? 1 : 29)
            assert_int_equal(key_import_plain(rows[i].type, span_of(der.ptr, len), &k),
                             ERR_SYNTAX);
        buf_put_byte(&der, 0);
        assert_int_equal(key_import_plain(rows[i].type, buf_span(&der), &k), ERR_SYNTAX);
        buf_release(&der);
    }
    assert_null(k);
}

static void
pkcs8_with_changed_numbers_is_refused(void **state)
{
    struct buf der = hex_of(rsa_pkcs8);
    struct key *k = NULL;

    (void)state;
    /* From the modulus on; the length octets of the numbers lie in between. */
    for (size_t at = 40; at < der.len; at += 61) {
        enum err e;

        der.ptr[at] ^= 2;
        e = key_import_plain(KEY_RSA, buf_span(&der), &k);
        if (e != ERR_SYNTAX && e != ERR_ARG)
            fail_msg("octet %zu: %s", at, err_name(e));
        der.ptr[at] ^= 2;
    }
    assert_null(k);
    buf_release(&der);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs8_comes_in_when_it_holds_a_key_of_ours),
        cmocka_unit_test(rsa_4096_comes_in),
        cmocka_unit_test(a_spelled_out_curve_is_the_named_one_or_refused),
        cmocka_unit_test(truncated_or_longer_pkcs8_is_refused),
        cmocka_unit_test(pkcs8_with_changed_numbers_is_refused),
    };

    return cmocka_run_group_tests_name("crypto/key_pkcs8", tests, secmem_setup,
                                       secmem_teardown);
}
