/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_engine.c - what every engine does; each case runs over each of them. */
#include "base/limits.h"
#include "fixture.h"
#include "store/store_int.h"

static void
an_empty_store_has_revision_zero_and_nothing_in_it(struct fixture *f)
{
    struct store_view *v = view(f);

    assert_int_equal(store_revision(v), 0);
    assert_value(v, "a", NULL);
    assert_scan(v, "", "", 100, "");
    assert_watch(v, 0, 100, "");
    store_end(v);
}

static void
a_put_is_read_back_with_its_revision(struct fixture *f)
{
    uint64_t revision = put(f, "a", "one");
    struct store_view *v = view(f);
    struct store_row row;

    assert_int_equal(revision, 1);
    assert_int_equal(store_revision(v), 1);
    assert_int_equal(store_get(v, span_str("a"), &row), ERR_OK);
    assert_int_equal(row.revision, 1);
    assert_true(span_is_str(row.value, "one"));
    store_end(v);
}

static void
bytes_of_any_kind_are_kept(struct fixture *f)
{
    uint8_t all[256];
    struct span key = span_of("\0\xff\0", 3);
    struct store_view *v;
    struct store_row row;

    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    store_write_put(&f->write, key, span_of(all, sizeof(all)));
    assert_int_equal(commit(f, NULL), ERR_OK);
    v = view(f);
    assert_int_equal(store_get(v, key, &row), ERR_OK);
    assert_true(span_is_equal(row.value, span_of(all, sizeof(all))));
    assert_int_equal(store_get(v, span_of("\0\xff", 2), &row), ERR_NOT_FOUND);
    store_end(v);
}

static void
an_empty_value_is_a_row(struct fixture *f)
{
    put(f, "a", "");
    assert_now(f, "a", "");
}

static void
a_view_does_not_see_later_commits(struct fixture *f)
{
    struct store_view *before, *after;

    put(f, "a", "old");
    put(f, "gone", "x");
    before = view(f);
    put(f, "a", "new");
    put(f, "b", "new");
    del(f, "gone");
    after = view(f);
    assert_value(before, "a", "old");
    assert_value(before, "b", NULL);
    assert_value(before, "gone", "x");
    assert_int_equal(store_revision(before), 2);
    assert_scan(before, "", "", 100, "a gone ");
    assert_value(after, "a", "new");
    assert_value(after, "b", "new");
    assert_value(after, "gone", NULL);
    assert_int_equal(store_revision(after), 5);
    assert_scan(after, "", "", 100, "a b ");
    store_end(before);
    store_end(after);
}

static void
borrowed_rows_stay_while_the_view_lives(struct fixture *f)
{
    struct store_view *v;
    struct store_row row;
    char key[16];

    put(f, "a", "kept");
    v = view(f);
    assert_int_equal(store_get(v, span_str("a"), &row), ERR_OK);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        put(f, key, "filler");
        put(f, "a", "changed");
    }
    assert_true(span_is_str(row.value, "kept"));
    store_end(v);
}

static void
a_precondition_that_holds_lets_the_write_through(struct fixture *f)
{
    uint64_t r = put(f, "a", "1");

    store_write_expect(&f->write, span_str("a"), r);
    store_write_put(&f->write, span_str("a"), span_str("2"));
    assert_int_equal(commit(f, &r), ERR_OK);
    assert_int_equal(r, 2);
    assert_now(f, "a", "2");
}

static void
a_precondition_that_fails_refuses_the_whole_write(struct fixture *f)
{
    uint64_t r = put(f, "a", "1");

    put(f, "a", "2");
    store_write_put(&f->write, span_str("b"), span_str("never"));
    store_write_put(&f->write, span_str("a"), span_str("never"));
    store_write_expect(&f->write, span_str("a"), r);
    assert_int_equal(commit(f, &r), ERR_CONFLICT);
    assert_int_equal(r, 0);
    assert_now(f, "a", "2");
    assert_now(f, "b", NULL);
}

static void
expecting_zero_means_that_the_row_is_absent(struct fixture *f)
{
    store_write_expect(&f->write, span_str("a"), 0);
    store_write_put(&f->write, span_str("a"), span_str("1"));
    assert_int_equal(commit(f, NULL), ERR_OK);
    store_write_expect(&f->write, span_str("a"), 0);
    store_write_put(&f->write, span_str("a"), span_str("2"));
    assert_int_equal(commit(f, NULL), ERR_CONFLICT);
    assert_now(f, "a", "1");
    del(f, "a");
    store_write_expect(&f->write, span_str("a"), 0);
    store_write_put(&f->write, span_str("a"), span_str("3"));
    assert_int_equal(commit(f, NULL), ERR_OK);
    assert_now(f, "a", "3");
}

