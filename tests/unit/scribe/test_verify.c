/* SPDX-License-Identifier: Apache-2.0 */
/* `audit verify` finds every change, drop, repetition, reordering, insertion and cut. */
#include "rig.h"

#include "crypto/sign.h"
#include "scribe/checkpoint.h"
#include "scribe/record.h"

#define FIRST "audit-00000000000000000001.jsonl"

enum { MAX_LINES = 64 };

static struct signkey *key;
static struct buf spki;

/* As the keeper and the signer do it, at once. */
static void
add_checkpoint(struct rig *r)
{
    struct checkpoint cp = checkpoint_of(&r->c.chain);
    uint8_t sig[SIG_MAX];
    struct buf text, record;
    size_t len;

    buf_init(&text, CHECKPOINT_TEXT_MAX);
    buf_init(&record, 4096);
    checkpoint_put_text(&cp, &text);
    assert_int_equal(
        signkey_sign(key, SIG_ED25519, DIGEST_SHA256, buf_span(&text), sig, sizeof(sig), &len),
        ERR_OK);
    checkpoint_put_record(&cp, span_str("kid-1"), span_of(sig, len), &record);
    assert_int_equal(committer_checkpoint(&r->c, buf_span(&record), cp.seq), ERR_OK);
    buf_release(&text);
    buf_release(&record);
}

/* Two files, two checkpoints, reads and writes; the store knows the end. */
static void
write_log(struct rig *r)
{
    assert_int_equal(rig_put(r, "sn/v/A", "1", 0), ERR_OK);
    assert_int_equal(rig_read(r, "x"), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/B", "1", 0), ERR_OK);
    add_checkpoint(r);
    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/C", "1", 0), ERR_OK);
    assert_int_equal(rig_read(r, "y"), ERR_OK);
    add_checkpoint(r);
    assert_int_equal(rig_read(r, "z"), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/D", "1", 0), ERR_OK);
}

static int
setup(void **state)
{
    (void)rig_setup(state);
    assert_int_equal(signkey_new(SIGNKEY_ED25519, &key), ERR_OK);
    buf_init(&spki, 256);
    assert_int_equal(signkey_put_spki(key, &spki), ERR_OK);
    write_log(*state);
    return 0;
}

static int
teardown(void **state)
{
    signkey_free(key);
    key = NULL;
    buf_release(&spki);
    return rig_teardown(state);
}

static enum err
verify_with(struct rig *r, bool with_key, bool with_head, struct verify_result *res)
{
    struct span keys[] = { buf_span(&spki) };
    struct chain head = rig_head(r);
    struct verify_config cfg = { .dir = r->audit,
                                 .keys = keys,
                                 .nkeys = with_key ? 1 : 0,
                                 .head = with_head ? &head : NULL };

    return verify_log(&cfg, res);
}

static enum err
verify_all(struct rig *r, struct verify_result *res)
{
    return verify_with(r, true, true, res);
}

static void
a_whole_log_is_proven(void **state)
{
    struct verify_result res;

    assert_int_equal(verify_all(*state, &res), ERR_OK);
    assert_int_equal(res.files, 2);
    assert_int_equal(res.lines, 9);
    assert_int_equal(res.first_seq, 1);
    assert_int_equal(res.last_seq, 9);
    assert_int_equal(res.checkpoints, 2);
    assert_int_equal(res.signed_seq, 6);
    assert_int_equal(res.faults, 0);
}

static void
a_changed_byte_anywhere_is_found(void **state)
{
    static const char *const names[] = { FIRST, AUDIT_CURRENT };
    struct rig *r = *state;
    struct verify_result res;

    for (size_t f = 0; f < 2; f++) {
        size_t len;
        char *text = rig_slurp(r, names[f], &len), path[256];
        int fd;

        (void)snprintf(path, sizeof(path), "%s/%s", r->audit, names[f]);
        fd = open(path, O_WRONLY);
        assert_true(fd >= 0);
        for (size_t i = f; i < len; i += 3) {
            char changed = (char)(text[i] ^ 1);

            assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
            assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
            assert_int_equal(pwrite(fd, &text[i], 1, (off_t)i), 1);
        }
        close(fd);
        free(text);
    }
    assert_int_equal(verify_all(r, &res), ERR_OK);
}

struct lines {
    char *text;
    char *line[MAX_LINES];
    size_t len[MAX_LINES]; /* with the line end */
    size_t count;
};

static void
split(struct rig *r, const char *name, struct lines *l)
{
    size_t len;

    *l = (struct lines){ .text = rig_slurp(r, name, &len) };
    for (char *p = l->text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        l->line[l->count] = p;
        l->len[l->count++] = (size_t)(end - p) + 1;
    }
}

/* Writes the lines in that order; a number may come twice or not at all. */
static void
join(struct rig *r, const char *name, const struct lines *l, const size_t *order, size_t count)
{
    struct buf out;

    buf_init(&out, 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        buf_put(&out, span_of(l->line[order[i]], l->len[order[i]]));
    rig_spit(r, name, (const char *)out.ptr, out.len);
    buf_release(&out);
}

typedef size_t (*order_fn)(size_t victim, size_t count, size_t *order);

static size_t
drop(size_t victim, size_t count, size_t *order)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (i != victim)
            order[n++] = i;
    return n;
}

static size_t
twice(size_t victim, size_t count, size_t *order)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        order[n++] = i;
        if (i == victim)
            order[n++] = i;
    }
    return n;
}

