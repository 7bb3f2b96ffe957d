/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch of submits leaves in the store, in the log, and as answers. */
#include "rig.h"

#include "base/limits.h"
#include "scribe/entries.h"

#define REC(n) "{\"category\":\"AuditEvent\",\"n\":" #n "}"

static const struct submit *
item(const struct rig *r, size_t i)
{
    return &r->batch.items[i];
}

static void
a_write_and_its_record_go_together(void **state)
{
    struct rig *r = *state;
    struct chain head;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(item(r, 0)->revision, 1);
    assert_true(rig_has(r, "sn/v/A"));
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":1,\"rev\":1,"), 1);
    head = rig_head(r);
    assert_int_equal(head.seq, 1);
    assert_memory_equal(head.hash, r->c.chain.hash, sizeof(head.hash));
    rig_assert_whole(r);
}

static void
a_conflict_leaves_no_line_and_no_row(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_begin(r);
    rig_add_put(r, "sn/v/B", "1", 0, REC(1));
    rig_add_put(r, "sn/v/A", "2", 0, REC(2));
    rig_add_put(r, "sn/v/A", "3", 1, REC(3));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_OK);
    assert_int_equal(item(r, 1)->result, ERR_CONFLICT);
    assert_int_equal(item(r, 2)->result, ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"n\":2"), 0);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"n\":3,\"seq\":3,"), 1);
    assert_int_equal(r->c.stats.conflicts, 1);
    rig_assert_whole(r);
}

static void
writes_of_one_batch_see_each_other(void **state)
{
    struct rig *r = *state;
    struct store_write w;

    rig_begin(r);
    rig_add_put(r, "sn/v/A", "1", 0, REC(1));
    rig_add_put(r, "sn/v/A", "2", 0, REC(2)); /* absent no longer */
    store_write_init(&w);
    store_write_delete(&w, span_str("sn/v/A"));
    rig_add(r, &w, REC(3));
    rig_add_put(r, "sn/v/A", "4", 0, REC(4)); /* absent again */
    rig_add_put(r, "sn/v/A", "5", 1, REC(5)); /* a revision that nobody can know */
    rig_run(r);
    store_write_release(&w);
    assert_int_equal(item(r, 0)->result, ERR_OK);
    assert_int_equal(item(r, 1)->result, ERR_CONFLICT);
    assert_int_equal(item(r, 2)->result, ERR_OK);
    assert_int_equal(item(r, 3)->result, ERR_OK);
    assert_int_equal(item(r, 4)->result, ERR_CONFLICT);
    assert_true(rig_has(r, "sn/v/A"));
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"n\":"), 3);
    rig_assert_whole(r);
}

static void
what_waits_together_is_one_commit(void **state)
{
    struct rig *r = *state;
    uint64_t before = r->c.stats.commits;
    char key[32];

    rig_begin(r);
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "sn/v/%u", i);
        rig_add_put(r, key, "x", 0, REC(1));
    }
    rig_run(r);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(item(r, i)->result, ERR_OK);
        assert_int_equal(item(r, i)->revision, item(r, 0)->revision);
    }
    assert_int_equal(r->c.stats.commits, before + 1);
    assert_int_equal(r->c.stats.queue_max, 200);
    assert_int_equal(r->c.stats.writes, 200);
    assert_int_equal(r->c.stats.records, 200);
    rig_assert_whole(r);
}

static void
records_of_reads_keep_their_order_and_make_no_commit(void **state)
{
    struct rig *r = *state;
    char record[64];
    size_t len;
    char *text, *at;

    rig_begin(r);
    for (unsigned i = 0; i < 50; i++) {
        (void)snprintf(record, sizeof(record), "{\"n\":%u}", i);
        rig_add(r, NULL, record);
    }
    rig_run(r);
    assert_int_equal(r->c.stats.commits, 0);
    text = at = rig_slurp(r, AUDIT_CURRENT, &len);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(item(r, i)->result, ERR_OK);
        assert_int_equal(item(r, i)->revision, 0);
        (void)snprintf(record, sizeof(record), "{\"n\":%u,\"seq\":%u,", i, i + 1);
        at = strstr(at, record);
        assert_non_null(at);
    }
    free(text);
    assert_int_equal(committer_stats(&r->c).audit_unsynced, 50);
    rig_assert_whole(r);
}

