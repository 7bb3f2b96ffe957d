/* SPDX-License-Identifier: Apache-2.0 */
/*
 * federated.c - tokens of others that prove a managed identity (management-plane.md G.3): what
 * stands below Microsoft.ManagedIdentity/userAssignedIdentities.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/identities.h"
#include "base/clock.h"

#define FEDERATED "/federatedIdentityCredentials/"

enum { FEDERATED_MAX = 20, FEDERATED_TEXT = 600 };

static void
put_federated(const struct resource *r, struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_str(w, "id", r->id);
    jsw_span(w, "name", resource_name(r));
    jsw_str(w, "type", IDENTITY_TYPE "/federatedIdentityCredentials");
    jsw_raw(w, "properties", r->properties);
    jsw_end(w);
}

/* The identity above and the credential's id. False: the answer was composed. */
static bool
begin_federated(struct exchange *x, char id[static MAX_RESOURCE_KEY + 1], struct resource *r,
                enum next *next)
{
    struct span name = span_head(x->bind[3], IDENTITY_NAME_MAX);
    struct place group;
    bool answered;
    enum err e = arm_identity_find(x, &group, r, &answered);
    size_t n;

    *next = NEXT_REPLY;
    if (answered)
        return false;
    arm_identity_id(x, &group, id);
    if (e != ERR_OK) {
        *next = e == ERR_NOT_FOUND ? arm_identity_missing(x, id) : arm_trouble(x, e);
        return false;
    }
    n = strlen(id);
    (void)snprintf(id + n, MAX_RESOURCE_KEY + 1 - n, FEDERATED "%.*s", (int)name.len,
                   (const char *)name.ptr);
    return true;
}

