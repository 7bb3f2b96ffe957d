/* SPDX-License-Identifier: Apache-2.0 */
/* organization.c - the tenant itself. */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "auth/tenant.h"

enum next
api_graph_organization(struct exchange *x)
{
    struct tenant t;
    struct jsw w;
    enum err e = tenant_load(x->rows, x->view, &x->caller.tid, &t);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = graph_reply(x, 200);
    jsw_object(&w, NULL);
    graph_put_context(x, &w, "organization", false);
    jsw_array(&w, "value");
    jsw_object(&w, NULL);
    graph_put_str(x, &w, "id", t.tid.text);
    graph_put_str(x, &w, "displayName", t.name);
    if (graph_wants(x, "createdDateTime"))
        graph_put_time(&w, "createdDateTime", t.created);
    if (graph_wants(x, "verifiedDomains")) {
        jsw_array(&w, "verifiedDomains");
        if (t.domain[0] != '\0') {
            jsw_object(&w, NULL);
            jsw_str(&w, "name", t.domain);
            jsw_bool(&w, "isDefault", true);
            jsw_bool(&w, "isInitial", true);
            jsw_str(&w, "type", "Managed");
            jsw_end(&w);
        }
        jsw_end(&w);
    }
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}
