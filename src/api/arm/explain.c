/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - why may somebody do something, and who can: what `keyhold explain`
 * says, for administrators over the network (docs/wire/management.md).
 *
 * WIRE: an addition of ours, in a namespace of our own.
 *
 * Who may list the role assignments at a scope could work all of this out, so
 * that right is what it takes, at the scope of the request and at the resource.
 * Of assignments elsewhere nothing is said to those who may not list them there.
 * Access policies take the right to read the vault that holds them; names, ways
 * through groups, and who is in them, the right to read the directory.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/target.h"
#include "api/graph/graph.h"
#include "auth/explain.h"
#include "auth/scope_tree.h"

#define READ           "Microsoft.Authorization/roleAssignments/read"
#define READ_VAULT     "Microsoft.KeyVault/vaults/read"
#define READ_DIRECTORY "microsoft.directory/groups/standard/read"

enum {
    ITEMS_MAX = 200,
    ASSIGNMENTS_MAX = 10000,
    EDGES_MAX = 50000,
    CANDIDATES_MAX = 2000,
    WORD_MAX = 512,
};

/* What is asked; spans borrow from the body. */
struct question {
    struct span principal, action, resource;
    bool who_can;
};

/* False: the answer was composed. */
static bool
read_question(struct exchange *x, const struct jsn *root, struct question *q)
{
    bool ok;

    *q = (struct question){ .who_can = false };
    ok = jsn_get_str(root, "principal", &q->principal) != JSN_WRONG_TYPE &&
         jsn_get_str(root, "action", &q->action) == JSN_OK && q->action.len <= WORD_MAX &&
         jsn_get_str(root, "resource", &q->resource) != JSN_WRONG_TYPE &&
         q->resource.len <= MAX_SCOPE_TEXT &&
         jsn_get_bool(root, "whoCan", &q->who_can) != JSN_WRONG_TYPE;
    if (ok && q->who_can == (q->principal.len == 0))
        return true;
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The request has an action, and either a principal or whoCan: true; it may "
                   "have a resource.");
    return false;
}

/* ------------------------------------------------------------------ the resource */

static enum next
no_resource(struct exchange *x)
{
    return arm_fail(x, 404, "ResourceNotFound",
                    "The resource is not there, or not at or below the scope of the request.");
}

/* Is it at or below the scope, and may the caller list assignments there too? */
static bool
is_within(struct exchange *x, const struct scope *at, const struct explain_target *t)
{
    struct scope_chain chain;

    return scope_chain_load(x->rows, x->view, &x->caller.tid, &t->scope, &chain) == ERR_OK &&
           guid_is_equal(&chain.tid, &x->caller.tid) &&
           scope_chain_covers(&chain, scope_span(at), &t->scope) &&
           arm_may(x, READ, t->scope.text);
}

/* What is not there, not below the scope, or another tenant's: all the same 404. False: the
 * answer was composed, or x->fail is set. */
static bool
make_target(struct exchange *x, const struct question *q, const struct scope *at,
            struct explain_target *out)
{
    struct span resource = q->resource.len > 0 ? q->resource : scope_span(at);
    enum err e = explain_target_make(x->rows, x->view, q->action, resource, out);

    if (e == ERR_ARG)
        (void)arm_fail(x, 400, "InvalidRequestContent",
                       "That is no action, or the resource is no id of one.");
    else if (e == ERR_NO_VAULT)
        (void)no_resource(x);
    else if (e != ERR_OK)
        (void)arm_trouble(x, e);
    if (e != ERR_OK)
        return false;
    if (!is_within(x, at, out))
        (void)no_resource(x);
    else if (out->vault != NULL && !out->vault->rbac &&
             !arm_may(x, READ_VAULT, out->vault->arm_id))
        (void)arm_deny(x, READ_VAULT);
    else
        return true;
    explain_target_release(out);
    return false;
}

/* ------------------------------------------------------------------- the answers */

static bool
may_list_at(void *arg, const char *scope)
{
    return arm_may(arg, READ, scope);
}

/* An object id, a client id, or a user principal name. Display names are not looked for here:
 * that would be a walk through the whole directory. */
static enum err
find_subject(struct exchange *x, struct span who, struct explain_subject *out)
{
    struct principal p;
    struct guid id;
    enum err e = ERR_OK;

    if (!guid_parse(who, &id)) {
        e = principal_find_user(x->rows, x->view, &x->caller.tid, who, &p);
        id = p.oid;
    }
    return e == ERR_OK
               ? explain_find_subject(x->rows, x->view, &x->caller.tid, span_str(id.text), out)
               : e;
}

static enum next
explain_one(struct exchange *x, const struct question *q, const struct explain_target *t,
            const struct explain_limits *limits)
{
    struct explain_subject who;
    bool allowed;
    struct jsw w;
    enum err e = find_subject(x, q->principal, &who);

    if (e == ERR_NOT_FOUND)
        return arm_fail(x, 404, "PrincipalNotFound",
                        "The directory has no principal or group '%.*s': give an object id, a "
                        "client id or a user principal name.",
                        (int)span_head(q->principal, 128).len, (const char *)q->principal.ptr);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    e = explain_put(x->rows, x->view, &who, t, limits, &w, &allowed);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

static enum next
explain_all(struct exchange *x, const struct explain_target *t, struct explain_limits *limits)
{
    char after[MAX_OBJECT_NAME + 1];
    struct explain_page page;
    struct jsw w;
    enum err e = arm_page_begin(x, after);

    if (e == ERR_OK && after[0] != '\0' && !guid_parse(span_str(after), &limits->after))
        e = ERR_BAD_PAGE;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    e = explain_put_who(x->rows, x->view, &x->caller.tid, t, limits, &w, &page);
    if (e == ERR_OK)
        e = arm_page_link(x, page.more ? page.last.text : NULL, &w);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

static enum next
answer(struct exchange *x, const struct jsn *root, const struct scope *at)
{
    struct explain_limits limits = { .names = graph_may(x, READ_DIRECTORY),
                                     .shows = may_list_at,
                                     .arg = x,
                                     .items = ITEMS_MAX,
                                     .most = ASSIGNMENTS_MAX,
                                     .edges = EDGES_MAX,
                                     .told = arm_top(x),
                                     .asked = CANDIDATES_MAX };
    struct explain_target t;
    struct question q;
    enum next next;

    if (!read_question(x, root, &q))
        return NEXT_REPLY;
    if (q.who_can && !limits.names) {
        x->scope[0] = '\0';
        return arm_deny(x, READ_DIRECTORY);
    }
    if (!make_target(x, &q, at, &t))
        return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
    next = q.who_can ? explain_all(x, &t, &limits) : explain_one(x, &q, &t, &limits);
    explain_target_release(&t);
    return next;
}

/* The right comes first: nobody else learns what there is. */
enum next
api_arm_explain(struct exchange *x)
{
    struct jsn *root = NULL;
    struct scope at;
    enum next next;
    enum err e = scope_parse(x->bind[0].len > 0 ? x->bind[0] : span_str("/"), &at);

    (void)span_copy_str(scope_span(&at), x->scope, sizeof(x->scope));
    if (e == ERR_OK && !arm_may(x, READ, at.text))
        return arm_deny(x, READ);
    e = arm_target(x, &at);
    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    next = answer(x, root, &at);
    jsn_free(root);
    return next;
}
