/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.c - composing and carrying out one transaction over a run of a batch.
 *
 * A run is as much of the batch as fits into one commit. It is decided against
 * a snapshot, its lines are chained on a copy of the chain and staged, the
 * store commits writes, a/head and a/pending as one, and only then does the
 * copy become the chain. If the store refuses, the lines are taken back and
 * the reads of the run go again without the writes.
 */
#include "scribe/commit.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "scribe/commit_int.h"
#include "scribe/fault.h"
#include "scribe/grants.h"
#include "scribe/record.h"

enum {
    RUN_LINES = 1024 * 1024, /* begin no further item behind this */
    RUN_LINES_MAX = RUN_LINES + LINE_MAX_LEN,
    SPARE = 8 * 1024, /* room kept for notices and checkpoints */
    /*
     * Lines not durable yet that a transaction may carry in a/pending beside its own: each of
     * them is written again with every commit until the file is synced, which costs more than
     * a sync some day.
     */
    CARRY_MAX = 128 * 1024,
    READS_MAX = 4 * 1024 * 1024, /* the same where nothing changes: memory, no more */
};

_Static_assert(READS_MAX + RUN_LINES_MAX + SPARE <= AUDITLOG_TAIL_MAX,
               "a run must fit the tail");
_Static_assert(CARRY_MAX + RUN_LINES_MAX + SPARE < MAX_STORE_VALUE, "a/pending must fit a row");

/* A run being composed. */
struct run {
    size_t from, to; /* items */
    unsigned max_writes;
    unsigned writes; /* accepted */
    uint64_t lines;
    uint64_t base;     /* the store's revision before */
    struct chain next; /* where the chain will stand */
    bool broken;       /* a failure spoiled what was composed: again, without that item */
};

static bool
is_founded(struct store_view *v)
{
    struct store_row row;

    return store_get(v, span_str("f/format"), &row) == ERR_OK;
}

static struct span
payload_of(const struct batch *b, const struct submit *it)
{
    return span_of(b->bytes.ptr + it->at, it->len);
}

/* Everything that can be said without the store. */
static enum err
check_submit(struct batch *b, struct submit *it, bool founded, struct scribe_submit *s)
{
    enum err e = scribe_unpack_submit(payload_of(b, it), s);

    if (e == ERR_OK && !span_is_empty(s->record))
        e = record_check(s->record);
    /* A front that was taken over shall not change a row without a word in the log. */
    else if (e == ERR_OK && it->role == ROLE_FRONT && !span_is_empty(s->write))
        e = ERR_DENIED;
    if (e != ERR_OK) {
        log_error("a record from %s cannot be chained: %s", ipc_role_name(it->role),
                  err_text(e));
        return ERR_PROTOCOL;
    }
    it->writes = !span_is_empty(s->write);
    e = grants_check(it->role, founded, s->write);
    return e == ERR_FORMAT ? ERR_PROTOCOL : e;
}

/* Takes the item into the run. ERR_BUSY: the run is full. */
static enum err
take_submit(struct committer *c, struct run *r, struct submit *it,
            const struct scribe_submit *s)
{
    enum err e;

    if (it->writes && r->writes == r->max_writes)
        return ERR_BUSY;
    e = decide_take(&c->decide, s->write);
    r->broken = store_write_err(&c->decide.merged) != ERR_OK;
    if (e != ERR_OK)
        return e == ERR_FORMAT ? ERR_PROTOCOL : e;
    r->writes += it->writes;
    if (span_is_empty(s->record))
        return ERR_OK;
    e = chain_add(&r->next, s->record, r->base + (r->writes > 0), &c->lines);
    r->broken = e != ERR_OK;
    r->lines += e == ERR_OK;
    return e;
}

static void
refuse_item(struct committer *c, struct submit *it, enum err e)
{
    it->decided = true;
    it->result = e;
    if (e == ERR_CONFLICT)
        c->stats.conflicts++;
    else if (e != ERR_OK)
        c->stats.failures++;
}

static void
compose_over(struct committer *c, struct batch *b, struct run *r, struct store_view *v)
{
    bool founded = is_founded(v);

    decide_begin(&c->decide, v);
    buf_clear(&c->lines);
    r->base = store_revision(v);
    r->next = c->chain;
    for (r->to = r->from; r->to < b->count && c->lines.len < RUN_LINES; r->to++) {
        struct submit *it = &b->items[r->to];
        struct scribe_submit s;
        enum err e;

        if (it->decided)
            continue;
        e = check_submit(b, it, founded, &s);
        if (e == ERR_OK)
            e = take_submit(c, r, it, &s);
        if (e == ERR_BUSY && r->writes > 0)
            return;
        if (e != ERR_OK)
            refuse_item(c, it, e);
        if (r->broken)
            return;
    }
}

static enum err
compose(struct committer *c, struct batch *b, struct run *r)
{
    struct store_view *v = NULL;
    enum err e;

    do {
        r->writes = 0;
        r->lines = 0;
        r->broken = false;
        e = store_begin(c->store, &v);
        if (e != ERR_OK)
            return e;
        compose_over(c, b, r, v);
        store_end(v);
        v = NULL;
    } while (r->broken);
    return ERR_OK;
}

