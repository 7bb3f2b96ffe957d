/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.c - a few rows at a time, round and round. */
#include "jobs/sweep.h"

#include "auth/expiry.h"
#include "base/log.h"

/* "<prefix>/<authority>[/...]": nobody can ask for them when the authority is gone, and an
 * authority's id never comes back. What it issued and revoked (pc/, pr/) stays: a serial must
 * not come back either (pki/issued.h). */
static const char *const authority_prefixes[] = { "ae/", "ai/", "an/", "pl/", NULL };

struct look {
    const struct rows *rows;
    struct store_view *view;
    struct sweep *at;
    struct store_write *w;
    int64_t now;
    unsigned seen, over;
    bool of_authority; /* rows of authorities, not with an end of their own */
};

/* True only for certain: what cannot be looked up stays. */
static bool
has_lost_its_authority(const struct look *l, struct span key)
{
    struct span id = span_head(span_tail(key, 3), GUID_LEN);
    struct store_row row;
    struct row_key k;
    struct guid ca;

    if (!guid_parse(id, &ca)) {
        log_error("row %.*s is of no authority", (int)key.len, (const char *)key.ptr);
        return false;
    }
    return store_get(l->view, row_key_make(&k, "pa", ca.text, NULL), &row) == ERR_NOT_FOUND;
}

static bool
is_over(const struct look *l, const struct store_row *row)
{
    int64_t expires;

    if (l->of_authority)
        return has_lost_its_authority(l, row->key);
    /* A damaged row was logged by the check, and stays for whoever looks into it. */
    return expiry_read(l->rows, row, &expires) == ERR_OK && l->now >= expires;
}

static bool
look_at(void *arg, const struct store_row *row)
{
    struct look *l = arg;

    l->seen++;
    memcpy(l->at->after, row->key.ptr, row->key.len);
    l->at->after_len = row->key.len;
    if (is_over(l, row)) {
        store_write_expect(l->w, row->key, row->revision);
        store_write_delete(l->w, row->key);
        l->over++;
    }
    return true;
}

static unsigned
count(const char *const *prefixes)
{
    unsigned n = 0;

    while (prefixes[n] != NULL)
        n++;
    return n;
}

static void
next_prefix(struct sweep *at, unsigned of_all)
{
    at->after_len = 0;
    at->prefix = (at->prefix + 1) % of_all;
}

/* What has an end first, then what had an authority. */
static const char *
prefix_at(unsigned i, bool *of_authority)
{
    unsigned ends = count(expiry_prefixes);

    *of_authority = i >= ends;
    return *of_authority ? authority_prefixes[i - ends] : expiry_prefixes[i];
}

enum err
sweep_expired(struct desk *d, struct sweep *at, int64_t now, unsigned limit, unsigned *done)
{
    struct desk_deed deed = { .operation = "ExpiredSweep" };
    struct look l = { .rows = d->rows, .at = at, .now = now };
    struct store_view *view;
    struct store_write w;
    struct span after;
    unsigned prefixes = count(expiry_prefixes) + count(authority_prefixes);
    enum err e;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    l.w = &w;
    l.view = view;
    /* Each prefix once: a row that is over must not be seen twice. */
    for (unsigned i = 0; e == ERR_OK && i < prefixes && l.seen < limit; i++) {
        const char *prefix = prefix_at(at->prefix, &l.of_authority);
        char copy[MAX_STORE_KEY + 1];

        memcpy(copy, at->after, at->after_len);
        after = span_of(copy, at->after_len);
        e = store_scan(view, span_str(prefix), after, limit - l.seen, look_at, &l);
        if (l.seen < limit)
            next_prefix(at, prefixes);
    }
    store_end(view);
    if (e == ERR_OK && l.over > 0)
        e = desk_commit(d, &w, &deed);
    if (e == ERR_OK)
        *done = l.over;
    store_write_release(&w);
    return e;
}
