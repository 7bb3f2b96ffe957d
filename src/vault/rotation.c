/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.c - the schedule of rotations and notices, kept in step with the heads of keys. */
#include "vault/rotation.h"

#include "vault/due.h"

_Static_assert((int)ACTION__MAX == (int)HEAD_ACTIONS, "heads have room for each action");

static const char letters[ACTION__MAX] = { [ACTION_ROTATE] = 'r', [ACTION_NOTIFY] = 'n' };

void
rotation_plan(const struct vault_at *at, struct store_write *w, struct object_head *head,
              const struct attrs *current, const struct rotation_policy *p)
{
    for (int a = 0; a < ACTION__MAX; a++) {
        int64_t when = 0;

        if (p == NULL || head->managed ||
            !rotation_policy_due(p, (enum lifetime_action)a, current, &when))
            when = 0;
        if (when == head->done[a])
            when = 0; /* that was done already */
        if (when == head->due[a])
            continue;
        if (head->due[a] != 0)
            due_drop(at, w, ROTATION_SCHEDULE, head->due[a], letters[a], head->name.key);
        if (when != 0)
            due_put(at, w, ROTATION_SCHEDULE, when, letters[a], head->name.key);
        head->due[a] = when;
    }
}

enum err
rotation_follow(const struct vault_at *at, struct store_write *w, struct object_head *head,
                const struct attrs *current)
{
    struct rotation_policy p;
    enum err e;

    if (at->kind != KIND_KEY)
        return ERR_OK;
    e = rotation_policy_get(at, head->name.key, &p);
    if (e == ERR_OK)
        rotation_plan(at, w, head, current, &p);
    return e;
}

enum err
rotation_follow_policy(const struct vault_at *at, struct store_write *w, const char *name,
                       const struct rotation_policy *p)
{
    struct object_head head;
    struct object o;
    enum err e;

    bug_on(at->kind != KIND_KEY);
    e = object_head_get(at, HEAD_LIVE, name, &head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_KEY_NOT_FOUND : e;
    if (head.managed)
        return ERR_MANAGED;
    e = object_get_current(at, &head, &o);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    rotation_plan(at, w, &head, &o.v.attrs, p);
    object_head_put(at, w, HEAD_LIVE, &head);
    return store_write_err(w);
}

static enum lifetime_action
action_of(char letter)
{
    return letter == letters[ACTION_ROTATE] ? ACTION_ROTATE : ACTION_NOTIFY;
}

static void
mark_told(const struct vault_at *at, struct store_write *w, const struct object_head *from)
{
    struct object_head head = *from;

    vault_expect(w, at->vault);
    due_drop(at, w, ROTATION_SCHEDULE, head.due[ACTION_NOTIFY], letters[ACTION_NOTIFY],
             head.name.key);
    head.done[ACTION_NOTIFY] = head.due[ACTION_NOTIFY];
    head.due[ACTION_NOTIFY] = 0;
    object_head_put(at, w, HEAD_LIVE, &head);
}

static enum err
compose(const struct vault_at *at, enum lifetime_action a, const struct object *o,
        struct store_write *w, struct rotation_due *out)
{
    out->name = o->head.name;
    out->version = o->v.id;
    out->has_exp = o->v.attrs.has_exp;
    out->exp = o->v.attrs.exp;
    if (a == ACTION_ROTATE) {
        out->deed = ROTATION_ROTATE;
        return key_rotate_begin(at, &o->head.name, &out->rotation);
    }
    out->deed = ROTATION_NOTIFY;
    mark_told(at, w, &o->head);
    return store_write_err(w);
}

enum err
rotation_due(const struct rows *rows, struct store_view *view, struct span key, int64_t now,
             struct store_write *w, struct rotation_due *out)
{
    struct vault_at at = { .rows = rows, .view = view, .kind = KIND_KEY };
    enum lifetime_action a;
    struct due_row row;
    struct object o;
    enum err e;

    *out = (struct rotation_due){ .deed = ROTATION_DROP };
    e = due_get(rows, view, ROTATION_SCHEDULE, "rn", key, now, &row);
    if (e != ERR_OK)
        return e;
    a = action_of(row.letter);
    at.vault = row.vault;
    out->when = row.when;
    e = due_object(&at, &row, a, &o);
    if (e == ERR_OK)
        e = compose(&at, a, &o, w, out);
    if (e == ERR_OK) {
        out->vault = row.vault;
        return ERR_OK;
    }
    vault_unref(row.vault);
    if (e != ERR_NOT_FOUND)
        return e;
    due_drop_stale(w, key, &row);
    return store_write_err(w);
}
