/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a certificate's secret, read by ourselves and by everybody else. */
#include "certified.h"
#include "crypto/cert_file.h"
#include "crypto/setup.h"

enum { TEXT_ROOM = 256 * 1024 };

static struct key *rsa, *p256, *ca;
static struct buf leaf_rsa, leaf_ec, root;

static struct buf
issued(const char *subject, const struct key *key)
{
    static const struct span issuer_name = { NULL, 0 };
    struct cert_spec s = spec_of(subject);
    struct cert_issuer issuer = { issuer_name, { NULL, 0 }, key_public(ca) };
    struct cert *c = NULL;
    struct buf der;

    assert_int_equal(cert_new(buf_span(&root), &c), ERR_OK);
    issuer.name = cert_subject_der(c);
    s.issuer = &issuer;
    der = certify(&s, key, ca);
    cert_free(c);
    return der;
}

static int
setup(void **state)
{
    struct cert_spec s = spec_of("CN=Root");

    if (certified_setup(state) != 0)
        return -1;
    rsa = key_of(KEY_RSA, CURVE_NONE, 2048);
    p256 = key_of(KEY_EC, CURVE_P256, 0);
    ca = key_of(KEY_EC, CURVE_P384, 0);
    s.ca = true;
    s.key_usage = USAGE_KEY_CERT_SIGN;
    s.eku_count = 0;
    root = certify(&s, ca, ca);
    leaf_rsa = issued("CN=rsa", rsa);
    leaf_ec = issued("CN=ec", p256);
    return 0;
}

static int
teardown(void **state)
{
    key_free(rsa);
    key_free(p256);
    key_free(ca);
    buf_release(&leaf_rsa);
    buf_release(&leaf_ec);
    buf_release(&root);
    return certified_teardown(state);
}

static struct secbuf *
written(enum cert_form form, const struct key *key, const struct buf *leaf)
{
    struct span chain[2] = { buf_span(leaf), buf_span(&root) };
    struct secbuf *text = secbuf_new(TEXT_ROOM);

    assert_int_equal(cert_file_write(form, key, chain, 2, text), ERR_OK);
    return text;
}

static void
reads_back(enum cert_form form, const struct key *key, const struct buf *leaf)
{
    struct secbuf *text = written(form, key, leaf), *was = secbuf_new(8192),
                  *is = secbuf_new(8192);
    struct cert_file f;
    struct key *k = NULL;

    assert_int_equal(cert_file_read(secbuf_span(text), span_str(""), CERT_FORM_ANY, &f),
                     ERR_OK);
    assert_int_equal(f.count, 2);
    assert_true(span_is_equal(f.certs[0], buf_span(leaf)));
    assert_true(span_is_equal(f.certs[1], buf_span(&root)));
    assert_int_equal(key_import(&f.parts, &k), ERR_OK);
    assert_int_equal(key_put_plain(key, was), ERR_OK);
    assert_int_equal(key_put_plain(k, is), ERR_OK);
    assert_true(span_is_equal(secbuf_span(was), secbuf_span(is)));
    key_free(k);
    cert_file_release(&f);
    secbuf_free(text);
    secbuf_free(was);
    secbuf_free(is);
}

static void
what_we_write_we_read(void **state)
{
    (void)state;
    reads_back(CERT_FORM_PFX, rsa, &leaf_rsa);
    reads_back(CERT_FORM_PFX, p256, &leaf_ec);
    reads_back(CERT_FORM_PEM, rsa, &leaf_rsa);
    reads_back(CERT_FORM_PEM, p256, &leaf_ec);
}

/* data-plane.md D5: the PKCS#8 block first, no words around, a line feed at the end. */
static void
pem_is_as_azure_writes_it(void **state)
{
    struct secbuf *text = written(CERT_FORM_PEM, p256, &leaf_ec);
    struct span s = secbuf_span(text);
    size_t line = 0;

    (void)state;
    assert_true(span_has_prefix(s, span_str("-----BEGIN PRIVATE KEY-----\nMI")));
    assert_true(span_is_str(span_tail(s, s.len - 27), "\n-----END CERTIFICATE-----\n"));
    for (size_t i = 0; i < s.len; i++) {
        line = s.ptr[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 64);
    }
    secbuf_free(text);
}

static void
certificates_alone_hold_no_key(void **state)
{
    static const enum cert_form forms[] = { CERT_FORM_PFX, CERT_FORM_PEM };
    struct cert_file f;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct secbuf *text = written(forms[i], NULL, &leaf_ec);

        assert_int_equal(cert_file_read(secbuf_span(text), span_str(""), forms[i], &f),
                         ERR_CERT_NO_KEY);
        secbuf_free(text);
    }
}

static void
the_form_asked_for_is_the_form_read(void **state)
{
    struct secbuf *pfx = written(CERT_FORM_PFX, p256, &leaf_ec),
                  *pem = written(CERT_FORM_PEM, p256, &leaf_ec);
    struct cert_file f;

    (void)state;
    assert_int_equal(cert_file_read(secbuf_span(pfx), span_str(""), CERT_FORM_PEM, &f),
                     ERR_SYNTAX);
    assert_int_equal(cert_file_read(secbuf_span(pem), span_str(""), CERT_FORM_PFX, &f),
                     ERR_SYNTAX);
    assert_int_equal(cert_file_read(span_str(""), span_str(""), CERT_FORM_ANY, &f), ERR_SYNTAX);
    assert_int_equal(cert_file_read(secbuf_span(pfx), span_str("x"), CERT_FORM_PFX, &f),
                     ERR_CERT_PASSWORD);
    secbuf_free(pfx);
    secbuf_free(pem);
}