static void
expecting_a_revision_of_an_absent_row_fails(struct fixture *f)
{
    store_write_expect(&f->write, span_str("a"), 1);
    store_write_put(&f->write, span_str("a"), span_str("1"));
    assert_int_equal(commit(f, NULL), ERR_CONFLICT);
    assert_now(f, "a", NULL);
}

static void
preconditions_see_the_state_before_their_own_write(struct fixture *f)
{
    store_write_put(&f->write, span_str("a"), span_str("1"));
    store_write_expect(&f->write, span_str("a"), 0);
    assert_int_equal(commit(f, NULL), ERR_OK);
    assert_now(f, "a", "1");
}

static void
a_recreated_row_has_a_new_revision(struct fixture *f)
{
    uint64_t first = put(f, "a", "1");
    uint64_t second;

    del(f, "a");
    assert_now(f, "a", NULL);
    second = put(f, "a", "1");
    assert_true(second > first);
    store_write_expect(&f->write, span_str("a"), first);
    store_write_delete(&f->write, span_str("a"));
    assert_int_equal(commit(f, NULL), ERR_CONFLICT);
    assert_now(f, "a", "1");
}

static void
deleting_what_is_not_there_is_no_failure(struct fixture *f)
{
    struct store_view *v;

    assert_int_equal(del(f, "a"), 1);
    v = view(f);
    assert_watch(v, 0, 100, "");
    assert_int_equal(store_revision(v), 1);
    store_end(v);
}

static void
the_last_entry_for_a_key_wins(struct fixture *f)
{
    store_write_put(&f->write, span_str("a"), span_str("1"));
    store_write_put(&f->write, span_str("a"), span_str("2"));
    store_write_put(&f->write, span_str("b"), span_str("1"));
    store_write_delete(&f->write, span_str("b"));
    store_write_delete(&f->write, span_str("c"));
    store_write_put(&f->write, span_str("c"), span_str("1"));
    assert_int_equal(commit(f, NULL), ERR_OK);
    assert_now(f, "a", "2");
    assert_now(f, "b", NULL);
    assert_now(f, "c", "1");
}

static void
an_empty_write_gets_no_revision(struct fixture *f)
{
    struct store_view *v;
    uint64_t revision = 7;

    put(f, "a", "1");
    assert_true(store_write_is_empty(&f->write));
    assert_int_equal(commit(f, &revision), ERR_OK);
    assert_int_equal(revision, 0);
    assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
    v = view(f);
    assert_int_equal(store_revision(v), 1);
    store_end(v);
}

/* Three writes in one commit: the second is refused. */
static void
a_refused_item_does_not_disturb_the_others(struct fixture *f)
{
    struct store_write w[3];
    struct store_item items[4] = { 0 };

    put(f, "x", "0");
    for (int i = 0; i < 3; i++)
        store_write_init(&w[i]);
    store_write_put(&w[0], span_str("a"), span_str("1"));
    store_write_put(&w[1], span_str("b"), span_str("never"));
    store_write_put(&w[1], span_str("a"), span_str("never"));
    store_write_expect(&w[1], span_str("x"), 99);
    store_write_put(&w[2], span_str("c"), span_str("3"));
    for (int i = 0; i < 3; i++)
        items[i].packed = buf_span(&w[i].bytes);
    assert_int_equal(store_commit(f->store, items, 4), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[0].revision, 2);
    assert_int_equal(items[1].result, ERR_CONFLICT);
    assert_int_equal(items[1].revision, 0);
    assert_int_equal(items[2].result, ERR_OK);
    assert_int_equal(items[2].revision, 3);
    assert_int_equal(items[3].result, ERR_OK);
    assert_int_equal(items[3].revision, 0);
    assert_now(f, "a", "1");
    assert_now(f, "b", NULL);
    assert_now(f, "c", "3");
    for (int i = 0; i < 3; i++)
        store_write_release(&w[i]);
}