static void
lines_of_reads_before_a_write_travel_in_its_transaction(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_read(r, "one"), ERR_OK);
    assert_int_equal(rig_read(r, "two"), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_close(r);
    /* A power cut: the file has nothing of the three. */
    rig_cut_lines(r, AUDIT_CURRENT, 3);
    rig_open(r);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"one\""), 1);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"two\""), 1);
    rig_assert_whole(r);
}

static void
a_forbidden_row_is_refused_alone(void **state)
{
    struct rig *r = *state;

    rig_begin(r);
    rig_add_put(r, "k/audit", "mine", -1, REC(1));
    rig_add_put(r, "a/head", "mine", -1, REC(2));
    rig_add_put(r, "sn/v/A", "1", 0, REC(3));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_DENIED);
    assert_int_equal(item(r, 1)->result, ERR_DENIED);
    assert_int_equal(item(r, 2)->result, ERR_OK);
    assert_false(rig_has(r, "k/audit"));
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 1);
}

static void
the_clerk_founds_a_store_once(void **state)
{
    struct rig *r = *state;
    struct store_write w;

    store_write_init(&w);
    store_write_put(&w, span_str("f/format"), span_str("1"));
    rig_begin(r);
    rig_add_as(r, ROLE_FRONT, &w, REC(1));
    rig_add_as(r, ROLE_CLERK, &w, REC(2));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_DENIED);
    assert_int_equal(item(r, 1)->result, ERR_OK);
    rig_begin(r);
    rig_add_as(r, ROLE_CLERK, &w, REC(3));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_DENIED);
    store_write_release(&w);
}

static void
front_writes_nothing_without_a_record(void **state)
{
    struct rig *r = *state;
    struct store_write w;

    store_write_init(&w);
    store_write_put(&w, span_str("sn/v/A"), span_str("1"));
    rig_begin(r);
    rig_add_as(r, ROLE_FRONT, &w, "");
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_PROTOCOL);
    assert_false(rig_has(r, "sn/v/A"));
    rig_begin(r);
    rig_add_as(r, ROLE_CLERK, &w, "");
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_OK);
    assert_true(rig_has(r, "sn/v/A"));
    store_write_release(&w);
}

static void
what_cannot_be_chained_is_not_written(void **state)
{
    struct rig *r = *state;
    uint8_t cut[] = { 0, 0, 0, 9, 1 };

    rig_begin(r);
    rig_add_put(r, "sn/v/A", "1", 0, "{\"a\":1");
    rig_add_put(r, "sn/v/B", "1", 0, "{\"category\":\"Checkpoint\"}");
    assert_int_equal(batch_add(&r->batch, NULL, ROLE_FRONT, 9, span_of(cut, sizeof(cut))),
                     ERR_OK);
    rig_add(r, NULL, REC(1));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_PROTOCOL);
    assert_int_equal(item(r, 1)->result, ERR_PROTOCOL);
    assert_int_equal(item(r, 2)->result, ERR_PROTOCOL);
    assert_int_equal(item(r, 3)->result, ERR_OK);
    assert_false(rig_has(r, "sn/v/A"));
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 1);
}

static void
a_write_without_a_record_moves_only_the_store(void **state)
{
    struct rig *r = *state;
    struct store_write w;

    store_write_init(&w);
    store_write_put(&w, span_str("sn/v/A"), span_str("1"));
    rig_begin(r);
    rig_add_as(r, ROLE_CLERK, &w, "");
    store_write_release(&w);
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_OK);
    assert_int_equal(item(r, 0)->revision, 1);
    assert_int_equal(r->c.chain.seq, 0);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_close(r);
    rig_open(r);
    rig_assert_whole(r);
}

