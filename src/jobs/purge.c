/* SPDX-License-Identifier: Apache-2.0 */
/* purge.c - walks the schedule in order of time and stops at the first row in the future. */
#include "jobs/purge.h"

#include "vault/secret_deleted.h"

enum { TRIES = 5 };

struct first_row {
    char key[MAX_STORE_KEY];
    size_t len;
};

static bool
take_first(void *arg, const struct store_row *row)
{
    struct first_row *first = arg;

    memcpy(first->key, row->key.ptr, row->key.len);
    first->len = row->key.len;
    return false;
}

/* One commit towards the purge of the earliest row behind `first`, which moves on to it.
 * ERR_NOT_FOUND: nothing more is due. */
static enum err
purge_step(struct desk *d, int64_t now, struct first_row *first)
{
    struct desk_deed deed = { .operation = "SecretPurge" };
    struct span after = span_of(first->key, first->len);
    struct first_row row = { .len = 0 };
    struct store_view *view;
    struct store_write w;
    struct span key;
    enum err e;

    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = store_scan(view, span_str("pq/"), after, 1, take_first, &row);
    key = span_of(row.key, row.len);
    if (e == ERR_OK && row.len == 0)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = secret_purge_due(d->rows, view, key, now, &w);
    if (e == ERR_OK) {
        /* The schedule row names the object: pq/<time>/s/<vault>/<NAME> */
        deed.object_url = key;
        e = desk_commit(d, &w, &deed);
    } else if (e == ERR_INTEGRITY || e == ERR_FORMAT || e == ERR_ROLLBACK) {
        *first = row; /* a damaged row must not keep the others from their day */
    }
    store_write_release(&w);
    store_end(view);
    return e;
}

enum err
purge_due(struct desk *d, int64_t now, unsigned limit, unsigned *done)
{
    struct first_row first = { .len = 0 };
    enum err e, damage = ERR_OK;
    unsigned tries = 0;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    while (*done < limit) {
        e = purge_step(d, now, &first);
        if (e == ERR_NOT_FOUND)
            break;
        if (e == ERR_CONFLICT && ++tries < TRIES)
            continue;
        if (err_class_of(e) == ERR_CLASS_INTEGRITY)
            damage = e;
        else if (e != ERR_OK)
            return e;
        ++*done;
    }
    return damage;
}
