/* SPDX-License-Identifier: Apache-2.0 */
/* Files of other programs, made here by them; and ours, read by them. */
#include "crypto/cert_file.h"

#include <openssl/pkcs12.h>

#include "certified.h"
#include "crypto/setup.h"

enum { TEXT_ROOM = 512 * 1024 };

static bool has_openssl;

/* Leaf, middle and root, RSA and EC, keys in every wrap; all by openssl. */
static const char make_files[] =
    "set -e; for k in root middle leaf other; do "
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $k.key; done; "
    "openssl req -x509 -new -key root.key -subj /CN=Root -days 30 -out root.pem "
    "-addext basicConstraints=critical,CA:TRUE; "
    "openssl req -new -key middle.key -subj /CN=Middle -out m.csr; "
    "printf 'basicConstraints=critical,CA:TRUE\\n' > ca.ext; "
    "openssl x509 -req -in m.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 "
    "-extfile ca.ext -out middle.pem; "
    "openssl req -new -key leaf.key -subj /CN=leaf.example -out l.csr; "
    "openssl x509 -req -in l.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 "
    "-out leaf.pem; cat middle.pem root.pem > chain.pem; "
    "openssl genrsa -out rsa.key 2048; openssl rsa -in rsa.key -traditional -out rsa1.key; "
    "openssl req -x509 -new -key rsa.key -subj /CN=rsa -days 30 -out rsa.pem; "
    "openssl ec -in leaf.key -out sec1.key; "
    "openssl ecparam -name prime256v1 -out params.pem; "
    "openssl genrsa -out small.key 1024; "
    "openssl req -x509 -new -key small.key -subj /CN=small -days 30 -out small.pem; "
    "openssl genpkey -algorithm ED25519 -out ed.key; "
    "openssl req -x509 -new -key ed.key -subj /CN=ed -days 30 -out ed.pem";

static int
setup(void **state)
{
    if (certified_setup(state) != 0)
        return -1;
    cert_file_setup();
    has_openssl = shell_has("openssl");
    return has_openssl && shell("%s", make_files) != 0 ? -1 : 0;
}

static enum err
read_text(struct span text, const char *password, enum cert_form form, struct cert_file *f)
{
    return cert_file_read(text, span_str(password), form, f);
}

/* A file as a client would send it: PEM as it is, anything else as base64. */
static enum err
read_file(const char *name, const char *password, struct cert_file *f)
{
    bool pem = strstr(name, ".p") != NULL && strstr(name, ".pfx") == NULL;
    struct buf bytes, text;
    enum err e;

    buf_init(&bytes, TEXT_ROOM);
    buf_init(&text, TEXT_ROOM);
    assert_true(shell_read(name, &bytes));
    if (!pem)
        b64_put(sink_buf(&text), buf_span(&bytes));
    e = read_text(pem ? buf_span(&bytes) : buf_span(&text), password, CERT_FORM_ANY, f);
    buf_release(&bytes);
    buf_release(&text);
    return e;
}

/* The key is whole, and one of the certificates is of it; so many there are. */
static void
check_file(const struct cert_file *f, size_t count)
{
    struct cert_bag bag = { .count = 0 };
    struct key *k = NULL;

    assert_int_equal(f->count, count);
    assert_int_equal(key_import(&f->parts, &k), ERR_OK);
    for (size_t i = 0; i < f->count; i++)
        assert_int_equal(cert_bag_add(&bag, f->certs[i]), ERR_OK);
    assert_int_equal(bag.count, count);
    assert_int_equal(cert_bag_order(&bag, key_public(k)), ERR_OK);
    assert_int_equal(bag.chain, count);
    key_free(k);
    cert_bag_release(&bag);
}

