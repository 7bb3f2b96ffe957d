/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures made and checked: the JOSE RFCs, Wycheproof, and what must be refused. */
#include "crypto/verify.h"
#include "pem_samples.h"
#include "vectors.h"

static const struct pair {
    enum signkey_kind kind;
    enum sig_alg alg;
} pairs[] = {
    { SIGNKEY_RSA, SIG_RS256 },
    { SIGNKEY_RSA, SIG_PS256 },
    { SIGNKEY_EC, SIG_ES256 },
    { SIGNKEY_ED25519, SIG_ED25519 },
};
enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]) };

static struct signkey *keys[3]; /* by kind */

static struct verifykey *
public_of(const struct signkey *k)
{
    struct verifykey *v = NULL;
    struct buf spki;

    buf_init(&spki, 4096);
    assert_int_equal(signkey_put_spki(k, &spki), ERR_OK);
    assert_int_equal(verifykey_from_spki(buf_span(&spki), &v), ERR_OK);
    buf_release(&spki);
    return v;
}

static void
signature_is_good_and_a_spoiled_one_is_not(void **state)
{
    uint8_t sig[SIG_MAX];
    size_t len;

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        struct signkey *k = keys[pairs[i].kind];
        struct verifykey *v = public_of(k);
        struct span m = span_str("message");

        assert_int_equal(
            signkey_sign(k, pairs[i].alg, DIGEST_SHA256, m, sig, sizeof(sig), &len), ERR_OK);
        assert_int_equal(verifykey_check(v, pairs[i].alg, m, span_of(sig, len)), ERR_OK);
        assert_int_equal(
            verifykey_check(v, pairs[i].alg, span_str("massage"), span_of(sig, len)),
            ERR_INTEGRITY);
        assert_int_equal(verifykey_check(v, pairs[i].alg, m, span_of(sig, len - 1)),
                         ERR_INTEGRITY);
        assert_int_equal(verifykey_check(v, pairs[i].alg, m, span_of(NULL, 0)), ERR_INTEGRITY);
        sig[len / 3] ^= 4;
        assert_int_equal(verifykey_check(v, pairs[i].alg, m, span_of(sig, len)), ERR_INTEGRITY);
        verifykey_free(v);
    }
}

static void
algorithm_must_fit_the_key(void **state)
{
    uint8_t sig[SIG_MAX] = { 1 };
    size_t len;

    (void)state;
    for (size_t kind = 0; kind < 3; kind++) {
        struct verifykey *v = public_of(keys[kind]);

        assert_int_equal(verifykey_kind(v), kind);
        for (size_t i = 0; i < PAIRS; i++) {
            if (pairs[i].kind == (enum signkey_kind)kind)
                continue;
            assert_int_equal(signkey_sign(keys[kind], pairs[i].alg, DIGEST_SHA256,
                                          span_str("m"), sig, sizeof(sig), &len),
                             ERR_ARG);
            assert_int_equal(verifykey_check(v, pairs[i].alg, span_str("m"), span_of(sig, 64)),
                             ERR_ARG);
        }
        verifykey_free(v);
    }
}

static void
key_goes_to_pkcs8_and_back(void **state)
{
    uint8_t sig[SIG_MAX];
    size_t len;

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        struct verifykey *v = public_of(keys[pairs[i].kind]);
        struct secbuf *der = secbuf_new(4096);
        struct signkey *back = NULL;

        assert_int_equal(signkey_put_pkcs8(keys[pairs[i].kind], der), ERR_OK);
        assert_int_equal(signkey_load(secbuf_span(der), &back), ERR_OK);
        assert_int_equal(signkey_kind(back), pairs[i].kind);
        assert_int_equal(signkey_sign(back, pairs[i].alg, DIGEST_SHA256, span_str("m"), sig,
                                      sizeof(sig), &len),
                         ERR_OK);
        assert_int_equal(verifykey_check(v, pairs[i].alg, span_str("m"), span_of(sig, len)),
                         ERR_OK);
        signkey_free(back);
        secbuf_free(der);
        verifykey_free(v);
    }
}

