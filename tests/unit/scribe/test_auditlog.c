/* SPDX-License-Identifier: Apache-2.0 */
/* The audit files: rotation, full disks, and files that somebody meddled with. */
#include "rig.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void
path_of(struct rig *r, const char *name, char out[static 256])
{
    (void)snprintf(out, 256, "%s/%s", r->audit, name);
}

static bool
has_file(struct rig *r, const char *name)
{
    char path[256];

    path_of(r, name, path);
    return access(path, F_OK) == 0;
}

/* Looks at once, not only after a second. */
static void
look(struct rig *r)
{
    committer_look(&r->c, clock_mono_ms());
}

static void
a_deleted_file_is_copied_back_and_noted(void **state)
{
    struct rig *r = *state;
    char path[256], name[AUDIT_NAME_MAX];

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_read(r, "unsynced"), ERR_OK);
    path_of(r, AUDIT_CURRENT, path);
    assert_int_equal(unlink(path), 0);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(committer_stats(&r->c).audit_replaced, 1);
    audit_name_put(name, 1);
    assert_int_equal(rig_count_lines(r, name, "\"seq\":"), 2);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"category\":\"Notice\""), 1);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "deleted"), 1);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":3,"), 1);
    rig_assert_whole(r);
}

static void
the_notice_is_the_first_line_of_the_new_file(void **state)
{
    struct rig *r = *state;
    char path[256], *text;
    size_t len;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    path_of(r, AUDIT_CURRENT, path);
    assert_int_equal(unlink(path), 0);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    text = rig_slurp(r, AUDIT_CURRENT, &len);
    *strchr(text, '\n') = '\0';
    assert_non_null(
        strstr(text, "\"category\":\"Notice\",\"operationName\":\"AuditFileMeddled\""));
    free(text);
}

static void
a_replaced_file_is_set_aside_and_ours_copied_back(void **state)
{
    struct rig *r = *state;
    char path[256], other[256], name[AUDIT_NAME_MAX];

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    /* As sed -i would drop the first line. */
    rig_spit(r, "new", "{}\n", 3);
    path_of(r, "new", other);
    path_of(r, AUDIT_CURRENT, path);
    assert_int_equal(rename(other, path), 0);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    audit_name_put(name, 1);
    assert_int_equal(rig_count_lines(r, name, "\"seq\":"), 2);
    assert_true(has_file(r, "audit-found-1.jsonl"));
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "replaced"), 1);
    rig_assert_whole(r);
}

static void
a_renamed_file_is_noted(void **state)
{
    struct rig *r = *state;
    char path[256], other[256];

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    path_of(r, AUDIT_CURRENT, path);
    path_of(r, "audit.jsonl.1", other);
    assert_int_equal(rename(path, other), 0);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "renamed"), 1);
    /* Under its proper name the log is whole again. */
    path_of(r, "audit-00000000000000000001.jsonl", path);
    assert_int_equal(rename(other, path), 0);
    rig_assert_whole(r);
}

static void
a_truncated_file_is_kept_and_its_loss_noted(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    char path[256];

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    path_of(r, AUDIT_CURRENT, path);
    assert_int_equal(truncate(path, 10), 0);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "lines were lost"), 1);
    assert_int_equal(rig_verify(r, &res), ERR_INTEGRITY);
    assert_string_equal(res.bad_file, "audit-00000000000000000001.jsonl");
}

static void
a_foreign_append_is_noted_and_not_built_upon(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    char path[256];
    int fd;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    path_of(r, AUDIT_CURRENT, path);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"forged\":1}\n", 13), 13);
    close(fd);
    look(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "forged"), 0);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "somebody else wrote"), 1);
    assert_int_equal(rig_verify(r, &res), ERR_INTEGRITY);
    assert_int_equal(res.faults, 1);
    assert_int_equal(res.bad_line, 2);
}

static void
a_file_of_nobody_is_left_alone(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    look(r);
    assert_int_equal(committer_stats(&r->c).audit_replaced, 0);
    rig_spit(r, "audit-1.jsonl", "x", 1);
    rig_spit(r, "README", "x", 1);
    rig_assert_whole(r);
}

static void
rotation_by_order_keeps_the_chain(void **state)
{
    struct rig *r = *state;
    struct verify_result res;

    assert_int_equal(committer_rotate(&r->c), ERR_OK); /* empty: nothing to finish */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_put(r, "sn/v/A", "1", -1), ERR_OK);
        assert_int_equal(rig_read(r, "x"), ERR_OK);
        assert_int_equal(committer_rotate(&r->c), ERR_OK);
    }
    assert_true(has_file(r, "audit-00000000000000000001.jsonl"));
    assert_true(has_file(r, "audit-00000000000000000003.jsonl"));
    assert_true(has_file(r, "audit-00000000000000000005.jsonl"));
    assert_int_equal(rig_verify(r, &res), ERR_OK);
    assert_int_equal(res.lines, 6);
    assert_int_equal(res.files, 4);
}

static void
rotation_by_size_happens_between_batches(void **state)
{
    struct rig *r = *state;
    struct verify_result res;

    rig_close(r);
    assert_int_equal(rig_open_with(r, 1000, 0), ERR_OK);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(rig_put(r, "sn/v/A", "1", -1), ERR_OK);
    assert_int_equal(rig_verify(r, &res), ERR_OK);
    assert_true(res.files > 3);
    assert_int_equal(res.lines, 40);
}

static void
rotation_never_overwrites(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_spit(r, "audit-00000000000000000001.jsonl", "mine\n", 5);
    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    assert_int_equal(rig_count_lines(r, "audit-found-1.jsonl", "mine"), 1);
    rig_assert_whole(r);
}

