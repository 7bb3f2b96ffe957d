/* SPDX-License-Identifier: Apache-2.0 */
/* What we compose: read back, and judged by OpenSSL's own program. */
#include "certified.h"
#include "crypto/x509.h"

static struct key *rsa, *p256, *p384, *p521, *p256k;

static int
setup(void **state)
{
    if (certified_setup(state) != 0)
        return -1;
    rsa = key_of(KEY_RSA, CURVE_NONE, 2048);
    p256 = key_of(KEY_EC, CURVE_P256, 0);
    p384 = key_of(KEY_EC, CURVE_P384, 0);
    p521 = key_of(KEY_EC, CURVE_P521, 0);
    p256k = key_of(KEY_EC, CURVE_P256K, 0);
    return 0;
}

static int
teardown(void **state)
{
    key_free(rsa);
    key_free(p256);
    key_free(p384);
    key_free(p521);
    key_free(p256k);
    return certified_teardown(state);
}

static const struct alt_name alts[] = {
    { ALT_DNS, { (const uint8_t *)"*.contoso.com", 13 } },
    { ALT_EMAIL, { (const uint8_t *)"a@contoso.com", 13 } },
    { ALT_UPN, { (const uint8_t *)"u@contoso.com", 13 } },
    { ALT_URI, { (const uint8_t *)"https://contoso.com/x", 21 } },
    { ALT_IP, { (const uint8_t *)"192.0.2.1", 9 } },
    { ALT_IP, { (const uint8_t *)"2001:db8::1", 11 } },
};
enum { ALTS = sizeof(alts) / sizeof(alts[0]) };

static void
verifies_by_itself(struct key *k, const char *name)
{
    struct cert_spec s = spec_of("CN=contoso.com, O=Contoso");
    struct buf der = certify(&s, k, k);
    struct cert *c = NULL;

    assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
    assert_true(cert_is_of_key(c, key_public(k)));
    assert_true(cert_is_self_issued(c));
    assert_true(cert_is_issued_by(c, c));
    assert_string_equal(cert_subject_dn(c), "CN=contoso.com, O=Contoso");
    assert_true(span_is_equal(cert_key_id(c), cert_issuer_key_id(c)));
    assert_int_equal(cert_key_id(c).len, SHA1_LEN);
    assert_int_equal(cert_not_before(c), CERT_T0 - 600);
    assert_int_equal(cert_not_after(c), CERT_T0 + 365 * CERT_DAY);
    if (shell_has("openssl")) {
        assert_true(shell_write(name, buf_span(&der)));
        assert_int_equal(shell("openssl x509 -inform DER -in %s -out %s.pem && openssl verify "
                               "-x509_strict -check_ss_sig -attime %d -CAfile %s.pem %s.pem",
                               name, name, CERT_T0, name, name),
                         0);
    }
    cert_free(c);
    buf_release(&der);
}

static void
every_type_of_key_signs_its_own(void **state)
{
    (void)state;
    verifies_by_itself(rsa, "rsa");
    verifies_by_itself(p256, "p256");
    verifies_by_itself(p384, "p384");
    verifies_by_itself(p521, "p521");
    verifies_by_itself(p256k, "p256k");
}

static void
the_digest_is_the_curves(void **state)
{
    struct cert_digest d;

    (void)state;
    assert_int_equal(cert_digest(key_public(rsa), span_str("x"), &d), ERR_OK);
    assert_true(d.alg == ALG_RS256 && d.len == 32);
    assert_int_equal(cert_digest(key_public(p256), span_str("x"), &d), ERR_OK);
    assert_true(d.alg == ALG_ES256 && d.len == 32);
    assert_int_equal(cert_digest(key_public(p384), span_str("x"), &d), ERR_OK);
    assert_true(d.alg == ALG_ES384 && d.len == 48);
    assert_int_equal(cert_digest(key_public(p521), span_str("x"), &d), ERR_OK);
    assert_true(d.alg == ALG_ES512 && d.len == 64);
    assert_int_equal(cert_digest(key_public(p256k), span_str("x"), &d), ERR_OK);
    assert_true(d.alg == ALG_ES256K && d.len == 32);
}

