/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: made once, read back, refused when loose, odd or damaged. */
#include "seal/keyfile.h"
#include "secmem_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/keyhold-test-seal-XXXXXX";
static char path[128], path2[128];
static struct root_key *root;

static enum err
read_back(const char *p, enum seal_kind kind, const char *passphrase)
{
    struct root_key *r = NULL;
    enum err e;
    int fd;

    e = keyfile_open(p, kind, &fd);
    if (e != ERR_OK) {
        assert_int_equal(fd, -1);
        return e;
    }
    e = keyfile_read(fd, p, kind, span_str(passphrase), &r);
    assert_true((e == ERR_OK) == (r != NULL));
    if (r != NULL)
        assert_true(span_is_equal(root_key_id(r), root_key_id(root)));
    root_key_free(r);
    close(fd);
    return e;
}

static int
fresh_files(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(path2);
    return keyfile_create(path, root) == ERR_OK ? 0 : -1;
}

static void
key_file_is_made_private_and_reads_back(void **state)
{
    struct stat st;
    char head[20];
    FILE *f;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(head, 1, 20, f), 20);
    assert_memory_equal(head, "keyhold-root-key-v1 ", 20);
    fclose(f);
    assert_int_equal(read_back(path, SEAL_KEYFILE, NULL), ERR_OK);
    assert_int_equal(read_back(path, SEAL_CREDENTIAL, NULL), ERR_OK);
}

static void
existing_key_file_is_never_overwritten(void **state)
{
    struct root_key *another = NULL;

    (void)state;
    assert_int_equal(root_key_new(&another), ERR_OK);
    assert_int_equal(keyfile_create(path, another), ERR_EXISTS);
    assert_int_equal(keyfile_create_sealed(path, another, span_str("long enough")), ERR_EXISTS);
    assert_int_equal(read_back(path, SEAL_KEYFILE, NULL), ERR_OK);
    root_key_free(another);
}

static void
loose_modes_are_refused(void **state)
{
    static const mode_t loose[] = { 0604, 0640, 0660, 0644, 0777, 0700, 0610, 0601 };
    static const mode_t tight[] = { 0600, 0400 };

    (void)state;
    for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
        assert_int_equal(chmod(path, loose[i]), 0);
        assert_int_equal(read_back(path, SEAL_KEYFILE, NULL), ERR_DENIED);
    }
    for (size_t i = 0; i < sizeof(tight) / sizeof(tight[0]); i++) {
        assert_int_equal(chmod(path, tight[i]), 0);
        assert_int_equal(read_back(path, SEAL_KEYFILE, NULL), ERR_OK);
    }
}

static void
credential_may_be_read_by_its_group_only(void **state)
{
    (void)state;
    assert_int_equal(chmod(path, 0440), 0);
    assert_int_equal(read_back(path, SEAL_CREDENTIAL, NULL), ERR_OK);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(read_back(path, SEAL_CREDENTIAL, NULL), ERR_DENIED);
    assert_int_equal(chmod(path, 0460), 0);
    assert_int_equal(read_back(path, SEAL_CREDENTIAL, NULL), ERR_DENIED);
}

static void
reading_checks_the_mode_again(void **state)
{
    struct root_key *r = NULL;
    int fd;

    (void)state;
    assert_int_equal(keyfile_open(path, SEAL_KEYFILE, &fd), ERR_OK);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(keyfile_read(fd, path, SEAL_KEYFILE, span_of(NULL, 0), &r), ERR_DENIED);
    close(fd);
}

static void
what_is_no_regular_file_is_refused(void **state)
{
    struct root_key *r = NULL;
    int fds[2];

    (void)state;
    assert_int_equal(read_back(dir, SEAL_KEYFILE, NULL), ERR_DENIED);
    assert_int_equal(symlink(path, path2), 0);
    assert_int_equal(read_back(path2, SEAL_KEYFILE, NULL), ERR_DENIED);
    assert_int_equal(unlink(path2), 0);
    assert_int_equal(mkfifo(path2, 0600), 0);
    assert_int_equal(read_back(path2, SEAL_KEYFILE, NULL), ERR_DENIED);
    assert_int_equal(unlink(path2), 0);
    assert_int_equal(read_back(path2, SEAL_KEYFILE, NULL), ERR_NOT_FOUND);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(keyfile_read(fds[0], "pipe", SEAL_KEYFILE, span_of(NULL, 0), &r),
                     ERR_DENIED);
    close(fds[0]);
    close(fds[1]);
}

static void
foreign_text_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "keyhold-root-key-v1",
        "keyhold-root-key-v1 ",
        "keyhold-root-key-v1 AAAA",
        "keyhold-root-key-v2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "keyhold-root-key-v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "keyhold-root-key-v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        "keyhold-root-key-v1  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "keyhold-root-key-v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= x",
        "-----BEGIN PRIVATE KEY-----",
    };
    struct root_key *r = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            keyfile_parse(span_str(bad[i]), "f", SEAL_KEYFILE, span_of(NULL, 0), &r),
            ERR_FORMAT);
        assert_null(r);
    }
}

static void
oversized_file_is_refused(void **state)
{
    char big[KEYFILE_MAX + 1] = { 0 };
    int fd = open(path, O_WRONLY | O_APPEND);

    (void)state;
    assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
    close(fd);
    assert_int_equal(read_back(path, SEAL_KEYFILE, NULL), ERR_FORMAT);
}

