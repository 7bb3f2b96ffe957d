/* SPDX-License-Identifier: Apache-2.0 */
/* Bags of certificates: filled from DER and PEM, put in order, completed. */
#include "crypto/cert_chain.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "certified.h"

enum { LEVELS = 4 }; /* root, two in between, leaf */

static struct key *keys[LEVELS], *other;
static struct cert *certs[LEVELS], *other_cert, *twin; /* twin: named like certs[1] */

static struct cert *
make(const char *subject, struct key *key, const struct cert *issuer, struct key *signer)
{
    struct cert_spec s = spec_of(subject);
    struct cert_issuer by = { .key = key_public(signer) };
    struct cert *c = NULL;
    struct buf der;

    if (issuer != NULL) {
        by.name = cert_subject_der(issuer);
        by.key_id = cert_key_id(issuer);
        s.issuer = &by;
    }
    der = certify(&s, key, signer);
    assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
    buf_release(&der);
    return c;
}

static int
setup(void **state)
{
    static const char *const names[LEVELS] = { "CN=Root", "CN=A", "CN=B", "CN=Leaf" };

    if (certified_setup(state) != 0)
        return -1;
    for (size_t i = 0; i < LEVELS; i++) {
        keys[i] = key_of(KEY_EC, CURVE_P256, 0);
        certs[i] =
            make(names[i], keys[i], i == 0 ? NULL : certs[i - 1], keys[i == 0 ? 0 : i - 1]);
    }
    other = key_of(KEY_EC, CURVE_P256, 0);
    other_cert = make("CN=Other", other, NULL, other);
    twin = make("CN=A", other, certs[0], keys[0]);
    return 0;
}

static int
teardown(void **state)
{
    for (size_t i = 0; i < LEVELS; i++) {
        cert_free(certs[i]);
        key_free(keys[i]);
    }
    cert_free(other_cert);
    cert_free(twin);
    key_free(other);
    return certified_teardown(state);
}

static struct cert_bag
bag_of(const struct cert *const *of, size_t count)
{
    struct cert_bag b = { .count = 0 };

    for (size_t i = 0; i < count; i++)
        assert_int_equal(cert_bag_add(&b, cert_der(of[i])), ERR_OK);
    assert_int_equal(b.count, count);
    return b;
}

static void
assert_is(const struct cert_bag *b, size_t i, const struct cert *c)
{
    assert_true(i < b->count && span_is_equal(cert_der(b->certs[i]), cert_der(c)));
}

static void
every_order_comes_out_as_one(void **state)
{
    (void)state;
    for (unsigned n = 0; n < LEVELS * LEVELS * LEVELS * LEVELS; n++) {
        unsigned at[LEVELS] = { n % 4, n / 4 % 4, n / 16 % 4, n / 64 };
        const struct cert *of[LEVELS];
        struct cert_bag b;

        if ((1u << at[0] | 1u << at[1] | 1u << at[2] | 1u << at[3]) != 15)
            continue;
        for (size_t i = 0; i < LEVELS; i++)
            of[i] = certs[at[i]];
        b = bag_of(of, LEVELS);
        assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
        assert_int_equal(b.chain, LEVELS);
        for (size_t i = 0; i < LEVELS; i++)
            assert_is(&b, i, certs[LEVELS - 1 - i]);
        cert_bag_release(&b);
    }
}

static void
others_are_kept_behind_the_chain(void **state)
{
    const struct cert *of[] = { other_cert, certs[0], twin, certs[3], certs[1], certs[2] };
    struct cert_bag b = bag_of(of, 6);

    (void)state;
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
    assert_int_equal(b.chain, 4);
    assert_is(&b, 0, certs[3]);
    assert_is(&b, 2, certs[1]); /* not the twin, which has another key */
    assert_is(&b, 4, other_cert);
    assert_is(&b, 5, twin);
    cert_bag_release(&b);
}

static void
a_gap_ends_the_chain(void **state)
{
    const struct cert *of[] = { certs[0], certs[1], certs[3] };
    struct cert_bag b = bag_of(of, 3);

    (void)state;
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
    assert_int_equal(b.chain, 1);
    assert_int_equal(b.count, 3);
    cert_bag_release(&b);
}

static void
what_is_known_completes_the_chain(void **state)
{
    struct cert *known[] = { other_cert, twin, certs[0], certs[1], certs[2] };
    const struct cert *of[] = { other_cert, certs[3] };
    struct cert_bag b = bag_of(of, 2);

    (void)state;
    assert_int_equal(cert_bag_complete(&b, known, 5), ERR_OK);
    assert_int_equal(b.count, 2); /* before there is a chain, nothing */
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
    assert_int_equal(cert_bag_complete(&b, known, 5), ERR_OK);
    assert_int_equal(b.chain, 4);
    assert_int_equal(b.count, 5);
    assert_is(&b, 3, certs[0]);
    assert_is(&b, 4, other_cert);
    cert_bag_release(&b);
}

