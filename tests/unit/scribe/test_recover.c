/* SPDX-License-Identifier: Apache-2.0 */
/* Starting again: after crashes, and with a store or a log that somebody put back. */
#include "rig.h"

static void
copy_tree(const char *from, const char *to)
{
    DIR *d = opendir(from);
    struct dirent *e;

    assert_non_null(d);
    (void)mkdir(to, 0700);
    while ((e = readdir(d)) != NULL) {
        char a[512], b[512], room[4096];
        ssize_t n;
        int in, out;

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(a, sizeof(a), "%s/%s", from, e->d_name);
        (void)snprintf(b, sizeof(b), "%s/%s", to, e->d_name);
        in = open(a, O_RDONLY);
        out = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_true(in >= 0 && out >= 0);
        while ((n = read(in, room, sizeof(room))) > 0)
            assert_int_equal(write(out, room, (size_t)n), n);
        close(in);
        close(out);
    }
    closedir(d);
}

static void
backup(struct rig *r, const char *what)
{
    char to[256];

    (void)snprintf(to, sizeof(to), "%s.old", what);
    copy_tree(what, to);
    (void)r;
}

static void
restore(const char *what)
{
    char from[256];

    (void)snprintf(from, sizeof(from), "%s.old", what);
    rig_remove_tree(what);
    copy_tree(from, what);
}

static int
teardown(void **state)
{
    struct rig *r = *state;
    char path[256];

    (void)snprintf(path, sizeof(path), "%s.old", r->audit);
    rig_remove_tree(path);
    (void)snprintf(path, sizeof(path), "%s.old", r->path);
    rig_remove_tree(path);
    return rig_teardown(state);
}

static void
append(struct rig *r, const char *text)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/" AUDIT_CURRENT, r->audit);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void
the_chain_goes_on_where_it_was(void **state)
{
    struct rig *r = *state;
    struct chain before;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_read(r, "x"), ERR_OK);
    before = r->c.chain;
    rig_close(r);
    rig_open(r);
    assert_memory_equal(&r->c.chain, &before, sizeof(before));
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_assert_whole(r);
}

static void
a_torn_line_is_cut_off(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    append(r, "{\"category\":\"Aud");
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 2);
    rig_assert_whole(r);
}

/* Every length that the last line can have been cut to. */
static void
a_line_torn_anywhere_comes_back_from_the_store(void **state)
{
    struct rig *r = *state;
    size_t len, one;
    char *text;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    text = rig_slurp(r, AUDIT_CURRENT, &len);
    one = (size_t)(strchr(text, '\n') - text) + 1;
    for (size_t cut = one; cut < len; cut += 7) {
        char *now;
        size_t now_len;

        rig_spit(r, AUDIT_CURRENT, text, cut);
        rig_open(r);
        rig_close(r);
        now = rig_slurp(r, AUDIT_CURRENT, &now_len);
        assert_int_equal(now_len, len);
        assert_memory_equal(now, text, len);
        free(now);
    }
    free(text);
}

static void
zeroes_after_a_power_cut_are_cut_off(void **state)
{
    struct rig *r = *state;
    char path[256];
    size_t len;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    free(rig_slurp(r, AUDIT_CURRENT, &len));
    (void)snprintf(path, sizeof(path), "%s/" AUDIT_CURRENT, r->audit);
    assert_int_equal(truncate(path, (off_t)len + 100000), 0);
    rig_open(r);
    assert_int_equal(r->c.log.synced, len);
    rig_assert_whole(r);
}

static void
a_lost_last_line_comes_back_from_the_store(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    rig_cut_lines(r, AUDIT_CURRENT, 1);
    rig_open(r);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "sn/v/B"), 1);
    rig_assert_whole(r);
}

static void
whole_lines_that_do_not_fit_are_kept_beside_the_log(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    append(r, "{\"forged\":1}\n{\"forged\":2}\n");
    rig_open(r);
    assert_int_equal(rig_count_lines(r, "audit-cut-2.jsonl", "forged"), 2);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "forged"), 0);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "AuditTailCut"), 1);
    rig_assert_whole(r);
}

