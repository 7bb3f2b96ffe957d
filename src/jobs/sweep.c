/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.c - a few rows at a time, round and round. */
#include "jobs/sweep.h"

#include "auth/expiry.h"

struct look {
    const struct rows *rows;
    struct sweep *at;
    struct store_write *w;
    int64_t now;
    unsigned seen, over;
};

static bool
look_at(void *arg, const struct store_row *row)
{
    struct look *l = arg;
    int64_t expires;

    l->seen++;
    memcpy(l->at->after, row->key.ptr, row->key.len);
    l->at->after_len = row->key.len;
    /* A damaged row was logged by the check, and stays for whoever looks into it. */
    if (expiry_read(l->rows, row, &expires) == ERR_OK && l->now >= expires) {
        store_write_expect(l->w, row->key, row->revision);
        store_write_delete(l->w, row->key);
        l->over++;
    }
    return true;
}

static void
next_prefix(struct sweep *at)
{
    at->after_len = 0;
    if (expiry_prefixes[++at->prefix] == NULL)
        at->prefix = 0;
}

enum err
sweep_expired(struct desk *d, struct sweep *at, int64_t now, unsigned limit, unsigned *done)
{
    struct desk_deed deed = { .operation = "ExpiredSweep" };
    struct look l = { .rows = d->rows, .at = at, .now = now };
    struct store_view *view;
    struct store_write w;
    struct span after;
    unsigned prefixes = 0;
    enum err e;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    l.w = &w;
    while (expiry_prefixes[prefixes] != NULL)
        prefixes++;
    /* Each prefix once: a row that is over must not be seen twice. */
    for (unsigned i = 0; e == ERR_OK && i < prefixes && l.seen < limit; i++) {
        char copy[MAX_STORE_KEY + 1];

        memcpy(copy, at->after, at->after_len);
        after = span_of(copy, at->after_len);
        e = store_scan(view, span_str(expiry_prefixes[at->prefix]), after, limit - l.seen,
                       look_at, &l);
        if (l.seen < limit)
            next_prefix(at);
    }
    store_end(view);
    if (e == ERR_OK && l.over > 0)
        e = desk_commit(d, &w, &deed);
    if (e == ERR_OK)
        *done = l.over;
    store_write_release(&w);
    return e;
}