/* data-plane.md D3.1: the extensions and their order, byte by byte where they are fixed. */
static void
extensions_stand_in_azures_order(void **state)
{
    static const char *const oids[] = { "0603551d0f0101ff0404030205a0",
                                        "0603551d1304023000",
                                        "0603551d25",
                                        "0603551d11",
                                        "0603551d23",
                                        "0603551d0e" };
    struct cert_spec s = spec_of("CN=x");
    struct buf der, hex;
    const char *at;

    (void)state;
    s.alts = alts;
    s.alt_count = ALTS;
    der = certify(&s, p256, p256);
    buf_init(&hex, 64 * 1024);
    hex_put(sink_buf(&hex), buf_span(&der));
    at = buf_str(&hex);
    for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        at = strstr(at, oids[i]);
        assert_non_null(at);
    }
    buf_release(&hex);
    buf_release(&der);
}

static void
alternative_names_of_every_kind_come_back(void **state)
{
    static const size_t order[ALTS] = { 1, 0, 2, 3, 4, 5 }; /* as they are written */
    struct cert_spec s = spec_of("CN=x");
    struct cert *c = NULL;
    struct buf der;

    (void)state;
    s.alts = alts;
    s.alt_count = ALTS;
    der = certify(&s, p256, p256);
    assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
    assert_int_equal(cert_alt_count(c), ALTS);
    for (size_t i = 0; i < ALTS; i++) {
        struct alt_name a = cert_alt(c, i);

        assert_int_equal(a.kind, alts[order[i]].kind);
        assert_true(span_is_equal(a.text, alts[order[i]].text));
        assert_true(alt_name_is_ok(&a));
    }
    assert_int_equal(cert_eku_count(c), 2);
    assert_true(span_is_str(cert_eku(c, 1), "1.3.6.1.5.5.7.3.2"));
    assert_int_equal(cert_key_usage(c), USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);
    assert_false(cert_is_ca(c));
    assert_int_equal(cert_path_length(c), -1);
    if (shell_has("openssl")) {
        assert_true(shell_write("alts", buf_span(&der)));
        assert_int_equal(shell("openssl x509 -inform DER -in alts -noout -text"), 0);
        assert_true(shell_said("email:a@contoso.com, DNS:*.contoso.com, othername: UPN"));
        assert_true(shell_said("URI:https://contoso.com/x, IP Address:192.0.2.1, IP "
                               "Address:2001:DB8:0:0:0:0:0:1"));
    }
    cert_free(c);
    buf_release(&der);
}

static void
every_key_usage_comes_back(void **state)
{
    (void)state;
    for (unsigned usage = 1; usage <= USAGE_ALL; usage = usage * 2 + (usage & 1)) {
        struct cert_spec s = spec_of("CN=x");
        struct cert *c = NULL;
        struct buf der;

        s.key_usage = usage;
        der = certify(&s, p256, p256);
        assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
        assert_int_equal(cert_key_usage(c), usage);
        cert_free(c);
        buf_release(&der);
    }
    for (unsigned i = 0; i < CERT_USAGES; i++)
        assert_int_equal(cert_usage_find(span_str(cert_usage_name(i))), i);
    assert_int_equal(cert_usage_find(span_str("DigitalSignature")), CERT_USAGES);
    assert_int_equal(cert_usage_find(span_str("")), CERT_USAGES);
}