static void
no_certificate_of_the_key_is_an_error(void **state)
{
    const struct cert *of[] = { certs[0], certs[1] };
    struct cert_bag b = bag_of(of, 2);

    (void)state;
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_CERT_MISMATCH);
    assert_int_equal(cert_bag_find_key(&b, key_public(keys[3])), 2);
    assert_int_equal(cert_bag_find_key(&b, key_public(keys[1])), 1);
    cert_bag_release(&b);
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_CERT_MISMATCH);
}

static void
the_one_that_ends_last_is_the_leaf(void **state)
{
    struct cert_spec s = spec_of("CN=Leaf");
    struct cert_bag b = { .count = 0 };
    struct buf der;

    (void)state;
    s.not_after += CERT_DAY;
    der = certify(&s, keys[3], keys[3]);
    assert_int_equal(cert_bag_add(&b, cert_der(certs[3])), ERR_OK);
    assert_int_equal(cert_bag_add(&b, buf_span(&der)), ERR_OK);
    assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
    assert_true(span_is_equal(cert_der(b.certs[0]), buf_span(&der)));
    cert_bag_release(&b);
    buf_release(&der);
}

static void
pem_and_der_and_the_same_again(void **state)
{
    struct cert_bag b = { .count = 0 };
    struct buf pem;

    (void)state;
    buf_init(&pem, 64 * 1024);
    buf_put_str(&pem, "words\r\n");
    for (size_t i = 0; i < LEVELS; i++)
        assert_int_equal(pem_put(cert_der(certs[i]), "CERTIFICATE", &pem), ERR_OK);
    assert_int_equal(cert_bag_add(&b, buf_span(&pem)), ERR_OK);
    assert_int_equal(b.count, LEVELS);
    assert_int_equal(cert_bag_add(&b, cert_der(certs[0])), ERR_OK);
    assert_int_equal(b.count, LEVELS);
    cert_bag_release(&b);
    buf_release(&pem);
}

static void
what_is_no_certificate_is_refused(void **state)
{
    struct cert_bag b = { .count = 0 };
    struct span der = cert_der(certs[0]);

    (void)state;
    assert_int_equal(cert_bag_add(&b, span_str("")), ERR_CERT_NONE);
    assert_int_equal(cert_bag_add(&b, span_str("junk")), ERR_FORMAT);
    assert_int_equal(cert_bag_add(&b, span_head(der, der.len - 1)), ERR_FORMAT);
    assert_int_equal(cert_bag_add(&b, span_str("-----BEGIN PUBLIC KEY-----\nAAAA\n"
                                               "-----END PUBLIC KEY-----\n")),
                     ERR_CERT_NONE);
    assert_int_equal(cert_bag_add(&b, span_str("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                               "-----END CERTIFICATE-----\n")),
                     ERR_FORMAT);
    assert_int_equal(cert_bag_add(&b, span_str("-----BEGIN CERTIFICATE-----\nAAAA\n")),
                     ERR_FORMAT);
    assert_int_equal(b.count, 0);
}

static void
a_bag_has_a_size(void **state)
{
    struct cert_bag b = { .count = 0 };
    char subject[32];

    (void)state;
    for (unsigned i = 0; i <= CERT_CHAIN_MAX; i++) {
        struct cert *c;

        (void)snprintf(subject, sizeof(subject), "CN=%u", i);
        c = make(subject, other, NULL, other);
        assert_int_equal(cert_bag_add(&b, cert_der(c)),
                         i < CERT_CHAIN_MAX ? ERR_OK : ERR_TOO_LARGE);
        cert_free(c);
    }
    cert_bag_release(&b);
}

/* A root that changed its key certifies the new one with the old one: issuer and subject are
 * one name, and yet it is not the end. PKITS 4.5. */
static void
a_roll_over_is_no_root(void **state)
{
    struct cert *rolled = make("CN=Root", other, certs[0], keys[0]), *leaf;
    struct key *k = key_of(KEY_EC, CURVE_P256, 0);
    const struct cert *of[3];
    struct cert_bag b;

    (void)state;
    leaf = make("CN=Below", k, rolled, other);
    of[0] = certs[0];
    of[1] = leaf;
    of[2] = rolled;
    b = bag_of(of, 3);
    assert_true(cert_is_self_issued(rolled));
    assert_int_equal(cert_bag_order(&b, key_public(k)), ERR_OK);
    assert_int_equal(b.chain, 3);
    assert_is(&b, 1, rolled);
    assert_is(&b, 2, certs[0]);
    cert_bag_release(&b);
    cert_free(leaf);
    cert_free(rolled);
    key_free(k);
}

/* The same CA, certified by two: one of them is not there. */
static void
a_way_that_leads_to_a_root_is_taken(void **state)
{
    struct key *k = key_of(KEY_EC, CURVE_P256, 0);
    struct cert *elsewhere = make("CN=B", keys[2], other_cert, other);
    struct cert *between = make("CN=A", keys[1], other_cert, other);
    const struct cert *of[] = { between, elsewhere, certs[0], certs[1], certs[2], certs[3] };

    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        const struct cert *turned[6];
        struct cert_bag b;

        for (size_t i = 0; i < 6; i++)
            turned[i] = of[(i + n) % 6];
        b = bag_of(turned, 6);
        assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
        assert_int_equal(b.chain, 4);
        assert_is(&b, 2, certs[1]);
        assert_is(&b, 3, certs[0]);
        cert_bag_release(&b);
    }
    cert_free(elsewhere);
    cert_free(between);
    key_free(k);
}

/* Renewed with the same key and name: the one that lasts longer is what a server should send.
 */
static void
of_two_issuers_the_one_that_ends_last_is_taken(void **state)
{
    struct cert_spec s = spec_of("CN=B");
    struct cert_issuer by = { .key = key_public(keys[1]),
                              .name = cert_subject_der(certs[1]),
                              .key_id = cert_key_id(certs[1]) };
    struct cert *renewed = NULL;
    struct buf der;

    (void)state;
    s.issuer = &by;
    s.not_after += 100 * CERT_DAY;
    der = certify(&s, keys[2], keys[1]);
    assert_int_equal(cert_new(buf_span(&der), &renewed), ERR_OK);
    for (unsigned n = 0; n < 2; n++) {
        const struct cert *of[] = { certs[3], certs[2], renewed, certs[1], certs[0] };
        struct cert_bag b;

        of[1] = n == 0 ? certs[2] : renewed;
        of[2] = n == 0 ? renewed : certs[2];
        b = bag_of(of, 5);
        assert_int_equal(cert_bag_order(&b, key_public(keys[3])), ERR_OK);
        assert_int_equal(b.chain, 4);
        assert_is(&b, 1, renewed);
        assert_is(&b, 4, certs[2]);
        cert_bag_release(&b);
    }
    buf_release(&der);
    cert_free(renewed);
}

/* As cheaply as a stranger would: no extension, one name for subject and issuer. */
static void
put_nameless(struct cert_bag *b, EVP_PKEY *key, EVP_PKEY *signer, int days)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    unsigned char *der = NULL;
    int len;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"Same", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, name), 1);
    assert_non_null(X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, NULL));
    assert_non_null(X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
    len = i2d_X509(x, &der);
    assert_true(len > 0);
    assert_int_equal(cert_bag_add(b, span_of(der, (size_t)len)), ERR_OK);
    OPENSSL_free(der);
    X509_free(x);
}