static void
an_item_sees_the_effects_of_those_before_it(struct fixture *f)
{
    struct store_write w[3];
    struct store_item items[3] = { 0 };

    for (int i = 0; i < 3; i++)
        store_write_init(&w[i]);
    store_write_expect(&w[0], span_str("a"), 0);
    store_write_put(&w[0], span_str("a"), span_str("1"));
    store_write_expect(&w[1], span_str("a"), 0); /* holds no more */
    store_write_put(&w[1], span_str("a"), span_str("2"));
    store_write_expect(&w[2], span_str("a"), 1); /* the revision that item 0 gets */
    store_write_delete(&w[2], span_str("a"));
    for (int i = 0; i < 3; i++)
        items[i].packed = buf_span(&w[i].bytes);
    assert_int_equal(store_commit(f->store, items, 3), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[1].result, ERR_CONFLICT);
    assert_int_equal(items[2].result, ERR_OK);
    assert_int_equal(items[2].revision, 2);
    assert_now(f, "a", NULL);
    for (int i = 0; i < 3; i++)
        store_write_release(&w[i]);
}

static void
packed_bytes_that_are_not_ours_are_refused(struct fixture *f)
{
    struct store_item items[3] = { { .packed = span_str("garbage") },
                                   { .packed = span_of("\2\0\1a\0\0\0\5xy", 10) },
                                   { .packed = span_of("\2\0\1a\0\0\0\2xy", 10) } };

    assert_int_equal(store_commit(f->store, items, 3), ERR_OK);
    assert_int_equal(items[0].result, ERR_FORMAT);
    assert_int_equal(items[1].result, ERR_FORMAT);
    assert_int_equal(items[2].result, ERR_OK);
    assert_int_equal(items[2].revision, 1);
    assert_now(f, "a", "xy");
}

static void
the_longest_key_and_value_are_taken(struct fixture *f)
{
    char key[MAX_STORE_KEY + 2];
    struct store_view *v;
    struct store_row row;

    memset(key, 'k', sizeof(key));
    key[MAX_STORE_KEY] = '\0';
    assert_int_equal(put_big(f, key, MAX_STORE_VALUE), ERR_OK);
    v = view(f);
    assert_int_equal(store_get(v, span_str(key), &row), ERR_OK);
    assert_int_equal(row.value.len, MAX_STORE_VALUE);
    key[MAX_STORE_KEY] = 'k';
    assert_int_equal(store_get(v, span_of(key, MAX_STORE_KEY + 1), &row), ERR_NOT_FOUND);
    assert_int_equal(store_get(v, (struct span){ 0 }, &row), ERR_NOT_FOUND);
    store_end(v);
}

/* A packed put made by hand, past the checks of store_write_put. */
static enum err
commit_raw_put(struct fixture *f, size_t key_len, size_t value_len)
{
    struct buf b;
    struct store_item item = { 0 };
    uint8_t *at;

    buf_init(&b, 16 * 1024 * 1024);
    buf_put_byte(&b, STORE_PUT);
    buf_put_byte(&b, (uint8_t)(key_len >> 8));
    buf_put_byte(&b, (uint8_t)key_len);
    at = buf_grow(&b, key_len);
    memset(at, 'k', key_len);
    for (int i = 24; i >= 0; i -= 8)
        buf_put_byte(&b, (uint8_t)(value_len >> i));
    at = buf_grow(&b, value_len);
    memset(at, 'v', value_len);
    item.packed = buf_span(&b);
    assert_int_equal(store_commit(f->store, &item, 1), ERR_OK);
    buf_release(&b);
    return item.result;
}

static void
a_key_or_value_too_long_is_refused(struct fixture *f)
{
    struct store_view *v;

    assert_int_equal(commit_raw_put(f, MAX_STORE_KEY + 1, 1), ERR_TOO_LARGE);
    assert_int_equal(commit_raw_put(f, 1, MAX_STORE_VALUE + 1), ERR_TOO_LARGE);
    assert_int_equal(commit_raw_put(f, MAX_STORE_KEY, 1), ERR_OK);
    v = view(f);
    assert_int_equal(store_revision(v), 1);
    store_end(v);
}

static void
put_keys(struct fixture *f, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        store_write_put(&f->write, span_str(*keys), span_str(*keys));
    assert_int_equal(commit(f, NULL), ERR_OK);
}

static const char *const scan_keys[] = { "b",     "a/2", "a/10",  "a/1",       "a",
                                         "a/1/x", "c",   "a\xff", "a\xff\xff", "a0",
                                         "A/1",   "a/",  NULL };

static void
a_scan_goes_in_byte_order(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    v = view(f);
    assert_scan(v, "", "", 100, "A/1 a a/ a/1 a/1/x a/10 a/2 a0 a\xff a\xff\xff b c ");
    store_end(v);
}

