/* SPDX-License-Identifier: Apache-2.0 */
/* doors.c - token, route, api-version, permission. */
#include "api/arm/doors.h"

#include "api/arm/arm.h"
#include "auth/lock.h"

bool
arm_version_is_ok(struct span text)
{
    static const char *const suffixes[] = { "",      "-preview", "-alpha",
                                            "-beta", "-rc",      "-privatepreview" };
    static const char shape[] = "dddd-dd-dd";

    if (text.len < sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        uint8_t c = text.ptr[i];

        if (shape[i] == 'd' ? c < '0' || c > '9' : c != '-')
            return false;
    }
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (span_is_str_nocase(span_tail(text, sizeof(shape) - 1), suffixes[i]))
            return true;
    return false;
}

/* Cuts the last n segments off. */
static void
cut_segments(char *scope, unsigned n)
{
    while (n-- > 0) {
        char *slash = strrchr(scope, '/');

        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

/* ".../providers/<namespace>": what is left of a collection when its type was cut off. */
static bool
ends_with_provider(const char *scope)
{
    const char *last = strrchr(scope, '/');
    static const char word[] = "/providers";

    return last != NULL && (size_t)(last - scope) >= sizeof(word) - 1 &&
           strncmp(last - (sizeof(word) - 1), word, sizeof(word) - 1) == 0;
}

enum err
action_scope(enum route_over kind, struct span path, char out[static OVER_MAX])
{
    size_t n = 0;

    out[0] = '\0';
    if (kind == OVER_TENANT || kind == OVER_OWN || kind == OVER_NONE)
        return ERR_OK;
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.ptr[i];

        if (c == '/' && n > 0 && out[n - 1] == '/')
            continue;
        if (n == OVER_MAX - 1)
            return ERR_TOO_LARGE;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
    }
    while (n > 0 && out[n - 1] == '/')
        n--;
    out[n] = '\0';
    if (kind == OVER_SELF)
        return ERR_OK;
    cut_segments(out, 1);
    if (kind == OVER_ABOVE && ends_with_provider(out))
        cut_segments(out, 2);
    return ERR_OK;
}

static enum err
check_version(struct exchange *x)
{
    if (!http_request_param(x->req, "api-version", &x->version_text))
        x->version_text = (struct span){ 0 };
    if (!x->route->wants_version || arm_version_is_ok(x->version_text))
        return ERR_OK;
    return ERR_UNSUPPORTED_VERSION;
}

enum err
action_locks(struct exchange *x, struct buf *why)
{
    static const char exempt[] = "Microsoft.Authorization/locks/";
    /* Taken out of its management group, a subscription is moved: nothing of it goes. */
    static const char moved[] = "Microsoft.Management/managementGroups/subscriptions/delete";
    enum http_method m = phases_method(x->req);
    bool deletes = m == HTTP_DELETE && !span_is_str(span_str(x->route->action), moved);
    bool blocked = false;
    struct scope at;
    struct lock l;
    enum err e;

    if (m == HTTP_GET || m == HTTP_HEAD || x->plane != PLANE_MANAGEMENT ||
        span_has_prefix(span_str(x->route->action), span_str(exempt)) ||
        scope_parse(span_str(x->scope), &at) != ERR_OK)
        return ERR_OK;
    e = lock_check(x->rows, x->view, &at, deletes ? LOCK_ACT_DELETE : LOCK_ACT_WRITE, &blocked,
                   &l);
    if (e != ERR_OK || !blocked)
        return e;
    buf_put_fmt(why,
                "The scope '%s' cannot perform %s operation because following scope(s) are "
                "locked: '%s'. Please remove the lock and try again.",
                x->scope, deletes ? "delete" : "write", l.spelled);
    return ERR_LOCKED;
}

enum err
action_phases(const struct phase_tools *t, struct exchange *x, enum err routed, struct buf *why)
{
    enum err e = phases_authenticate(t, x, why);

    if (e == ERR_OK)
        e = routed;
    if (e == ERR_OK)
        e = check_version(x);
    if (e == ERR_OK)
        e = action_scope(x->route->over, x->req->path, x->scope);
    if (e != ERR_OK || x->route->over == OVER_OWN)
        return e;
    return arm_may(x, x->route->action, x->scope) ? action_locks(x, why) : ERR_DENIED;
}