static enum err
fail_commit(const char *step)
{
    return strcmp(step, "commit") == 0 ? ERR_FULL : ERR_OK;
}

static void
when_the_store_is_full_reads_go_on(void **state)
{
    struct rig *r = *state;

    scribe_fault = fail_commit;
    rig_begin(r);
    rig_add(r, NULL, REC(1));
    rig_add_put(r, "sn/v/A", "1", 0, REC(2));
    rig_add(r, NULL, REC(3));
    rig_run(r);
    assert_int_equal(item(r, 0)->result, ERR_OK);
    assert_int_equal(item(r, 1)->result, ERR_FULL);
    assert_int_equal(item(r, 2)->result, ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"n\":2"), 0);
    scribe_fault = NULL;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    rig_assert_whole(r);
}

static enum err
fail_reserve(const char *step)
{
    return strcmp(step, "reserve") == 0 ? ERR_FULL : ERR_OK;
}

static void
without_room_for_the_line_nothing_is_written(void **state)
{
    struct rig *r = *state;

    scribe_fault = fail_reserve;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_FULL);
    assert_int_equal(rig_read(r, "x"), ERR_FULL);
    assert_false(rig_has(r, "sn/v/A"));
    scribe_fault = NULL;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 1);
    rig_assert_whole(r);
}

static enum err
fail_write(const char *step)
{
    return strcmp(step, "write") == 0 ? ERR_FULL : ERR_OK;
}

static void
a_line_that_cannot_be_appended_is_kept_and_stops_the_work(void **state)
{
    struct rig *r = *state;

    scribe_fault = fail_write;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_AUDIT);
    assert_true(rig_has(r, "sn/v/A"));
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_AUDIT);
    assert_false(rig_has(r, "sn/v/B"));
    assert_int_equal(rig_read(r, "x"), ERR_AUDIT);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 0);
    scribe_fault = NULL;
    assert_int_equal(rig_read(r, "y"), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"put\":\"sn/v/A\""), 1);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 2);
    rig_assert_whole(r);
}

static void
a_line_that_could_not_be_appended_survives_a_kill(void **state)
{
    struct rig *r = *state;

    scribe_fault = fail_write;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_AUDIT);
    rig_close(r);
    scribe_fault = NULL;
    rig_open(r);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"put\":\"sn/v/A\""), 1);
    rig_assert_whole(r);
}

static enum err
fail_sync(const char *step)
{
    return strcmp(step, "sync") == 0 ? ERR_IO : ERR_OK;
}

static unsigned syncs;

static enum err
count_sync(const char *step)
{
    syncs += strcmp(step, "sync") == 0;
    return ERR_OK;
}

static void
file_is_synced_within_a_second_and_not_with_each_write(void **state)
{
    struct rig *r = *state;
    uint64_t since;

    syncs = 0;
    scribe_fault = count_sync;
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    since = r->c.log.tail_since_ms;
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(committer_stats(&r->c).audit_unsynced, 2);
    committer_tend(&r->c, since + 999);
    assert_int_equal(syncs, 0);
    assert_int_equal(committer_wait_ms(&r->c, since + 990), 10);
    committer_tend(&r->c, since + 1000);
    scribe_fault = NULL;
    assert_int_equal(syncs, 1);
    assert_int_equal(committer_stats(&r->c).audit_unsynced, 0);
}

static const char *
long_record(void)
{
    static char record[12 * 1024];

    memset(record, 'x', sizeof(record) - 1);
    memcpy(record, "{\"x\":\"", 6);
    memcpy(record + sizeof(record) - 3, "\"}", 3);
    return record;
}

/* However fast the writes come: what each transaction carries has a bound. */
static void
what_a_commit_carries_is_bounded_by_a_sync(void **state)
{
    struct rig *r = *state;
    const char *record = long_record();
    size_t most = 0;

    syncs = 0;
    scribe_fault = count_sync;
    for (unsigned i = 0; i < 40; i++) {
        rig_begin(r);
        rig_add_put(r, "sn/v/A", "1", -1, record);
        rig_run(r);
        assert_int_equal(r->batch.items[0].result, ERR_OK);
        if (r->c.log.tail.len > most)
            most = r->c.log.tail.len;
    }
    scribe_fault = NULL;
    assert_true(syncs >= 2 && syncs <= 5);
    assert_true(most < 160 * 1024);
    rig_assert_whole(r);
}

