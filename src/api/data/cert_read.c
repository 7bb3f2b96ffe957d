/* SPDX-License-Identifier: Apache-2.0 */
/* cert_read.c - GET and PATCH of a certificate and of its policy. */
#include <stdlib.h>

#include "api/data/cert_parts.h"
#include "api/data/cert_policy_body.h"
#include "api/data/certs.h"
#include "api/data/object.h"
#include "base/clock.h"
#include "vault/cert_due.h"

/* WIRE: a disabled certificate is shown, as a disabled key is. */
enum next
api_cert_get(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    struct object o;
    bool has;
    enum err e = object_name(x, &name);

    if (e == ERR_OK) {
        object_note(x, name.spelled, NULL);
        e = object_version(x, &version, &has);
    }
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, &o);
    if (e == ERR_OK) {
        object_note(x, o.head.name.spelled, has ? o.v.id.text : NULL);
        e = cert_note(x, &o);
    }
    if (e == ERR_OK)
        e = certificate_wire.put_bundle(x, &o, sink_sec(&x->resp.body));
    if (e != ERR_OK)
        return cert_fail(x, e, "get", "");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}

/* ------------------------------------------------------------------------- policy */

/* p: what is stored; name: as it was first spelled. */
static enum err
find_policy(struct exchange *x, struct object_name *name, struct cert_policy *p)
{
    struct vault_at at = object_at(x);
    struct object_head head;
    enum err e = object_name(x, name);

    if (e != ERR_OK)
        return e;
    object_note(x, name->spelled, "policy");
    e = object_head_get(&at, HEAD_LIVE, name->key, &head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_CERTIFICATE_NOT_FOUND : e;
    *name = head.name;
    object_note(x, name->spelled, "policy");
    e = cert_policy_get(&at, name->key, p);
    return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
}

static void
put_policy(struct exchange *x, const struct object_name *name, const struct cert_policy *p)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));

    object_reply(x, 200);
    cert_policy_body_put(x, NULL, name, p, &w);
}

enum next
api_cert_get_policy(struct exchange *x)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    struct object_name name;
    enum err e = p == NULL ? ERR_NOMEM : find_policy(x, &name, p);

    if (e == ERR_OK)
        put_policy(x, &name, p);
    free(p);
    return e == ERR_OK ? object_finish(x, NEXT_REPLY) : cert_fail(x, e, "get", "");
}

static enum err
change_policy(struct exchange *x, const struct jsn *root, struct cert_policy *p, char *why)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    enum err e = find_policy(x, &name, p);

    if (e == ERR_OK)
        e = cert_policy_body_read(x, root, p, why);
    if (e == ERR_OK)
        e = cert_policy_body_check(p, why);
    if (e == ERR_OK)
        e = cert_due_follow_policy(&at, &x->write, name.key, p);
    if (e != ERR_OK)
        return e;
    p->updated = clock_now();
    cert_policy_put(&at, &x->write, name.key, p);
    put_policy(x, &name, p);
    return ERR_OK;
}

enum next
api_cert_update_policy(struct exchange *x)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    char why[KEY_WHY_MAX] = "";
    struct jsn *root = NULL;
    enum err e = p == NULL ? ERR_NOMEM : jsn_parse(x->req->body, &root);

    if (e != ERR_OK)
        e = e == ERR_NOMEM ? e : ERR_BAD_BODY;
    else if (!jsn_is_object(root))
        e = ERR_BAD_BODY;
    else
        e = change_policy(x, root, p, why);
    jsn_free(root);
    free(p);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : cert_fail(x, e, "update", why);
}

/* ------------------------------------------------------------------------- update */

struct update_room {
    struct cert_body body;
    struct buf detail;
    struct cert_policy policy;
    char why[KEY_WHY_MAX];
};

/* CertUpdate may carry a policy: as PATCH of the policy has it. */
static enum err
read_policy(struct exchange *x, const struct object_name *name, struct update_room *r)
{
    struct vault_at at = object_at(x);
    enum err e = cert_policy_get(&at, name->key, &r->policy);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
    if (r->body.policy == NULL)
        return ERR_OK;
    e = cert_policy_body_read(x, r->body.policy, &r->policy, r->why);
    if (e == ERR_OK)
        e = cert_policy_body_check(&r->policy, r->why);
    r->policy.updated = clock_now();
    return e;
}

static enum err
update(struct exchange *x, struct update_room *r)
{
    struct vault_at at = object_at(x);
    struct cert_shown shown = { .policy = &r->policy };
    struct cert_operation op;
    struct object_name name;
    struct hex32 version;
    struct object out;
    bool has;
    enum err e = object_name(x, &name);

    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = object_version(x, &version, &has);
    if (e == ERR_OK)
        e = cert_body_read(x, CERT_BODY_UPDATE, &r->body);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, &out);
    if (e == ERR_OK)
        e = read_policy(x, &name, r);
    if (e == ERR_OK)
        e = cert_update(&at, &name, has ? &version : NULL, &r->body.change,
                        r->body.policy != NULL ? &r->policy : NULL, clock_now(), &x->write,
                        &r->detail, &out);
    if (e != ERR_OK)
        return e;
    object_note(x, out.head.name.spelled, out.v.id.text);
    e = cert_operation_get(&at, name.key, &op);
    shown.has_pending = e == ERR_OK;
    e = e == ERR_NOT_FOUND || e == ERR_OK ? cert_note(x, &out) : e;
    object_reply(x, 200);
    return e == ERR_OK ? cert_put_bundle(x, &out, &shown, sink_sec(&x->resp.body)) : e;
}

enum next
api_cert_update(struct exchange *x)
{
    struct update_room *r = calloc(1, sizeof(*r));
    enum next next;
    enum err e;

    if (r == NULL)
        return cert_fail(x, ERR_NOMEM, "update", "");
    buf_init(&r->detail, DETAIL_MAX);
    e = update(x, r);
    next = e == ERR_OK ? object_finish(x, NEXT_COMMIT) : cert_fail(x, e, "update", r->why);
    cert_body_release(&r->body);
    buf_release(&r->detail);
    free(r);
    return next;
}
