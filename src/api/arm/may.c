/* SPDX-License-Identifier: Apache-2.0 */
/* may.c - what the caller may do where, and which subscriptions it can see. */
#include "api/arm/arm.h"

#include "api/arm/target.h"
#include "auth/access.h"
#include "base/log.h"

bool
arm_may_as(struct exchange *x, const char *action, const char *scope,
           const struct attribute *attributes, size_t n)
{
    struct action_question q = { .caller = &x->caller,
                                 .action = span_str(action),
                                 .attributes = attributes,
                                 .nattributes = n,
                                 .cache = x->access_cache };
    struct access_answer a = { .allowed = false };
    struct scope at;
    enum err e = scope_parse(span_str(scope[0] == '\0' ? "/" : scope), &at);

    q.scope = &at;
    if (e == ERR_OK)
        e = access_check_action(x->rows, x->view, &q, &a);
    if (e != ERR_OK && e != ERR_ARG)
        log_error("request %s: permission: %s", x->request_id.text, err_text(e));
    return e == ERR_OK && a.allowed;
}

bool
arm_may(struct exchange *x, const char *action, const char *scope)
{
    return arm_may_as(x, action, scope, NULL, 0);
}

bool
arm_has_role(struct exchange *x, const char *scope)
{
    bool touches = false;
    struct scope at;
    enum err e = scope_parse(span_str(scope), &at);

    if (e == ERR_OK)
        e = access_touches(x->rows, x->view, &x->caller.tid, &x->caller.oid, &at, &touches);
    if (e != ERR_OK)
        log_error("request %s: permission: %s", x->request_id.text, err_text(e));
    return e == ERR_OK && touches;
}

enum err
arm_subscription(struct exchange *x, struct guid *out)
{
    struct place p;
    enum err e = ERR_NOT_FOUND;

    if (guid_parse(x->bind[0], out))
        e = place_load(x->rows, x->view, out, (struct span){ 0 }, &p);
    if (e == ERR_OK && !guid_is_equal(arm_tenant_of(x, &p), &x->caller.tid))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "SubscriptionNotFound",
                       "The subscription '%.*s' could not be "
                       "found.",
                       (int)span_head(x->bind[0], 64).len, (const char *)x->bind[0].ptr);
    return e;
}
