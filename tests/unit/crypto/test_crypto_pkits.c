/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NIST's PKITS: its certificates read, its PKCS#12 files opened, and each of its end entities
 * put in order among every certificate that might be above it and some that are not.
 *
 * PKITS is about verifiers. What a vault does of that is order: who issued whom, by name, key
 * identifier and signature. Tests of these are held to their result; of the others (times,
 * constraints, policies, revocation: nothing that a vault judges) the order alone is looked at.
 */
#include <fnmatch.h>
#include <openssl/x509.h>

#include "certified.h"
#include "codec/b64.h"
#include "crypto/cert_chain.h"
#include "crypto/cert_file.h"
#include "vector_files.h"

enum { ROOM = 128 * 1024 };

static struct vector_names files;
static struct cert *certs[VECTOR_FILES_MAX];
static X509 *parsed[VECTOR_FILES_MAX]; /* the same */
static const struct cert *anchor;
static unsigned wrong;

/* ---------------------------------------------------------------- classes of tests */

enum class { ORDER, TIMES, REVOCATION, CONSTRAINTS, USAGE, POLICIES, OTHERS, CLASS__MAX };

static const char *const class_names[CLASS__MAX] = {
    [ORDER] = "signatures, names, roll-over: applicable",
    [TIMES] = "4.2 times: not judged",
    [REVOCATION] = "4.4, 4.14, 4.15 revocation: not judged",
    [CONSTRAINTS] = "4.6, 4.13 constraints: not judged",
    [USAGE] = "4.7 key usage: not judged",
    [POLICIES] = "4.8 to 4.12 policies: not judged",
    [OTHERS] = "4.16 other extensions: not judged",
};

/* By the name of the end entity; the first that fits. */
static const struct {
    const char *names;
    enum class class;
} rules[] = {
    /* clang-format off */
    { "*Signature*Test[1-6]EE.crt", ORDER }, { "*DSAParameter*", ORDER }, { "ValidCertificatePathTest1EE.crt", ORDER },
    { "*NameChaining*", ORDER }, { "ValidNameUIDsTest6EE.crt", ORDER }, { "ValidRFC3280*", ORDER }, { "ValidRollover*", ORDER },
    { "ValidUTF8*", ORDER }, { "ValidBasicSelfIssued*", ORDER }, { "InvalidBasicSelfIssued*", ORDER }, { "InvalidBadSignature*", ORDER },
    { "*notBefore*", TIMES }, { "*notAfter*", TIMES },
    { "*CRL*", REVOCATION }, { "*Revoked*", REVOCATION }, { "*SerialNumber*", REVOCATION }, { "*distributionPoint*", REVOCATION },
    { "*onlyContains*", REVOCATION }, { "*onlySomeReasons*", REVOCATION }, { "*IDP*", REVOCATION }, { "*DistributionPoint*", REVOCATION },
    { "*SeparateCertificate*", REVOCATION }, { "*cRLIssuer*", REVOCATION },
    { "*basicConstraints*", CONSTRAINTS }, { "*cAFalse*", CONSTRAINTS }, { "*pathLenConstraint*", CONSTRAINTS }, { "*SelfIssuedpathLen*", CONSTRAINTS },
    { "*nameConstraints*", CONSTRAINTS }, { "*RFC822*", CONSTRAINTS }, { "*DNnameConstraints*", CONSTRAINTS },
    { "*keyUsage*", USAGE },
    { "*olic*", POLICIES }, { "*apping*", POLICIES }, { "*anyPolicy*", POLICIES }, { "*UserNotice*", POLICIES }, { "*CPSPointer*", POLICIES },
    { "*CertificateExtension*", OTHERS },
    /* clang-format on */
};

static enum class class_of(const char *name) {
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]);
         i++) if (fnmatch(rules[i].names, name, 0) == 0) return rules[i]
        .class;
    print_error("%s is of no class\n", name);
    wrong++;
    return OTHERS;
}

/* Where the way up ends before the root, and how many certificates it has. */
static const struct {
    const char *name;
    size_t len;
} ends[] = {
    { "InvalidCASignatureTest2EE.crt", 2 },
    { "InvalidEESignatureTest3EE.crt", 1 },
    { "InvalidNameChainingOrderTest2EE.crt", 1 },
    { "InvalidNameChainingTest1EE.crt", 1 },
};

