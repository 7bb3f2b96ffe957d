/* SPDX-License-Identifier: Apache-2.0 */
/* purge.c - walks the schedule in order of time and stops at the first row in the future. */
#include "jobs/purge.h"

#include "vault/object_deleted.h"

enum { TRIES = 5 };

struct schedule_key {
    char text[MAX_STORE_KEY];
    size_t len;
};

static bool
take_first(void *arg, const struct store_row *row)
{
    struct schedule_key *first = arg;

    memcpy(first->text, row->key.ptr, row->key.len);
    first->len = row->key.len;
    return false;
}

/* A row that cannot be understood, whatever its reason. */
static bool
is_damage(enum err e)
{
    return err_class_of(e) == ERR_CLASS_INTEGRITY;
}

/* The schedule row names the object: pq/<time>/<letter>/<vault>/<NAME>. */
static const char *
operation_of(struct span key)
{
    size_t letter = sizeof("pq/0123456789abcdef/") - 1;

    switch (key.len > letter ? key.ptr[letter] : 0) {
    case 'k':
        return "KeyPurge";
    case 'c':
        return "CertificatePurge";
    default:
        return "SecretPurge";
    }
}

/* One commit towards the purge of the earliest row behind `after`. ERR_NOT_FOUND: nothing more
 * is due. *passed: `after` moved on to it, it must not keep the others from their day. */
static enum err
purge_step(struct desk *d, int64_t now, struct schedule_key *after, bool *passed)
{
    struct desk_deed deed = { .operation = NULL };
    struct schedule_key row = { .len = 0 };
    struct store_view *view;
    struct store_write w;
    struct span key;
    enum err e;

    *passed = false;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = store_scan(view, span_str("pq/"), span_of(after->text, after->len), 1, take_first,
                   &row);
    key = span_of(row.text, row.len);
    if (e == ERR_OK && row.len == 0)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        e = object_purge_due(d->rows, view, key, now, &w);
        /* In a deleted vault everything rests until that is purged or recovered. */
        *passed = is_damage(e) || e == ERR_NO_VAULT;
        if (*passed)
            *after = row;
    }
    store_end(view); /* what was composed borrows nothing from it */
    if (e == ERR_OK) {
        deed.operation = operation_of(key);
        deed.object_url = key;
        e = desk_commit(d, &w, &deed);
    }
    store_write_release(&w);
    return e;
}

enum err
purge_due(struct desk *d, int64_t now, unsigned limit, unsigned *done)
{
    struct schedule_key after = { .len = 0 };
    enum err e, damage = ERR_OK;
    unsigned conflicts = 0, skipped = 0;
    bool passed;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    while (*done + skipped < limit) {
        e = purge_step(d, now, &after, &passed);
        if (e == ERR_NOT_FOUND)
            break;
        if (e == ERR_OK) {
            ++*done;
        } else if (e == ERR_CONFLICT && ++conflicts < TRIES) {
            continue;
        } else if (passed && is_damage(e)) {
            damage = e;
            skipped++;
        } else if (!passed) {
            return e;
        }
    }
    return damage;
}