/* And what is kept in memory, however fast the reads. */
static void
what_is_not_durable_of_reads_is_bounded_by_a_sync(void **state)
{
    enum { TURNS = 50, READS = 10 }; /* six million bytes */
    struct rig *r = *state;
    const char *record = long_record();
    size_t most = 0;

    for (unsigned i = 0; i < TURNS; i++) {
        rig_begin(r);
        for (unsigned k = 0; k < READS; k++)
            rig_add(r, NULL, record);
        rig_run(r);
        assert_int_equal(r->batch.items[READS - 1].result, ERR_OK);
        if (r->c.log.tail.len > most)
            most = r->c.log.tail.len;
    }
    assert_true(most < 5 * 1024 * 1024);
    rig_assert_whole(r);
}

static void
after_a_failed_sync_the_lines_are_written_again(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    scribe_fault = fail_sync;
    committer_tend(&r->c, r->c.log.tail_since_ms + 1000);
    assert_int_equal(committer_stats(&r->c).audit_unsynced, 1);
    scribe_fault = NULL;
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 2);
    rig_sync(r);
    assert_int_equal(committer_stats(&r->c).audit_unsynced, 0);
    rig_assert_whole(r);
}

static enum err
fail_store(const char *step)
{
    (void)step;
    return ERR_IO;
}

static void
after_an_unknown_end_of_a_commit_nothing_is_chained(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    store_fault = fail_store;
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_IO);
    store_fault = NULL;
    assert_true(r->c.failed);
    assert_int_equal(rig_read(r, "x"), ERR_IO);
    assert_int_equal(rig_count_lines(r, AUDIT_CURRENT, "\"seq\":"), 1);
    rig_close(r);
    rig_open(r);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    rig_assert_whole(r);
}

static void
a_batch_too_large_for_one_commit_takes_several(void **state)
{
    struct rig *r = *state;
    struct store_write w;
    char key[32];

    rig_begin(r);
    for (unsigned i = 0; i < 3; i++) {
        store_write_init(&w);
        for (unsigned j = 0; j < MAX_COMMIT_KEYS - 2; j++) {
            (void)snprintf(key, sizeof(key), "sn/%u/%u", i, j);
            store_write_put(&w, span_str(key), (struct span){ 0 });
        }
        assert_int_equal(store_write_err(&w), ERR_OK);
        {
            struct buf payload;

            buf_init(&payload, 1024 * 1024);
            scribe_pack_submit(sink_buf(&payload), buf_span(&w.bytes), span_str(REC(1)));
            assert_int_equal(batch_add(&r->batch, NULL, ROLE_FRONT, i, buf_span(&payload)),
                             ERR_OK);
            buf_release(&payload);
        }
        store_write_release(&w);
    }
    rig_run(r);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(item(r, i)->result, ERR_OK);
    assert_int_equal(r->c.stats.commits, 3);
    assert_true(rig_has(r, "sn/2/4000"));
    rig_assert_whole(r);
}

static void
long_records_fill_several_commits_in_order(void **state)
{
    static char record[AUDIT_RECORD_MAX + 1];
    struct rig *r = *state;

    memset(record, 'x', AUDIT_RECORD_MAX);
    memcpy(record, "{\"a\":\"", 6);
    memcpy(record + AUDIT_RECORD_MAX - 2, "\"}", 2);
    rig_begin(r);
    for (unsigned i = 0; i < 200; i++) {
        struct buf payload;

        buf_init(&payload, 64 * 1024);
        scribe_pack_submit(sink_buf(&payload), (struct span){ 0 },
                           span_of(record, AUDIT_RECORD_MAX));
        assert_int_equal(batch_add(&r->batch, NULL, ROLE_FRONT, i, buf_span(&payload)), ERR_OK);
        buf_release(&payload);
    }
    rig_run(r);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(item(r, i)->result, ERR_OK);
    assert_int_equal(r->c.chain.seq, 200);
    rig_assert_whole(r);
}

