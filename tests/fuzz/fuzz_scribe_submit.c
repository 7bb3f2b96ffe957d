/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_scribe_submit.c - a submit as it comes from a front that was taken over.
 * What is accepted is packed again to the same bytes; nobody may write rows of
 * the scribe's; and what the scribe decides about a write is what the store
 * would have said.
 */
#include <stdlib.h>

#include "scribe/ask.h"
#include "scribe/decide.h"
#include "scribe/grants.h"
#include "scribe/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_repack(struct span payload, const struct scribe_submit *s)
{
    struct buf again;

    buf_init(&again, payload.len + 16);
    scribe_pack_submit(sink_buf(&again), s->write, s->record);
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), payload))
        abort();
    buf_release(&again);
}

static enum err
no_foreign_row(void *arg, struct span key)
{
    (void)arg;
    if (span_has_prefix(key, span_str("a/")) || span_has_prefix(key, span_str("f/")))
        abort();
    return ERR_OK;
}

static void
check_grants(struct span write)
{
    if (grants_check(ROLE_FRONT, true, write) == ERR_OK && !span_is_empty(write) &&
        store_write_keys(write, no_foreign_row, NULL) != ERR_OK)
        abort();
    (void)!grants_check(ROLE_CLERK, false, write);
}

/* One row is there, so that preconditions can hold and fail. */
static struct store *
new_store(void)
{
    struct store_config cfg = { .engine = "mem" };
    struct store_item item = { 0 };
    struct store_write w;
    struct store *s = NULL;

    store_write_init(&w);
    store_write_put(&w, span_str("sn/A"), span_str("x"));
    item.packed = buf_span(&w.bytes);
    if (store_open(&cfg, &s) != ERR_OK || store_commit(s, &item, 1) != ERR_OK)
        abort();
    store_write_release(&w);
    return s;
}

static enum err
decide(struct decide *d, struct store *s, struct span write)
{
    struct store_view *v = NULL;
    enum err e;

    if (store_begin(s, &v) != ERR_OK)
        abort();
    decide_begin(d, v);
    e = decide_take(d, write);
    store_end(v);
    return e;
}

static void
check_decision(struct span write)
{
    static struct decide d;
    struct store_item item = { .packed = write };
    struct store *s = new_store();
    enum err ours, theirs;

    if (d.keys == NULL && decide_init(&d) != ERR_OK)
        abort();
    ours = decide(&d, s, write);
    theirs = store_commit(s, &item, 1);
    if (theirs == ERR_OK)
        theirs = item.result;
    if ((ours == ERR_CONFLICT) != (theirs == ERR_CONFLICT) && theirs != ERR_TOO_LARGE &&
        theirs != ERR_FORMAT)
        abort();
    if (theirs == ERR_OK && ours != ERR_OK && ours != ERR_TOO_LARGE)
        abort();
    store_close(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct scribe_submit s;
    struct scribe_stats stats;

    (void)!scribe_unpack_stats(span_of(data, len), &stats);
    if (scribe_unpack_submit(span_of(data, len), &s) != ERR_OK)
        return 0;
    check_repack(span_of(data, len), &s);
    (void)!record_check(s.record);
    check_grants(s.write);
    check_decision(s.write);
    return 0;
}