static void
damaged_pkcs8_is_refused(void **state)
{
    struct secbuf *der = secbuf_new(4096);
    struct signkey *back = NULL;

    (void)state;
    assert_int_equal(signkey_put_pkcs8(keys[SIGNKEY_EC], der), ERR_OK);
    assert_int_equal(signkey_load(span_of(der->ptr, der->len - 1), &back), ERR_FORMAT);
    assert_int_equal(signkey_load(span_of(NULL, 0), &back), ERR_FORMAT);
    assert_int_equal(signkey_load(span_str("not DER at all"), &back), ERR_FORMAT);
    secbuf_put_byte(der, 0);
    assert_int_equal(signkey_load(secbuf_span(der), &back), ERR_FORMAT);
    assert_null(back);
    secbuf_free(der);
}

static void
digest_forms_sign_what_tls_hands_over(void **state)
{
    uint8_t hash[DIGEST_MAX_LEN], sig[SIG_MAX];
    struct verifykey *v = public_of(keys[SIGNKEY_RSA]);
    size_t len;

    (void)state;
    assert_int_equal(digest_sha256(span_str("m"), hash), ERR_OK);
    assert_int_equal(signkey_sign(keys[SIGNKEY_RSA], SIG_RSA_PSS_DIGEST, DIGEST_SHA256,
                                  span_of(hash, SHA256_LEN), sig, sizeof(sig), &len),
                     ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_PS256, span_str("m"), span_of(sig, len)), ERR_OK);
    assert_int_equal(signkey_sign(keys[SIGNKEY_RSA], SIG_RSA_PKCS1_DIGEST, DIGEST_SHA256,
                                  span_of(hash, SHA256_LEN), sig, sizeof(sig), &len),
                     ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_RS256, span_str("m"), span_of(sig, len)), ERR_OK);
    assert_int_equal(signkey_sign(keys[SIGNKEY_EC], SIG_ECDSA_DIGEST, DIGEST_SHA384,
                                  span_of(hash, SHA384_LEN), sig, sizeof(sig), &len),
                     ERR_OK);
    assert_int_equal(sig[0], 0x30);
    assert_int_equal(signkey_sign(keys[SIGNKEY_EC], SIG_ECDSA_DIGEST, DIGEST_SHA384,
                                  span_of(hash, SHA256_LEN), sig, sizeof(sig), &len),
                     ERR_ARG);
    assert_int_equal(signkey_sign(keys[SIGNKEY_RSA], SIG_RSA_PKCS1_DIGEST, DIGEST_SHA1,
                                  span_of(hash, SHA1_LEN), sig, sizeof(sig), &len),
                     ERR_ARG);
    assert_int_equal(signkey_sign(keys[SIGNKEY_RSA], SIG_RS256, DIGEST_SHA256, span_str("m"),
                                  sig, 255, &len),
                     ERR_TOO_LARGE);
    verifykey_free(v);
}

static struct buf
b64url_of(const char *text)
{
    struct buf b;

    buf_init(&b, 4096);
    assert_int_equal(b64url_get(span_str(text), sink_buf(&b)), ERR_OK);
    return b;
}

/* RFC 7515 A.2: a public key as a JWK has it, and a token part signed with it. */
static void
rfc_7515_a2_verifies(void **state)
{
    struct buf n =
        b64url_of("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
                  "4qPCJrcS2mJPMEzP1Pt0"
                  "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
                  "bSf63kpaSHSXnd"
                  "S5z5rexMdbBYUsLA9e-KXBdQOS-"
                  "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
                  "H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ");
    struct buf e = b64url_of("AQAB");
    struct buf sig =
        b64url_of("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
                  "0Qc_lF5YKt_O8W2F"
                  "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                  "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
                  "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                  "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
                  "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
    struct span m =
        span_str("eyJhbGciOiJSUzI1NiJ9."
                 "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
                 "LmNvbS9pc19yb290Ijp0cnVlfQ");
    struct verifykey *v = NULL;

    (void)state;
    assert_int_equal(verifykey_from_rsa(buf_span(&n), buf_span(&e), &v), ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_RS256, m, buf_span(&sig)), ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_PS256, m, buf_span(&sig)), ERR_INTEGRITY);
    verifykey_free(v);
    buf_release(&n);
    buf_release(&e);
    buf_release(&sig);
}