static void
between_rotation_and_the_next_line_the_chain_is_found(void **state)
{
    struct rig *r = *state;
    char path[256];

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    rig_close(r);
    rig_open(r);
    assert_int_equal(r->c.chain.seq, 1);
    rig_close(r);
    /* Killed between the rename and the new file. */
    (void)snprintf(path, sizeof(path), "%s/" AUDIT_CURRENT, r->audit);
    assert_int_equal(unlink(path), 0);
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_assert_whole(r);
}

static void
an_older_store_is_refused(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    backup(r, r->path);
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    rig_close(r);
    restore(r->path);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK); /* nothing was changed by trying */
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 3);
}

static void
an_empty_store_beside_a_log_is_refused(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    rig_remove_tree(r->path);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

static void
an_older_log_is_refused(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    backup(r, r->audit);
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_sync(r);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    rig_close(r);
    restore(r->audit);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

static void
a_deleted_log_is_refused(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_sync(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    rig_remove_tree(r->audit);
    assert_int_equal(mkdir(r->audit, 0700), 0);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

static void
lines_of_several_commits_come_back_after_a_power_cut(void **state)
{
    struct rig *r = *state;
    char key[] = "sn/v/A";

    assert_int_equal(rig_put(r, "sn/v/0", "1", 0), ERR_OK);
    rig_sync(r);
    for (unsigned i = 0; i < 20; i++, key[5]++) {
        assert_int_equal(rig_put(r, key, "1", 0), ERR_OK);
        if (i % 3 == 0)
            assert_int_equal(rig_read(r, "between"), ERR_OK);
    }
    rig_close(r);
    rig_cut_lines(r, AUDIT_CURRENT, 27);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 1);
    rig_open(r);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"put\":"), 21);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"between\""), 7);
    rig_assert_whole(r);
}

static unsigned settled;

static enum err
count_settle(const char *step)
{
    settled += strcmp(step, "settle") == 0;
    return ERR_OK;
}

static enum err
fail_settle(const char *step)
{
    return strcmp(step, "settle") == 0 ? ERR_IO : ERR_OK;
}

/* The next commit writes over what a/pending has of them. */
static void
lines_of_a_killed_process_are_synced_before_anything_new(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    scribe_fault = fail_settle;
    assert_int_equal(rig_open_with(r, 0, 0), ERR_IO);
    settled = 0;
    scribe_fault = count_settle;
    rig_open(r);
    scribe_fault = NULL;
    assert_int_equal(settled, 1);
    rig_assert_whole(r);
}

static void
a_log_cut_below_the_head_is_refused_with_reads_too(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(rig_read(r, "x"), ERR_OK);
    assert_int_equal(committer_note_head(&r->c), ERR_OK);
    rig_close(r);
    rig_cut_lines(r, AUDIT_CURRENT, 2);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

static void
a_changed_line_is_refused_at_the_head(void **state)
{
    struct rig *r = *state;
    size_t len;
    char *text;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    text = rig_slurp(r, AUDIT_CURRENT, &len);
    *strrchr(text, 'B') = 'X'; /* in the last line, which no other line holds */
    rig_spit(r, AUDIT_CURRENT, text, len);
    free(text);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

static void
a_loss_is_accepted_only_by_its_number(void **state)
{
    struct rig *r = *state;
    struct verify_result res;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    backup(r, r->path);
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    rig_close(r);
    restore(r->path);
    assert_int_equal(rig_open_with(r, 0, 3), ERR_ROLLBACK);
    assert_int_equal(rig_open_with(r, 0, 5), ERR_ROLLBACK);
    assert_int_equal(rig_open_with(r, 0, 4), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/D", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "AuditLossAccepted"), 1);
    rig_close(r);
    /* Once accepted it is history; the setting may stay. */
    assert_int_equal(rig_open_with(r, 0, 4), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "AuditLossAccepted"), 1);
    rig_close(r);
    rig_open(r);
    /* The log says for ever that something happened here. */
    assert_int_equal(rig_verify(r, &res), ERR_INTEGRITY);
    assert_int_equal(res.faults, 1);
    assert_int_equal(res.notices, 1);
}

static void
a_lost_log_can_be_accepted(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_put(r, "sn/v/A", "1", -1), ERR_OK);
        if (i < 2)
            rig_sync(r);
    }
    rig_close(r);
    rig_remove_tree(r->audit);
    assert_int_equal(mkdir(r->audit, 0700), 0);
    assert_int_equal(rig_open_with(r, 0, 4), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    rig_open(r);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 2);
}

