/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the table of engines, and the rules of a commit that they share. */
#include "store/store.h"

#include "base/limits.h"
#include "base/log.h"
#include "store/store_int.h"

static const struct store_ops *const engines[] = { &store_lmdb, &store_mem };

/* In the order of engines[]. */
const char *const store_engine_names[] = { "lmdb", "mem", NULL };

store_fault_fn store_fault;

enum err
store_open(const struct store_config *cfg, struct store **out)
{
    *out = NULL;
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
        if (cfg->engine != NULL && strcmp(cfg->engine, engines[i]->name) == 0)
            return engines[i]->open(cfg, out);
    log_error("store: no engine \"%s\"", cfg->engine == NULL ? "" : cfg->engine);
    return ERR_ARG;
}

void
store_close(struct store *s)
{
    if (s != NULL)
        s->ops->close(s);
}

enum err
store_begin(struct store *s, struct store_view **out)
{
    *out = NULL;
    return s->ops->begin(s, out);
}

void
store_end(struct store_view *v)
{
    if (v != NULL)
        v->store->ops->end(v);
}

uint64_t
store_revision(const struct store_view *v)
{
    return v->revision;
}

enum err
store_get(struct store_view *v, struct span key, struct store_row *out)
{
    *out = (struct store_row){ 0 };
    /* No such row can have been written. */
    if (key.len == 0 || key.len > MAX_STORE_KEY)
        return ERR_NOT_FOUND;
    return v->store->ops->get(v, key, out);
}

enum err
store_scan(struct store_view *v, struct span prefix, struct span after, size_t limit,
           store_row_fn fn, void *arg)
{
    if (prefix.len > MAX_STORE_KEY || limit == 0)
        return ERR_OK;
    return v->store->ops->scan(v, prefix, after, limit, fn, arg);
}

enum err
store_watch(struct store_view *v, uint64_t since, size_t limit, store_row_fn fn, void *arg)
{
    if (since > v->revision)
        return ERR_ROLLBACK;
    if (since == v->revision || limit == 0)
        return ERR_OK;
    return v->store->ops->watch(v, since, limit, fn, arg);
}

enum err
store_step(const char *step)
{
    return store_fault == NULL ? ERR_OK : store_fault(step);
}

/* ERR_CONFLICT when a precondition of the item does not hold. */
static enum err
check_expects(const struct store_row_ops *ops, void *txn, struct span packed)
{
    while (!span_is_empty(packed)) {
        struct store_entry entry = store_entry_take(&packed);
        uint64_t revision;
        enum err e;

        if (entry.kind != STORE_EXPECT)
            continue;
        e = ops->revision(txn, entry.key, &revision);
        if (e != ERR_OK)
            return e;
        if (revision != entry.revision)
            return ERR_CONFLICT;
    }
    return ERR_OK;
}

static enum err
apply_item(const struct store_row_ops *ops, void *txn, struct span packed, uint64_t revision)
{
    while (!span_is_empty(packed)) {
        struct store_entry entry = store_entry_take(&packed);
        enum err e = ERR_OK;

        switch (entry.kind) {
        case STORE_EXPECT:
            break;
        case STORE_PUT:
            e = ops->put(txn, entry.key, entry.value, revision);
            break;
        case STORE_DELETE:
            e = ops->del(txn, entry.key, revision);
            break;
        }
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

enum err
store_apply(const struct store_row_ops *ops, void *txn, uint64_t *revision,
            struct store_item *items, size_t nitems)
{
    enum err e;

    for (size_t i = 0; i < nitems; i++) {
        struct store_item *item = &items[i];

        item->revision = 0;
        if (item->result == ERR_CONFLICT)
            item->result = ERR_OK;
        if (item->result != ERR_OK || span_is_empty(item->packed))
            continue;
        /* All preconditions come first, so that a refused item has touched nothing. */
        e = check_expects(ops, txn, item->packed);
        if (e == ERR_CONFLICT) {
            item->result = e;
            continue;
        }
        if (e == ERR_OK)
            e = store_step("put");
        if (e == ERR_OK)
            e = apply_item(ops, txn, item->packed, *revision + 1);
        if (e != ERR_OK)
            return e;
        (*revision)++;
        item->revision = *revision;
    }
    return ERR_OK;
}

enum err
store_commit(struct store *s, struct store_item *items, size_t nitems)
{
    enum err e;

    for (size_t i = 0; i < nitems; i++)
        items[i].result = store_packed_check(items[i].packed);
    e = s->ops->commit(s, items, nitems);
    for (size_t i = 0; e != ERR_OK && i < nitems; i++) {
        items[i].result = e;
        items[i].revision = 0;
    }
    return e;
}
