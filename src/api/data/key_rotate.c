/* SPDX-License-Identifier: Apache-2.0 */
/* key_rotate.c - POST rotate, and GET and PUT of the policy that does it by the clock (C10). */
#include "vault/key_rotate.h"

#include <stdlib.h>

#include "api/data/key_fail.h"
#include "api/data/key_json.h"
#include "api/data/keys.h"
#include "api/data/object.h"
#include "api/data/rotation_policy_body.h"
#include "base/clock.h"

static enum err
rotate_begin(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct key_rotation *r = calloc(1, sizeof(*r));
    struct object_name name;
    enum err e;

    if (r == NULL)
        return ERR_NOMEM;
    x->state = r;
    x->state_free = free;
    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = key_rotate_begin(&at, &name, r);
    if (e != ERR_OK)
        return e;
    x->cost = quota_cost_new(r->home == HOME_TOKEN);
    key_rotate_ask(&at, r, sink_sec(&x->ask));
    x->ask_op = KEEPER_KEYPAIR_NEW;
    x->ask_of = r->home;
    return ERR_OK;
}

static enum err
rotate_end(struct exchange *x, struct buf *detail)
{
    struct vault_at at = object_at(x);
    struct object o;
    enum err e;

    e = key_rotate_compose(&at, x->state, secbuf_span(&x->answer), clock_now(), &x->write,
                           detail, &o);
    /* Rotated by somebody else meanwhile: there is a new version, but not this caller's. */
    if (e == ERR_CONFLICT)
        return ERR_BUSY;
    if (e != ERR_OK)
        return e;
    object_note(x, o.head.name.spelled, o.v.id.text);
    object_reply(x, 200);
    e = key_wire.note(x, &o);
    return e == ERR_OK ? key_wire.put_bundle(x, &o, sink_sec(&x->resp.body)) : e;
}

enum next
api_key_rotate(struct exchange *x)
{
    struct buf detail;
    enum err e;

    if (x->step == 0) {
        e = rotate_begin(x);
        return e == ERR_OK ? NEXT_KEEPER : key_fail(x, e, "rotate", "");
    }
    e = key_provider_err(x->answer_err, ERR_KEY_DATA);
    buf_init(&detail, DETAIL_MAX);
    if (e == ERR_OK)
        e = rotate_end(x, &detail);
    buf_release(&detail);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : key_fail(x, e, "rotate", "");
}

/* The key must be there; its name as it was first spelled. */
static enum err
find(struct exchange *x, struct object_name *name, struct rotation_policy *policy,
     struct object *key)
{
    struct vault_at at = object_at(x);
    enum err e = object_name(x, name);

    if (e != ERR_OK)
        return e;
    object_note(x, name->spelled, NULL);
    e = object_get(&at, name, NULL, key);
    if (e != ERR_OK)
        return e;
    *name = key->head.name;
    object_note(x, name->spelled, NULL);
    return rotation_policy_get(&at, name->key, policy);
}

enum next
api_key_get_rotation_policy(struct exchange *x)
{
    struct rotation_policy policy;
    struct object_name name;
    struct object key;
    enum err e = find(x, &name, &policy, &key);

    if (e != ERR_OK)
        return key_fail(x, e, "get", "");
    object_reply(x, 200);
    rotation_policy_put_body(x, &name, &policy, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_REPLY);
}

/* PUT replaces; `created` stays from the first one. */
enum next
api_key_set_rotation_policy(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct rotation_policy old, policy;
    struct object_name name;
    struct object key;
    const char *why = "";
    enum err e;

    e = object_name(x, &name);
    if (e == ERR_OK)
        e = rotation_policy_body_read(x->req->body, &policy);
    if (e == ERR_OK && rotation_policy_check(&policy, &why) != ERR_OK)
        e = ERR_BAD_PARAMETER;
    if (e == ERR_OK)
        e = find(x, &name, &old, &key);
    if (e == ERR_OK && key.head.managed)
        e = ERR_MANAGED;
    if (e != ERR_OK)
        return key_fail(x, e, "setRotationPolicy", why);
    policy.stored = true;
    policy.updated = clock_now();
    policy.created = old.stored ? old.created : policy.updated;
    policy.revision = old.revision;
    rotation_policy_put(&at, &x->write, name.key, &policy);
    object_reply(x, 200);
    rotation_policy_put_body(x, &name, &policy, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_COMMIT);
}
