/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of Debian's python3-cryptography-vectors: whatever is in their directories
 * is read, but for those in the table, which must be refused. A new file that is refused fails.
 */
#include <fnmatch.h>

#include "certified.h"
#include "crypto/cert_spec.h"
#include "vector_files.h"

static unsigned wrong;

static const char *const folders[] = { "",       "/custom", "/custom/ca", "/ed25519",
                                       "/ed448", "/ocsp",   "/requests" };

/* By folder and name. */
static const char *const refused[] = {
    /* clang-format off */
    /* What is no certificate: lists, keys, requests, questions to OCSP and their answers; to be signed by a log. */
    "/custom/crl_*", "/custom/*_signature_crl.pem", "/custom/ca/*_key.pem", "/requests/*", "/ocsp/re[qs]*",
    "/ocsp/ocsp-army*", "/cryptography-scts-tbs-precert.der",
    /* Damage: a time with a minus in it, a name's part with its tag wrong, UTF-8 that is none, tags of other
     * classes in a name, an extension twice. */
    "/badasn1time.pem", "/san_edipartyname.der", "/custom/invalid_utf8_common_name.pem",
    "/custom/long-form-name-attribute.pem", "/custom/two_basic_constraints.pem",
    /* clang-format on */
};

static bool
is_refused(const char *folder, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (fnmatch(refused[i], path, 0) == 0)
            return true;
    return false;
}

static bool
is_text(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] == 127)
            return false;
    return true;
}

/* What is shown of it can be shown. */
static bool
is_shown_well(const struct cert *c)
{
    bool ok = is_text(span_str(cert_subject_dn(c))) && is_text(span_str(cert_serial(c))) &&
              cert_spki(c).len > 0;

    for (size_t i = 0; i < cert_alt_count(c); i++)
        ok = ok && is_text(cert_alt(c, i).text);
    for (size_t i = 0; i < cert_eku_count(c); i++)
        ok = ok && cert_oid_is_ok(cert_eku(c, i));
    return ok;
}

static void
read_one(const char *folder, const char *name, size_t counts[static 2])
{
    char dir[256];
    struct cert *c = NULL;
    enum err e;

    (void)snprintf(dir, sizeof(dir), "%s%s", X509_VECTORS, folder);
    e = vector_cert(dir, name, &c);
    counts[e == ERR_OK]++;
    if ((e == ERR_OK) == is_refused(folder, name) || (e == ERR_OK && !is_shown_well(c))) {
        print_error("%s/%s: %d\n", folder, name, (int)e);
        wrong++;
    }
    cert_free(c);
}

static void
every_vector_is_read_or_refused_as_the_table_says(void **state)
{
    static const char *const ends[] = { ".pem", ".der" };
    size_t counts[2] = { 0, 0 };
    struct vector_names names;
    char dir[256];

    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        for (size_t k = 0; k < 2; k++) {
            (void)snprintf(dir, sizeof(dir), "%s%s", X509_VECTORS, folders[i]);
            if (!vector_names(dir, ends[k], &names))
                skip();
            for (size_t n = 0; n < names.count; n++)
                read_one(folders[i], names.name[n], counts);
            vector_names_release(&names);
        }
    print_message("vectors: %zu certificates read, %zu files refused\n", counts[1], counts[0]);
    assert_int_equal(wrong, 0);
    assert_true(counts[1] >= 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_read_or_refused_as_the_table_says),
    };

    return cmocka_run_group_tests_name("crypto/cert_vectors", tests, certified_setup,
                                       certified_teardown);
}
