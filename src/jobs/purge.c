/* SPDX-License-Identifier: Apache-2.0 */
/* purge.c - walks the schedule in order of time and stops at the first row in the future. */
#include "jobs/purge.h"

#include "jobs/schedule.h"
#include "vault/object_deleted.h"
#include "vault/vault_deleted.h"

enum { TRIES = 5 };

/* Compose towards the end of what a row means; errors as object_purge_due(). */
typedef enum err (*purge_fn)(const struct rows *rows, struct store_view *view, struct span key,
                             int64_t now, struct store_write *w);

/* What is left of a purged vault has no time: it is always due. */
static enum err
sweep_vault(const struct rows *rows, struct store_view *view, struct span key, int64_t now,
            struct store_write *w)
{
    (void)now;
    return purged_vault_sweep(rows, view, key, w);
}

static const struct purge_kind {
    const char *prefix;
    purge_fn run;
} kinds[] = {
    { "pq/", object_purge_due },
    { "vq/", deleted_vault_purge_due },
    { "vp/", sweep_vault },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

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

    if (!span_has_prefix(key, span_str("pq/")))
        return "VaultPurge";
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
purge_step(struct desk *d, const struct purge_kind *kind, int64_t now,
           struct schedule_key *after, bool *passed)
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
    e = schedule_next(view, kind->prefix, after, &row);
    key = schedule_span(&row);
    if (e == ERR_OK) {
        e = kind->run(d->rows, view, key, now, &w);
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

static enum err
purge_kind(struct desk *d, const struct purge_kind *kind, int64_t now, unsigned limit,
           unsigned *done)
{
    struct schedule_key after = { .len = 0 };
    enum err e, damage = ERR_OK;
    unsigned conflicts = 0, skipped = 0;
    bool passed;

    while (*done + skipped < limit) {
        e = purge_step(d, kind, now, &after, &passed);
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

enum err
purge_due(struct desk *d, int64_t now, unsigned limit, unsigned *done)
{
    enum err damage = ERR_OK;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    for (unsigned i = 0; i < KINDS; i++) {
        enum err e = purge_kind(d, &kinds[i], now, limit, done);

        if (e != ERR_OK && !is_damage(e))
            return e;
        if (e != ERR_OK)
            damage = e;
    }
    return damage;
}