/* A hierarchy: root, intermediate with a path length, leaf without a subject. */
static void
an_issued_chain_verifies_strictly(void **state)
{
    struct cert_spec root = spec_of("CN=Root"), middle = spec_of("CN=Middle, O=o"),
                     leaf = spec_of("");
    struct buf root_der, middle_der, leaf_der;
    struct cert *r = NULL, *m = NULL, *l = NULL;
    struct cert_issuer by_root, by_middle;

    (void)state;
    root.ca = middle.ca = true;
    root.key_usage = middle.key_usage = USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN;
    root.eku_count = middle.eku_count = 0;
    middle.path_length = 0;
    root_der = certify(&root, p384, p384);
    assert_int_equal(cert_new(buf_span(&root_der), &r), ERR_OK);
    by_root = (struct cert_issuer){ cert_subject_der(r), cert_key_id(r), key_public(p384) };
    middle.issuer = &by_root;
    middle_der = certify(&middle, rsa, p384);
    assert_int_equal(cert_new(buf_span(&middle_der), &m), ERR_OK);
    by_middle = (struct cert_issuer){ cert_subject_der(m), { NULL, 0 }, key_public(rsa) };
    leaf.issuer = &by_middle;
    leaf.alts = alts;
    leaf.alt_count = 1;
    leaf_der = certify(&leaf, p256, rsa);
    assert_int_equal(cert_new(buf_span(&leaf_der), &l), ERR_OK);
    assert_true(cert_is_ca(m) && cert_path_length(m) == 0);
    assert_true(cert_is_ca(r) && cert_path_length(r) == -1);
    assert_true(cert_is_issued_by(l, m) && cert_is_issued_by(m, r));
    assert_false(cert_is_issued_by(l, r) || cert_is_issued_by(r, m) || cert_is_issued_by(m, l));
    assert_string_equal(cert_subject_dn(l), "");
    if (shell_has("openssl")) {
        assert_true(shell_write("root", buf_span(&root_der)) &&
                    shell_write("middle", buf_span(&middle_der)) &&
                    shell_write("leaf", buf_span(&leaf_der)));
        assert_int_equal(shell("for f in root middle leaf; do openssl x509 -inform DER -in $f "
                               "-out $f.pem || exit 1; done; openssl verify -x509_strict "
                               "-purpose sslserver -attime %d -CAfile root.pem -untrusted "
                               "middle.pem leaf.pem",
                               CERT_T0),
                         0);
    }
    cert_free(r);
    cert_free(m);
    cert_free(l);
    buf_release(&root_der);
    buf_release(&middle_der);
    buf_release(&leaf_der);
}

static void
a_request_is_one(void **state)
{
    struct cert_spec s = spec_of("CN=contoso.com, O=Contoso");
    struct key *keys[] = { rsa, p256, p521 };

    (void)state;
    if (!shell_has("openssl"))
        skip();
    s.alts = alts;
    s.alt_count = ALTS;
    for (size_t i = 0; i < 3; i++) {
        struct buf der = request(&s, keys[i]);

        assert_true(shell_write("csr", buf_span(&der)));
        assert_int_equal(shell("openssl req -inform DER -in csr -noout -verify -text"), 0);
        assert_true(shell_said("verify OK"));
        assert_true(shell_said("Digital Signature, Key Encipherment"));
        assert_true(shell_said("TLS Web Server Authentication"));
        assert_true(shell_said("DNS:*.contoso.com"));
        buf_release(&der);
    }
}

static void
times_after_2049_are_generalized(void **state)
{
    struct cert_spec s = spec_of("CN=x");
    struct cert *c = NULL;
    struct buf der;

    (void)state;
    s.not_after = INT64_C(2524608000); /* 2050-01-01 */
    der = certify(&s, p256, p256);
    assert_int_equal(cert_new(buf_span(&der), &c), ERR_OK);
    assert_int_equal(cert_not_after(c), s.not_after);
    cert_free(c);
    buf_release(&der);
}

static void
refused(const struct cert_spec *s, enum err want)
{
    struct buf tbs;

    buf_init(&tbs, CERT_TBS_MAX);
    assert_int_equal(cert_tbs_put(s, key_public(p256), &tbs), want);
    assert_int_equal(tbs.len, 0);
    buf_release(&tbs);
}

