/* SPDX-License-Identifier: Apache-2.0 */
/* object_deleted.c - delete, recover, purge, and the schedule of purges. */
#include "vault/object_deleted.h"

#include "codec/pack.h"
#include "vault/due.h"

enum { SCHEDULE_FORMAT = 1, DAY = 86400 };

/* pq/<16 hex digits of the time>/<letter>/<vault>/<NAME>: byte order is order of time. */
static struct span
schedule_key(struct row_key *k, const struct vault_at *at, const struct object_head *h)
{
    char letter[2] = { object_kind_info(at->kind)->purge_letter, '\0' };
    char when[DUE_TEXT];

    due_text(h->purge, when);
    return row_key_make(k, "pq", when, letter, at->vault->id.text, h->name.key, NULL);
}

static void
schedule_put(const struct vault_at *at, struct store_write *w, const struct object_head *h)
{
    struct row_key k;
    struct buf b;
    struct span key = schedule_key(&k, at, h);

    buf_init(&b, 256);
    pack_u8(sink_buf(&b), SCHEDULE_FORMAT);
    pack_str(sink_buf(&b), at->vault->name);
    pack_str(sink_buf(&b), h->name.key);
    row_put_buf(at->rows, w, key, &b);
}

static void
schedule_drop(const struct vault_at *at, struct store_write *w, const struct object_head *h)
{
    struct row_key k;

    store_write_delete(w, schedule_key(&k, at, h));
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
    object_head_put(at, w, HEAD_LIVE, &live);
    out->head = live;
    return store_write_err(w);
}

struct version_sweep {
    struct store_write *write;
    size_t n;
};

static bool
sweep_version(void *arg, const struct store_row *row)
{
    struct version_sweep *s = arg;

    if (s->n < PURGE_BATCH)
        store_write_delete(s->write, row->key);
    s->n++;
    return true;
}

/* Deletes as many versions as one commit takes, and with the last of them the head. */
static enum err
purge_some(const struct vault_at *at, const struct object_head *head, struct store_write *w)
{
    struct version_sweep sweep = { .write = w };
    struct object_head rest = *head;
    struct row_key k;
    struct span prefix;
    enum err e;

    /* With the '/' at the end: NAME is not to be taken for NAME-2. */
    prefix = row_key_make(&k, object_kind_info(at->kind)->version_prefix, at->vault->id.text,
                          head->name.key, "", NULL);
    e = store_scan(at->view, prefix, (struct span){ 0 }, PURGE_BATCH + 1, sweep_version,
                   &sweep);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    schedule_drop(at, w, head);
    if (sweep.n <= PURGE_BATCH) {
        object_head_drop(at, w, HEAD_DELETED, head);
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

/* Time and kind of a schedule key "pq/<16 hex>/s/..."; false for any other key. */
static bool
schedule_key_read(struct span key, int64_t *when, enum object_kind *kind)
{
    enum { AT = 3, LETTER = AT + DUE_TEXT };

    return key.len > LETTER + 2 && span_has_prefix(key, span_str("pq/")) &&
           due_read(span_tail(key, AT), when) && key.ptr[LETTER + 1] == '/' &&
           object_kind_of_letter((char)key.ptr[LETTER], kind);
}

static enum err
schedule_read(struct span payload, char vault[static MAX_VAULT_NAME + 1],
              struct object_name *name)
{
    struct unpack u = unpack_of(payload);

    if (unpack_u8(&u) != SCHEDULE_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, vault, MAX_VAULT_NAME + 1);
    if (!object_name_parse(unpack_bytes(&u, MAX_OBJECT_NAME), name))
        return ERR_FORMAT;
    return unpack_end(&u);
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
    char vault_name[MAX_VAULT_NAME + 1];
    struct vault *vault = NULL;
    struct vault_at at = { .rows = rows, .view = view };
    struct object_head head;
    struct object_name name;
    struct row row;
    int64_t when;
    enum err e;

    if (!schedule_key_read(key, &when, &at.kind))
        return ERR_FORMAT;
    if (when > now)
        return ERR_NOT_FOUND;
    e = row_get(rows, view, key, &row);
    if (e != ERR_OK)
        return e;
    e = schedule_read(row.payload, vault_name, &name);
    if (e != ERR_OK)
        return e;
    e = vault_load(rows, view, span_str(vault_name), &vault);
    at.vault = vault;
    if (e == ERR_OK)
        e = due_head(&at, &name, when, &head);
    if (e == ERR_OK) {
        e = purge_some(&at, &head, w);
    } else if (e == ERR_NOT_FOUND || e == ERR_NO_VAULT) {
        /* What it stood for is gone. */
        store_write_expect(w, key, row.revision);
        store_write_delete(w, key);
        e = store_write_err(w);
    }
    vault_unref(vault);
    return e;
}
