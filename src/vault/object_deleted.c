/* SPDX-License-Identifier: Apache-2.0 */
/* object_deleted.c - delete, recover, purge, and the schedule of purges. */
#include "vault/object_deleted.h"

#include "base/log.h"
#include "vault/cert.h"
#include "vault/cert_due.h"
#include "vault/cert_operation.h"
#include "vault/due.h"
#include "vault/key_leftover.h"
#include "vault/object_chain.h"
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

/* What one of the trio does, all do: the certificate's row of the schedule stands for all. */
static unsigned
kinds_of(const struct vault_at *at, const enum object_kind **out)
{
    *out = at->kind == KIND_CERTIFICATE ? trio_kinds : &at->kind;
    return at->kind == KIND_CERTIFICATE ? TRIO__MAX : 1;
}

static enum err
linked_err(const struct vault_at *at, const struct object_name *name, enum err e)
{
    if (e != object_kind_info(at->kind)->not_found && e != ERR_DELETED_NOT_FOUND)
        return e;
    log_error("certificate %s: no %s", name->key, object_kind_info(at->kind)->word);
    return ERR_INTEGRITY;
}

static enum err
delete_one(const struct vault_at *at, int64_t now, struct store_write *w, struct object *o)
{
    struct object_head gone = o->head;

    object_head_drop(at, w, HEAD_LIVE, &o->head);
    gone.deleted = now;
    gone.purge = now + (int64_t)at->vault->retention_days * DAY;
    gone.revision = 0;
    if (at->kind == KIND_CERTIFICATE)
        cert_due_plan(at, w, &gone, &o->v.attrs, NULL);
    else
        rotation_plan(at, w, &gone, &o->v.attrs, NULL);
    object_head_put(at, w, HEAD_DELETED, &gone);
    o->head = gone;
    return store_write_err(w);
}

enum err
object_delete(const struct vault_at *at, const struct object_name *name, int64_t now,
              struct store_write *w, struct object *out)
{
    const enum object_kind *kinds;
    unsigned n = kinds_of(at, &kinds);
    enum err e;

