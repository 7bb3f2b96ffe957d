/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_keys.c - keys as resources (management-plane.md B.8). A PUT makes a key where there is
 * none and answers the one that is there, unchanged.
 *
 * The body is written anew as the data plane's, and bound as that is: the same bounds, the
 * same words about what is wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/handlers.h"
#include "api/arm/vault_objects.h"
#include "api/data/key_body.h"
#include "api/data/key_json.h"
#include "api/data/object.h"
#include "auth/access.h"
#include "base/clock.h"

enum { KEY_TEXT_MAX = 256 * 1024 };

struct key_put {
    struct key_body body;
    struct object_name name;
    struct hex32 id;
    struct key_detail detail;
};

static void
put_free(void *state)
{
    struct key_put *s = state;

    key_body_release(&s->body);
    free(s);
}

/* ----------------------------------------------------------------------- answers */

/* ARM says "release" where the data plane says "export". */
static const char *
op_name(enum key_op op)
{
    return op == KEY_EXPORT ? "release" : key_op_name(op);
}

static void
put_key_members(const struct key_detail *d, struct jsw *w)
{
    jsw_str(w, "kty", key_kty(d));
    jsw_array(w, "keyOps");
    for (unsigned i = 0; i < d->nops; i++)
        jsw_str(w, NULL, op_name((enum key_op)d->ops[i]));
    jsw_end(w);
    if (d->public.type == KEY_RSA)
        jsw_i64(w, "keySize", (int64_t)d->public.n.len * 8);
    if (d->public.type == KEY_EC)
        jsw_str(w, "curveName", key_curve_name(d->public.curve));
}

static enum err
put_form(const struct exchange *x, const struct object *o, bool as_version, struct jsw *w)
{
    struct key_detail d;
    enum err e = key_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    arm_object_open(x, o, as_version, w);
    jsw_bool(w, "exportable", d.exportable);
    arm_object_uris(x, o, w);
    put_key_members(&d, w);
    jsw_end(w);
    jsw_end(w);
    return ERR_OK;
}

static enum err
put_key(const struct exchange *x, const struct object *o, struct jsw *w)
{
    return put_form(x, o, false, w);
}

static enum err
put_version(const struct exchange *x, const struct object *o, struct jsw *w)
{
    return put_form(x, o, true, w);
}

static enum next
answer(struct exchange *x, const struct object *o, bool as_version, enum next next)
{
    struct jsw w = arm_reply(x, 200);
    enum err e = put_form(x, o, as_version, &w);

    return e == ERR_OK ? arm_finish(x, next) : arm_object_fail(x, e, "");
}

/* ----------------------------------------------------------------------- reading */

/* Who reads a key of a vault with roles needs the right of the data plane too (B.8). */
static bool
may_read(struct exchange *x, struct span name)
{
    struct access_question q = { .caller = &x->caller,
                                 .vault = x->vault,
                                 .need = PERM_KEY_GET,
                                 .object = name,
                                 .cache = x->access_cache };
    struct access_answer a = { .allowed = false };

    if (!x->vault->rbac)
        return true;
    if (access_check(x->rows, x->view, &q, &a) == ERR_OK && a.allowed)
        return true;
    (void)arm_fail(x, 400, "ForbiddenByRbac",
                   "Caller is not authorized to perform action on resource. If role "
                   "assignments, deny assignments or role definitions were changed recently, "
                   "please observe propagation time. Action: "
                   "'Microsoft.KeyVault/vaults/keys/read'.");
    return false;
}

static enum next
get(struct exchange *x, bool version)
{
    struct object o;
    enum err e = arm_object_vault(x);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && !may_read(x, x->bind[3]))
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_object_get(x, version, &o);
    return e == ERR_OK ? answer(x, &o, version, NEXT_REPLY) : arm_object_fail(x, e, "");
}

enum next
api_arm_key_get(struct exchange *x)
{
    return get(x, false);
}

enum next
api_arm_key_version(struct exchange *x)
{
    return get(x, true);
}

static enum next
list(struct exchange *x, bool versions)
{
    enum err e = arm_object_vault(x);

    if (e == ERR_OK && !may_read(x, versions ? x->bind[3] : (struct span){ 0 }))
        return NEXT_REPLY;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    return arm_object_list(x, versions, versions ? put_version : put_key);
}