static void
a_scan_keeps_to_its_prefix(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    v = view(f);
    assert_scan(v, "a/", "", 100, "a/ a/1 a/1/x a/10 a/2 ");
    assert_scan(v, "a/1", "", 100, "a/1 a/1/x a/10 ");
    assert_scan(v, "c", "", 100, "c ");
    assert_scan(v, "d", "", 100, "");
    assert_scan(v, "B", "", 100, "");
    store_end(v);
}

static void
a_prefix_of_0xff_bytes_has_an_end(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    put(f, "\xff", "1");
    put(f, "\xff\xff\x01", "1");
    v = view(f);
    assert_scan(v, "a\xff", "", 100, "a\xff a\xff\xff ");
    assert_scan(v, "a\xff\xff", "", 100, "a\xff\xff ");
    assert_scan(v, "\xff", "", 100, "\xff \xff\xff\x01 ");
    assert_scan(v, "\xff\xff", "", 100, "\xff\xff\x01 ");
    assert_scan(v, "\xff\xff\xff", "", 100, "");
    store_end(v);
}

static void
a_scan_begins_after_a_key_there_or_not(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    v = view(f);
    assert_scan(v, "a/", "a/1", 100, "a/1/x a/10 a/2 ");
    assert_scan(v, "a/", "a/11", 100, "a/2 ");
    assert_scan(v, "a/", "a/", 100, "a/1 a/1/x a/10 a/2 ");
    assert_scan(v, "a/", "a/2", 100, "");
    assert_scan(v, "a/", "A", 100, "a/ a/1 a/1/x a/10 a/2 ");
    assert_scan(v, "a/", "z", 100, "");
    assert_scan(v, "", "a\xff", 100, "a\xff\xff b c ");
    store_end(v);
}

static void
a_scan_keeps_to_its_limit(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    v = view(f);
    assert_scan(v, "a/", "", 2, "a/ a/1 ");
    assert_scan(v, "a/", "a/1", 2, "a/1/x a/10 ");
    assert_scan(v, "a/", "a/10", 2, "a/2 ");
    assert_scan(v, "a/", "", 0, "");
    store_end(v);
}

static void
a_scan_after_a_key_longer_than_any_works(struct fixture *f)
{
    char key[2 * MAX_STORE_KEY + 1];
    struct store_view *v;

    memset(key, 'k', sizeof(key));
    key[MAX_STORE_KEY] = '\0';
    put(f, key, "longest");
    put(f, "l", "next");
    key[MAX_STORE_KEY] = 'k';
    key[2 * MAX_STORE_KEY] = '\0';
    v = view(f);
    assert_scan(v, "", key, 100, "l ");
    assert_scan(v, key, "", 100, "");
    store_end(v);
}

static bool
stop_at_second(void *arg, const struct store_row *row)
{
    (void)row;
    return ++*(int *)arg < 2;
}

static void
a_callback_stops_a_scan_and_a_watch(struct fixture *f)
{
    struct store_view *v;
    int n = 0;

    put_keys(f, scan_keys);
    v = view(f);
    assert_int_equal(store_scan(v, span_str(""), span_str(""), 100, stop_at_second, &n),
                     ERR_OK);
    assert_int_equal(n, 2);
    n = 0;
    assert_int_equal(store_watch(v, 0, 100, stop_at_second, &n), ERR_OK);
    assert_int_equal(n, 2);
    store_end(v);
}

static bool
scan_inside(void *arg, const struct store_row *row)
{
    struct store_row again;

    assert_int_equal(store_get(arg, row->key, &again), ERR_OK);
    assert_true(again.revision == row->revision);
    assert_scan(arg, "a/", "", 2, "a/ a/1 ");
    return true;
}

static void
reads_may_happen_inside_a_scan(struct fixture *f)
{
    struct store_view *v;

    put_keys(f, scan_keys);
    v = view(f);
    assert_int_equal(store_scan(v, span_str(""), span_str(""), 100, scan_inside, v), ERR_OK);
    assert_scan(v, "c", "", 2, "c ");
    store_end(v);
}