static void
an_accepted_loss_keeps_a_damaged_file(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_put(r, "sn/v/A", "1", -1), ERR_OK);
        if (i < 2)
            rig_sync(r);
    }
    rig_close(r);
    rig_spit(r, AUDIT_CURRENT, "rubbish\n", 8);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
    assert_int_equal(rig_open_with(r, 0, 4), ERR_OK);
    assert_int_equal(rig_count_lines(r, "audit-found-1.jsonl", "rubbish"), 1);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
}

/* Ten changes, durable but for the last two; the third is changed in the closed file. */
static void
change_the_third(struct rig *r)
{
    char key[] = "sn/v/A", *text;
    size_t len;

    for (unsigned i = 0; i < 10; i++, key[5]++) {
        assert_int_equal(rig_put(r, key, "1", 0), ERR_OK);
        if (i == 7)
            rig_sync(r);
    }
    rig_close(r);
    text = rig_slurp(r, AUDIT_CURRENT, &len);
    *(strstr(text, "sn/v/C") + 5) = 'X';
    rig_spit(r, AUDIT_CURRENT, text, len);
    free(text);
}

static void
only_the_end_is_read_where_the_store_knows_the_place(void **state)
{
    struct rig *r = *state;
    struct verify_result res;

    change_the_third(r);
    rig_open(r);
    assert_int_equal(r->c.chain.seq, 10);
    assert_int_equal(r->c.log.first_seq, 1);
    assert_int_equal(rig_put(r, "sn/v/Z", "1", 0), ERR_OK);
    /* What a start does not look at, a verification does. */
    assert_int_equal(rig_verify(r, &res), ERR_INTEGRITY);
    assert_int_equal(res.bad_line, 4);
}

static void
another_file_in_its_place_is_read_whole(void **state)
{
    struct rig *r = *state;
    char a[256], b[256];

    change_the_third(r);
    (void)snprintf(a, sizeof(a), "%s/" AUDIT_CURRENT, r->audit);
    (void)snprintf(b, sizeof(b), "%s/other", r->audit);
    assert_int_equal(rename(a, b), 0);
    rig_spit(r, AUDIT_CURRENT, "", 0);
    {
        size_t len;
        char *text = rig_slurp(r, "other", &len);

        rig_spit(r, AUDIT_CURRENT, text, len);
        free(text);
    }
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
}

/* Whatever is not as the store says: the whole file is read, and judged as ever. */
static void
shortened_and_shifted_files_are_read_whole(void **state)
{
    struct rig *r = *state;
    char key[] = "sn/v/A", *text;
    size_t len, one;

    for (unsigned i = 0; i < 6; i++, key[5]++) {
        assert_int_equal(rig_put(r, key, "1", 0), ERR_OK);
        rig_sync(r);
    }
    rig_close(r);
    text = rig_slurp(r, AUDIT_CURRENT, &len);
    one = (size_t)(strchr(text, '\n') - text) + 1;
    rig_spit(r, AUDIT_CURRENT, text, len - 2 * one); /* a/pending has one of the two */
    assert_int_equal(rig_open_with(r, 0, 0), ERR_ROLLBACK);
    rig_spit(r, AUDIT_CURRENT, text + one, len - one); /* it begins with another line */
    assert_int_equal(rig_open_with(r, 0, 0), ERR_OK);
    assert_int_equal(r->c.log.first_seq, 2);
    rig_close(r);
    rig_spit(r, AUDIT_CURRENT, text, len);
    rig_open(r);
    assert_int_equal(r->c.log.first_seq, 1);
    rig_assert_whole(r);
    free(text);
}