enum next
api_arm_keys(struct exchange *x)
{
    return list(x, false);
}

enum next
api_arm_key_versions(struct exchange *x)
{
    return list(x, true);
}

/* ----------------------------------------------------------------------- creation */

static bool
copy_text(const struct jsn *from, const char *name, struct jsw *to, const char *as)
{
    struct span text;
    enum jsn_got got = jsn_get_str(from, name, &text);

    if (got == JSN_OK)
        jsw_span(to, as, text);
    return got != JSN_WRONG_TYPE;
}

static bool
copy_number(const struct jsn *from, const char *name, struct jsw *to, const char *as)
{
    int64_t n;
    enum jsn_got got = jsn_get_i64(from, name, &n);

    if (got == JSN_OK)
        jsw_i64(to, as, n);
    return got != JSN_WRONG_TYPE;
}

static bool
copy_bool(const struct jsn *from, const char *name, struct jsw *to)
{
    bool b;
    enum jsn_got got = jsn_get_bool(from, name, &b);

    if (got == JSN_OK)
        jsw_bool(to, name, b);
    return got != JSN_WRONG_TYPE;
}

static bool
copy_attributes(const struct jsn *p, struct jsw *w)
{
    const struct jsn *a;
    enum jsn_got got = jsn_get_object(p, "attributes", &a);
    bool ok;

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    jsw_object(w, "attributes");
    ok = copy_bool(a, "enabled", w) && copy_bool(a, "exportable", w) &&
         copy_number(a, "nbf", w, "nbf") && copy_number(a, "exp", w, "exp");
    jsw_end(w);
    return ok;
}

static bool
copy_ops(const struct jsn *p, struct jsw *w)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(p, "keyOps", &list);
    bool ok = true;

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    jsw_array(w, "key_ops");
    for (size_t i = 0; i < jsn_len(list) && ok; i++) {
        struct span name = jsn_str(jsn_at(list, i));

        ok = jsn_is_str(jsn_at(list, i));
        jsw_span(w, NULL, span_is_str(name, "release") ? span_str("export") : name);
    }
    jsw_end(w);
    return ok;
}

static bool
copy_policy(const struct jsn *p, struct jsw *w)
{
    const struct jsn *policy;
    enum jsn_got got = jsn_get_object(p, "releasePolicy", &policy);
    bool ok;

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    jsw_object(w, "release_policy");
    ok = copy_text(policy, "contentType", w, "contentType") &&
         copy_text(policy, "data", w, "data");
    jsw_end(w);
    return ok;
}

struct tag_copy {
    struct jsw *w;
    bool ok;
};

static bool
copy_tag(void *arg, struct span name, const struct jsn *value)
{
    struct tag_copy *c = arg;

    c->ok = jsn_is_str(value);
    if (c->ok)
        jsw_member(c->w, name, jsn_str(value));
    return c->ok;
}

static bool
copy_tags(const struct jsn *root, struct jsw *w)
{
    struct tag_copy c = { .w = w, .ok = true };
    const struct jsn *tags;
    enum jsn_got got = jsn_get_object(root, "tags", &tags);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    jsw_object(w, "tags");
    jsn_each(tags, copy_tag, &c);
    jsw_end(w);
    return c.ok;
}

/* The data plane's words for an ARM body. A policy of rotation is set there, once the key is.
 */
static bool
translate(const struct jsn *root, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    const struct jsn *p, *rotation;
    struct span kty;
    bool ok;

    if (jsn_get_object(root, "properties", &p) != JSN_OK ||
        jsn_get_object(p, "rotationPolicy", &rotation) != JSN_ABSENT)
        return false;
    jsw_object(&w, NULL);
    if (jsn_get_str(p, "kty", &kty) == JSN_ABSENT)
        jsw_str(&w, "kty", "RSA");
    ok = copy_text(p, "kty", &w, "kty") && copy_number(p, "keySize", &w, "key_size") &&
         copy_text(p, "curveName", &w, "crv") && copy_ops(p, &w) && copy_attributes(p, &w) &&
         copy_policy(p, &w) && copy_tags(root, &w);
    jsw_end(&w);
    return ok && out->err == ERR_OK;
}

