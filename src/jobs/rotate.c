/* SPDX-License-Identifier: Apache-2.0 */
/* rotate.c - walks the schedule of rotations and notices in order of time. */
#include "jobs/rotate.h"

#include <stdio.h>

#include "base/log.h"
#include "jobs/schedule.h"
#include "vault/key_leftover.h"
#include "vault/rotation.h"

enum { QUESTION_MAX_BYTES = 64 * 1024, ANSWER_BYTES = 64 * 1024, URL_MAX = 400 };

static bool
is_damage(enum err e)
{
    return err_class_of(e) == ERR_CLASS_INTEGRITY;
}

/* Each key its own while, the same at every turn (FNV-1a). */
static int64_t
jitter_of(struct span key)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.ptr[i]) * 16777619u;
    return (int64_t)(h % ROTATE_JITTER);
}

/* Where the record says it happened: no host is known here. */
static struct span
url_of(const struct rotation_due *due, char out[static URL_MAX])
{
    int n = snprintf(out, URL_MAX, "%s/keys/%s/%s", due->vault->arm_id, due->name.spelled,
                     due->version.text);

    return span_of(out, n < 0 ? 0 : (size_t)n < URL_MAX ? (size_t)n : URL_MAX - 1);
}

/* A key that was made in the token for a version that somebody else's change forestalled. */
static void
regret(struct desk *d, const struct rotation_due *due, const struct store_write *made)
{
    struct desk_deed deed = { .operation = "KeyPurge", .vault = due->vault };
    struct store_view *view;
    struct store_write w;

    if (due->rotation.home != HOME_TOKEN || store_begin(d->store, &view) != ERR_OK)
        return;
    store_write_init(&w);
    key_leftover_regret(d->rows, view, buf_span(&made->bytes), &w);
    store_end(view);
    if (!store_write_is_empty(&w) && desk_commit(d, &w, &deed) != ERR_OK)
        log_warn("a key of %s stays in the token unused", due->name.spelled);
    store_write_release(&w);
}

/* The new version: asked for without a snapshot, committed from a newer one. */
static enum err
rotate_one(struct desk *d, const struct rotation_due *due, int64_t now)
{
    struct vault_at at = { .rows = d->rows, .vault = due->vault, .kind = KIND_KEY };
    struct secbuf question, answer;
    struct store_write w;
    struct object out;
    struct buf detail;
    char url[URL_MAX];
    struct desk_deed deed = { .operation = "KeyRotateIfDue", .vault = due->vault };
    enum err e;

    secbuf_init(&question, QUESTION_MAX_BYTES);
    secbuf_init(&answer, ANSWER_BYTES);
    store_write_init(&w);
    buf_init(&detail, DETAIL_MAX);
    deed.object_url = url_of(due, url);
    key_rotate_ask(&at, &due->rotation, sink_sec(&question));
    e = question.err != ERR_OK
            ? question.err
            : desk_ask_home(d, due->rotation.home, KEEPER_KEYPAIR_NEW, &question, &answer);
    if (e == ERR_OK)
        e = store_begin(d->store, &at.view);
    if (e == ERR_OK) {
        e = key_rotate_compose(&at, &due->rotation, secbuf_span(&answer), now, &w, &detail,
                               &out);
        store_end(at.view);
        if (e == ERR_OK)
            e = desk_commit(d, &w, &deed);
        if (e == ERR_CONFLICT)
            regret(d, due, &w);
    }
    buf_release(&detail);
    store_write_release(&w);
    secbuf_release(&answer);
    secbuf_release(&question);
    return e;
}

static enum err
notify_one(struct desk *d, const struct rotation_due *due, const struct store_write *w)
{
    struct desk_deed deed = { .operation = "KeyNearExpiryEventGridNotification",
                              .vault = due->vault };
    char url[URL_MAX];
    enum err e;

    deed.object_url = url_of(due, url);
    e = desk_commit(d, w, &deed);
    if (e == ERR_OK)
        log_info("key %s of vault %s expires soon", due->name.spelled, due->vault->name);
    return e;
}

