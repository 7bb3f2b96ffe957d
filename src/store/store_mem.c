/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_mem.c - the reference behaviour, in memory, gone when closed.
 *
 * The rows and the change log of one revision are a tree: two arrays of
 * pointers, never changed once published. A commit copies the arrays, changes
 * the copy and publishes it; a view holds on to the tree it began with. Rows
 * are shared between trees and counted. Meant for tests: a commit costs time
 * in proportion to all rows.
 */
#include <pthread.h>

#include "store/store_int.h"

struct row {
    unsigned refs;
    uint64_t revision;
    size_t key_len;
    size_t value_len;
    uint8_t bytes[]; /* key, then value */
};

struct rows {
    struct row **at;
    size_t len;
    size_t cap;
};

struct tree {
    unsigned refs;
    uint64_t revision;
    uint64_t trimmed; /* the log is complete after this revision */
    struct rows rows; /* by key */
    struct rows log;  /* by revision: the row put, or a row without value for a delete */
};

struct mem {
    struct store base;
    pthread_mutex_t lock; /* guards now and every refs */
    struct tree *now;
};

struct mem_view {
    struct store_view base;
    struct tree *tree;
};

static struct row *
row_new(struct span key, struct span value, uint64_t revision)
{
    struct row *r = malloc(sizeof(*r) + key.len + value.len);

    if (r == NULL)
        return NULL;
    *r = (struct row){
        .refs = 1, .revision = revision, .key_len = key.len, .value_len = value.len
    };
    memcpy(r->bytes, key.ptr, key.len);
    if (value.len > 0)
        memcpy(r->bytes + key.len, value.ptr, value.len);
    return r;
}

static void
row_unref(struct row *r)
{
    if (--r->refs == 0)
        free(r);
}

static struct span
row_key(const struct row *r)
{
    return span_of(r->bytes, r->key_len);
}

static void
rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->len; i++)
        row_unref(rows->at[i]);
    free(rows->at);
}

/* Opens a gap for r at i; takes over the reference. */
static enum err
rows_insert(struct rows *rows, size_t i, struct row *r)
{
    if (rows->len == rows->cap) {
        size_t cap = rows->cap == 0 ? 64 : rows->cap * 2;
        struct row **at = reallocarray(rows->at, cap, sizeof(struct row *));

        if (at == NULL)
            return ERR_NOMEM;
        rows->at = at;
        rows->cap = cap;
    }
    memmove(rows->at + i + 1, rows->at + i, (rows->len - i) * sizeof(struct row *));
    rows->at[i] = r;
    rows->len++;
    return ERR_OK;
}

static void
rows_remove(struct rows *rows, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        row_unref(rows->at[i]);
    memmove(rows->at + first, rows->at + first + n,
            (rows->len - first - n) * sizeof(struct row *));
    rows->len -= n;
}

static enum err
rows_copy(struct rows *to, const struct rows *from)
{
    to->cap = from->len + 64;
    to->at = calloc(to->cap, sizeof(struct row *));
    if (to->at == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < from->len; i++) {
        to->at[i] = from->at[i];
        to->at[i]->refs++;
    }
    to->len = from->len;
    return ERR_OK;
}