static enum err
count_entry(void *arg, const struct entry *e)
{
    unsigned *seen = arg;

    switch (e->kind) {
    case ENTRY_EXPECT:
        assert_true(span_is_str(e->key, "k1"));
        assert_int_equal(e->revision, 0x0102030405060708);
        break;
    case ENTRY_PUT:
        assert_true(span_is_str(e->key, "k2"));
        assert_true(span_is_str(e->value, "value"));
        break;
    case ENTRY_DELETE:
        assert_true(span_is_str(e->key, "k3"));
        break;
    }
    *seen |= 1u << e->kind;
    return ERR_OK;
}

static void
entries_are_read_as_the_store_composes_them(void **state)
{
    struct store_write w;
    unsigned seen = 0;

    (void)state;
    store_write_init(&w);
    store_write_expect(&w, span_str("k1"), 0x0102030405060708);
    store_write_put(&w, span_str("k2"), span_str("value"));
    store_write_delete(&w, span_str("k3"));
    assert_int_equal(entries_each(buf_span(&w.bytes), count_entry, &seen), ERR_OK);
    assert_int_equal(seen, 1u << ENTRY_EXPECT | 1u << ENTRY_PUT | 1u << ENTRY_DELETE);
    for (size_t len = 1; len < w.bytes.len; len++) {
        enum err ours = entries_each(span_head(buf_span(&w.bytes), len), count_entry, &seen);

        assert_true(ours == ERR_OK || ours == ERR_FORMAT);
        assert_int_equal(ours == ERR_OK, len == 13 || len == 27);
    }
    store_write_release(&w);
}

static void
figures_travel(void **state)
{
    struct scribe_stats in, got;
    struct buf payload;

    (void)state;
    for (size_t i = 0; i < sizeof(in) / sizeof(uint64_t); i++)
        ((uint64_t *)&in)[i] = i * 1000003;
    buf_init(&payload, 1024);
    scribe_pack_stats(sink_buf(&payload), &in);
    assert_int_equal(scribe_unpack_stats(buf_span(&payload), &got), ERR_OK);
    assert_memory_equal(&in, &got, sizeof(in));
    assert_int_equal(scribe_unpack_stats(span_tail(buf_span(&payload), 1), &got), ERR_PROTOCOL);
    buf_release(&payload);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_write_and_its_record_go_together),
        T(a_conflict_leaves_no_line_and_no_row),
        T(writes_of_one_batch_see_each_other),
        T(what_waits_together_is_one_commit),
        T(records_of_reads_keep_their_order_and_make_no_commit),
        T(lines_of_reads_before_a_write_travel_in_its_transaction),
        T(a_forbidden_row_is_refused_alone),
        T(the_clerk_founds_a_store_once),
        T(front_writes_nothing_without_a_record),
        T(what_cannot_be_chained_is_not_written),
        T(a_write_without_a_record_moves_only_the_store),
        T(when_the_store_is_full_reads_go_on),
        T(without_room_for_the_line_nothing_is_written),
        T(a_line_that_cannot_be_appended_is_kept_and_stops_the_work),
        T(a_line_that_could_not_be_appended_survives_a_kill),
        T(file_is_synced_within_a_second_and_not_with_each_write),
        T(what_a_commit_carries_is_bounded_by_a_sync),
        T(what_is_not_durable_of_reads_is_bounded_by_a_sync),
        T(after_a_failed_sync_the_lines_are_written_again),
        T(after_an_unknown_end_of_a_commit_nothing_is_chained),
        T(a_batch_too_large_for_one_commit_takes_several),
        T(long_records_fill_several_commits_in_order),
        cmocka_unit_test(entries_are_read_as_the_store_composes_them),
        cmocka_unit_test(figures_travel),
    };

    return cmocka_run_group_tests_name("scribe/commit", tests, NULL, NULL);
}
