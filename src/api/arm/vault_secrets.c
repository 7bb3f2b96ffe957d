/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_secrets.c - secrets as resources (management-plane.md B.9), for templates: values go
 * in and never come out. A PUT on a secret that is there makes a new version.
 */
#include <stdlib.h>

#include "api/arm/handlers.h"
#include "api/arm/vault_objects.h"
#include "api/data/object.h"
#include "api/data/object_body.h"
#include "base/clock.h"
#include "vault/secret.h"

struct secret_put {
    struct jsn *root;
    struct object_name name;
    struct hex32 id;
    struct span value;
    struct object_change change;
    bool is_new, is_patch;
    uint8_t detail[SECRET_DETAIL_MAX]; /* backs change.detail */
};

static void
put_free(void *state)
{
    struct secret_put *s = state;

    jsn_free(s->root);
    free(s);
}

static enum err
put_secret(const struct exchange *x, const struct object *o, struct jsw *w)
{
    struct secret_detail d;
    enum err e = secret_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    arm_object_open(x, o, false, w);
    arm_object_uris(x, o, w);
    if (d.has_type)
        jsw_span(w, "contentType", d.content_type);
    jsw_end(w);
    jsw_end(w);
    return ERR_OK;
}

static enum next
answer(struct exchange *x, const struct object *o, unsigned status, enum next next)
{
    struct jsw w = arm_reply(x, status);
    enum err e = put_secret(x, o, &w);

    return e == ERR_OK ? arm_finish(x, next) : arm_object_fail(x, e, "");
}

enum next
api_arm_secret_get(struct exchange *x)
{
    struct object o;
    enum err e = arm_object_vault(x);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_object_get(x, false, &o);
    return e == ERR_OK ? answer(x, &o, 200, NEXT_REPLY) : arm_object_fail(x, e, "");
}

enum next
api_arm_secrets(struct exchange *x)
{
    return arm_object_list(x, false, put_secret);
}

/* The same bounds as the data plane's. */
static enum err
read_body(struct exchange *x, struct secret_put *s, bool *has_value)
{
    const struct jsn *p = NULL;
    struct span type = { 0 };
    enum jsn_got got;
    enum err e = arm_body(x, &s->root);

    if (e != ERR_OK)
        return e;
    if (jsn_get_object(s->root, "properties", &p) != JSN_OK ||
        !object_body_attrs(p, &s->change.attrs) ||
        !object_body_tags(s->root, MAX_TAG_CHARS, &s->change.has_tags, &s->change.tags))
        return ERR_BAD_BODY;
    got = jsn_get_str(p, "contentType", &type);
    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && (utf16_len(type) > MAX_CONTENT_TYPE ||
                           !secret_detail_set(&s->change, type, s->detail))))
        return ERR_BAD_BODY;
    got = jsn_get_str(p, "value", &s->value);
    *has_value = got == JSN_OK;
    if (got == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    return utf16_len(s->value) <= MAX_SECRET_CHARS ? ERR_OK : ERR_VALUE_TOO_LARGE;
}

static struct secret_put *
begin(struct exchange *x)
{
    struct secret_put *s = calloc(1, sizeof(*s));

    x->state = s;
    x->state_free = put_free;
    return s;
}

/* Without a value what is there is changed as it stands. */
static enum next
update(struct exchange *x, struct secret_put *s)
{
    struct vault_at at = object_at(x);
    struct object o;
    enum err e = object_update(&at, &s->name, NULL, &s->change, clock_now(), &x->write, &o);

    return e == ERR_OK ? answer(x, &o, 200, NEXT_COMMIT) : arm_object_fail(x, e, "");
}

static enum next
put_begin(struct exchange *x, bool patch)
{
    struct vault_at at;
    struct object_head head;
    bool has_value = false;
    struct secret_put *s = begin(x);
    enum err e = s == NULL ? ERR_NOMEM : arm_object_vault(x);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_object_name(x, &s->name);
    if (e == ERR_OK)
        e = read_body(x, s, &has_value);
    if (e != ERR_OK)
        return arm_object_fail(x, e, "");
    if (patch && !has_value)
        return update(x, s);
    if (!has_value)
        return arm_object_fail(x, ERR_BAD_BODY, "The property 'value' is required.");
    at = object_at(x);
    e = object_check_add(&at, &s->name, &head);
    if (e == ERR_OK && patch && head.revision == 0)
        e = ERR_SECRET_NOT_FOUND;
    if (e != ERR_OK)
        return arm_object_fail(x, e, "");
    s->is_new = head.revision == 0;
    s->is_patch = patch;
    s->id = object_version_id();
    secret_ask_seal(&at, &s->name, &s->id, s->value, sink_sec(&x->ask));
    x->ask_op = KEEPER_SEAL;
    return NEXT_KEEPER;
}

/* A patch leaves what it does not name as it is, also where its value makes a new version. */
static enum err
inherit(const struct vault_at *at, const struct secret_put *s, struct object_change *c)
{
    struct attrs_change *a = &c->attrs;
    struct object o;
    enum err e = object_get(at, &s->name, NULL, &o);

    if (e != ERR_OK)
        return e;
    if (!a->has_enabled)
        a->enabled = o.v.attrs.enabled;
    if (!a->has_nbf && (a->has_nbf = o.v.attrs.has_nbf))
        a->nbf = o.v.attrs.nbf;
    if (!a->has_exp && (a->has_exp = o.v.attrs.has_exp))
        a->exp = o.v.attrs.exp;
    a->has_enabled = true;
    if (!c->has_tags)
        c->tags = o.v.tags;
    if (!c->has_detail)
        c->detail = o.v.detail;
    return ERR_OK;
}

static enum next
put_end(struct exchange *x)
{
    const struct secret_put *s = x->state;
    struct vault_at at = object_at(x);
    struct object_change change = s->change;
    struct object o;
    enum err e = object_keeper_err(x->answer_err);

    if (e == ERR_OK && s->is_patch)
        e = inherit(&at, s, &change);
    if (e == ERR_OK)
        e = object_add(&at, &s->name, &s->id, &change, secbuf_span(&x->answer), clock_now(),
                       &x->write, &o);
    if (e != ERR_OK)
        return arm_object_fail(x, e, "");
    object_note(x, o.head.name.spelled, o.v.id.text);
    return answer(x, &o, s->is_new ? 201 : 200, NEXT_COMMIT);
}

enum next
api_arm_secret_put(struct exchange *x)
{
    return x->step == 0 ? put_begin(x, false) : put_end(x);
}

enum next
api_arm_secret_patch(struct exchange *x)
{
    return x->step == 0 ? put_begin(x, true) : put_end(x);
}