/* Index of the first row whose key is not below key; *found tells whether it is the key. */
static size_t
rows_find(const struct rows *rows, struct span key, bool *found)
{
    size_t lo = 0, hi = rows->len;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (span_compare(row_key(rows->at[mid]), key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < rows->len && span_is_equal(row_key(rows->at[lo]), key);
    return lo;
}

static void
tree_unref(struct tree *t)
{
    if (t == NULL || --t->refs > 0)
        return;
    rows_release(&t->rows);
    rows_release(&t->log);
    free(t);
}

static struct tree *
tree_copy(const struct tree *from)
{
    struct tree *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->refs = 1;
    t->revision = from->revision;
    t->trimmed = from->trimmed;
    if (rows_copy(&t->rows, &from->rows) != ERR_OK ||
        rows_copy(&t->log, &from->log) != ERR_OK) {
        tree_unref(t);
        return NULL;
    }
    return t;
}

static void
mem_close(struct store *s)
{
    struct mem *m = (struct mem *)s;

    tree_unref(m->now);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static enum err
mem_open(const struct store_config *cfg, struct store **out)
{
    struct mem *m;

    if (cfg->read_only)
        return ERR_NOT_FOUND; /* what is not in memory yet cannot be read */
    m = calloc(1, sizeof(*m));
    if (m == NULL)
        return ERR_NOMEM;
    m->now = calloc(1, sizeof(*m->now));
    if (m->now == NULL) {
        free(m);
        return ERR_NOMEM;
    }
    m->base.ops = &store_mem;
    m->now->refs = 1;
    pthread_mutex_init(&m->lock, NULL);
    *out = &m->base;
    return ERR_OK;
}

static enum err
mem_begin(struct store *s, struct store_view **out)
{
    struct mem *m = (struct mem *)s;
    struct mem_view *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return ERR_NOMEM;
    pthread_mutex_lock(&m->lock);
    v->tree = m->now;
    v->tree->refs++;
    pthread_mutex_unlock(&m->lock);
    v->base.store = s;
    v->base.revision = v->tree->revision;
    *out = &v->base;
    return ERR_OK;
}

static void
mem_end(struct store_view *base)
{
    struct mem_view *v = (struct mem_view *)base;
    struct mem *m = (struct mem *)base->store;

    pthread_mutex_lock(&m->lock);
    tree_unref(v->tree);
    pthread_mutex_unlock(&m->lock);
    free(v);
}

static struct store_row
row_get(const struct row *r)
{
    return (struct store_row){ .key = row_key(r),
                               .value = span_of(r->bytes + r->key_len, r->value_len),
                               .revision = r->revision };
}

static enum err
mem_get(struct store_view *v, struct span key, struct store_row *out)
{
    const struct tree *t = ((struct mem_view *)v)->tree;
    bool found;
    size_t i = rows_find(&t->rows, key, &found);

    if (!found)
        return ERR_NOT_FOUND;
    *out = row_get(t->rows.at[i]);
    return ERR_OK;
}

static enum err
mem_scan(struct store_view *v, struct span prefix, struct span after, size_t limit,
         store_row_fn fn, void *arg)
{
    const struct tree *t = ((struct mem_view *)v)->tree;
    bool from_after = span_compare(after, prefix) >= 0 && !span_is_empty(after), found;
    size_t i = rows_find(&t->rows, from_after ? after : prefix, &found);

    if (from_after && found)
        i++;
    for (; i < t->rows.len && limit > 0; i++, limit--) {
        struct store_row row = row_get(t->rows.at[i]);

        if (!span_has_prefix(row.key, prefix) || !fn(arg, &row))
            break;
    }
    return ERR_OK;
}

static enum err
mem_watch(struct store_view *v, uint64_t since, size_t limit, store_row_fn fn, void *arg)
{
    const struct tree *t = ((struct mem_view *)v)->tree;

    if (since < t->trimmed)
        return ERR_ROLLBACK;
    for (size_t i = 0; i < t->log.len && limit > 0; i++) {
        struct store_row row = row_get(t->log.at[i]);

        if (row.revision <= since)
            continue;
        row.value = (struct span){ 0 };
        if (!fn(arg, &row))
            break;
        limit--;
    }
    return ERR_OK;
}

static enum err
tree_revision(void *txn, struct span key, uint64_t *out)
{
    const struct tree *t = txn;
    bool found;
    size_t i = rows_find(&t->rows, key, &found);

    *out = found ? t->rows.at[i]->revision : 0;
    return ERR_OK;
}

static enum err
tree_put(void *txn, struct span key, struct span value, uint64_t revision)
{
    struct tree *t = txn;
    bool found;
    size_t i = rows_find(&t->rows, key, &found);
    struct row *r = row_new(key, value, revision);

    if (r == NULL)
        return ERR_NOMEM;
    if (found) {
        row_unref(t->rows.at[i]);
        t->rows.at[i] = r;
    } else if (rows_insert(&t->rows, i, r) != ERR_OK) {
        row_unref(r);
        return ERR_NOMEM;
    }
    if (rows_insert(&t->log, t->log.len, r) != ERR_OK)
        return ERR_NOMEM;
    r->refs++;
    return ERR_OK;
}

static enum err
tree_del(void *txn, struct span key, uint64_t revision)
{
    struct tree *t = txn;
    bool found;
    size_t i = rows_find(&t->rows, key, &found);
    struct row *r;

    if (!found)
        return ERR_OK;
    r = row_new(key, (struct span){ 0 }, revision);
    if (r == NULL)
        return ERR_NOMEM;
    if (rows_insert(&t->log, t->log.len, r) != ERR_OK) {
        row_unref(r);
        return ERR_NOMEM;
    }
    rows_remove(&t->rows, i, 1);
    return ERR_OK;
}

static void
tree_trim(struct tree *t)
{
    size_t n = t->log.len > STORE_LOG_MAX ? t->log.len - STORE_LOG_MAX : 0;

    if (n == 0)
        return;
    t->trimmed = t->log.at[n - 1]->revision;
    rows_remove(&t->log, 0, n);
}

static enum err
mem_commit(struct store *s, struct store_item *items, size_t nitems)
{
    static const struct store_row_ops ops = { tree_revision, tree_put, tree_del };
    struct mem *m = (struct mem *)s;
    struct tree *t, *old = NULL;
    enum err e = store_step("begin");

    if (e != ERR_OK)
        return e;
    pthread_mutex_lock(&m->lock);
    t = tree_copy(m->now);
    e = t == NULL ? ERR_NOMEM : store_apply(&ops, t, &t->revision, items, nitems);
    if (e == ERR_OK) {
        tree_trim(t);
        e = store_step("before-commit");
    }
    if (e == ERR_OK) {
        old = m->now;
        m->now = t;
        t = NULL;
    }
    tree_unref(old);
    tree_unref(t);
    pthread_mutex_unlock(&m->lock);
    if (e == ERR_OK)
        (void)!store_step("after-commit");
    return e;
}

const struct store_ops store_mem = {
    .name = "mem",
    .open = mem_open,
    .close = mem_close,
    .begin = mem_begin,
    .end = mem_end,
    .get = mem_get,
    .scan = mem_scan,
    .watch = mem_watch,
    .commit = mem_commit,
};
