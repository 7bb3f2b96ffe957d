/* SPDX-License-Identifier: Apache-2.0 */
/* Our CA and its leaves pass a strict verifier; names outside its constraints do not. */
#include "crypto/verify.h"
#include "crypto/x509.h"
#include "vectors.h"

enum { T0 = 1800000000, DAY = 86400 };

static struct signkey *ca_key, *leaf_key, *rsa_key;
static struct buf ca;

static enum err
leaf_for(const char *names, struct buf *der)
{
    buf_init(der, CERT_MAX);
    return x509_make_leaf(ca_key, buf_span(&ca), leaf_key, span_str(names), T0, T0 + 90 * DAY,
                          der);
}

static void
leaf_chains_strictly_for_each_of_its_hosts(void **state)
{
    static const char *const hosts[] = { "keyhold.localhost", "a.vault.keyhold.localhost",
                                         "login.keyhold.localhost", "localhost" };
    struct buf leaf;

    (void)state;
    assert_int_equal(leaf_for("keyhold.localhost,*.vault.keyhold.localhost,"
                              "login.keyhold.localhost,localhost,127.0.0.1,::1",
                              &leaf),
                     ERR_OK);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca), hosts[i], T0 + DAY),
                         ERR_OK);
    assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca),
                                      "a.b.vault.keyhold.localhost", T0 + DAY),
                     ERR_INTEGRITY);
    assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca), "example.com", T0 + DAY),
                     ERR_INTEGRITY);
    buf_release(&leaf);
}

static void
leaf_is_refused_before_and_after_its_time(void **state)
{
    struct buf leaf;

    (void)state;
    assert_int_equal(leaf_for("localhost", &leaf), ERR_OK);
    assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca), NULL, T0 - 1),
                     ERR_INTEGRITY);
    assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca), NULL, T0 + 91 * DAY),
                     ERR_INTEGRITY);
    buf_release(&leaf);
}

static void
names_outside_the_constraints_do_not_chain(void **state)
{
    static const char *const names[] = { "example.com", "keyhold.localhost,login.microsoft.com",
                                         "10.0.0.1", "2001:db8::1", "xkeyhold.localhost.com" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct buf leaf;

        assert_int_equal(leaf_for(names[i], &leaf), ERR_OK);
        assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&ca), NULL, T0 + DAY),
                         ERR_INTEGRITY);
        buf_release(&leaf);
    }
}

static void
names_that_are_none_are_refused(void **state)
{
    static const char *const names[] = { "",    ",",     "a,,b",      "a.",
                                         ".a",  "a b",   "a\nDNS:b",  "a*.b",
                                         "*",   "*.*.a", "DNS:a",     "1.2.3.4.5:6",
                                         "a;b", "a/b",   "dirName:x", "b\xc3\xbc.de" };
    struct buf der;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(leaf_for(names[i], &der), ERR_BAD_NAME);
        assert_int_equal(der.len, 0);
        buf_release(&der);
    }
    buf_init(&der, CERT_MAX);
    assert_int_equal(x509_make_ca(ca_key, span_str("a,permitted;DNS:b"), T0, T0 + DAY, &der),
                     ERR_BAD_NAME);
    assert_int_equal(x509_make_ca(ca_key, span_str(""), T0, T0 + DAY, &der), ERR_BAD_NAME);
    buf_release(&der);
}

static void
other_ca_or_other_key_is_refused(void **state)
{
    struct buf leaf, other;

    (void)state;
    buf_init(&other, CERT_MAX);
    assert_int_equal(
        x509_make_ca(leaf_key, span_str("keyhold.localhost"), T0, T0 + DAY, &other), ERR_OK);
    assert_int_equal(leaf_for("localhost", &leaf), ERR_OK);
    assert_int_equal(x509_check_chain(buf_span(&leaf), buf_span(&other), NULL, T0 + 1),
                     ERR_INTEGRITY);
    buf_release(&leaf);
    buf_init(&leaf, CERT_MAX);
    assert_int_equal(x509_make_leaf(leaf_key, buf_span(&ca), leaf_key, span_str("localhost"),
                                    T0, T0 + DAY, &leaf),
                     ERR_ARG);
    assert_int_equal(x509_make_leaf(ca_key, span_str("junk"), leaf_key, span_str("localhost"),
                                    T0, T0 + DAY, &leaf),
                     ERR_FORMAT);
    buf_release(&leaf);
    buf_release(&other);
}