static void
a_watch_tells_what_changed_since(struct fixture *f)
{
    struct store_view *v;

    put(f, "a", "1");
    store_write_put(&f->write, span_str("c"), span_str("1"));
    store_write_put(&f->write, span_str("b"), span_str("1"));
    assert_int_equal(commit(f, NULL), ERR_OK);
    put(f, "a", "2");
    del(f, "b");
    v = view(f);
    assert_watch(v, 0, 100, "a=1 c=2 b=2 a=3 b=4 ");
    assert_watch(v, 1, 100, "c=2 b=2 a=3 b=4 ");
    assert_watch(v, 3, 100, "b=4 ");
    assert_watch(v, 4, 100, "");
    assert_watch(v, 0, 3, "a=1 c=2 b=2 ");
    store_end(v);
}

static void
a_watch_is_part_of_the_snapshot(struct fixture *f)
{
    struct store_view *v;

    put(f, "a", "1");
    v = view(f);
    put(f, "b", "1");
    assert_watch(v, 0, 100, "a=1 ");
    assert_watch(v, 1, 100, "");
    store_end(v);
}

static bool
count_row(void *arg, const struct store_row *row)
{
    (void)row;
    ++*(size_t *)arg;
    return true;
}

static void
a_watch_from_the_future_is_a_rollback(struct fixture *f)
{
    struct store_view *v;
    size_t n = 0;

    put(f, "a", "1");
    v = view(f);
    assert_int_equal(store_watch(v, 2, 100, count_row, &n), ERR_ROLLBACK);
    assert_int_equal(n, 0);
    store_end(v);
}

static void
a_watch_from_before_the_log_is_a_rollback(struct fixture *f)
{
    const uint64_t commits = STORE_LOG_MAX / MAX_COMMIT_KEYS + 3;
    struct store_view *v;
    size_t n = 0;
    char key[16];

    for (uint64_t c = 0; c < commits; c++) {
        for (int i = 0; i < MAX_COMMIT_KEYS; i++) {
            (void)snprintf(key, sizeof(key), "%d", i);
            store_write_put(&f->write, span_str(key), span_str("v"));
        }
        assert_int_equal(commit(f, NULL), ERR_OK);
    }
    v = view(f);
    assert_int_equal(store_watch(v, 0, SIZE_MAX, count_row, &n), ERR_ROLLBACK);
    assert_int_equal(n, 0);
    assert_int_equal(store_watch(v, commits - 20, SIZE_MAX, count_row, &n), ERR_OK);
    assert_int_equal(n, 20 * MAX_COMMIT_KEYS);
    /* The first revision that is known whole, and the one before it. */
    n = 0;
    assert_int_equal(
        store_watch(v, commits - STORE_LOG_MAX / MAX_COMMIT_KEYS, SIZE_MAX, count_row, &n),
        ERR_OK);
    assert_int_equal(
        store_watch(v, commits - STORE_LOG_MAX / MAX_COMMIT_KEYS - 2, 1, count_row, &n),
        ERR_ROLLBACK);
    store_end(v);
}

static const char *fault_at;
static unsigned fault_after;

static enum err
fault(const char *step)
{
    if (strcmp(step, fault_at) != 0)
        return ERR_OK;
    return fault_after-- == 0 ? ERR_IO : ERR_OK;
}

static void
a_failure_at_any_step_writes_nothing(struct fixture *f)
{
    static const char *const steps[] = { "begin", "put", "before-commit" };

    put(f, "a", "old");
    for (size_t i = 0; i < 3; i++) {
        fault_at = steps[i];
        fault_after = 0;
        store_fault = fault;
        store_write_put(&f->write, span_str("a"), span_str("new"));
        store_write_put(&f->write, span_str("b"), span_str("new"));
        assert_int_equal(commit(f, NULL), ERR_IO);
        store_fault = NULL;
        assert_now(f, "a", "old");
        assert_now(f, "b", NULL);
    }
    assert_int_equal(put(f, "a", "later"), 2);
    assert_now(f, "a", "later");
}

static void
a_failure_in_the_second_item_takes_the_first_back(struct fixture *f)
{
    struct store_item items[2] = { { .packed = span_of("\2\0\1a\0\0\0\1x", 9) },
                                   { .packed = span_of("\2\0\1b\0\0\0\1x", 9) } };
    struct store_view *v;

    fault_at = "put";
    fault_after = 1;
    store_fault = fault;
    assert_int_equal(store_commit(f->store, items, 2), ERR_IO);
    store_fault = NULL;
    assert_int_equal(items[0].result, ERR_IO);
    assert_int_equal(items[0].revision, 0);
    v = view(f);
    assert_value(v, "a", NULL);
    assert_value(v, "b", NULL);
    assert_int_equal(store_revision(v), 0);
    store_end(v);
}

