/* SPDX-License-Identifier: Apache-2.0 */
/* test_founding.c - what a founding is made of, kept, and gone on with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "cli/founding.h"
#include "codec/jsn.h"
#include "jobs/seed.h"

static char dir[] = "/tmp/keyhold-test-cli-XXXXXX";
static char path[64];

static void
write_text(const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
same(const struct founding *a, const struct founding *b)
{
    assert_string_equal(a->tenant.text, b->tenant.text);
    assert_string_equal(a->subscription.text, b->subscription.text);
    assert_string_equal(a->client.text, b->client.text);
    assert_string_equal(a->object.text, b->object.text);
    assert_string_equal(a->secret, b->secret);
    assert_string_equal(a->vault, b->vault);
    assert_string_equal(a->group, b->group);
    assert_string_equal(a->location, b->location);
}

static void
every_founding_is_another(void **state)
{
    struct founding a, b;

    (void)state;
    founding_make(&a, "dev", "group", "local", "keyhold.test");
    founding_make(&b, "dev", "group", "local", "keyhold.test");
    assert_int_equal(strlen(a.secret), CLIENT_SECRET_LEN);
    assert_string_not_equal(a.secret, b.secret);
    assert_string_not_equal(a.tenant.text, b.tenant.text);
    assert_string_not_equal(a.client.text, a.object.text);
    founding_release(&a);
    assert_string_equal(a.secret, "");
    founding_release(&b);
}

static void
what_is_saved_is_read_back_and_private(void **state)
{
    struct founding a, b;
    struct stat st;

    (void)state;
    founding_make(&a, "dev", "group", "north", "keyhold.test");
    assert_int_equal(founding_save(&a, path), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(founding_read(path, &b), ERR_OK);
    same(&a, &b);
    founding_release(&a);
    founding_release(&b);
}

static void
saving_again_replaces_the_whole(void **state)
{
    struct founding a, b;

    (void)state;
    write_text("something longer than any founding could ever be, or so it seems");
    assert_int_equal(chmod(path, 0644), 0);
    founding_make(&a, "", "g", "local", "keyhold.test");
    assert_int_equal(founding_save(&a, path), ERR_OK);
    assert_int_equal(founding_read(path, &b), ERR_OK);
    same(&a, &b);
}

static void
a_file_that_is_not_one_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"tenant\":\"x\"}",
        "{\"tenant\":\"11111111-1111-4111-8111-111111111111\",\"secret\":\"abc",
    };
    struct founding f;

    (void)state;
    (void)unlink(path);
    assert_int_equal(founding_read(path, &f), ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        enum err e;

        write_text(bad[i]);
        e = founding_read(path, &f);
        assert_true(e == ERR_FORMAT || e == ERR_IO);
        assert_string_equal(f.tenant.text, "");
        assert_string_equal(f.secret, "");
    }
}

static void
an_interrupted_founding_keeps_its_ids_and_secret(void **state)
{
    struct founding a, b;
    bool again;

    (void)state;
    (void)unlink(path);
    assert_int_equal(founding_begin(&a, path, "dev", "g", "local", "keyhold.test", &again),
                     ERR_OK);
    assert_false(again);
    assert_int_equal(founding_begin(&b, path, "", "other", "elsewhere", "keyhold.test", &again),
                     ERR_OK);
    assert_true(again);
    same(&a, &b);
    /* A vault may still be chosen. */
    assert_int_equal(founding_begin(&b, path, "prod", "g", "local", "keyhold.test", &again),
                     ERR_OK);
    assert_string_equal(b.vault, "prod");
    assert_string_equal(a.secret, b.secret);
}

static void
a_damaged_one_is_not_overwritten(void **state)
{
    struct founding f;
    struct stat before, after;
    bool again;

    (void)state;
    write_text("{\"half\":");
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(founding_begin(&f, path, "dev", "g", "local", "keyhold.test", &again),
                     ERR_FORMAT);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
}

static void
a_directory_that_is_not_there_is_an_error(void **state)
{
    struct founding f;
    bool again;

    (void)state;
    assert_int_equal(
        founding_begin(&f, "/nonexistent/x/y", "dev", "g", "l", "keyhold.test", &again),
        ERR_IO);
    founding_release(&f);
}

static void
the_seed_it_makes_is_one_that_the_clerk_takes(void **state)
{
    static const char *const vaults[] = { "dev", "" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct founding f;
        struct seed *s = NULL;
        struct guid tenant;
        char text[8192];
        ssize_t n;
        int fd;

        founding_make(&f, vaults[i], "group", "local", "keyhold.test");
        assert_int_equal(founding_seed(&f, &fd), ERR_OK);
        n = read(fd, text, sizeof(text) - 1);
        assert_true(n > 0);
        text[n] = '\0';
        close(fd);
        assert_int_equal(seed_parse(span_of(text, (size_t)n), &s), ERR_OK);
        tenant = seed_tenant(s);
        assert_string_equal(tenant.text, f.tenant.text);
        assert_int_equal(strstr(text, "\"vaults\"") != NULL, vaults[i][0] != '\0');
        seed_free(s);
        founding_release(&f);
    }
}

static int
begin(void **state)
{
    (void)state;
    if (secmem_init(4 * 1024 * 1024) != ERR_OK || mkdtemp(dir) == NULL)
        return -1;
    jsn_setup();
    (void)snprintf(path, sizeof(path), "%s/f.json", dir);
    return 0;
}

static int
end(void **state)
{
    size_t used, total;

    (void)state;
    (void)unlink(path);
    secmem_usage(&used, &total);
    secmem_release();
    return rmdir(dir) != 0 || used != 0 ? -1 : 0; /* no file was left beside it */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_founding_is_another),
        cmocka_unit_test(what_is_saved_is_read_back_and_private),
        cmocka_unit_test(saving_again_replaces_the_whole),
        cmocka_unit_test(a_file_that_is_not_one_is_refused),
        cmocka_unit_test(an_interrupted_founding_keeps_its_ids_and_secret),
        cmocka_unit_test(a_damaged_one_is_not_overwritten),
        cmocka_unit_test(a_directory_that_is_not_there_is_an_error),
        cmocka_unit_test(the_seed_it_makes_is_one_that_the_clerk_takes),
    };

    return cmocka_run_group_tests_name("cli/founding", tests, begin, end);
}