static const struct made {
    const char *name, *command, *password;
    size_t count;
} mades[] = {
    /* clang-format off */
    { "OpenSSL 3", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "OpenSSL 3 with a chain", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -certfile chain.pem -passout pass:x -out t.pfx", "x", 3 },
    { "OpenSSL 3 with RSA", "openssl pkcs12 -export -inkey rsa.key -in rsa.pem -passout pass:x -out t.pfx", "x", 1 },
    { "OpenSSL 1.1: RC2 and 3DES", "openssl pkcs12 -export -legacy -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "RC2 of 128 bits", "openssl pkcs12 -export -legacy -certpbe PBE-SHA1-RC2-128 -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "Windows: 3DES", "openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -inkey rsa.key -in rsa.pem -passout pass:x -out t.pfx", "x", 1 },
    { "3DES with two keys", "openssl pkcs12 -export -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-2DES -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "PBES2 with AES-128", "openssl pkcs12 -export -keypbe AES-128-CBC -certpbe AES-128-CBC -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "PBES2 with 3DES", "openssl pkcs12 -export -keypbe des-ede3-cbc -certpbe des-ede3-cbc -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "a MAC with SHA-512", "openssl pkcs12 -export -macalg sha512 -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "no MAC", "openssl pkcs12 -export -nomac -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "one iteration", "openssl pkcs12 -export -noiter -nomaciter -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "certificates in the clear", "openssl pkcs12 -export -certpbe NONE -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "all in the clear", "openssl pkcs12 -export -keypbe NONE -certpbe NONE -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "an empty password", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass: -out t.pfx", "", 1 },
    { "an empty password and 3DES", "openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -inkey leaf.key -in leaf.pem -passout pass: -out t.pfx", "", 1 },
    { "a password in UTF-8", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:\xc3\xa4\xe2\x82\xac -out t.pfx", "\xc3\xa4\xe2\x82\xac", 1 },
    { "a friendly name", "openssl pkcs12 -export -name 'a name' -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "100,000 iterations", "openssl pkcs12 -export -iter 100000 -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", 1 },
    { "keytool", "keytool -importkeystore -srckeystore k.pfx -srcstorepass secret -destkeystore t.pfx -deststoretype PKCS12 -deststorepass secret", "secret", 3 },
    { "certtool", "certtool --to-p12 --load-privkey leaf.key --load-certificate leaf.pem --password x --p12-name n --outder --outfile t.pfx", "x", 1 },
    { "PEM with PKCS#8", "cat leaf.key leaf.pem > t.pem", "", 1 },
    { "PEM, the certificates first", "cat leaf.pem chain.pem leaf.key > t.pem", "", 3 },
    { "PEM, the chain upside down", "cat root.pem middle.pem leaf.pem leaf.key > t.pem", "", 3 },
    { "PEM with PKCS#1", "cat rsa1.key rsa.pem > t.pem", "", 1 },
    { "PEM with SEC 1 and parameters", "cat params.pem sec1.key leaf.pem > t.pem", "", 1 },
    { "PEM with CRLF", "cat leaf.key leaf.pem | sed 's/$/\\r/' > t.pem", "", 1 },
    { "PEM with words around", "{ echo Bag Attributes; cat leaf.key; echo subject=x; cat leaf.pem; echo end; } > t.pem", "", 1 },
    { "PEM on long lines", "{ echo '-----BEGIN PRIVATE KEY-----'; openssl pkcs8 -topk8 -nocrypt -in leaf.key -outform DER | base64 -w0; echo; echo '-----END PRIVATE KEY-----'; cat leaf.pem; } > t.pem", "", 1 },
    { "PEM with everything twice", "cat leaf.key leaf.pem leaf.key leaf.pem > t.pem", "", 1 },
    { "PEM with a password that is not asked for", "cat leaf.key leaf.pem > t.pem", "x", 1 },
    /* clang-format on */
};
#define NMADE (sizeof(mades) / sizeof(mades[0]))

/* Programs that may not be here. */
static bool
can_make(const struct made *m)
{
    if (!has_openssl)
        return false;
    if (strcmp(m->name, "certtool") == 0)
        return shell_has("certtool");
    if (strcmp(m->name, "keytool") != 0)
        return true;
    return shell_has("keytool") &&
           shell("openssl pkcs12 -export -name n -inkey leaf.key -in leaf.pem -certfile "
                 "chain.pem -passout pass:secret -out k.pfx") == 0;
}

static void
run_made(void **state)
{
    const struct made *m = *state;
    const char *name = strstr(m->command, "t.pem") != NULL ? "t.pem" : "t.pfx";
    struct cert_file f;

    if (!can_make(m))
        skip();
    (void)shell("rm -f t.pem t.pfx");
    assert_int_equal(shell("%s", m->command), 0);
    assert_int_equal(read_file(name, m->password, &f), ERR_OK);
    check_file(&f, m->count);
    cert_file_release(&f);
}

static const struct bad {
    const char *name, *command, *password;
    enum err want;
} bads[] = {
    /* clang-format off */
    { "a wrong password", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "y", ERR_CERT_PASSWORD },
    { "a wrong password and 3DES", "openssl pkcs12 -export -legacy -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "y", ERR_CERT_PASSWORD },
    { "no password where there is one", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "", ERR_CERT_PASSWORD },
    { "a password where there is none", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass: -out t.pfx", "x", ERR_CERT_PASSWORD },
    { "a wrong password and no MAC", "openssl pkcs12 -export -nomac -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "y", ERR_CERT_PASSWORD },
    { "no key", "openssl pkcs12 -export -nokeys -in leaf.pem -passout pass:x -out t.pfx", "x", ERR_CERT_NO_KEY },
    { "no certificate", "openssl pkcs12 -export -nocerts -inkey leaf.key -passout pass:x -out t.pfx", "x", ERR_CERT_NONE },
    { "RC4", "openssl pkcs12 -export -legacy -keypbe PBE-SHA1-RC4-128 -certpbe PBE-SHA1-RC4-128 -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", ERR_CERT_ENCRYPTED },
    { "a cipher nobody uses", "openssl pkcs12 -export -keypbe camellia-128-cbc -certpbe camellia-128-cbc -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", ERR_CERT_ENCRYPTED },
    { "more iterations than are borne", "openssl pkcs12 -export -iter 1000001 -inkey leaf.key -in leaf.pem -passout pass:x -out t.pfx", "x", ERR_TOO_LARGE },
    { "a key that is too small", "openssl pkcs12 -export -inkey small.key -in small.pem -passout pass:x -out t.pfx", "x", ERR_ARG },
    { "an Ed25519 key", "openssl pkcs12 -export -inkey ed.key -in ed.pem -passout pass:x -out t.pfx", "x", ERR_ARG },
    { "bytes that are no PFX", "head -c 2000 /dev/urandom > t.pfx", "x", ERR_SYNTAX },
    { "a certificate alone", "openssl x509 -in leaf.pem -outform DER -out t.pfx", "", ERR_SYNTAX },
    { "a cut PFX", "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:x | head -c 700 > t.pfx", "x", ERR_SYNTAX },
    { "a PFX with bytes behind", "{ openssl pkcs12 -export -inkey leaf.key -in leaf.pem -passout pass:x; echo; } > t.pfx", "x", ERR_SYNTAX },
    { "PEM without a key", "cat leaf.pem > t.pem", "", ERR_CERT_NO_KEY },
    { "PEM without a certificate", "cat leaf.key > t.pem", "", ERR_CERT_NONE },
    { "PEM with two keys", "cat leaf.key other.key leaf.pem > t.pem", "", ERR_CERT_KEYS },
    { "PEM with an encrypted key", "{ openssl pkcs8 -topk8 -in leaf.key -passout pass:x; cat leaf.pem; } > t.pem", "x", ERR_CERT_ENCRYPTED },
    { "PEM with a key encrypted the old way", "{ openssl rsa -traditional -aes128 -in rsa.key -passout pass:x; cat rsa.pem; } > t.pem", "x", ERR_CERT_ENCRYPTED },
    { "PEM without an end", "cat leaf.key > t.pem; head -n 3 leaf.pem >> t.pem", "", ERR_SYNTAX },
    { "PEM with another end", "cat leaf.key leaf.pem | sed 's/END CERT/END XERT/' > t.pem", "", ERR_SYNTAX },
    { "PEM that is no base64", "cat leaf.key leaf.pem | sed '/CERT/!s/M/*/' > t.pem", "", ERR_SYNTAX },
    { "PEM of something else", "{ echo '-----BEGIN CERTIFICATE-----'; echo AAAA; echo '-----END CERTIFICATE-----'; cat leaf.key; } > t.pem", "", ERR_SYNTAX },
    { "PEM with too many keys", "for i in 1 2 3 4 5 6 7 8 9; do cat leaf.key; done > t.pem; cat leaf.pem >> t.pem", "", ERR_TOO_LARGE },
    { "PEM with a small key", "cat small.key small.pem > t.pem", "", ERR_ARG },
    /* clang-format on */
};
#define NBAD (sizeof(bads) / sizeof(bads[0]))

static void
run_bad(void **state)
{
    const struct bad *b = *state;
    const char *name = strstr(b->command, "t.pem") != NULL ? "t.pem" : "t.pfx";
    struct cert_file f;

    if (!has_openssl)
        skip();
    (void)shell("rm -f t.pem t.pfx");
    assert_int_equal(shell("%s", b->command), 0);
    assert_int_equal(read_file(name, b->password, &f), b->want);
    assert_int_equal(f.count, 0);
}

int
main(void)
{
    struct CMUnitTest tests[NMADE + NBAD];

    for (size_t i = 0; i < NMADE; i++)
        tests[i] = (struct CMUnitTest){ .name = mades[i].name,
                                        .test_func = run_made,
                                        .initial_state = (void *)(uintptr_t)&mades[i] };
    for (size_t i = 0; i < NBAD; i++)
        tests[NMADE + i] = (struct CMUnitTest){ .name = bads[i].name,
                                                .test_func = run_bad,
                                                .initial_state = (void *)(uintptr_t)&bads[i] };
    return cmocka_run_group_tests_name("crypto/cert_file", tests, setup, certified_teardown);
}