static void
weak_or_strange_public_keys_are_refused(void **state)
{
    uint8_t n[1200], e[16] = { 1 };
    struct verifykey *v = NULL;

    (void)state;
    memset(n, 0xff, sizeof(n));
    e[0] = 3;
    assert_int_equal(verifykey_from_rsa(span_of(n, 128), span_of(e, 1), &v), ERR_UNSUPPORTED);
    assert_int_equal(verifykey_from_rsa(span_of(n, 1100), span_of(e, 1), &v), ERR_UNSUPPORTED);
    e[0] = 2;
    assert_int_equal(verifykey_from_rsa(span_of(n, 256), span_of(e, 1), &v), ERR_UNSUPPORTED);
    e[0] = 1;
    assert_int_equal(verifykey_from_rsa(span_of(n, 256), span_of(e, 1), &v), ERR_UNSUPPORTED);
    assert_int_equal(verifykey_from_rsa(span_of(n, 256), span_of(e, 16), &v), ERR_UNSUPPORTED);
    assert_int_equal(verifykey_from_rsa(span_of(n, 0), span_of(e, 1), &v), ERR_FORMAT);
    assert_int_equal(verifykey_from_spki(span_str("0"), &v), ERR_FORMAT);
    assert_int_equal(verifykey_from_spki(span_of(NULL, 0), &v), ERR_FORMAT);
    assert_null(v);
}

/* Whole, cut, with a byte too many, and PKCS#8 in its place; also after a failure before. */
static void
public_key_is_all_of_the_bytes(void **state)
{
    static const enum signkey_kind kinds[] = { SIGNKEY_RSA, SIGNKEY_EC, SIGNKEY_ED25519 };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct secbuf *private = secbuf_new(4096);
        struct verifykey *v = NULL;
        struct signkey *k = NULL;
        struct buf spki;

        buf_init(&spki, 4096);
        assert_int_equal(signkey_new(kinds[i], &k), ERR_OK);
        assert_int_equal(signkey_put_spki(k, &spki), ERR_OK);
        assert_int_equal(signkey_put_pkcs8(k, private), ERR_OK);
        assert_int_equal(verifykey_from_spki(span_head(buf_span(&spki), spki.len - 1), &v),
                         ERR_FORMAT);
        assert_int_equal(verifykey_from_spki(secbuf_span(private), &v), ERR_FORMAT);
        assert_null(v);
        assert_int_equal(verifykey_from_spki(buf_span(&spki), &v), ERR_OK);
        verifykey_free(v);
        buf_put(&spki, span_str("0"));
        assert_int_equal(verifykey_from_spki(buf_span(&spki), &v), ERR_FORMAT);
        buf_release(&spki);
        signkey_free(k);
        secbuf_free(private);
    }
}

static void
check_vector(const char *der_hex, const json_t *test, enum sig_alg alg, bool valid)
{
    struct buf der = hex_of(der_hex), msg = hex_member(test, "msg"),
               sig = hex_member(test, "sig");
    struct verifykey *v = NULL;

    assert_int_equal(verifykey_from_spki(buf_span(&der), &v), ERR_OK);
    if (verifykey_check(v, alg, buf_span(&msg), buf_span(&sig)) !=
        (valid ? ERR_OK : ERR_INTEGRITY))
        fail_msg("tcId %lld", json_integer_value(json_object_get(test, "tcId")));
    verifykey_free(v);
    buf_release(&der);
    buf_release(&msg);
    buf_release(&sig);
}