static void
what_no_certificate_can_hold_is_refused(void **state)
{
    static const struct span bad_oid[] = { { (const uint8_t *)"1.x", 3 } };
    struct cert_spec s;

    (void)state;
    s = spec_of("");
    refused(&s, ERR_SYNTAX); /* neither subject nor names */
    s = spec_of("nonsense");
    refused(&s, ERR_SYNTAX);
    s = spec_of("CN=x");
    s.ekus = bad_oid;
    s.eku_count = 1;
    refused(&s, ERR_SYNTAX);
    s = spec_of("CN=x");
    s.eku_count = CERT_EKUS_MAX + 1;
    refused(&s, ERR_TOO_LARGE);
    s = spec_of("CN=x");
    s.alt_count = CERT_ALTS_MAX + 1;
    refused(&s, ERR_TOO_LARGE);
    s = spec_of("CN=x");
    s.not_after = s.not_before - 1;
    refused(&s, ERR_SYNTAX);
    s = spec_of("CN=x");
    s.not_after = INT64_C(1) << 40;
    refused(&s, ERR_SYNTAX);
    s = spec_of("CN=x");
    s.serial[0] = 0x80;
    refused(&s, ERR_SYNTAX);
    s = spec_of("CN=x");
    s.key_usage = 1 << 9;
    refused(&s, ERR_SYNTAX);
}

static void
keys_without_certificates_are_refused(void **state)
{
    struct key *oct = key_of(KEY_OCT, CURVE_NONE, 256),
               *okp = key_of(KEY_OKP, CURVE_ED25519, 0);
    struct cert_spec s = spec_of("CN=x");
    struct cert_digest d;
    struct buf out;

    (void)state;
    buf_init(&out, CERT_TBS_MAX);
    assert_int_equal(cert_tbs_put(&s, key_public(oct), &out), ERR_ARG);
    assert_int_equal(cert_tbs_put(&s, key_public(okp), &out), ERR_ARG);
    assert_int_equal(csr_info_put(&s, key_public(oct), &out), ERR_ARG);
    assert_int_equal(key_public_put_spki(key_public(okp), &out), ERR_ARG);
    assert_int_equal(cert_digest(key_public(oct), span_str("x"), &d), ERR_ARG);
    assert_int_equal(out.len, 0);
    key_free(oct);
    key_free(okp);
    buf_release(&out);
}

static const struct alt_vec {
    enum alt_kind kind;
    const char *text;
    bool ok;
} alt_vecs[] = {
    { ALT_DNS, "a.b-c.example", true },
    { ALT_DNS, "_acme.example", true },
    { ALT_DNS, "localhost", true },
    { ALT_DNS, "", false },
    { ALT_DNS, "*", false },
    { ALT_DNS, "a.*.example", false },
    { ALT_DNS, "a..b", false },
    { ALT_DNS, "a.b.", false },
    { ALT_DNS, "-a.example", false },
    { ALT_DNS, "a b.example", false },
    { ALT_DNS, "\xc3\xa4.example", false },
    { ALT_EMAIL, "a.b+c@example.com", true },
    { ALT_EMAIL, "a@", false },
    { ALT_EMAIL, "@example.com", false },
    { ALT_EMAIL, "a@b@c", false },
    { ALT_EMAIL, "example.com", false },
    { ALT_UPN, "user@corp", true },
    { ALT_UPN, "\xc3\xa4@corp", true },
    { ALT_UPN, "a\nb", false },
    { ALT_URI, "urn:x", true },
    { ALT_URI, "spiffe://a/b", true },
    { ALT_URI, "/path", false },
    { ALT_URI, ":x", false },
    { ALT_URI, "1a:x", false },
    { ALT_URI, "http://a b", false },
    { ALT_IP, "127.0.0.1", true },
    { ALT_IP, "::1", true },
    { ALT_IP, "127.0.0.256", false },
    { ALT_IP, "127.1", false },
    { ALT_IP, "::1%lo", false },
    { ALT_KIND__MAX, "x", false },
};

static void
alternative_names_are_judged_by_their_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alt_vecs) / sizeof(alt_vecs[0]); i++) {
        struct alt_name a = { alt_vecs[i].kind, span_str(alt_vecs[i].text) };

        if (alt_name_is_ok(&a) != alt_vecs[i].ok)
            fail_msg("%s", alt_vecs[i].text);
    }
}