/* A CA below our CA would break the path length of 0. */
static void
leaf_cannot_issue(void **state)
{
    struct buf leaf, below;

    (void)state;
    assert_int_equal(leaf_for("localhost", &leaf), ERR_OK);
    buf_init(&below, CERT_MAX);
    assert_int_equal(x509_make_leaf(leaf_key, buf_span(&leaf), rsa_key, span_str("localhost"),
                                    T0, T0 + DAY, &below),
                     ERR_OK);
    assert_int_equal(x509_check_chain(buf_span(&below), buf_span(&leaf), NULL, T0 + 1),
                     ERR_INTEGRITY);
    buf_release(&leaf);
    buf_release(&below);
}

static void
certificate_tells_what_was_put_in(void **state)
{
    struct cert *c = NULL;
    struct span n, e;
    struct buf leaf;

    (void)state;
    assert_int_equal(leaf_for("localhost,*.vault.keyhold.localhost,127.0.0.1,::1", &leaf),
                     ERR_OK);
    assert_int_equal(cert_new(buf_span(&leaf), &c), ERR_OK);
    assert_string_equal(cert_subject(c), "CN=localhost");
    assert_int_equal(cert_not_before(c), T0);
    assert_int_equal(cert_not_after(c), T0 + 90 * DAY);
    assert_int_equal(strlen(cert_serial(c)), 32);
    assert_int_equal(cert_name_count(c), 4);
    assert_true(span_is_str(cert_name(c, 0), "localhost"));
    assert_true(span_is_str(cert_name(c, 1), "*.vault.keyhold.localhost"));
    assert_true(span_is_str(cert_name(c, 2), "127.0.0.1"));
    assert_true(span_is_str(cert_name(c, 3), "::1"));
    assert_false(cert_rsa(c, &n, &e));
    cert_free(c);
    buf_release(&leaf);
}

static void
serials_differ(void **state)
{
    struct cert *a = NULL, *b = NULL;
    struct buf one, two;

    (void)state;
    assert_int_equal(leaf_for("localhost", &one), ERR_OK);
    assert_int_equal(leaf_for("localhost", &two), ERR_OK);
    assert_int_equal(cert_new(buf_span(&one), &a), ERR_OK);
    assert_int_equal(cert_new(buf_span(&two), &b), ERR_OK);
    assert_string_not_equal(cert_serial(a), cert_serial(b));
    cert_free(a);
    cert_free(b);
    buf_release(&one);
    buf_release(&two);
}

static void
token_certificate_gives_the_key_that_verifies(void **state)
{
    struct verifykey *from_ne = NULL, *from_spki = NULL;
    uint8_t sig[SIG_MAX], want[SHA1_LEN];
    struct cert *c = NULL;
    struct span n, e;
    struct buf der;
    size_t len;

    (void)state;
    buf_init(&der, CERT_MAX);
    assert_int_equal(x509_make_self(rsa_key, "Keyhold token signing", T0, T0 + DAY, &der),
                     ERR_OK);
    assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
    assert_int_equal(digest_sha1(buf_span(&der), want), ERR_OK);
    assert_memory_equal(cert_sha1(c), want, sizeof(want));
    assert_true(cert_rsa(c, &n, &e));
    assert_int_equal(n.len, 256);
    assert_int_equal(e.len, 3);
    assert_int_equal(verifykey_from_rsa(n, e, &from_ne), ERR_OK);
    assert_int_equal(verifykey_from_spki(cert_spki(c), &from_spki), ERR_OK);
    assert_int_equal(
        signkey_sign(rsa_key, SIG_RS256, DIGEST_SHA256, span_str("m"), sig, sizeof(sig), &len),
        ERR_OK);
    assert_int_equal(verifykey_check(from_ne, SIG_RS256, span_str("m"), span_of(sig, len)),
                     ERR_OK);
    assert_int_equal(verifykey_check(from_spki, SIG_RS256, span_str("m"), span_of(sig, len)),
                     ERR_OK);
    verifykey_free(from_ne);
    verifykey_free(from_spki);
    cert_free(c);
    buf_release(&der);
}

