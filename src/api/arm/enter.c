/* SPDX-License-Identifier: Apache-2.0 */
/* enter.c - the doors of rows that ask for themselves: any of several rights, then locks. */
#include "api/arm/arm.h"
#include "api/arm/doors.h"

/* False: the answer was composed. */
static bool
is_unlocked(struct exchange *x)
{
    struct buf why;
    enum err e;

    buf_init(&why, 2048);
    e = action_locks(x, &why);
    if (e != ERR_OK)
        (void)arm_fail(x, e == ERR_LOCKED ? 409 : 500,
                       e == ERR_LOCKED ? "ScopeLocked" : "InternalServerError", "%.*s",
                       (int)why.len, why.len > 0 ? (const char *)why.ptr : "");
    buf_release(&why);
    return e == ERR_OK;
}

bool
arm_unlocked(struct exchange *x, const char *scope)
{
    char own[OVER_MAX];
    bool ok;

    memcpy(own, x->scope, sizeof(own));
    ok = span_copy_str(span_str(scope), x->scope, sizeof(x->scope)) && is_unlocked(x);
    memcpy(x->scope, own, sizeof(own));
    return ok;
}

bool
arm_enter(struct exchange *x, struct span scope, const char *const *actions)
{
    bool may = false;

    if (!span_copy_str(scope, x->scope, sizeof(x->scope))) {
        (void)arm_fail(x, 400, "BadRequest", "The scope is too long.");
        return false;
    }
    for (size_t i = 0; actions[i] != NULL && !may; i++)
        may = arm_may(x, actions[i], x->scope);
    if (may)
        return is_unlocked(x);
    (void)arm_deny(x, actions[0]);
    return false;
}

enum next
arm_deny(struct exchange *x, const char *action)
{
    return arm_fail(
        x, 403, "AuthorizationFailed",
        "The client '%s' with object id '%s' does not have authorization to perform "
        "action '%s' over scope '%s' or the scope is invalid. If access was recently "
        "granted, please refresh your credentials.",
        x->caller.upn[0] != '\0' ? x->caller.upn : x->caller.appid.text, x->caller.oid.text,
        action, x->scope[0] != '\0' ? x->scope : "/");
}