/* What stands behind `after`. ERR_NOT_FOUND: nothing more is due. *passed: left alone. */
static enum err
rotate_step(struct desk *d, int64_t now, struct schedule_key *after, bool *passed)
{
    struct rotation_due due = { .vault = NULL };
    struct desk_deed drop = { .operation = "KeyRotateIfDue" };
    struct schedule_key row = { .len = 0 };
    struct store_view *view;
    struct store_write w;
    struct span key;
    enum err e = store_begin(d->store, &view);

    *passed = false;
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = schedule_next(view, ROTATION_SCHEDULE "/", after, &row);
    key = schedule_span(&row);
    if (e == ERR_OK)
        e = rotation_due(d->rows, view, key, now, &w, &due);
    store_end(view);
    *passed = is_damage(e) || e == ERR_NO_VAULT ||
              (e == ERR_OK && due.deed == ROTATION_ROTATE && now < due.when + jitter_of(key));
    if (*passed)
        *after = row;
    else if (e == ERR_OK && due.deed == ROTATION_ROTATE)
        e = rotate_one(d, &due, now);
    else if (e == ERR_OK && due.deed == ROTATION_NOTIFY)
        e = notify_one(d, &due, &w);
    else if (e == ERR_OK)
        e = desk_commit(d, &w, &drop);
    if (e != ERR_OK && !*passed && e != ERR_NOT_FOUND) {
        *after = row; /* one that fails must not keep the others from their day */
        *passed = err_class_of(e) != ERR_CLASS_RETRY;
    }
    vault_unref(due.vault);
    store_write_release(&w);
    return e;
}

enum err
rotate_due(struct desk *d, int64_t now, unsigned limit, unsigned *done)
{
    struct schedule_key after = { .len = 0 };
    enum err e, first = ERR_OK;
    unsigned looked = 0;
    bool passed;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    while (*done < limit && looked++ < 10 * limit) {
        e = rotate_step(d, now, &after, &passed);
        if (e == ERR_NOT_FOUND)
            break;
        if (e == ERR_OK && !passed)
            ++*done;
        if (e != ERR_OK && e != ERR_NO_VAULT && e != ERR_CONFLICT && first == ERR_OK)
            first = e;
        if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
            return e;
    }
    return first;
}

/* ------------------------------------------------------------------ leftovers */

static enum err
destroy_one(struct desk *d, struct row_key *after)
{
    struct desk_deed deed = { .operation = "KeyPurge" };
    struct key_leftover l;
    struct key_place place;
    struct store_view *view;
    struct secbuf question;
    struct store_write w;
    bool lives = false;
    enum err e = store_begin(d->store, &view);

    if (e != ERR_OK)
        return e;
    secbuf_init(&question, QUESTION_MAX_BYTES);
    e = key_leftover_next(d->rows, view, span_of(after->text, after->len), &l);
    if (e != ERR_NOT_FOUND)
        *after = l.key;
    if (e == ERR_OK)
        e = key_leftover_lives(view, span_of(l.key.text, l.key.len), &lives);
    if (e == ERR_OK) {
        place = key_leftover_place(&l);
        keeper_pack_key_destroy(sink_sec(&question), &place);
    }
    store_end(view);
    store_write_init(&w);
    if (e == ERR_OK && !lives)
        e = desk_ask_home(d, HOME_TOKEN, KEEPER_KEY_DESTROY, &question, NULL);
    if (e == ERR_OK) {
        key_leftover_drop(&w, &l);
        deed.object_url = span_of(l.key.text, l.key.len);
        e = desk_commit(d, &w, &deed);
    }
    store_write_release(&w);
    secbuf_release(&question);
    return e;
}

enum err
leftovers_destroy(struct desk *d, unsigned limit, unsigned *done)
{
    struct row_key after = { .len = 0 };
    enum err e, damage = ERR_OK;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    if (d->token == NULL)
        return ERR_OK;
    for (unsigned i = 0; i < limit; i++) {
        e = destroy_one(d, &after);
        if (e == ERR_NOT_FOUND)
            break;
        if (e == ERR_OK)
            ++*done;
        else if (is_damage(e))
            damage = e;
        else
            return e;
    }
    return damage;
}