static void
a_signature_that_does_not_fit_makes_no_certificate(void **state)
{
    uint8_t sig[256] = { 1 };
    struct buf tbs, der;
    struct cert_spec s = spec_of("CN=x");

    (void)state;
    buf_init(&tbs, CERT_TBS_MAX);
    buf_init(&der, CERT_TBS_MAX);
    assert_int_equal(cert_tbs_put(&s, key_public(p256), &tbs), ERR_OK);
    assert_int_equal(cert_assemble(key_public(p256), buf_span(&tbs), span_of(sig, 64), &der),
                     ERR_INTEGRITY);
    assert_int_equal(cert_assemble(key_public(p256), buf_span(&tbs), span_of(sig, 63), &der),
                     ERR_ARG);
    assert_int_equal(cert_assemble(key_public(rsa), buf_span(&tbs), span_of(sig, 256), &der),
                     ERR_INTEGRITY);
    assert_int_equal(cert_assemble(key_public(rsa), buf_span(&tbs), span_of(NULL, 0), &der),
                     ERR_ARG);
    assert_int_equal(der.len, 0);
    buf_release(&tbs);
    buf_release(&der);
}

static void
another_keys_signature_makes_no_certificate(void **state)
{
    struct key *other = key_of(KEY_EC, CURVE_P256, 0);
    struct cert_spec s = spec_of("CN=x");
    struct key_result result;
    struct cert_digest d;
    struct secbuf sig;
    struct buf tbs, der;

    (void)state;
    buf_init(&tbs, CERT_TBS_MAX);
    buf_init(&der, CERT_TBS_MAX);
    secbuf_init(&sig, 1024);
    assert_int_equal(cert_tbs_put(&s, key_public(p256), &tbs), ERR_OK);
    assert_int_equal(cert_digest(key_public(p256), buf_span(&tbs), &d), ERR_OK);
    assert_int_equal(
        key_use(
            other,
            &(struct key_use){ .op = KEY_SIGN, .alg = d.alg, .bytes = span_of(d.bytes, d.len) },
            &sig, &result),
        ERR_OK);
    assert_int_equal(cert_assemble(key_public(p256), buf_span(&tbs), secbuf_span(&sig), &der),
                     ERR_INTEGRITY);
    key_free(other);
    secbuf_release(&sig);
    buf_release(&tbs);
    buf_release(&der);
}

static void
two_serials_are_not_alike(void **state)
{
    uint8_t a[CERT_SERIAL_LEN], b[CERT_SERIAL_LEN];

    (void)state;
    cert_serial_fill(a);
    cert_serial_fill(b);
    assert_false(span_is_equal(span_of(a, sizeof(a)), span_of(b, sizeof(b))));
    assert_true(a[0] >= 0x40 && a[0] < 0x80 && b[0] >= 0x40 && b[0] < 0x80);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_key_signs_its_own),
        cmocka_unit_test(the_digest_is_the_curves),
        cmocka_unit_test(extensions_stand_in_azures_order),
        cmocka_unit_test(alternative_names_of_every_kind_come_back),
        cmocka_unit_test(every_key_usage_comes_back),
        cmocka_unit_test(an_issued_chain_verifies_strictly),
        cmocka_unit_test(a_request_is_one),
        cmocka_unit_test(times_after_2049_are_generalized),
        cmocka_unit_test(what_no_certificate_can_hold_is_refused),
        cmocka_unit_test(keys_without_certificates_are_refused),
        cmocka_unit_test(alternative_names_are_judged_by_their_kind),
        cmocka_unit_test(a_signature_that_does_not_fit_makes_no_certificate),
        cmocka_unit_test(another_keys_signature_makes_no_certificate),
        cmocka_unit_test(two_serials_are_not_alike),
    };

    return cmocka_run_group_tests_name("crypto/cert", tests, setup, teardown);
}
