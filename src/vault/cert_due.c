/* SPDX-License-Identifier: Apache-2.0 */
/* cert_due.c - the schedule of renewals and notices, kept in step with the heads. */
#include "vault/cert_due.h"

#include <stdlib.h>

#include "vault/due.h"

enum { DAY = 86400 };

_Static_assert((int)CERT_ACT__MAX == (int)HEAD_ACTIONS, "heads have room for each act");

static const char letters[CERT_ACT__MAX] = { [CERT_RENEW] = 'r', [CERT_TELL] = 'e' };

static int64_t
action_time(const struct policy_action *a, const struct attrs *v)
{
    int64_t life = v->exp - v->nbf;
    int64_t when =
        a->by_days ? v->exp - (int64_t)a->value * DAY : v->nbf + life / 100 * a->value;

    return when <= v->nbf ? v->nbf + life / 5 * 4 : when;
}

bool
cert_due_time(const struct cert_policy *p, enum cert_act act, const struct attrs *a,
              int64_t *when)
{
    enum cert_deed deed = act == CERT_RENEW ? DEED_RENEW : DEED_EMAIL;
    bool any = false;

    if (!p->enabled || !a->enabled || !a->has_exp || !a->has_nbf || a->exp <= a->nbf ||
        (act == CERT_RENEW && cert_policy_is_unknown(p)))
        return false;
    for (unsigned i = 0; i < p->nactions; i++) {
        int64_t t = action_time(&p->action[i], a);

        if (p->action[i].deed != deed || (any && t >= *when))
            continue;
        *when = t;
        any = true;
    }
    return any;
}

int64_t
cert_retry_after(unsigned failed, struct span name)
{
    int64_t wait = CERT_RETRY_FIRST;
    uint32_t h = 2166136261u; /* FNV-1a */

    for (unsigned i = 1; i < failed && wait < CERT_RETRY_LAST; i++)
        wait *= 2;
    if (wait > CERT_RETRY_LAST)
        wait = CERT_RETRY_LAST;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ name.ptr[i]) * 16777619u;
    return wait + (int64_t)(h % (uint32_t)(wait / 2));
}

/* hint: when the issuer would have it renewed; 0: he says nothing. */
static int64_t
due_time(const struct object_head *head, enum cert_act act, const struct attrs *current,
         const struct cert_policy *p, int64_t hint)
{
    int64_t when;

    if (p == NULL || !cert_due_time(p, act, current, &when))
        return 0;
    if (act == CERT_TELL && head->done[CERT_TELL] != 0)
        return 0;
    if (act == CERT_RENEW && hint != 0 && hint < when)
        when = hint;
    if (act == CERT_RENEW && when < head->done[CERT_RENEW])
        when = head->done[CERT_RENEW];
    return when < 1 ? 1 : when;
}

static void
move(const struct vault_at *at, struct store_write *w, struct object_head *head,
     enum cert_act act, int64_t when)
{
    if (when == head->due[act])
        return;
    if (head->due[act] != 0)
        due_drop(at, w, CERT_SCHEDULE, head->due[act], letters[act], head->name.key);
    if (when != 0)
        due_put(at, w, CERT_SCHEDULE, when, letters[act], head->name.key);
    head->due[act] = when;
}

static void
plan(const struct vault_at *at, struct store_write *w, struct object_head *head,
     const struct attrs *current, const struct cert_policy *p, const struct cert_hint *hint)
{
    int64_t suggested = hint == NULL ? 0 : cert_hint_time(hint, current);

    for (int act = 0; act < CERT_ACT__MAX; act++)
        move(at, w, head, (enum cert_act)act,
             due_time(head, (enum cert_act)act, current, p, suggested));
}

void
cert_due_plan(const struct vault_at *at, struct store_write *w, struct object_head *head,
              const struct attrs *current, const struct cert_policy *p)
{
    struct cert_hint hint;
    /* One that cannot be read is none: then the policy's own day stands. */
    bool has_hint = p != NULL && cert_hint_get(at, head->name.key, &hint) == ERR_OK &&
                    strcmp(hint.version.text, head->current.text) == 0;

    plan(at, w, head, current, p, has_hint ? &hint : NULL);
}