static enum err
fail_create(const char *step)
{
    return strcmp(step, "create") == 0 ? ERR_FULL : ERR_OK;
}

static void
a_rotation_that_cannot_make_the_next_file_stops_the_work(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    scribe_fault = fail_create;
    assert_int_equal(committer_rotate(&r->c), ERR_AUDIT);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_AUDIT);
    assert_false(rig_has(r, "sn/v/B"));
    scribe_fault = NULL;
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_assert_whole(r);
}

static enum err
fail_rename(const char *step)
{
    return strcmp(step, "rename") == 0 ? ERR_IO : ERR_OK;
}

static void
a_rotation_that_cannot_rename_goes_on_in_the_old_file(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    scribe_fault = fail_rename;
    assert_int_equal(committer_rotate(&r->c), ERR_AUDIT);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 2);
    rig_assert_whole(r);
}

/* KEEP_SIZE is no subject of RLIMIT_FSIZE, so room is promised and the append then fails. */
static void
a_file_size_limit_stops_the_work_and_loses_nothing(void **state)
{
    struct rig *r = *state;
    struct rlimit old, small;

    rig_close(r);
    r->store_cfg.engine = "mem";
    assert_int_equal(store_open(&r->store_cfg, &r->store), ERR_OK);
    assert_int_equal(
        committer_open(&r->c, r->store, open(r->audit, O_RDONLY | O_DIRECTORY), 0, 0), ERR_OK);
    r->open = true;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 200;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_AUDIT); /* half a line goes in */
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_AUDIT);
    assert_false(rig_has(r, "sn/v/C"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rig_put(r, "sn/v/D", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 3);
    rig_assert_whole(r);
}

/* Fills a file system of one megabyte; needs root, in a namespace of its own. */
static int
fill_small_disk(struct rig *r)
{
    enum err first_bad = ERR_OK;
    unsigned good = 0;
    char key[32];

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", r->audit, "tmpfs", 0, "size=256k") != 0)
        return 77;
    rig_open(r);
    while (good < 100000) {
        (void)snprintf(key, sizeof(key), "sn/v/%u", good);
        first_bad = rig_put(r, key, "1", 0);
        if (first_bad != ERR_OK)
            break;
        good++;
    }
    if (first_bad != ERR_FULL || rig_has(r, key) || good < 100)
        return 1;
    /* A shorter record may fit into what is left of a page; not many do. */
    for (unsigned i = 0; i < 100 && first_bad == ERR_FULL; i++)
        first_bad = rig_read(r, "x") == ERR_OK ? ERR_FULL : ERR_IO;
    if (first_bad == ERR_FULL)
        return 2;
    if (rig_count_lines(r, AUDIT_CURRENT, "\"put\"") != good)
        return 3;
    /* Room again, and the work goes on. */
    if (mount(NULL, r->audit, "tmpfs", MS_REMOUNT, "size=2m") != 0 ||
        rig_put(r, key, "1", 0) != ERR_OK)
        return 4;
    rig_assert_whole(r);
    return 0;
}

static void
a_full_disk_is_found_before_anything_is_written(void **state)
{
    struct rig *r = *state;
    int status;
    pid_t pid;

    rig_close(r);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fill_small_disk(r));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned writebacks;

static enum err
count_writebacks(const char *step)
{
    writebacks += strcmp(step, "writeback") == 0;
    return ERR_OK;
}

static void
the_disk_begins_with_what_is_written_long_before_the_sync(void **state)
{
    enum { PIECE = 60000 };
    static const uint8_t line[PIECE];
    struct auditlog *l = &((struct rig *)*state)->c.log;

    writebacks = 0;
    scribe_fault = count_writebacks;
    for (uint64_t seq = 1; seq <= 4 * AUDITLOG_WRITEBACK / PIECE + 1; seq++) {
        assert_int_equal(auditlog_stage(l, span_of(line, PIECE), 1, seq, 0), ERR_OK);
        assert_int_equal(auditlog_write(l), ERR_OK);
    }
    scribe_fault = NULL;
    assert_int_equal(l->synced, 0);
    assert_int_equal(writebacks, 3); /* of five pieces each, and what a page lacks */
    assert_true(l->begun % 4096 == 0 && l->written - l->begun < AUDITLOG_WRITEBACK);
    assert_int_equal(auditlog_rotate(l), ERR_OK); /* the new file begins at its start */
    assert_int_equal(l->begun, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_deleted_file_is_copied_back_and_noted),
        T(the_notice_is_the_first_line_of_the_new_file),
        T(a_replaced_file_is_set_aside_and_ours_copied_back),
        T(a_renamed_file_is_noted),
        T(a_truncated_file_is_kept_and_its_loss_noted),
        T(a_foreign_append_is_noted_and_not_built_upon),
        T(a_file_of_nobody_is_left_alone),
        T(the_disk_begins_with_what_is_written_long_before_the_sync),
        T(rotation_by_order_keeps_the_chain),
        T(rotation_by_size_happens_between_batches),
        T(rotation_never_overwrites),
        T(a_rotation_that_cannot_make_the_next_file_stops_the_work),
        T(a_rotation_that_cannot_rename_goes_on_in_the_old_file),
        T(a_file_size_limit_stops_the_work_and_loses_nothing),
        T(a_full_disk_is_found_before_anything_is_written),
    };

    return cmocka_run_group_tests_name("scribe/auditlog", tests, NULL, NULL);
}