static void
passphrase_opens_what_it_sealed(void **state)
{
    (void)state;
    assert_int_equal(keyfile_create_sealed(path2, root, span_str("correct horse")), ERR_OK);
    assert_int_equal(read_back(path2, SEAL_PASSPHRASE, "correct horse"), ERR_OK);
    assert_int_equal(read_back(path2, SEAL_PASSPHRASE, "correct house"), ERR_BAD_SECRET);
    assert_int_equal(read_back(path2, SEAL_PASSPHRASE, NULL), ERR_BAD_SECRET);
    assert_int_equal(read_back(path2, SEAL_KEYFILE, NULL), ERR_FORMAT);
    assert_int_equal(read_back(path, SEAL_PASSPHRASE, "correct horse"), ERR_FORMAT);
}

static void
weak_passphrase_makes_no_file(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(keyfile_create_sealed(path2, root, span_str("short")), ERR_ARG);
    assert_int_equal(stat(path2, &st), -1);
}

#define SEALED_BODY                                                                            \
    "AAECAwQFBgcICQoLJTYFP9hFPt2SJyE6V53fndBfEQ/XnonX2jueC1+8Fe25QncOPGd/5mrYApq/YrGE"

/* One known file, made without this code (Python, libcrypto); each of its fields changed in
 * turn. */
#define SEALED_OK "keyhold-sealed-root-v1 scrypt:4:8:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY

static void
changed_fields_of_a_sealed_file_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum err want;
    } cases[] = {
        { SEALED_OK, ERR_OK },
        { SEALED_OK "\n", ERR_OK },
        { "keyhold-sealed-root-v1 scrypt:5:8:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_BAD_SECRET },
        { "keyhold-sealed-root-v1 scrypt:4:8:1 BAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_BAD_SECRET },
        { "keyhold-sealed-root-v1 scrypt:04:8:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_BAD_SECRET },
        { "keyhold-sealed-root-v1 scrypt:30:8:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_FORMAT },
        { "keyhold-sealed-root-v1 scrypt:4:8 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_FORMAT },
        { "keyhold-sealed-root-v1 scrypt:4:8:1:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_FORMAT },
        { "keyhold-sealed-root-v1 argon2:4:8:1 AAECAwQFBgcICQoLDA0ODw== " SEALED_BODY,
          ERR_FORMAT },
        { "keyhold-sealed-root-v1 scrypt:4:8:1 AAEC " SEALED_BODY, ERR_FORMAT },
        { "keyhold-sealed-root-v1 scrypt:4:8:1 AAECAwQFBgcICQoLDA0ODw== AAAA", ERR_FORMAT },
        { "keyhold-sealed-root-v1 scrypt:4:8:1 AAECAwQFBgcICQoLDA0ODw==", ERR_FORMAT },
        { SEALED_OK " ", ERR_FORMAT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct root_key *r = NULL;

        assert_int_equal(keyfile_parse(span_str(cases[i].text), "f", SEAL_PASSPHRASE,
                                       span_str("correct horse"), &r),
                         cases[i].want);
        root_key_free(r);
    }
}

static void
replacing_puts_the_new_key_in_place(void **state)
{
    struct root_key *next = NULL, *r = NULL;
    int fd;

    (void)state;
    assert_int_equal(root_key_new(&next), ERR_OK);
    assert_int_equal(keyfile_create(path2, next), ERR_OK);
    assert_int_equal(keyfile_replace(path2, path), ERR_OK);
    assert_int_equal(keyfile_open(path, SEAL_KEYFILE, &fd), ERR_OK);
    assert_int_equal(keyfile_read(fd, path, SEAL_KEYFILE, span_of(NULL, 0), &r), ERR_OK);
    assert_true(span_is_equal(root_key_id(r), root_key_id(next)));
    assert_int_equal(keyfile_replace(path2, path), ERR_IO);
    close(fd);
    root_key_free(r);
    root_key_free(next);
}

static void
seal_kinds_are_named_as_in_the_configuration(void **state)
{
    enum seal_kind k;

    (void)state;
    for (enum seal_kind want = 0; want < SEAL_KIND__MAX; want++) {
        assert_int_equal(seal_kind_parse(span_str(seal_kind_name(want)), &k), ERR_OK);
        assert_int_equal(k, want);
    }
    assert_int_equal(seal_kind_parse(span_str("tpm"), &k), ERR_SYNTAX);
}

static int
setup(void **state)
{
    if (secmem_setup(state) != 0 || mkdtemp(dir) == NULL || root_key_new(&root) != ERR_OK)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/root.key", dir);
    (void)snprintf(path2, sizeof(path2), "%s/root.key.next", dir);
    return 0;
}

static int
teardown(void **state)
{
    root_key_free(root);
    (void)unlink(path);
    (void)unlink(path2);
    (void)rmdir(dir);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(key_file_is_made_private_and_reads_back, fresh_files),
        cmocka_unit_test_setup(existing_key_file_is_never_overwritten, fresh_files),
        cmocka_unit_test_setup(loose_modes_are_refused, fresh_files),
        cmocka_unit_test_setup(credential_may_be_read_by_its_group_only, fresh_files),
        cmocka_unit_test_setup(reading_checks_the_mode_again, fresh_files),
        cmocka_unit_test_setup(what_is_no_regular_file_is_refused, fresh_files),
        cmocka_unit_test_setup(foreign_text_is_refused, fresh_files),
        cmocka_unit_test_setup(oversized_file_is_refused, fresh_files),
        cmocka_unit_test_setup(passphrase_opens_what_it_sealed, fresh_files),
        cmocka_unit_test_setup(weak_passphrase_makes_no_file, fresh_files),
        cmocka_unit_test_setup(changed_fields_of_a_sealed_file_are_refused, fresh_files),
        cmocka_unit_test_setup(replacing_puts_the_new_key_in_place, fresh_files),
        cmocka_unit_test(seal_kinds_are_named_as_in_the_configuration),
    };

    return cmocka_run_group_tests_name("seal/keyfile", tests, setup, teardown);
}