enum err
cert_due_follow(const struct vault_at *at, struct store_write *w, struct object_head *head,
                const struct attrs *current)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    enum err e = p == NULL ? ERR_NOMEM : cert_policy_get(at, head->name.key, p);

    if (e == ERR_OK || e == ERR_NOT_FOUND)
        cert_due_plan(at, w, head, current, e == ERR_OK ? p : NULL);
    free(p);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The live certificate, its current version, and w expecting its vault. */
static enum err
current_of(const struct vault_at *at, const char *name, struct store_write *w,
           struct object *out)
{
    enum err e;

    bug_on(at->kind != KIND_CERTIFICATE);
    e = object_head_get(at, HEAD_LIVE, name, &out->head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_CERTIFICATE_NOT_FOUND : e;
    vault_expect(w, at->vault);
    return object_get_current(at, &out->head, out);
}

enum err
cert_due_follow_policy(const struct vault_at *at, struct store_write *w, const char *name,
                       const struct cert_policy *p)
{
    struct object o;
    enum err e = current_of(at, name, w, &o);

    if (e != ERR_OK)
        return e;
    o.head.done[CERT_RENEW] = 0;
    cert_due_plan(at, w, &o.head, &o.v.attrs, p);
    object_head_put(at, w, HEAD_LIVE, &o.head);
    return store_write_err(w);
}

enum err
cert_due_postpone(const struct vault_at *at, struct store_write *w, const char *name,
                  int64_t until)
{
    struct object o;
    enum err e = current_of(at, name, w, &o);

    if (e != ERR_OK)
        return e;
    o.head.done[CERT_RENEW] = until;
    e = cert_due_follow(at, w, &o.head, &o.v.attrs);
    object_head_put(at, w, HEAD_LIVE, &o.head);
    return e == ERR_OK ? store_write_err(w) : e;
}

enum err
cert_due_hint(const struct vault_at *at, struct store_write *w, const char *name,
              const struct cert_hint *hint)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    struct object o;
    enum err e = p == NULL ? ERR_NOMEM : current_of(at, name, w, &o);

    if (e == ERR_OK && strcmp(o.head.current.text, hint->version.text) != 0)
        e = ERR_CONFLICT;
    if (e == ERR_OK)
        e = cert_policy_get(at, name, p);
    if (e == ERR_OK || e == ERR_NOT_FOUND) {
        plan(at, w, &o.head, &o.v.attrs, e == ERR_OK ? p : NULL, hint->ask == 0 ? NULL : hint);
        object_head_put(at, w, HEAD_LIVE, &o.head);
        if (hint->ask == 0)
            cert_hint_drop(at, w, name);
        else
            cert_hint_put(at, w, name, hint);
        e = store_write_err(w);
    }
    free(p);
    return e;
}

enum err
cert_operation_fail(const struct vault_at *at, const char *name, struct cert_operation *op,
                    int64_t now, struct store_write *w)
{
    op->state = OPERATION_FAILED;
    if (op->failures < OPERATION_FAILURES_MAX)
        op->failures++;
    cert_operation_put(at, w, name, op);
    return cert_due_postpone(at, w, name, now + cert_retry_after(op->failures, span_str(name)));
}

/* ------------------------------------------------------------------------ the clerk */

enum err
cert_due_get(const struct rows *rows, struct store_view *view, struct span key, int64_t now,
             struct store_write *w, struct cert_due *out)
{
    struct vault_at at = { .rows = rows, .view = view, .kind = KIND_CERTIFICATE };
    struct due_row row;
    enum err e;

    *out = (struct cert_due){ .stale = false };
    e = due_get(rows, view, CERT_SCHEDULE, "re", key, now, &row);
    if (e != ERR_OK)
        return e;
    out->act = row.letter == letters[CERT_RENEW] ? CERT_RENEW : CERT_TELL;
    out->when = row.when;
    at.vault = row.vault;
    e = due_object(&at, &row, out->act, &out->cert);
    if (e == ERR_OK) {
        out->vault = row.vault;
        return ERR_OK;
    }
    vault_unref(row.vault);
    if (e != ERR_NOT_FOUND)
        return e;
    out->stale = true;
    due_drop_stale(w, key, &row);
    return store_write_err(w);
}

enum err
cert_due_told(const struct vault_at *at, struct store_write *w, const struct object_head *from,
              int64_t now)
{
    struct object_head head = *from;

    vault_expect(w, at->vault);
    head.done[CERT_TELL] = now;
    move(at, w, &head, CERT_TELL, 0);
    object_head_put(at, w, HEAD_LIVE, &head);
    return store_write_err(w);
}