static size_t
swap_next(size_t victim, size_t count, size_t *order)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    order[victim] = (victim + 1) % count;
    order[(victim + 1) % count] = victim;
    return count;
}

static size_t
cut_from(size_t victim, size_t count, size_t *order)
{
    (void)count;
    for (size_t i = 0; i < victim; i++)
        order[i] = i;
    return victim;
}

static void
try_orders(struct rig *r, order_fn fn)
{
    static const char *const names[] = { FIRST, AUDIT_CURRENT };
    struct verify_result res;

    for (size_t f = 0; f < 2; f++) {
        struct lines l;
        size_t order[MAX_LINES], n;

        split(r, names[f], &l);
        for (size_t victim = 0; victim < l.count; victim++) {
            n = fn(victim, l.count, order);
            join(r, names[f], &l, order, n);
            assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
        }
        n = twice(l.count, l.count, order);
        join(r, names[f], &l, order, n);
        free(l.text);
    }
    assert_int_equal(verify_all(r, &res), ERR_OK);
}

static void
every_dropped_line_is_found(void **state)
{
    try_orders(*state, drop);
}

static void
every_repeated_line_is_found(void **state)
{
    try_orders(*state, twice);
}

static void
every_reordering_is_found(void **state)
{
    try_orders(*state, swap_next);
}

static void
every_cut_is_found(void **state)
{
    try_orders(*state, cut_from);
}

static void
the_first_fault_is_named(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    struct lines l;
    size_t order[MAX_LINES], n;

    split(r, AUDIT_CURRENT, &l);
    n = drop(1, l.count, order);
    join(r, AUDIT_CURRENT, &l, order, n);
    free(l.text);
    assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
    assert_string_equal(res.bad_file, AUDIT_CURRENT);
    assert_int_equal(res.bad_line, 2);
    assert_string_equal(res.why, "lines 6 to 6 are missing");
}

static void
an_inserted_line_is_found(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    struct line_link link = { .seq = 7, .rev = 4 };
    struct lines l;
    struct buf out;

    split(r, AUDIT_CURRENT, &l);
    buf_init(&out, 64 * 1024);
    buf_put(&out, span_of(l.line[0], l.len[0]));
    line_put(&out, span_str("{\"forged\":1}"), &link);
    for (size_t i = 1; i < l.count; i++)
        buf_put(&out, span_of(l.line[i], l.len[i]));
    rig_spit(r, AUDIT_CURRENT, (const char *)out.ptr, out.len);
    assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
    assert_int_equal(res.bad_line, 2);
    buf_release(&out);
    free(l.text);
}

static void
a_missing_file_is_found(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    char path[256];

    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    assert_int_equal(rig_put(r, "sn/v/E", "1", 0), ERR_OK);
    assert_int_equal(verify_all(r, &res), ERR_OK);
    (void)snprintf(path, sizeof(path), "%s/audit-00000000000000000005.jsonl", r->audit);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
    assert_string_equal(res.why, "lines 5 to 9 are missing");
}

/* What retention leaves: it begins in the middle, which is said and no fault. */
static void
a_log_without_its_oldest_file_is_proven_from_there(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/" FIRST, r->audit);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(verify_all(r, &res), ERR_OK);
    assert_int_equal(res.first_seq, 5);
    assert_int_equal(res.checkpoints, 1);
}

static void
files_before_a_line_can_be_skipped(void **state)
{
    struct rig *r = *state;
    struct verify_config cfg = { .dir = r->audit, .from_seq = 6 };
    struct verify_result res;

    rig_spit(r, FIRST, "rubbish\n", 8);
    assert_int_equal(verify_log(&cfg, &res), ERR_INTEGRITY);
    assert_int_equal(committer_rotate(&r->c), ERR_OK);
    assert_int_equal(verify_log(&cfg, &res), ERR_OK);
    assert_int_equal(res.first_seq, 5);
}

static void
a_file_under_a_wrong_name_is_found(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    char from[256], to[256];

    (void)snprintf(from, sizeof(from), "%s/" FIRST, r->audit);
    (void)snprintf(to, sizeof(to), "%s/audit-00000000000000000002.jsonl", r->audit);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(verify_all(r, &res), ERR_INTEGRITY);
}

