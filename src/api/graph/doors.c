/* SPDX-License-Identifier: Apache-2.0 */
/* doors.c - token, route, version segment, permission. */
#include "api/graph/graph.h"
#include "base/log.h"

bool
graph_is_person(const struct exchange *x)
{
    return x->caller.known && strcmp(x->caller.idtyp, "user") == 0;
}

static bool
is_reading(struct span action)
{
    static const char end[] = "/standard/read";

    return action.len > sizeof(end) - 1 &&
           span_is_str(span_tail(action, action.len - (sizeof(end) - 1)), end);
}

bool
graph_may(struct exchange *x, const char *action)
{
    if (graph_is_person(x) && is_reading(span_str(action)))
        return true;
    return arm_may(x, action, "/");
}

bool
graph_may_on(struct exchange *x, const char *action, const struct guid *id)
{
    bool privileged;
    enum err e = object_is_privileged(x->rows, x->view, &x->caller.tid, id, &privileged);

    if (e != ERR_OK) {
        log_error("request %s: permission: %s", x->request_id.text, err_text(e));
        return false;
    }
    return graph_may(x, action) && (!privileged || arm_may(x, GRAPH_PRIVILEGED, "/"));
}

enum err
graph_phases(const struct phase_tools *t, struct exchange *x, enum err routed, struct buf *why)
{
    enum err e = phases_authenticate(t, x, why);

    if (e == ERR_OK)
        e = routed;
    if (e == ERR_OK && !span_is_str_nocase(x->bind[0], "v1.0") &&
        !span_is_str_nocase(x->bind[0], "beta"))
        e = ERR_NOT_FOUND;
    if (e != ERR_OK || x->route->over == OVER_OWN)
        return e;
    return graph_may(x, x->route->action) ? ERR_OK : ERR_DENIED;
}
