/* SPDX-License-Identifier: Apache-2.0 */
/* object_deleted.c - delete, recover, purge, and the schedule of purges. */
#include "vault/object_deleted.h"

#include "vault/due.h"
#include "vault/key_leftover.h"
#include "vault/rotation.h"

enum { DAY = 86400 };

#define SCHEDULE "pq"
#define LETTERS  "skc"

static void
schedule_put(const struct vault_at *at, struct store_write *w, const struct object_head *h)
{
    due_put(at, w, SCHEDULE, h->purge, object_kind_info(at->kind)->purge_letter, h->name.key);
}

static void
schedule_drop(const struct vault_at *at, struct store_write *w, const struct object_head *h)
{
    due_drop(at, w, SCHEDULE, h->purge, object_kind_info(at->kind)->purge_letter, h->name.key);
}

enum err
object_delete(const struct vault_at *at, const struct object_name *name, int64_t now,
              struct store_write *w, struct object *out)
{
    struct object_head gone;
    enum err e;

    e = object_get(at, name, NULL, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    vault_expect(w, at->vault);
    object_head_drop(at, w, HEAD_LIVE, &out->head);
    gone = out->head;
    gone.deleted = now;
    gone.purge = now + (int64_t)at->vault->retention_days * DAY;
    gone.revision = 0;
    rotation_plan(at, w, &gone, &out->v.attrs, NULL);
    object_head_put(at, w, HEAD_DELETED, &gone);
    schedule_put(at, w, &gone);
    out->head = gone;
    return store_write_err(w);
}

static enum err
deleted_head(const struct vault_at *at, const struct object_name *name, struct object_head *out)
{
    enum err e = object_head_get(at, HEAD_DELETED, name->key, out);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && out->purging))
        return ERR_DELETED_NOT_FOUND;
    return e;
}

enum err
object_get_deleted(const struct vault_at *at, const struct object_name *name,
                   struct object *out)
{
    struct object_head head;
    enum err e;

    *out = (struct object){ 0 };
    e = deleted_head(at, name, &head);
    if (e != ERR_OK)
        return e;
    return object_get_current(at, &head, out);
}

enum err
object_recover(const struct vault_at *at, const struct object_name *name, struct store_write *w,
               struct object *out)
{
    struct object_head live;
    enum err e;

    e = object_get_deleted(at, name, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    vault_expect(w, at->vault);
    object_head_drop(at, w, HEAD_DELETED, &out->head);
    schedule_drop(at, w, &out->head);
    live = out->head;
    live.deleted = live.purge = 0;
    live.revision = 0;
    e = rotation_follow(at, w, &live, &out->v.attrs);
    if (e != ERR_OK)
        return e;
    object_head_put(at, w, HEAD_LIVE, &live);
    out->head = live;
    return store_write_err(w);
}

struct version_sweep {
    const struct vault_at *at;
    struct store_write *write;
    size_t n;
};

static bool
sweep_version(void *arg, const struct store_row *row)
{
    struct version_sweep *s = arg;

    if (s->n < PURGE_BATCH) {
        if (s->at->kind == KIND_KEY)
            key_leftover_put(s->at->rows, s->write, row);
        store_write_delete(s->write, row->key);
    }
    s->n++;
    return true;
}

/* Deletes as many versions as one commit takes, and with the last of them the head. */
static enum err
purge_some(const struct vault_at *at, const struct object_head *head, struct store_write *w)
{
    struct version_sweep sweep = { .at = at, .write = w };
    const struct object_kind_info *kind = object_kind_info(at->kind);
    struct object_head rest = *head;
    struct row_key k;
    struct span prefix;
    enum err e;

    /* With the '/' at the end: NAME is not to be taken for NAME-2. */
    prefix =
        row_key_make(&k, kind->version_prefix, at->vault->id.text, head->name.key, "", NULL);
    e = store_scan(at->view, prefix, (struct span){ 0 }, PURGE_BATCH + 1, sweep_version,
                   &sweep);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    schedule_drop(at, w, head);
    if (sweep.n <= PURGE_BATCH) {
        object_head_drop(at, w, HEAD_DELETED, head);
        if (kind->policy_prefix != NULL)
            store_write_delete(w, row_key_make(&k, kind->policy_prefix, at->vault->id.text,
                                               head->name.key, NULL));
        return store_write_err(w);
    }
    rest.purging = true;
    rest.purge = 0; /* due at once: the clerk goes on */
    object_head_put(at, w, HEAD_DELETED, &rest);
    schedule_put(at, w, &rest);
    return store_write_err(w);
}

enum err
object_purge(const struct vault_at *at, const struct object_name *name, struct store_write *w)
{
    struct object_head head;
    enum err e;

    e = deleted_head(at, name, &head);
    if (e != ERR_OK)
        return e;
    if (head.managed)
        return ERR_MANAGED;
    if (at->vault->purge_protection)
        return ERR_PURGE_PROTECTED;
    return purge_some(at, &head, w);
}

/* The head that a due row means: deleted, and scheduled for exactly this row's time. */
static enum err
due_head(const struct vault_at *at, const struct object_name *name, int64_t when,
         struct object_head *out)
{
    enum err e = object_head_get(at, HEAD_DELETED, name->key, out);

    return e == ERR_OK && out->purge != when ? ERR_NOT_FOUND : e;
}

enum err
object_purge_due(const struct rows *rows, struct store_view *view, struct span key, int64_t now,
                 struct store_write *w)
{
    struct vault_at at = { .rows = rows, .view = view };
    struct object_head head;
    struct due_row row;
    enum err e;

    e = due_get(rows, view, SCHEDULE, LETTERS, key, now, &row);
    if (e != ERR_OK)
        return e;
    bug_on(!object_kind_of_letter(row.letter, &at.kind));
    at.vault = row.vault;
    e = row.vault != NULL ? due_head(&at, &row.name, row.when, &head) : ERR_NOT_FOUND;
    if (e == ERR_OK) {
        e = purge_some(&at, &head, w);
    } else if (e == ERR_NOT_FOUND) {
        due_drop_stale(w, key, &row);
        e = store_write_err(w);
    }
    vault_unref(row.vault);
    return e;
}
