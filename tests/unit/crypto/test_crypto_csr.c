/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for certificates as openssl, certtool and keytool make them, and as nobody should.
 */
#include "certified.h"
#include "crypto/csr.h"
#include "crypto/setup.h"
#include "crypto/x509.h"

static struct key *ec;

static int
setup(void **state)
{
    if (certified_setup(state) != 0)
        return -1;
    ec = key_of(KEY_EC, CURVE_P256, 0);
    return 0;
}

static int
teardown(void **state)
{
    key_free(ec);
    return certified_teardown(state);
}

static enum err
read_file(const char *name, struct csr **out)
{
    struct buf text;
    enum err e;

    buf_init(&text, 64 * 1024);
    assert_true(shell_read(name, &text));
    e = csr_new_pem(buf_span(&text), out);
    buf_release(&text);
    return e;
}

/* A request by openssl: of a key made with `key`, with `options` and lines for the extensions.
 */
static enum err
by_openssl(const char *key, const char *options, const char *extensions, struct csr **out)
{
    *out = NULL;
    assert_int_equal(
        shell("printf '[req]\\ndistinguished_name=d\\nreq_extensions=x\\nprompt=no\\n[d]\\nCN="
              "a.example\\nO=Corp, Ltd\\n[x]\\n%s\\n[s]\\n' > conf; openssl genpkey %s -out "
              "key && "
              "openssl req -new -utf8 -config conf -key key %s -out req.pem",
              extensions, key, options),
        0);
    return read_file("req.pem", out);
}

#define EC_KEY  "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
#define RSA_KEY "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"

static bool
has_alt(const struct csr *c, enum alt_kind kind, const char *text)
{
    for (size_t i = 0; i < csr_alt_count(c); i++)
        if (csr_alt(c, i).kind == kind && span_is_str(csr_alt(c, i).text, text))
            return true;
    return false;
}

static void
openssls_request_is_read_with_all_it_asks(void **state)
{
    struct csr *c;

    (void)state;
    assert_int_equal(
        by_openssl(EC_KEY, "",
                   "subjectAltName=DNS:a.example,DNS:*.b.example,IP:10.1.2.3,IP:2001:db8::1,"
                   "email:me@a.example,URI:spiffe://a/b,"
                   "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:me@corp\\n"
                   "keyUsage=critical,digitalSignature,keyAgreement\\n"
                   "extendedKeyUsage=serverAuth,1.2.3.4\\nbasicConstraints=CA:FALSE",
                   &c),
        ERR_OK);
    assert_int_equal(csr_key(c)->type, KEY_EC);
    assert_int_equal(csr_key(c)->curve, CURVE_P256);
    assert_string_equal(csr_subject_dn(c), "CN=a.example, O=\"Corp, Ltd\"");
    assert_int_equal(csr_common_count(c), 1);
    assert_true(span_is_str(csr_common(c, 0), "a.example"));
    assert_int_equal(csr_alt_count(c), 7);
    assert_true(has_alt(c, ALT_DNS, "*.b.example"));
    assert_true(has_alt(c, ALT_IP, "10.1.2.3"));
    assert_true(has_alt(c, ALT_IP, "2001:db8::1"));
    assert_true(has_alt(c, ALT_EMAIL, "me@a.example"));
    assert_true(has_alt(c, ALT_URI, "spiffe://a/b"));
    assert_true(has_alt(c, ALT_UPN, "me@corp"));
    assert_int_equal(csr_key_usage(c), USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT);
    assert_int_equal(csr_eku_count(c), 2);
    assert_true(span_is_str(csr_eku(c, 1), "1.2.3.4"));
    assert_false(csr_is_ca(c));
    assert_int_equal(csr_path_length(c), -1);
    csr_free(c);
}

static void
a_request_for_a_ca_says_so(void **state)
{
    struct csr *c;

    (void)state;
    assert_int_equal(by_openssl(RSA_KEY, "", "basicConstraints=critical,CA:TRUE,pathlen:1", &c),
                     ERR_OK);
    assert_int_equal(csr_key(c)->bits, 2048);
    assert_true(csr_is_ca(c));
    assert_int_equal(csr_path_length(c), 1);
    csr_free(c);
}

static void
a_subject_may_be_empty(void **state)
{
    struct csr *c;

    (void)state;
    assert_int_equal(by_openssl(EC_KEY, "-subj /", "subjectAltName=critical,DNS:a.example", &c),
                     ERR_OK);
    assert_string_equal(csr_subject_dn(c), "");
    assert_int_equal(csr_common_count(c), 0);
    assert_true(has_alt(c, ALT_DNS, "a.example"));
    csr_free(c);
}