static void
damaged_certificates_are_refused(void **state)
{
    struct cert *c = NULL;

    (void)state;
    for (size_t len = 0; len < ca.len; len += 7)
        assert_int_equal(cert_new(span_of(ca.ptr, len), &c), ERR_FORMAT);
    buf_put_byte(&ca, 0);
    assert_int_equal(cert_new(buf_span(&ca), &c), ERR_FORMAT);
    ca.len--;
    assert_null(c);
}

static void
pem_goes_out_and_comes_back(void **state)
{
    struct buf text, der;
    struct span rest;

    (void)state;
    buf_init(&text, CERT_MAX * 4);
    buf_init(&der, CERT_MAX);
    assert_int_equal(pem_put(buf_span(&ca), "CERTIFICATE", &text), ERR_OK);
    buf_put_str(&text, "a comment\n");
    assert_int_equal(pem_put(buf_span(&ca), "CERTIFICATE", &text), ERR_OK);
    assert_int_equal(pem_get(buf_span(&text), "CERTIFICATE", &der, &rest), ERR_OK);
    assert_true(span_is_equal(buf_span(&der), buf_span(&ca)));
    buf_clear(&der);
    assert_int_equal(pem_get(rest, "CERTIFICATE", &der, &rest), ERR_OK);
    assert_true(span_is_equal(buf_span(&der), buf_span(&ca)));
    assert_int_equal(pem_get(rest, "CERTIFICATE", &der, &rest), ERR_NOT_FOUND);
    assert_int_equal(pem_get(buf_span(&text), "PUBLIC KEY", &der, NULL), ERR_NOT_FOUND);
    text.ptr[60] = '!';
    buf_clear(&der);
    assert_int_equal(pem_get(buf_span(&text), "CERTIFICATE", &der, NULL), ERR_FORMAT);
    buf_release(&text);
    buf_release(&der);
}

static int
setup(void **state)
{
    buf_init(&ca, CERT_MAX);
    return secmem_setup(state) != 0 || signkey_new(SIGNKEY_EC, &ca_key) != ERR_OK ||
                   signkey_new(SIGNKEY_EC, &leaf_key) != ERR_OK ||
                   signkey_new(SIGNKEY_RSA, &rsa_key) != ERR_OK ||
                   x509_make_ca(ca_key, span_str("keyhold.localhost"), T0 - DAY,
                                T0 + 3650 * DAY, &ca) != ERR_OK
               ? -1
               : 0;
}

static int
teardown(void **state)
{
    buf_release(&ca);
    signkey_free(ca_key);
    signkey_free(leaf_key);
    signkey_free(rsa_key);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_chains_strictly_for_each_of_its_hosts),
        cmocka_unit_test(leaf_is_refused_before_and_after_its_time),
        cmocka_unit_test(names_outside_the_constraints_do_not_chain),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(other_ca_or_other_key_is_refused),
        cmocka_unit_test(leaf_cannot_issue),
        cmocka_unit_test(certificate_tells_what_was_put_in),
        cmocka_unit_test(serials_differ),
        cmocka_unit_test(token_certificate_gives_the_key_that_verifies),
        cmocka_unit_test(damaged_certificates_are_refused),
        cmocka_unit_test(pem_goes_out_and_comes_back),
    };

    return cmocka_run_group_tests_name("crypto/x509", tests, setup, teardown);
}