static size_t
end_of(const char *name)
{
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(ends[i].name, name) == 0)
            return ends[i].len;
    return 0;
}

/* ------------------------------------------------------------------------ set up */

static X509 *
parse(const struct cert *c)
{
    struct span der = cert_der(c);
    const unsigned char *p = der.ptr;

    return d2i_X509(NULL, &p, (long)der.len);
}

static int
setup(void **state)
{
    if (certified_setup(state) != 0)
        return -1;
    cert_file_setup();
    if (!vector_names(PKITS "/certs", ".crt", &files))
        return 0;
    for (size_t i = 0; i < files.count; i++) {
        if (vector_cert(PKITS "/certs", files.name[i], &certs[i]) != ERR_OK) {
            print_error("%s was not read\n", files.name[i]);
            return -1;
        }
        parsed[i] = parse(certs[i]);
        if (strcmp(files.name[i], "TrustAnchorRootCertificate.crt") == 0)
            anchor = certs[i];
    }
    return anchor == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    for (size_t i = 0; i < files.count; i++)
        cert_free(certs[i]);
    for (size_t i = 0; i < files.count; i++)
        X509_free(parsed[i]);
    vector_names_release(&files);
    return certified_teardown(state);
}

static void
every_certificate_is_read(void **state)
{
    size_t nameless = 0;

    (void)state;
    if (files.count == 0)
        skip();
    assert_int_equal(files.count, 405);
    for (size_t i = 0; i < files.count; i++) {
        assert_true(cert_not_before(certs[i]) < cert_not_after(certs[i]));
        assert_true(strlen(cert_serial(certs[i])) > 0);
        if (strlen(cert_subject_dn(certs[i])) == 0)
            nameless++;
        /* All keys are of kinds that we keep, but DSA's. */
        assert_true(cert_key(certs[i])->type == KEY_RSA ||
                    strstr(files.name[i], "DSA") != NULL);
    }
    assert_int_equal(nameless, 1); /* 4.13.4: an empty subject */
}

/* ----------------------------------------------------------------- the way up */

static size_t
index_of(const struct cert *c)
{
    size_t i = 0;

    while (i < files.count && !span_is_equal(cert_der(certs[i]), cert_der(c)))
        i++;
    assert_true(i < files.count);
    return i;
}

/* By OpenSSL, and nothing of ours. */
static bool
fits_above(const struct cert *c, const struct cert *above, bool signature)
{
    X509 *x = parsed[index_of(c)], *i = parsed[index_of(above)];

    return X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(i)) == 0 &&
           (!signature || X509_verify(x, X509_get0_pubkey(i)) == 1);
}

static bool
bag_has(const struct cert_bag *b, const struct cert *c)
{
    for (size_t i = 0; i < b->count; i++)
        if (span_is_equal(cert_der(b->certs[i]), cert_der(c)))
            return true;
    return false;
}

/* Everything that by its name could be above, whatever its key; the root before all. Then some
 * that have nothing to do with it. */
static void
fill(struct cert_bag *b, size_t leaf)
{
    assert_int_equal(cert_bag_add(b, cert_der(anchor)), ERR_OK);
    assert_int_equal(cert_bag_add(b, cert_der(certs[leaf])), ERR_OK);
    for (size_t at = 1; at < b->count; at++)
        for (size_t i = 0; i < files.count; i++)
            if (fits_above(b->certs[at], certs[i], false) && b->count < CERT_CHAIN_MAX)
                assert_int_equal(cert_bag_add(b, cert_der(certs[i])), ERR_OK);
    assert_true(b->count < CERT_CHAIN_MAX);
    for (size_t i = leaf % 20; i < files.count && b->count < 24; i += 20)
        if (!bag_has(b, certs[i]))
            assert_int_equal(cert_bag_add(b, cert_der(certs[i])), ERR_OK);
}

static void
reverse(struct cert_bag *b)
{
    for (size_t i = 0; i < b->count / 2; i++) {
        struct cert *c = b->certs[i];

        b->certs[i] = b->certs[b->count - 1 - i];
        b->certs[b->count - 1 - i] = c;
    }
}