static void
many_views_at_once_each_keep_their_state(struct fixture *f)
{
    struct store_view *views[100];
    char value[16];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(value, sizeof(value), "%d", i);
        put(f, "a", value);
        views[i] = view(f);
    }
    for (int i = 0; i < 100; i += 2) {
        (void)snprintf(value, sizeof(value), "%d", i);
        assert_value(views[i], "a", value);
        store_end(views[i]);
    }
    for (int i = 1; i < 100; i += 2) {
        (void)snprintf(value, sizeof(value), "%d", i);
        assert_value(views[i], "a", value);
        store_end(views[i]);
    }
    assert_now(f, "a", "99");
}

struct engine_case {
    const char *name;
    void (*run)(struct fixture *f);
};

#define CASE(fn)                                                                               \
    {                                                                                          \
#fn, fn                                                                                \
    }

static const struct engine_case cases[] = {
    CASE(an_empty_store_has_revision_zero_and_nothing_in_it),
    CASE(a_put_is_read_back_with_its_revision),
    CASE(bytes_of_any_kind_are_kept),
    CASE(an_empty_value_is_a_row),
    CASE(a_view_does_not_see_later_commits),
    CASE(borrowed_rows_stay_while_the_view_lives),
    CASE(a_precondition_that_holds_lets_the_write_through),
    CASE(a_precondition_that_fails_refuses_the_whole_write),
    CASE(expecting_zero_means_that_the_row_is_absent),
    CASE(expecting_a_revision_of_an_absent_row_fails),
    CASE(preconditions_see_the_state_before_their_own_write),
    CASE(a_recreated_row_has_a_new_revision),
    CASE(deleting_what_is_not_there_is_no_failure),
    CASE(the_last_entry_for_a_key_wins),
    CASE(an_empty_write_gets_no_revision),
    CASE(a_refused_item_does_not_disturb_the_others),
    CASE(an_item_sees_the_effects_of_those_before_it),
    CASE(packed_bytes_that_are_not_ours_are_refused),
    CASE(the_longest_key_and_value_are_taken),
    CASE(a_key_or_value_too_long_is_refused),
    CASE(a_scan_goes_in_byte_order),
    CASE(a_scan_keeps_to_its_prefix),
    CASE(a_prefix_of_0xff_bytes_has_an_end),
    CASE(a_scan_begins_after_a_key_there_or_not),
    CASE(a_scan_keeps_to_its_limit),
    CASE(a_scan_after_a_key_longer_than_any_works),
    CASE(a_callback_stops_a_scan_and_a_watch),
    CASE(reads_may_happen_inside_a_scan),
    CASE(a_watch_tells_what_changed_since),
    CASE(a_watch_is_part_of_the_snapshot),
    CASE(a_watch_from_the_future_is_a_rollback),
    CASE(a_watch_from_before_the_log_is_a_rollback),
    CASE(a_failure_at_any_step_writes_nothing),
    CASE(a_failure_in_the_second_item_takes_the_first_back),
    CASE(many_views_at_once_each_keep_their_state),
};
#define NCASES (sizeof(cases) / sizeof(cases[0]))

static const char *engine;

static void
run_case(void **state)
{
    const struct engine_case *c = *state;
    struct fixture f;

    fixture_start(&f, engine, 0);
    c->run(&f);
    fixture_stop(&f);
}

static void
an_unknown_engine_is_refused(void **state)
{
    struct store_config cfg = { .engine = "paper", .path = "/tmp" };
    struct store *s = (struct store *)1;

    (void)state;
    assert_int_equal(store_open(&cfg, &s), ERR_ARG);
    assert_null(s);
    cfg.engine = NULL;
    assert_int_equal(store_open(&cfg, &s), ERR_ARG);
    store_close(NULL);
    store_end(NULL);
}

int
main(void)
{
    const struct CMUnitTest table[] = { cmocka_unit_test(an_unknown_engine_is_refused) };
    struct CMUnitTest tests[NCASES];
    int failed = cmocka_run_group_tests_name("store/engines", table, NULL, NULL);

    for (size_t i = 0; i < NCASES; i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].name,
                                        .test_func = run_case,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    for (size_t i = 0; store_engine_names[i] != NULL; i++) {
        engine = store_engine_names[i];
        failed += cmocka_run_group_tests_name(engine, tests, NULL, NULL);
    }
    return failed;
}