/* Binds the translated body as the data plane's newest api-version would. */
static enum err
read_body(struct exchange *x, struct key_put *s)
{
    struct http_request *req = malloc(sizeof(*req));
    struct exchange *as = malloc(sizeof(*as));
    struct jsn *root = NULL;
    struct buf text;
    enum err e = req == NULL || as == NULL ? ERR_NOMEM : arm_body(x, &root);

    buf_init(&text, KEY_TEXT_MAX);
    if (e == ERR_OK && !translate(root, &text))
        e = ERR_BAD_BODY;
    if (e == ERR_OK) {
        *req = *x->req;
        req->body = buf_span(&text);
        *as = *x;
        as->req = req;
        as->version = V__MAX - 1;
        e = key_body_read(as, KEY_BODY_CREATE, &s->body);
    }
    buf_release(&text);
    jsn_free(root);
    free(as);
    free(req);
    return e;
}

static enum next
fail(struct exchange *x, enum err e)
{
    const struct key_put *s = x->state;

    return arm_object_fail(x, e, s == NULL ? "" : s->body.why);
}

static enum next
ask(struct exchange *x, struct key_put *s)
{
    struct key_body *b = &s->body;
    bool token = b->hsm && !b->exportable && x->site->has_token;
    struct key_place place;
    enum err e;

    s->detail = (struct key_detail){ .hsm = b->hsm,
                                     .home = token ? HOME_TOKEN : HOME_SOFTWARE,
                                     .exportable = b->exportable,
                                     .release = b->release };
    e = key_body_ops(b, b->spec.type, &s->detail);
    if (e != ERR_OK)
        return fail(x, e);
    s->id = object_version_id();
    place =
        (struct key_place){ .vault = vault_key(x->vault),
                            .id = object_id_of(&x->vault->id, KIND_KEY, s->name.key, &s->id),
                            .exportable = b->exportable };
    keeper_pack_keypair_new(sink_sec(&x->ask), &place, &b->spec);
    x->ask_op = KEEPER_KEYPAIR_NEW;
    x->ask_of = s->detail.home;
    return NEXT_KEEPER;
}

static enum next
put_begin(struct exchange *x)
{
    struct key_put *s = calloc(1, sizeof(*s));
    enum err e = s == NULL ? ERR_NOMEM : arm_object_vault(x);
    struct object_head head;
    struct vault_at at;
    struct object o;

    x->state = s;
    x->state_free = put_free;
    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_object_name(x, &s->name);
    if (e != ERR_OK)
        return fail(x, e);
    at = object_at(x);
    e = object_get(&at, &s->name, NULL, &o);
    if (e == ERR_OK)
        return answer(x, &o, false, NEXT_REPLY);
    if (e == ERR_KEY_NOT_FOUND)
        e = read_body(x, s);
    if (e == ERR_OK)
        e = object_check_add(&at, &s->name, &head);
    return e == ERR_OK ? ask(x, s) : fail(x, e);
}

static enum next
put_end(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct key_put *s = x->state;
    struct keypair_answer made;
    struct object o;
    struct buf detail;
    enum next next;
    enum err e = key_provider_err(x->answer_err, ERR_KEY_DATA);

    buf_init(&detail, DETAIL_MAX);
    if (e == ERR_OK)
        e = keypair_answer_read(secbuf_span(&x->answer), &made);
    if (e == ERR_OK) {
        s->detail.public = made.public;
        key_detail_pack(sink_buf(&detail), &s->detail);
        s->body.change.has_detail = true;
        s->body.change.detail = buf_span(&detail);
        e = detail.err;
    }
    if (e == ERR_OK)
        e = object_add(&at, &s->name, &s->id, &s->body.change, made.sealed, clock_now(),
                       &x->write, &o);
    if (e == ERR_OK)
        object_note(x, o.head.name.spelled, o.v.id.text);
    next = e == ERR_OK ? answer(x, &o, false, NEXT_COMMIT) : fail(x, e);
    buf_release(&detail);
    return next;
}

enum next
api_arm_key_put(struct exchange *x)
{
    return x->step == 0 ? put_begin(x) : put_end(x);
}