/* Some end entities have a key of a kind that no certificate of ours has: nothing to order. */
static bool
order_one(size_t leaf, bool backwards)
{
    struct cert_bag b = { .count = 0 };
    size_t want = end_of(files.name[leaf]), count;
    bool at_root, ok = true;

    if (cert_key(certs[leaf])->type == KEY_NONE)
        return false;
    fill(&b, leaf);
    count = b.count;
    if (backwards)
        reverse(&b);
    assert_int_equal(cert_bag_order(&b, cert_key(certs[leaf])), ERR_OK);
    assert_int_equal(b.count, count);
    assert_true(span_is_equal(cert_der(b.certs[0]), cert_der(certs[leaf])));
    for (size_t i = 0; i + 1 < b.chain; i++)
        ok = ok && fits_above(b.certs[i], b.certs[i + 1], true);
    at_root = span_is_equal(cert_der(b.certs[b.chain - 1]), cert_der(anchor));
    if (!ok || at_root != (want == 0) || (want > 0 && b.chain != want)) {
        print_error("%s: %zu certificates up to %s\n", files.name[leaf], b.chain,
                    cert_subject(b.certs[b.chain - 1]));
        wrong++;
    }
    cert_bag_release(&b);
    return true;
}

static void
every_end_entity_finds_its_way_up(void **state)
{
    size_t counts[CLASS__MAX] = { 0 }, without = 0;

    (void)state;
    if (files.count == 0)
        skip();
    for (size_t i = 0; i < files.count; i++) {
        if (!ends_with(files.name[i], "EE.crt"))
            continue;
        if (order_one(i, false) && order_one(i, true))
            counts[class_of(files.name[i])]++;
        else
            without++;
    }
    for (size_t i = 0; i < CLASS__MAX; i++)
        print_message("pkits: %3zu %s\n", counts[i], class_names[i]);
    print_message("pkits: %3zu of a key of a kind that is not kept\n", without);
    assert_int_equal(wrong, 0);
}

/* ------------------------------------------------------------------------ PKCS#12 */

static enum err
open_pfx(const char *name, const char *password, struct cert_file *f)
{
    struct buf bytes, text;
    enum err e;

    buf_init(&bytes, ROOM);
    buf_init(&text, 2 * ROOM);
    vector_read(PKITS "/pkcs12", name, &bytes);
    b64_put(sink_buf(&text), buf_span(&bytes));
    e = cert_file_read(buf_span(&text), span_str(password), CERT_FORM_PFX, f);
    buf_release(&bytes);
    buf_release(&text);
    return e;
}

/* The certificate's key is the one that is there: its modulus; all of it, for some. */
static void
check_pfx(const char *name, bool wholly)
{
    bool kept = strstr(name, "DSA") == NULL;
    struct span n, exponent;
    struct cert *c = NULL;
    struct cert_file f;
    struct key *k = NULL;
    enum err e = open_pfx(name, "password", &f);

    if (e != (kept ? ERR_OK : ERR_ARG))
        print_error("%s: %d\n", name, (int)e);
    assert_int_equal(e, kept ? ERR_OK : ERR_ARG);
    if (!kept)
        return;
    assert_int_equal(f.count, 1);
    assert_int_equal(cert_new(f.certs[0], &c), ERR_OK);
    assert_true(cert_rsa(c, &n, &exponent) && span_is_equal(n, f.parts.n));
    if (wholly) { /* a tenth of a second */
        assert_int_equal(key_import(&f.parts, &k), ERR_OK);
        assert_true(cert_is_of_key(c, key_public(k)));
        key_free(k);
    }
    cert_free(c);
    cert_file_release(&f);
}

static void
every_pkcs12_file_is_opened(void **state)
{
    struct vector_names names;
    struct cert_file f;

    (void)state;
    if (!vector_names(PKITS "/pkcs12", ".p12", &names))
        skip();
    assert_int_equal(names.count, 405);
    for (size_t i = 0; i < names.count; i++)
        check_pfx(names.name[i], i % 40 == 0);
    for (size_t i = 0; i < names.count; i += 40)
        assert_int_equal(open_pfx(names.name[i], "Password", &f), ERR_CERT_PASSWORD);
    vector_names_release(&names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_certificate_is_read),
        cmocka_unit_test(every_end_entity_finds_its_way_up),
        cmocka_unit_test(every_pkcs12_file_is_opened),
    };

    return cmocka_run_group_tests_name("crypto/pkits", tests, setup, teardown);
}