/* Every pair would have to be tried, and the right one last. */
static void
signatures_are_not_checked_without_end(void **state)
{
    EVP_PKEY *k[CERT_CHAIN_MAX];
    struct cert_bag b = { .count = 0 };
    const struct key_public *leaf;

    (void)state;
    for (int i = 0; i < CERT_CHAIN_MAX; i++) {
        k[i] = EVP_EC_gen("P-256");
        assert_non_null(k[i]);
        put_nameless(&b, k[i], k[i == 0 ? 0 : i - 1], 100 + i);
    }
    leaf = cert_key(b.certs[CERT_CHAIN_MAX / 2]);
    assert_int_equal(cert_bag_order(&b, leaf), ERR_OK);
    assert_true(b.chain >= 1 && b.chain < CERT_CHAIN_MAX / 2);
    assert_int_equal(b.count, CERT_CHAIN_MAX);
    cert_bag_release(&b);
    for (int i = 0; i < CERT_CHAIN_MAX; i++)
        EVP_PKEY_free(k[i]);
}

/* With an exponent of 65 bits and more, a signature costs what its maker likes. */
static void
signatures_of_costly_keys_are_not_checked(void **state)
{
    static const char *const exponents[] = { "65537", "18446744073709551629" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        struct cert_bag b = { .count = 0 };
        EVP_PKEY *k = NULL;
        BIGNUM *e = NULL;

        assert_true(BN_dec2bn(&e, exponents[i]) > 0);
        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
        assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
        assert_int_equal(EVP_PKEY_keygen(ctx, &k), 1);
        put_nameless(&b, k, k, 9);
        assert_true(cert_may_be_issued_by(b.certs[0], b.certs[0]));
        assert_int_equal(cert_is_issued_by(b.certs[0], b.certs[0]), i == 0);
        cert_bag_release(&b);
        EVP_PKEY_free(k);
        EVP_PKEY_CTX_free(ctx);
        BN_free(e);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_comes_out_as_one),
        cmocka_unit_test(others_are_kept_behind_the_chain),
        cmocka_unit_test(a_gap_ends_the_chain),
        cmocka_unit_test(what_is_known_completes_the_chain),
        cmocka_unit_test(no_certificate_of_the_key_is_an_error),
        cmocka_unit_test(the_one_that_ends_last_is_the_leaf),
        cmocka_unit_test(pem_and_der_and_the_same_again),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(a_bag_has_a_size),
        cmocka_unit_test(a_roll_over_is_no_root),
        cmocka_unit_test(a_way_that_leads_to_a_root_is_taken),
        cmocka_unit_test(of_two_issuers_the_one_that_ends_last_is_taken),
        cmocka_unit_test(signatures_are_not_checked_without_end),
        cmocka_unit_test(signatures_of_costly_keys_are_not_checked),
    };

    return cmocka_run_group_tests_name("crypto/cert_chain", tests, setup, teardown);
}