static void
a_checkpoint_of_another_key_is_found(void **state)
{
    struct rig *r = *state;
    struct signkey *mine = key;
    struct verify_result res;

    assert_int_equal(signkey_new(SIGNKEY_ED25519, &key), ERR_OK);
    add_checkpoint(r);
    signkey_free(key);
    key = mine;
    assert_int_equal(verify_with(r, true, false, &res), ERR_INTEGRITY);
    assert_int_equal(res.faults, 1);
    assert_int_equal(res.bad_line, 6);
    assert_int_equal(verify_with(r, false, false, &res), ERR_OK);
}

/* Somebody changes a record and computes every hash anew, but cannot sign. */
static void
chain_anew(struct rig *r, const char *name, struct chain *c, const char *without)
{
    struct lines l;
    struct buf out;

    split(r, name, &l);
    buf_init(&out, 64 * 1024);
    for (size_t i = 0; i < l.count; i++) {
        struct span line = span_of(l.line[i], l.len[i] - 1), record;
        struct line_link link;
        struct buf cut;
        const char *tail;

        assert_int_equal(line_parse(line, &link), ERR_OK);
        buf_init(&cut, LINE_MAX_LEN);
        buf_put(&cut, line);
        tail = strstr(buf_str(&cut), ",\"seq\":");
        /* A checkpoint has a seq of its own first. */
        if (strstr(tail + 1, ",\"seq\":") != NULL)
            tail = strstr(tail + 1, ",\"seq\":");
        cut.len = (size_t)(tail - (const char *)cut.ptr);
        buf_put_byte(&cut, '}');
        record = buf_span(&cut);
        if (without == NULL || strstr(buf_str(&cut), without) == NULL)
            assert_int_equal(chain_add(c, record, link.rev, &out), ERR_OK);
        buf_release(&cut);
    }
    rig_spit(r, name, (const char *)out.ptr, out.len);
    buf_release(&out);
    free(l.text);
}

static void
a_log_chained_anew_is_found_by_its_checkpoints(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    struct chain c = { 0 };
    size_t len;
    char *text;

    chain_anew(r, FIRST, &c, NULL);
    chain_anew(r, AUDIT_CURRENT, &c, NULL);
    assert_int_equal(verify_with(r, true, true, &res), ERR_OK); /* the tool is faithful */

    text = rig_slurp(r, FIRST, &len);
    text[strcspn(text, "A")] = 'X';
    rig_spit(r, FIRST, text, len);
    free(text);
    c = (struct chain){ 0 };
    chain_anew(r, FIRST, &c, NULL);
    chain_anew(r, AUDIT_CURRENT, &c, NULL);
    assert_int_equal(verify_with(r, true, false, &res), ERR_INTEGRITY);
    assert_int_equal(res.bad_line, 4);
    assert_int_equal(verify_with(r, false, true, &res), ERR_INTEGRITY);
}

static void
a_checkpoint_taken_out_is_missed_by_the_next(void **state)
{
    struct rig *r = *state;
    struct verify_result res;
    struct chain c = { 0 };

    /* The second one still vouches for nothing in the new chain; its count tells besides. */
    chain_anew(r, FIRST, &c, RECORD_CHECKPOINT);
    chain_anew(r, AUDIT_CURRENT, &c, NULL);
    assert_int_equal(verify_with(r, true, false, &res), ERR_INTEGRITY);
}

static void
no_log_is_no_proof(void **state)
{
    struct rig *r = *state;
    struct verify_config cfg = { .dir = "/nonexistent/audit" };
    struct verify_result res;

    assert_int_equal(verify_log(&cfg, &res), ERR_NOT_FOUND);
    cfg.dir = r->root;
    assert_int_equal(verify_log(&cfg, &res), ERR_NOT_FOUND);
}

static void
a_key_that_is_none_is_refused(void **state)
{
    struct rig *r = *state;
    struct span bad[] = { span_str("not a key") };
    struct verify_config cfg = { .dir = r->audit, .keys = bad, .nkeys = 1 };
    struct verify_result res;

    assert_int_equal(verify_log(&cfg, &res), ERR_FORMAT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_whole_log_is_proven),
        T(a_changed_byte_anywhere_is_found),
        T(every_dropped_line_is_found),
        T(every_repeated_line_is_found),
        T(every_reordering_is_found),
        T(every_cut_is_found),
        T(the_first_fault_is_named),
        T(an_inserted_line_is_found),
        T(a_missing_file_is_found),
        T(a_log_without_its_oldest_file_is_proven_from_there),
        T(files_before_a_line_can_be_skipped),
        T(a_file_under_a_wrong_name_is_found),
        T(a_checkpoint_of_another_key_is_found),
        T(a_log_chained_anew_is_found_by_its_checkpoints),
        T(a_checkpoint_taken_out_is_missed_by_the_next),
        T(no_log_is_no_proof),
        T(a_key_that_is_none_is_refused),
    };

    if (secmem_init(1024 * 1024) != ERR_OK)
        return 1;
    return cmocka_run_group_tests_name("scribe/verify", tests, NULL, NULL);
}
