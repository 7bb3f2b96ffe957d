/* SPDX-License-Identifier: Apache-2.0 */
/* secret_write.c - PUT of a new version, PATCH of what describes one. */
#include <stdlib.h>

#include "api/data/object.h"
#include "api/data/object_fail.h"
#include "api/data/secret_body.h"
#include "api/data/secret_json.h"
#include "api/data/secrets.h"
#include "base/clock.h"

struct set_state {
    struct secret_body body;
    struct object_name name;
    struct hex32 id;
};

static void
set_free(void *state)
{
    struct set_state *s = state;

    secret_body_release(&s->body);
    free(s);
}

static enum err
set_begin(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_head head;
    struct set_state *s = calloc(1, sizeof(*s));
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    x->state = s;
    x->state_free = set_free;
    e = object_name(x, &s->name);
    if (e != ERR_OK)
        return e;
    object_note(x, s->name.spelled, NULL);
    e = secret_body_read(SECRET_BODY_SET, x->req->body, &s->body);
    if (e != ERR_OK)
        return e;
    e = object_check_add(&at, &s->name, &head);
    if (e != ERR_OK)
        return e;
    s->id = object_version_id();
    secret_ask_seal(&at, &s->name, &s->id, s->body.value, sink_sec(&x->ask));
    return ERR_OK;
}

static enum err
set_end(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct set_state *s = x->state;
    struct object out;
    enum err e;

    e = object_add(&at, &s->name, &s->id, &s->body.change, secbuf_span(&x->answer), clock_now(),
                   &x->write, &out);
    if (e != ERR_OK)
        return e;
    object_note(x, out.head.name.spelled, out.v.id.text);
    secret_note(x, &out);
    object_reply(x, 200);
    secret_put_bundle(x, &out, &s->body.value, sink_sec(&x->resp.body));
    return ERR_OK;
}

enum next
api_secret_set(struct exchange *x)
{
    enum err e;

    if (x->step == 0) {
        e = set_begin(x);
        x->ask_op = KEEPER_SEAL;
        return e == ERR_OK ? NEXT_KEEPER : object_fail(x, e, "set");
    }
    e = object_keeper_err(x->answer_err);
    if (e == ERR_OK)
        e = set_end(x);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : object_fail(x, e, "set");
}

static enum err
update(struct exchange *x, const struct secret_body *body)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    struct object out;
    bool has;
    enum err e;

    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    e = object_version(x, &version, &has);
    if (e != ERR_OK)
        return e;
    e = object_update(&at, &name, has ? &version : NULL, &body->change, clock_now(), &x->write,
                      &out);
    if (e != ERR_OK)
        return e;
    object_note(x, out.head.name.spelled, out.v.id.text);
    secret_note(x, &out);
    object_reply(x, 200);
    secret_put_bundle(x, &out, NULL, sink_sec(&x->resp.body));
    return ERR_OK;
}

enum next
api_secret_update(struct exchange *x)
{
    struct secret_body body = { 0 };
    struct object_name name;
    enum err e;

    e = object_name(x, &name);
    if (e == ERR_OK) {
        object_note(x, name.spelled, NULL);
        e = secret_body_read(SECRET_BODY_UPDATE, x->req->body, &body);
    }
    if (e == ERR_OK)
        e = update(x, &body);
    secret_body_release(&body);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : object_fail(x, e, "update");
}