static void
place_holds_over_a_rotation_and_a_torn_end(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    rig_close(r);
    rig_open(r);
    assert_int_equal(r->c.chain.seq, 2);
    assert_int_equal(r->c.log.first_seq, 0);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    rig_sync(r);
    assert_int_equal(rig_put(r, "sn/v/D", "1", 0), ERR_OK);
    assert_int_equal(rig_read(r, "x"), ERR_OK);
    rig_close(r);
    append(r, "{\"category\":\"Aud");
    rig_open(r);
    assert_int_equal(r->c.chain.seq, 5);
    assert_int_equal(r->c.log.first_seq, 3);
    rig_assert_whole(r);
}

/* The row as it was before it had a place. */
static void
head_without_a_place_is_enough(void **state)
{
    struct rig *r = *state;
    struct store_item item = { 0 };
    struct chain head;
    struct store_write w;
    struct buf row;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    head = rig_head(r);
    buf_init(&row, 1024);
    chain_pack(&head, &row);
    store_write_init(&w);
    store_write_put(&w, span_str(CHAIN_HEAD_KEY), buf_span(&row));
    item.packed = buf_span(&w.bytes);
    assert_int_equal(store_commit(r->store, &item, 1), ERR_OK);
    store_write_release(&w);
    buf_release(&row);
    rig_close(r);
    rig_open(r);
    assert_int_equal(r->c.chain.seq, 1);
    rig_assert_whole(r);
}

static void
rows_of_a_newer_release_are_refused(void **state)
{
    struct rig *r = *state;
    struct store_item item = { 0 };
    struct store_write w;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    store_write_init(&w);
    store_write_put(&w, span_str(CHAIN_HEAD_KEY), span_str("\x02newer"));
    item.packed = buf_span(&w.bytes);
    assert_int_equal(store_commit(r->store, &item, 1), ERR_OK);
    store_write_release(&w);
    rig_close(r);
    assert_int_equal(rig_open_with(r, 0, 0), ERR_FORMAT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        T(the_chain_goes_on_where_it_was),
        T(a_torn_line_is_cut_off),
        T(a_line_torn_anywhere_comes_back_from_the_store),
        T(zeroes_after_a_power_cut_are_cut_off),
        T(a_lost_last_line_comes_back_from_the_store),
        T(whole_lines_that_do_not_fit_are_kept_beside_the_log),
        T(between_rotation_and_the_next_line_the_chain_is_found),
        T(an_older_store_is_refused),
        T(an_empty_store_beside_a_log_is_refused),
        T(an_older_log_is_refused),
        T(a_deleted_log_is_refused),
        T(lines_of_several_commits_come_back_after_a_power_cut),
        T(lines_of_a_killed_process_are_synced_before_anything_new),
        T(a_log_cut_below_the_head_is_refused_with_reads_too),
        T(a_changed_line_is_refused_at_the_head),
        T(a_loss_is_accepted_only_by_its_number),
        T(a_lost_log_can_be_accepted),
        T(an_accepted_loss_keeps_a_damaged_file),
        T(only_the_end_is_read_where_the_store_knows_the_place),
        T(another_file_in_its_place_is_read_whole),
        T(shortened_and_shifted_files_are_read_whole),
        T(place_holds_over_a_rotation_and_a_torn_end),
        T(head_without_a_place_is_enough),
        T(rows_of_a_newer_release_are_refused),
    };

    return cmocka_run_group_tests_name("scribe/recover", tests, NULL, NULL);
}