static const char *
group_der(const json_t *group)
{
    const json_t *der = json_object_get(group, "publicKeyDer");

    if (der == NULL)
        der = json_object_get(json_object_get(group, "publicKey"), "publicKeyDer");
    if (der == NULL)
        der = json_object_get(group, "publicKeyDer");
    return json_string_value(der);
}

static void
pkcs1_case(const json_t *group, const json_t *test, bool valid)
{
    check_vector(group_der(group), test, SIG_RS256, valid);
}

static void
pss_case(const json_t *group, const json_t *test, bool valid)
{
    check_vector(group_der(group), test, SIG_PS256, valid);
}

static void
ecdsa_case(const json_t *group, const json_t *test, bool valid)
{
    check_vector(group_der(group), test, SIG_ES256, valid);
}

static void
verification_matches_wycheproof(void **state)
{
    (void)state;
    assert_in_range(wycheproof_walk("rsa_signature_2048_sha256_test.json", pkcs1_case), 200,
                    999);
    assert_in_range(wycheproof_walk("rsa_pss_2048_sha256_mgf1_32_test.json", pss_case), 100,
                    999);
    assert_in_range(wycheproof_walk("ecdsa_secp256r1_sha256_p1363_test.json", ecdsa_case), 200,
                    999);
}

static void
operators_pem_key_is_read(void **state)
{
    uint8_t hash[SHA384_LEN] = { 1 }, sig[SIG_MAX];
    struct signkey *k = NULL;
    size_t len;

    (void)state;
    assert_int_equal(signkey_load_pem(span_str(PEM_P384), &k), ERR_OK);
    assert_int_equal(signkey_kind(k), SIGNKEY_EC);
    assert_int_equal(signkey_sign(k, SIG_ECDSA_DIGEST, DIGEST_SHA384, span_of(hash, SHA384_LEN),
                                  sig, sizeof(sig), &len),
                     ERR_OK);
    assert_int_equal(
        signkey_sign(k, SIG_ES256, DIGEST_SHA256, span_str("m"), sig, sizeof(sig), &len),
        ERR_ARG);
    signkey_free(k);
}

static void
encrypted_or_foreign_pem_is_refused(void **state)
{
    struct signkey *k = NULL;

    (void)state;
    assert_int_equal(signkey_load_pem(span_str(""), &k), ERR_FORMAT);
    assert_int_equal(signkey_load_pem(span_str("hello"), &k), ERR_FORMAT);
    assert_int_equal(signkey_load_pem(span_str(PEM_ENCRYPTED), &k), ERR_FORMAT);
    assert_int_equal(signkey_load_pem(span_str(PEM_RSA1024), &k), ERR_UNSUPPORTED);
    assert_null(k);
}

static int
keys_setup(void **state)
{
    if (secmem_setup(state) != 0)
        return -1;
    for (size_t i = 0; i < 3; i++)
        if (signkey_new((enum signkey_kind)i, &keys[i]) != ERR_OK)
            return -1;
    return 0;
}

static int
keys_teardown(void **state)
{
    for (size_t i = 0; i < 3; i++)
        signkey_free(keys[i]);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_good_and_a_spoiled_one_is_not),
        cmocka_unit_test(algorithm_must_fit_the_key),
        cmocka_unit_test(key_goes_to_pkcs8_and_back),
        cmocka_unit_test(damaged_pkcs8_is_refused),
        cmocka_unit_test(digest_forms_sign_what_tls_hands_over),
        cmocka_unit_test(rfc_7515_a2_verifies),
        cmocka_unit_test(weak_or_strange_public_keys_are_refused),
        cmocka_unit_test(public_key_is_all_of_the_bytes),
        cmocka_unit_test(verification_matches_wycheproof),
        cmocka_unit_test(operators_pem_key_is_read),
        cmocka_unit_test(encrypted_or_foreign_pem_is_refused),
    };

    return cmocka_run_group_tests_name("crypto/sign", tests, keys_setup, keys_teardown);
}