/* a/head, and a/pending with everything that is not durable in the file. */
static void
put_chain_rows(struct committer *c, struct store_write *w, const struct chain *chain)
{
    const struct place place = auditlog_place(&c->log);

    buf_clear(&c->row);
    place_pack_head(chain, &place, &c->row);
    store_write_put(w, span_str(CHAIN_HEAD_KEY), buf_span(&c->row));
    buf_clear(&c->row);
    chain_pack_pending(buf_span(&c->log.tail), &c->row);
    store_write_put(w, span_str(CHAIN_PENDING_KEY), buf_span(&c->row));
}

enum err
commit_with_chain(struct committer *c, struct store_write *w, const struct chain *chain,
                  const char *step)
{
    struct store_item item = { 0 };
    uint64_t start = clock_mono_us(), took;
    enum err e;

    put_chain_rows(c, w, chain);
    e = store_write_err(w) != ERR_OK ? store_write_err(w) : c->row.err;
    if (e == ERR_OK)
        e = fault_at(step);
    if (e != ERR_OK)
        return e;
    item.packed = buf_span(&w->bytes);
    e = store_commit(c->store, &item, 1);
    took = clock_mono_us() - start;
    c->stats.commit_us_total += took;
    if (took > c->stats.commit_us_max)
        c->stats.commit_us_max = took;
    if (e == ERR_OK)
        e = item.result;
    if (e != ERR_OK) {
        log_error("the store did not take a commit: %s", err_text(e));
        /* After a failed write nobody knows which of the two states the disk has. Chaining on
         * would fork the chain from the one that the store may have. */
        c->failed = e == ERR_IO;
        return e;
    }
    c->stats.commits++;
    c->stats.revision = item.revision;
    c->noted_seq = chain->seq;
    return ERR_OK;
}

/* Nothing was written unless ERR_OK, or ERR_AUDIT with *done. */
static enum err
carry_out(struct committer *c, struct run *r, bool *done)
{
    struct auditlog_mark mark;
    enum err e = ERR_OK;

    *done = false;
    if (c->log.tail.len > (r->writes > 0 ? CARRY_MAX : READS_MAX))
        e = auditlog_sync(&c->log);
    if (e == ERR_OK)
        e = auditlog_reserve(&c->log, c->lines.len + SPARE);
    if (e != ERR_OK)
        return e;
    mark = auditlog_mark(&c->log);
    e = auditlog_stage(&c->log, buf_span(&c->lines), r->lines, c->chain.seq + 1,
                       clock_mono_ms());
    if (e == ERR_OK && r->writes > 0) {
        e = commit_with_chain(c, &c->decide.merged, &r->next, "commit");
        bug_on(e == ERR_OK && c->stats.revision != r->base + 1);
    }
    if (e != ERR_OK) {
        auditlog_unstage(&c->log, mark);
        return e;
    }
    *done = true;
    c->chain = r->next;
    c->stats.records += r->lines;
    /* No sync: the lines of writes are durable in a/pending, which keeps them until they are so
     * in the file. */
    return auditlog_write(&c->log);
}

/* Gives every accepted item of the run its answer. */
static void
settle(struct committer *c, struct batch *b, const struct run *r, enum err e, bool only_writes)
{
    for (size_t i = r->from; i < r->to; i++) {
        struct submit *it = &b->items[i];

        if (it->decided || (only_writes && !it->writes))
            continue;
        refuse_item(c, it, e);
        if (e != ERR_OK)
            continue;
        it->revision = it->writes ? r->base + 1 : 0;
        c->stats.writes += it->writes;
    }
}

/* Decides every item from r->from up to r->to, or leaves the writes' fate for another turn. */
static void
run_once(struct committer *c, struct batch *b, struct run *r)
{
    bool done = false;
    enum err e = c->failed ? ERR_IO : compose(c, b, r);

    if (e != ERR_OK) {
        r->to = b->count;
        settle(c, b, r, e, false);
        return;
    }
    if (r->writes > 0 || r->lines > 0)
        e = carry_out(c, r, &done);
    if (e == ERR_OK || done || r->writes == 0) {
        settle(c, b, r, e, false);
    } else if (r->writes > 1 && (e == ERR_TOO_LARGE || e == ERR_FORMAT || e == ERR_CONFLICT)) {
        r->max_writes = 1; /* one of them is at fault: each alone */
        r->to = r->from;
    } else {
        settle(c, b, r, e, true); /* the reads go again, without them */
        r->to = r->from;
    }
}

void
committer_run(struct committer *c, struct batch *b)
{
    struct run r = { .max_writes = BATCH_MAX };

    if (b->count == 0)
        return;
    if (b->count > c->stats.queue_max)
        c->stats.queue_max = b->count;
    committer_tend(c, clock_mono_ms());
    while (r.from < b->count) {
        run_once(c, b, &r);
        r.from = r.to;
    }
}