enum next
api_arm_federated_get(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct resource r;
    enum next next;
    struct jsw w;
    enum err e;

    if (!begin_federated(x, id, &r, &next))
        return next;
    e = resource_load(x->rows, x->view, span_str(id), &r);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? arm_identity_missing(x, id) : arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_federated(&r, &w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_federated_delete(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct resource r;
    enum next next;
    enum err e;

    if (!begin_federated(x, id, &r, &next))
        return next;
    e = resource_load(x->rows, x->view, span_str(id), &r);
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    resource_drop(&x->write, &r);
    return arm_empty(x, 200, NEXT_COMMIT);
}

struct others {
    const char *id;
    struct span unique; /* how properties begin: issuer and subject, quoted */
    unsigned n;
    bool same;
};

/* (issuer, subject) is unique within an identity. */
static bool
look_at_other(void *arg, const struct resource *r)
{
    struct others *o = arg;

    if (span_is_str_nocase(span_str(r->id), o->id))
        return true;
    o->n++;
    o->same = o->same || span_has_prefix(r->properties, o->unique);
    return true;
}

static bool
text_is_ok(struct span s)
{
    return s.len > 0 && s.len <= FEDERATED_TEXT && s.ptr[0] != ' ' && s.ptr[s.len - 1] != ' ';
}

/* {issuer, subject, audiences} in that order; the first two are `unique` bytes. */
static bool
read_federated(const struct jsn *root, struct buf *out, size_t *unique)
{
    const struct jsn *p = NULL, *audiences = NULL;
    struct span issuer = { 0 }, subject = { 0 };
    struct jsw w = jsw_of(sink_buf(out));

    if (jsn_get_object(root, "properties", &p) != JSN_OK ||
        jsn_get_str(p, "issuer", &issuer) != JSN_OK ||
        jsn_get_str(p, "subject", &subject) != JSN_OK ||
        jsn_get_array(p, "audiences", &audiences) != JSN_OK || jsn_len(audiences) != 1 ||
        !text_is_ok(jsn_str(jsn_at(audiences, 0))) || !text_is_ok(issuer) ||
        !text_is_ok(subject) || !span_has_prefix(issuer, span_str("https://")))
        return false;
    jsw_object(&w, NULL);
    jsw_span(&w, "issuer", issuer);
    jsw_span(&w, "subject", subject);
    *unique = out->len;
    jsw_array(&w, "audiences");
    jsw_span(&w, NULL, jsn_str(jsn_at(audiences, 0)));
    jsw_end(&w);
    jsw_end(&w);
    return out->err == ERR_OK;
}

static enum next
store_federated(struct exchange *x, const char *id, const struct resource *parent,
                struct span properties, size_t unique)
{
    struct others o = { .id = id, .unique = span_head(properties, unique) };
    char prefix[MAX_RESOURCE_KEY + 1];
    struct resource r;
    struct jsw w;
    bool is_new;
    enum err e;

    (void)snprintf(prefix, sizeof(prefix), "%.440s" FEDERATED, parent->id);
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, FEDERATED_MAX + 1,
                      look_at_other, &o);
    if (e == ERR_OK && (o.same || o.n >= FEDERATED_MAX))
        return arm_fail(x, o.same ? 409 : 400, o.same ? "Conflict" : "BadRequest",
                        o.same ? "There is a credential of that issuer and subject already."
                               : "An identity has at most 20 federated credentials.");
    if (e == ERR_OK)
        e = resource_load(x->rows, x->view, span_str(id), &r);
    is_new = e == ERR_NOT_FOUND;
    if (e != ERR_OK && !is_new)
        return arm_trouble(x, e);
    (void)span_copy_str(span_str(id), r.id, sizeof(r.id));
    r.updated = clock_now();
    r.created = is_new ? r.updated : r.created;
    r.properties = properties;
    resource_store(x->rows, &x->write, &r);
    /* So that two at a time cannot exceed the bounds, and none outlives its identity. */
    resource_store(x->rows, &x->write, parent);
    w = arm_reply(x, is_new ? 201 : 200);
    put_federated(&r, &w);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_federated_put(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct jsn *root = NULL;
    struct resource parent;
    struct buf text;
    size_t unique = 0;
    enum next next;
    enum err e;

    if (!begin_federated(x, id, &parent, &next))
        return next;
    if (!arm_identity_name_is_ok(x->bind[3], 120))
        return arm_identity_bad_name(x, x->bind[3], 120);
    e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    buf_init(&text, 8192);
    if (read_federated(root, &text, &unique))
        next = store_federated(x, id, &parent, buf_span(&text), unique);
    else
        next =
            arm_fail(x, 400, "BadRequest",
                     "The credential needs properties.issuer (an https URL), subject and one "
                     "of audiences, each of at most 600 bytes without blanks around it.");
    buf_release(&text);
    jsn_free(root);
    return next;
}

struct federated_list {
    struct jsw w;
    unsigned left;
    bool more;
    char last[MAX_OBJECT_NAME + 1]; /* name of the last that was put */
};

static bool
list_federated(void *arg, const struct resource *r)
{
    struct federated_list *l = arg;

    if (l->left == 0) {
        l->more = true;
        return false;
    }
    (void)span_copy_str(resource_name(r), l->last, sizeof(l->last));
    put_federated(r, &l->w);
    l->left--;
    return true;
}

enum next
api_arm_federated(struct exchange *x)
{
    struct federated_list l = { .left = arm_top(x) };
    char id[MAX_RESOURCE_KEY + 1], after[MAX_OBJECT_NAME + 1];
    char behind[MAX_RESOURCE_KEY + MAX_OBJECT_NAME + 1] = "";
    struct resource r;
    enum next next;
    enum err e;

    if (!begin_federated(x, id, &r, &next))
        return next;
    e = arm_page_begin(x, after);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (after[0] != '\0')
        (void)snprintf(behind, sizeof(behind), "%s%s", id, after);
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = resource_each(x->rows, x->view, span_str(id), span_str(behind), FEDERATED_MAX,
                      list_federated, &l);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, l.more ? l.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}