/* What a request asks for and gets as an error. */
static const struct refused {
    const char *name, *key, *options, *extensions;
    enum err err;
} refused[] = {
    /* clang-format off */
    { "RSA of 1024 bits is too short", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "",
      "keyUsage=digitalSignature", ERR_KEY_TYPE },
    { "Ed25519 has no certificates here", "-algorithm ED25519", "", "keyUsage=digitalSignature",
      ERR_KEY_TYPE },
    { "a curve of 192 bits is none of ours", "-algorithm EC -pkeyopt ec_paramgen_curve:P-192", "",
      "keyUsage=digitalSignature", ERR_KEY_TYPE },
    { "a curve spelled out is none of ours", EC_KEY " -pkeyopt ec_param_enc:explicit", "",
      "keyUsage=digitalSignature", ERR_KEY_TYPE },
    { "SHA-1 proves nothing", RSA_KEY, "-sha1", "keyUsage=digitalSignature", ERR_UNSUPPORTED },
    { "MD5 proves nothing", RSA_KEY, "-md5", "keyUsage=digitalSignature", ERR_UNSUPPORTED },
    { "PSS is not read", RSA_KEY, "-sigopt rsa_padding_mode:pss", "keyUsage=digitalSignature",
      ERR_UNSUPPORTED },
    { "must-staple is not promised", EC_KEY, "", "tlsfeature=status_request", ERR_UNSUPPORTED },
    { "an unknown critical extension is not skipped", EC_KEY, "",
      "1.2.3.4=critical,DER:0500", ERR_UNSUPPORTED },
    { "a name of a kind that we cannot express", EC_KEY, "",
      "subjectAltName=DNS:a.example,RID:1.2.3", ERR_UNSUPPORTED },
    { "another otherName than a UPN", EC_KEY, "", "subjectAltName=otherName:1.2.3;UTF8:a",
      ERR_UNSUPPORTED },
    { "a DNS name that is none", EC_KEY, "", "subjectAltName=DNS:a b.example", ERR_UNSUPPORTED },
    { "a wildcard inside a name", EC_KEY, "", "subjectAltName=DNS:a.*.example",
      ERR_UNSUPPORTED },
    { "alternative names that are no sequence", EC_KEY, "", "2.5.29.17=DER:0500", ERR_FORMAT },
    /* clang-format on */
};

static void
run_refused(void **state)
{
    const struct refused *r = *state;
    struct csr *c;

    assert_int_equal(by_openssl(r->key, r->options, r->extensions, &c), r->err);
    assert_null(c);
}

static void
an_unknown_extension_counts_as_not_asked_for(void **state)
{
    struct csr *c;

    (void)state;
    assert_int_equal(
        by_openssl(EC_KEY, "", "nsComment=hello\\nsubjectAltName=DNS:a.example", &c), ERR_OK);
    assert_int_equal(csr_alt_count(c), 1);
    csr_free(c);
}

static void
certtools_request_is_read(void **state)
{
    struct csr *c;

    (void)state;
    if (!shell_has("certtool"))
        skip();
    assert_int_equal(
        shell("certtool --generate-privkey --key-type=ecdsa --curve=secp384r1 "
              "--outfile gk.pem && printf 'cn=g.example\\ndns_name=g.example\\n"
              "ip_address=192.0.2.7\\ntls_www_server\\nsigning_key\\n' > t && certtool "
              "--generate-request --load-privkey gk.pem --template t --outfile g.pem"),
        0);
    assert_int_equal(read_file("g.pem", &c), ERR_OK);
    assert_int_equal(csr_key(c)->curve, CURVE_P384);
    assert_true(has_alt(c, ALT_DNS, "g.example"));
    assert_true(has_alt(c, ALT_IP, "192.0.2.7"));
    csr_free(c);
}

static void
keytools_request_is_read(void **state)
{
    struct csr *c;

    (void)state;
    if (!shell_has("keytool"))
        skip();
    assert_int_equal(
        shell("keytool -genkeypair -keystore ks -storepass secret12 -alias a -keyalg "
              "RSA -keysize 2048 -dname 'CN=k.example, O=Corp' && keytool -certreq "
              "-keystore ks -storepass secret12 -alias a -ext "
              "'san=dns:k.example,ip:192.0.2.8' -file k.pem"),
        0);
    assert_int_equal(read_file("k.pem", &c), ERR_OK);
    assert_string_equal(csr_subject_dn(c), "O=Corp, CN=k.example");
    assert_true(has_alt(c, ALT_DNS, "k.example"));
    assert_true(has_alt(c, ALT_IP, "192.0.2.8"));
    csr_free(c);
}