static void
files_and_passwords_have_a_length(void **state)
{
    struct secbuf *big = secbuf_new(TEXT_ROOM);
    struct cert_file f;

    (void)state;
    for (size_t i = 0; i <= CERT_FILE_MAX; i++)
        secbuf_put_byte(big, 'A');
    assert_int_equal(cert_file_read(secbuf_span(big), span_str(""), CERT_FORM_ANY, &f),
                     ERR_TOO_LARGE);
    assert_int_equal(cert_file_read(span_str("AAAA"),
                                    span_head(secbuf_span(big), CERT_FILE_PASSWORD_MAX + 1),
                                    CERT_FORM_ANY, &f),
                     ERR_TOO_LARGE);
    secbuf_free(big);
}

static void
another_keys_certificate_is_not_written(void **state)
{
    struct span chain[2] = { buf_span(&leaf_rsa), buf_span(&root) };
    struct span junk[1] = { { (const uint8_t *)"junk", 4 } };
    struct secbuf *text = secbuf_new(TEXT_ROOM);

    (void)state;
    assert_int_equal(cert_file_write(CERT_FORM_PFX, p256, chain, 2, text), ERR_CERT_MISMATCH);
    assert_int_equal(cert_file_write(CERT_FORM_PEM, p256, chain, 2, text), ERR_CERT_MISMATCH);
    assert_int_equal(cert_file_write(CERT_FORM_PEM, NULL, junk, 1, text), ERR_FORMAT);
    assert_int_equal(cert_file_write(CERT_FORM_PFX, NULL, chain, 0, text), ERR_FORMAT);
    chain[1] = junk[0];
    assert_int_equal(cert_file_write(CERT_FORM_PFX, rsa, chain, 2, text), ERR_FORMAT);
    assert_int_equal(text->len, 0);
    secbuf_free(text);
}

static void
put_file(const char *name, const struct secbuf *text, bool pfx)
{
    struct buf bytes;

    buf_init(&bytes, TEXT_ROOM);
    if (pfx)
        assert_int_equal(b64_get(secbuf_span(text), sink_buf(&bytes)), ERR_OK);
    assert_true(shell_write(name, pfx ? buf_span(&bytes) : secbuf_span(text)));
    buf_release(&bytes);
}

static void
openssl_reads_it(void **state)
{
    struct secbuf *pfx = written(CERT_FORM_PFX, rsa, &leaf_rsa),
                  *pem = written(CERT_FORM_PEM, p256, &leaf_ec);

    (void)state;
    if (!shell_has("openssl"))
        skip();
    put_file("w.pfx", pfx, true);
    put_file("w.pem", pem, false);
    assert_int_equal(shell("openssl pkcs12 -in w.pfx -passin pass: -info -nodes"), 0);
    assert_true(shell_said("MAC: sha1, Iteration 1"));
    assert_true(shell_said("pbeWithSHA1And3-KeyTripleDES-CBC"));
    assert_true(shell_said("localKeyID"));
    assert_false(shell_said("friendlyName"));
    assert_int_equal(shell("openssl pkcs12 -in w.pfx -passin pass: -nodes -out a.pem && "
                           "openssl x509 -in a.pem -noout -pubkey > 1 && "
                           "openssl pkey -in a.pem -pubout > 2 && cmp 1 2"),
                     0);
    assert_int_equal(shell("openssl pkey -in w.pem -check -noout && openssl x509 -in w.pem "
                           "-noout -subject"),
                     0);
    secbuf_free(pfx);
    secbuf_free(pem);
}

static void
certtool_reads_it(void **state)
{
    struct secbuf *pfx = written(CERT_FORM_PFX, p256, &leaf_ec),
                  *pem = written(CERT_FORM_PEM, rsa, &leaf_rsa);

    (void)state;
    if (!shell_has("certtool"))
        skip();
    put_file("w.pfx", pfx, true);
    put_file("w.pem", pem, false);
    assert_int_equal(shell("certtool --p12-info --inder --infile w.pfx --empty-password"), 0);
    assert_true(shell_said("BEGIN CERTIFICATE"));
    assert_true(shell_said("Encrypted") || shell_said("PKCS #8"));
    assert_int_equal(shell("certtool --certificate-info --infile w.pem"), 0);
    assert_true(shell_said("CN=rsa"));
    assert_int_equal(shell("certtool --key-info --infile w.pem"), 0);
    secbuf_free(pfx);
    secbuf_free(pem);
}

static void
keytool_reads_it(void **state)
{
    struct secbuf *pfx = written(CERT_FORM_PFX, p256, &leaf_ec);

    (void)state;
    if (!shell_has("keytool"))
        skip();
    put_file("w.pfx", pfx, true);
    assert_int_equal(shell("keytool -list -v -keystore w.pfx -storetype PKCS12 -storepass ''"),
                     0);
    assert_true(shell_said("PrivateKeyEntry"));
    assert_true(shell_said("Certificate chain length: 2"));
    secbuf_free(pfx);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_write_we_read),
        cmocka_unit_test(pem_is_as_azure_writes_it),
        cmocka_unit_test(certificates_alone_hold_no_key),
        cmocka_unit_test(the_form_asked_for_is_the_form_read),
        cmocka_unit_test(files_and_passwords_have_a_length),
        cmocka_unit_test(another_keys_certificate_is_not_written),
        cmocka_unit_test(openssl_reads_it),
        cmocka_unit_test(certtool_reads_it),
        cmocka_unit_test(keytool_reads_it),
    };

    return cmocka_run_group_tests_name("crypto/cert_write", tests, setup, teardown);
}
