/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_backup.c - POST backup and restore: one keeper step a version.
 *
 *   backup:  [new backup key ->] version 1 -> ... -> version n -> answer
 *   restore: version 1 -> ... -> version n -> commit
 */
#include <stdlib.h>

#include "api/data/object.h"
#include "api/data/object_body.h"
#include "api/data/object_fail.h"
#include "api/data/object_wire.h"
#include "base/clock.h"
#include "vault/backup.h"

struct backup_state {
    struct backup *backup;
    struct backup_key key;
    bool has_key;
    unsigned next; /* version that was asked for last */
};

static void
backup_state_free(void *state)
{
    struct backup_state *s = state;

    backup_free(s->backup);
    free(s);
}

static enum err
backup_start(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct backup_state *s = calloc(1, sizeof(*s));
    struct object_name name;
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    x->state = s;
    x->state_free = backup_state_free;
    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = backup_begin(&at, &name, clock_now(), &s->backup);
    if (e != ERR_OK)
        return e;
    e = backup_key_get(&at, &s->key);
    s->has_key = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* What has nothing sealed needs no keeper. */
static enum err
backup_skip(struct backup_state *s)
{
    enum err e = ERR_OK;

    while (e == ERR_OK && s->next < backup_count(s->backup) &&
           !backup_is_sealed(s->backup, s->next))
        e = backup_add(s->backup, s->next++, (struct span){ 0 });
    return e;
}

/* Takes in what the keeper said to the question of the step before. */
static enum err
backup_take(struct exchange *x, struct backup_state *s)
{
    struct vault_at at = object_at(x);
    enum err e = object_keeper_err(x->answer_err);

    if (e != ERR_OK)
        return e;
    if (!s->has_key) {
        s->has_key = true;
        return backup_key_adopt(&at, secbuf_span(&x->answer), &s->key);
    }
    return backup_add(s->backup, s->next++, secbuf_span(&x->answer));
}

static enum err
backup_reply(struct exchange *x, struct backup_state *s)
{
    struct vault_at at = object_at(x);
    struct jsw w = jsw_of(sink_buf(&x->resp.big_body));
    struct span blob;
    enum err e;

    e = backup_end(s->backup, x->rows, &blob);
    if (e != ERR_OK)
        return e;
    jsw_object(&w, NULL);
    jsw_b64url(&w, "value", blob);
    jsw_end(&w);
    object_reply(x, 200);
    backup_key_store(&at, &s->key, clock_now(), &x->write);
    return ERR_OK;
}

enum next
api_object_backup(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct backup_state *s;
    enum err e;

    e = x->step == 0 ? backup_start(x) : backup_take(x, x->state);
    s = x->state;
    if (e == ERR_OK)
        e = backup_skip(s);
    if (e == ERR_OK && s->has_key && s->next == backup_count(s->backup)) {
        e = backup_reply(x, s);
        if (e == ERR_OK)
            return object_finish(x, s->key.fresh ? NEXT_COMMIT : NEXT_REPLY);
    } else if (e == ERR_OK && !s->has_key) {
        backup_key_ask(&at, sink_sec(&x->ask));
        x->ask_op = KEEPER_KEY_NEW;
        return NEXT_KEEPER;
    } else if (e == ERR_OK) {
        e = backup_ask(s->backup, &at, s->next, &s->key, sink_sec(&x->ask));
        x->ask_op = KEEPER_TRANSFER;
        if (e == ERR_OK)
            return NEXT_KEEPER;
    }
    return object_fail(x, e, "backup");
}

struct restore_state {
    struct buf blob; /* backs restore */
    struct restore restore;
    struct backup_key key;
};

static void
restore_state_free(void *state)
{
    struct restore_state *s = state;

    buf_release(&s->blob);
    free(s);
}

static enum err
restore_start(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct restore_state *s = calloc(1, sizeof(*s));
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    x->state = s;
    x->state_free = restore_state_free;
    buf_init(&s->blob, BACKUP_BLOB_MAX);
    e = restore_body_read(x->req->body, &s->blob);
    if (e != ERR_OK)
        return e;
    e = restore_read(x->rows, &x->vault->subscription, x->route->kind, buf_span(&s->blob),
                     &s->restore);
    if (e != ERR_OK)
        return e;
    object_note(x, s->restore.name.spelled, NULL);
    e = restore_check(&at, &s->restore);
    if (e != ERR_OK)
        return e;
    e = backup_key_get(&at, &s->key);
    return e == ERR_NOT_FOUND ? ERR_BAD_BACKUP : e;
}

static enum err
restore_take(struct exchange *x, const struct restore_state *s)
{
    struct vault_at at = object_at(x);
    enum err e = object_keeper_err(x->answer_err);

    /* Sealed under a backup key that is no more. */
    if (e == ERR_INTEGRITY)
        return ERR_BAD_BACKUP;
    if (e == ERR_OK)
        restore_add(&at, &s->restore, secbuf_span(&x->answer), &x->write);
    return e;
}

static enum err
restore_reply(struct exchange *x, const struct restore_state *s)
{
    struct vault_at at = object_at(x);
    struct object out;
    enum err e;

    e = restore_end(&at, &s->restore, &x->write, &out);
    if (e != ERR_OK)
        return e;
    object_note(x, out.head.name.spelled, out.v.id.text);
    object_reply(x, 200);
    e = object_wire(x)->note(x, &out);
    if (e != ERR_OK)
        return e;
    if (object_wire(x)->put_restored != NULL)
        return object_wire(x)->put_restored(x, &out, s->restore.policy,
                                            sink_sec(&x->resp.body));
    return object_wire(x)->put_bundle(x, &out, sink_sec(&x->resp.body));
}

/* The path names no object; what the texts name is in the blob. */
static enum next
restore_fail(struct exchange *x, enum err e)
{
    const struct restore_state *s = x->state;
    char url[OBJECT_URL_MAX];

    if (e == ERR_RESTORE_CONFLICT) {
        object_url(x, object_kind_info(x->route->kind)->collection, s->restore.name.spelled,
                   s->restore.current.text, url);
        return exchange_fail(x, e, span_str(url));
    }
    return exchange_fail(x, e,
                         s == NULL ? (struct span){ 0 } : span_str(s->restore.name.spelled));
}

enum next
api_object_restore(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct restore_state *s;
    enum err e;

    e = x->step == 0 ? restore_start(x) : restore_take(x, x->state);
    s = x->state;
    if (e != ERR_OK)
        return restore_fail(x, e);
    while (restore_next(&s->restore)) {
        if (!restore_is_sealed(&s->restore)) {
            restore_add(&at, &s->restore, (struct span){ 0 }, &x->write);
            continue;
        }
        restore_ask(&at, &s->restore, &s->key, sink_sec(&x->ask));
        x->ask_op = KEEPER_TRANSFER;
        return NEXT_KEEPER;
    }
    e = restore_reply(x, s);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : restore_fail(x, e);
}