/* A request of ours: DER, to be bent. */
static struct buf
ours(void)
{
    static const struct alt_name alts[] = { { ALT_DNS, { (const uint8_t *)"a.example", 9 } } };
    struct cert_spec s = spec_of("CN=a.example");

    s.alts = alts;
    s.alt_count = 1;
    return request(&s, ec);
}

static void
what_we_write_we_read(void **state)
{
    struct buf der = ours();
    struct csr *c = NULL;

    (void)state;
    assert_int_equal(csr_new(buf_span(&der), &c), ERR_OK);
    assert_true(span_is_equal(csr_key(c)->x, key_public(ec)->x));
    assert_true(has_alt(c, ALT_DNS, "a.example"));
    assert_int_equal(csr_eku_count(c), 2);
    csr_free(c);
    buf_release(&der);
}

static void
no_bit_of_it_may_change(void **state)
{
    struct buf der = ours();
    struct csr *c = NULL;

    (void)state;
    for (size_t i = 0; i < der.len * 8; i += 3) {
        der.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(csr_new(buf_span(&der), &c), ERR_OK);
        assert_null(c);
        der.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    buf_release(&der);
}

static void
no_byte_may_be_missing_or_too_many(void **state)
{
    struct buf der = ours();
    struct csr *c = NULL;

    (void)state;
    for (size_t n = 0; n < der.len; n++)
        assert_int_equal(csr_new(span_of(der.ptr, n), &c), ERR_FORMAT);
    buf_put_byte(&der, 0);
    assert_int_equal(csr_new(buf_span(&der), &c), ERR_FORMAT);
    buf_release(&der);
}

static void
what_is_too_long_is_not_parsed(void **state)
{
    static uint8_t many[CSR_MAX + 1];
    struct csr *c = NULL;

    (void)state;
    memset(many, 0x30, sizeof(many));
    assert_int_equal(csr_new(span_of(many, sizeof(many)), &c), ERR_TOO_LARGE);
    assert_int_equal(csr_new(span_of(many, CSR_MAX), &c), ERR_FORMAT);
    assert_null(c);
}

static void
another_block_is_no_request(void **state)
{
    struct csr *c = NULL;

    (void)state;
    assert_int_equal(csr_new_pem(span_str("-----BEGIN CERTIFICATE-----\nMAA=\n"
                                          "-----END CERTIFICATE-----\n"),
                                 &c),
                     ERR_NOT_FOUND);
    assert_int_equal(csr_new_pem(span_str("-----BEGIN NEW CERTIFICATE REQUEST-----\nMAA=\n"
                                          "-----END NEW CERTIFICATE REQUEST-----\n"),
                                 &c),
                     ERR_FORMAT);
}

static void
a_certificate_is_no_request(void **state)
{
    struct cert_spec s = spec_of("CN=a");
    struct buf der = certify(&s, ec, ec);
    struct csr *c = NULL;

    (void)state;
    assert_int_equal(csr_new(buf_span(&der), &c), ERR_FORMAT);
    buf_release(&der);
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(openssls_request_is_read_with_all_it_asks),
        cmocka_unit_test(a_request_for_a_ca_says_so),
        cmocka_unit_test(a_subject_may_be_empty),
        cmocka_unit_test(an_unknown_extension_counts_as_not_asked_for),
        cmocka_unit_test(certtools_request_is_read),
        cmocka_unit_test(keytools_request_is_read),
        cmocka_unit_test(what_we_write_we_read),
        cmocka_unit_test(no_bit_of_it_may_change),
        cmocka_unit_test(no_byte_may_be_missing_or_too_many),
        cmocka_unit_test(what_is_too_long_is_not_parsed),
        cmocka_unit_test(another_block_is_no_request),
        cmocka_unit_test(a_certificate_is_no_request),
    };
    enum {
        PLAIN = sizeof(plain) / sizeof(plain[0]),
        REFUSED = sizeof(refused) / sizeof(refused[0])
    };
    struct CMUnitTest tests[PLAIN + REFUSED];

    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < REFUSED; i++)
        tests[PLAIN + i] =
            (struct CMUnitTest){ .name = refused[i].name,
                                 .test_func = run_refused,
                                 .initial_state = (void *)(uintptr_t)&refused[i] };
    return cmocka_run_group_tests_name("crypto/csr", tests, setup, teardown);
}
