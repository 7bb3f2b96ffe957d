/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_rows.c - goes through the store a page at a time, each in a view of its own, so
 * that a server beside it can reuse what it frees meanwhile.
 */
#include "cli/doctor_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secbuf.h"
#include "cli/rows_key.h"
#include "jobs/row_kinds.h"
#include "vault/object_chain.h"

enum {
    PAGE_ROWS = 4096,
    ROWS_SECMEM = 1024 * 1024,
    KINDS_MAX = 64,
    KIND_MISSING = KINDS_MAX - 2, /* behind those with a reader */
    KIND_OTHER = KINDS_MAX - 1
};

struct census {
    struct store *store;
    struct rows *rows;
    struct row_key at; /* the last row seen */
    unsigned page;
    unsigned links;
    struct row_key link[PAGE_ROWS];        /* to versions that must be there */
    unsigned long long damaged[KINDS_MAX]; /* by kind */
    struct row_census *out;
    struct row_key first; /* damaged */
};

/* The scribe's own head and lines, and the wrapped key of the tags itself (rows.md, section 1).
 */
static bool
has_no_tag(struct span key)
{
    return span_has_prefix(key, span_str("a/")) || span_is_str(key, "k/integrity");
}

static void
note_damage(struct census *c, const struct row_kind *kind, enum err e)
{
    if (e != ERR_INTEGRITY) /* who checked the tag has said so */
        log_error("row %.*s cannot be read: %s", (int)c->at.len, c->at.text, err_text(e));
    if (c->out->damaged++ == 0)
        c->first = c->at;
    c->damaged[kind == NULL ? KIND_OTHER : (unsigned)(kind - row_kinds)]++;
}

/* A row that was taken away has no tag to fail: who leads to it is asked. After the scan, since
 * an engine need not allow reading inside one. */
static enum err
follow_links(struct census *c, struct store_view *view)
{
    for (unsigned i = 0; i < c->links; i++) {
        const struct row_key *k = &c->link[i];
        struct store_row have;
        enum err e = store_get(view, span_of(k->text, k->len), &have);

        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        if (e == ERR_OK)
            continue;
        log_error("row %s is missing", k->text);
        if (c->out->damaged++ == 0)
            c->first = *k;
        c->damaged[KIND_MISSING]++;
    }
    return ERR_OK;
}

static bool
look_at(void *arg, const struct store_row *sr)
{
    struct census *c = arg;
    const struct row_kind *kind = row_kind_of(sr->key);
    struct row row;
    enum err e;

    memcpy(c->at.text, sr->key.ptr, sr->key.len);
    c->at.len = sr->key.len;
    c->page++;
    if (has_no_tag(sr->key))
        return true;
    c->out->rows++;
    e = row_check(c->rows, sr, &row);
    if (e == ERR_OK && kind != NULL)
        e = kind->read(row.payload);
    if (e != ERR_OK)
        note_damage(c, kind, e);
    else if (object_chain_link(sr->key, row.payload, &c->link[c->links]))
        c->links++;
    return true;
}

static enum err
go_through(struct census *c)
{
    struct store_view *view;
    enum err e;

    do {
        c->page = c->links = 0;
        e = store_begin(c->store, &view);
        if (e != ERR_OK)
            return e;
        e = store_scan(view, (struct span){ 0 }, span_of(c->at.text, c->at.len), PAGE_ROWS,
                       look_at, c);
        if (e == ERR_OK)
            e = follow_links(c, view);
        store_end(view);
    } while (e == ERR_OK && c->page == PAGE_ROWS);
    return e;
}

static enum err
open_store(const struct config *cfg, struct census *c)
{
    struct store_config sc = { .engine = cfg->store_engine,
                               .path = cfg->store_dir,
                               .read_only = true };
    struct store_view *view;
    enum err e = store_open(&sc, &c->store);

    if (e == ERR_OK)
        e = store_begin(c->store, &view);
    if (e != ERR_OK)
        return e;
    e = rows_key_open(cfg, view, &c->rows);
    store_end(view);
    return e;
}

static const char *
kind_words(unsigned i)
{
    if (i == KIND_MISSING)
        return "versions that are missing";
    return i < row_kinds_count ? row_kinds[i].what : "others";
}

static void
say_what(const struct census *c)
{
    struct row_census *out = c->out;
    size_t n = (size_t)snprintf(out->text, sizeof(out->text),
                                "%llu of %llu are damaged:", out->damaged, out->rows);

    for (unsigned i = 0; i < KINDS_MAX && n < sizeof(out->text); i++)
        if (c->damaged[i] > 0)
            n += (size_t)snprintf(out->text + n, sizeof(out->text) - n, " %llu %s,",
                                  c->damaged[i], kind_words(i));
    if (n < sizeof(out->text))
        (void)snprintf(out->text + n, sizeof(out->text) - n,
                       " the first is %.*s. They are never served: restore a backup",
                       (int)c->first.len, c->first.text);
}

void
doctor_rows(const struct config *cfg, struct row_census *out)
{
    struct census *c = calloc(1, sizeof(*c));
    enum err e = c == NULL ? ERR_NOMEM : secmem_init(ROWS_SECMEM);
    bool locked = e == ERR_OK;

    *out = (struct row_census){ .looked = false };
    if (e == ERR_OK) {
        c->out = out;
        e = open_store(cfg, c);
    }
    if (e == ERR_OK)
        e = go_through(c);
    out->looked = e == ERR_OK;
    if (e != ERR_OK)
        (void)snprintf(out->text, sizeof(out->text),
                       "nothing was looked at (%s): wants the store and the root key",
                       err_text(e));
    else if (out->damaged > 0)
        say_what(c);
    else
        (void)snprintf(out->text, sizeof(out->text), "all %llu are what was written",
                       out->rows);
    if (c != NULL) {
        store_close(c->store);
        rows_free(c->rows);
    }
    free(c);
    if (locked)
        secmem_release();
}