    e = object_get(at, name, NULL, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    vault_expect(w, at->vault);
    e = delete_one(at, now, w, out);
    for (unsigned i = 1; i < n && e == ERR_OK; i++) {
        struct vault_at of = vault_at_kind(at, kinds[i]);
        struct object linked;

        e = linked_err(&of, name, object_get(&of, name, NULL, &linked));
        if (e == ERR_OK)
            e = delete_one(&of, now, w, &linked);
    }
    if (e != ERR_OK)
        return e;
    schedule_put(at, w, &out->head);
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

static enum err
recover_one(const struct vault_at *at, struct store_write *w, struct object *o)
{
    struct object_head live = o->head;
    enum err e;

    object_head_drop(at, w, HEAD_DELETED, &o->head);
    live.deleted = live.purge = 0;
    live.revision = 0;
    e = at->kind == KIND_CERTIFICATE ? cert_due_follow(at, w, &live, &o->v.attrs)
                                     : rotation_follow(at, w, &live, &o->v.attrs);
    if (e != ERR_OK)
        return e;
    object_head_put(at, w, HEAD_LIVE, &live);
    o->head = live;
    return store_write_err(w);
}

enum err
object_recover(const struct vault_at *at, const struct object_name *name, struct store_write *w,
               struct object *out)
{
    const enum object_kind *kinds;
    unsigned n = kinds_of(at, &kinds);
    enum err e;

    e = object_get_deleted(at, name, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    vault_expect(w, at->vault);
    schedule_drop(at, w, &out->head);
    e = recover_one(at, w, out);
    for (unsigned i = 1; i < n && e == ERR_OK; i++) {
        struct vault_at of = vault_at_kind(at, kinds[i]);
        struct object linked;

        e = linked_err(&of, name, object_get_deleted(&of, name, &linked));
        if (e == ERR_OK)
            e = recover_one(&of, w, &linked);
    }
    return e;
}

/* Versions of one kind that a commit of a purge deletes, at most `max`. */
struct version_sweep {
    const struct vault_at *at;
    const char *name;
    struct store_write *write;
    size_t n, max;
    bool is_last;      /* nothing is left */
    struct hex32 rest; /* where the next commit goes on */
};

/* The chain, the newest first: what is left stays one. */
static enum err
sweep_chain(struct version_sweep *s, const struct object_head *head)
{
    struct object_chain chain = object_chain_of(s->at, head);
    enum err e = ERR_OK;

    for (; e == ERR_OK && s->n < s->max && !object_chain_at_end(&chain); s->n++) {
        struct object_version v;
        struct row_key k;
        struct span key;

        e = object_chain_next(&chain, &v);
        if (e != ERR_OK)
            break;
        key = object_version_key(&k, s->at, s->name, &v.id);
        if (s->at->kind == KIND_KEY)
            key_leftover_put(s->at->rows, s->write, key, &v);
        store_write_delete(s->write, key);
    }
    s->is_last = object_chain_at_end(&chain);
    s->rest = chain.next;
    return e;
}

struct damaged_sweep {
    struct version_sweep *sweep;
    size_t id_at; /* in a key */
};

static bool
sweep_if_named(void *arg, const struct store_row *row)
{
    struct damaged_sweep *d = arg;
    struct version_sweep *s = d->sweep;
    struct span name = span_tail(row->key, d->id_at + HEX32_LEN + 1);

    if (!span_is_str(name, s->name))
        return true;
    if (s->n == s->max) {
        s->is_last = false;
        return false;
    }
    if (s->at->kind == KIND_KEY)
        key_leftover_put_row(s->at->rows, s->write, row);
    store_write_delete(s->write, row->key);
    s->n++;
    return true;
}

/* Of a damaged chain: whatever bears the name among all versions of the vault, which takes long
 * where there are many. A row that cannot be read must not keep its name from being free. */
static enum err
sweep_damaged(struct version_sweep *s, const struct object_head *head)
{
    struct damaged_sweep d = { .sweep = s };
    struct row_key k;
    struct span prefix = row_key_make(&k, object_kind_info(s->at->kind)->version_prefix,
                                      s->at->vault->id.text, "", NULL);

    d.id_at = prefix.len;
    s->is_last = true;
    s->rest = head->newest;
    return store_scan(s->at->view, prefix, (struct span){ 0 }, SIZE_MAX, sweep_if_named, &d);
}

static enum err
sweep_versions(struct version_sweep *s, const struct object_head *head)
{
    enum err e = sweep_chain(s, head);

    return e == ERR_INTEGRITY || e == ERR_FORMAT ? sweep_damaged(s, head) : e;
}

static void
drop_rest(const struct vault_at *at, struct store_write *w, const struct object_head *head)
{
    const char *policy = object_kind_info(at->kind)->policy_prefix;
    struct row_key k;

    object_head_drop(at, w, HEAD_DELETED, head);
    if (policy != NULL)
        store_write_delete(w,
                           row_key_make(&k, policy, at->vault->id.text, head->name.key, NULL));
    if (at->kind == KIND_CERTIFICATE)
        cert_operation_sweep(at, w, head->name.key);
}

/* The heads of what is purged: of all its kinds, one behind the other. */
struct purge {
    unsigned n;
    struct vault_at of[TRIO__MAX];
    struct object_head head[TRIO__MAX];
    struct version_sweep sweep[TRIO__MAX];
};

static enum err
purge_heads(const struct vault_at *at, const struct object_head *head, struct purge *out)
{
    const enum object_kind *kinds;

    *out = (struct purge){ .n = kinds_of(at, &kinds) };
    for (unsigned i = 0; i < out->n; i++) {
        enum err e;

        out->of[i] = vault_at_kind(at, kinds[i]);
        e = object_head_get(&out->of[i], HEAD_DELETED, head->name.key, &out->head[i]);
        if (e != ERR_OK)
            return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
    }
    return ERR_OK;
}

/* After its versions; not `all`: somebody goes on. */
static void
purge_head(const struct purge *p, unsigned i, bool all, struct store_write *w)
{
    struct object_head head = p->head[i];

    if (all) {
        drop_rest(&p->of[i], w, &head);
        return;
    }
    /* One of the trio may have come to its end before the others: its chain is empty then. */
    head.newest = p->sweep[i].rest;
    head.purging = true;
    head.purge = 0; /* due at once: the clerk goes on */
    object_head_put(&p->of[i], w, HEAD_DELETED, &head);
}

/* Deletes as many versions as one commit takes, and with the last of them the heads. */
static enum err
purge_some(const struct vault_at *at, const struct object_head *head, struct store_write *w)
{
    struct object_head rest = *head;
    bool all = true;
    struct purge p;
    enum err e = purge_heads(at, head, &p);

    vault_expect(w, at->vault);
    schedule_drop(at, w, head);
    for (unsigned i = 0; i < p.n && e == ERR_OK; i++) {
        p.sweep[i] = (struct version_sweep){
            .at = &p.of[i], .name = head->name.key, .write = w, .max = PURGE_BATCH / p.n
        };
        e = sweep_versions(&p.sweep[i], &p.head[i]);
        all &= p.sweep[i].is_last;
    }
    if (e != ERR_OK)
        return e;
    for (unsigned i = 0; i < p.n; i++)
        purge_head(&p, i, all, w);
    rest.purge = 0;
    if (!all)
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
