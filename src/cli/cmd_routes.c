/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_routes.c - `keyhold routes`: the tables of api/, for people and for tests. */
#include <stdio.h>

#include "api/routes.h"
#include "cli/cli.h"
#include "codec/jsw.h"

static void
put_json(struct jsw *w, const struct route *r)
{
    const struct perm_info *p = r->need == PERM_NONE ? NULL : perm_info(r->need);

    jsw_object(w, NULL);
    jsw_str(w, "plane", plane_name(r->plane));
    jsw_str(w, "method", http_method_name(r->method));
    jsw_str(w, "path", r->path);
    jsw_str(w, "operation", r->operation);
    jsw_bool(w, "open", r->open);
    if (p != NULL) {
        jsw_str(w, "kind", p->kind);
        jsw_str(w, "policyPermission", p->policy_name);
        jsw_str(w, "dataAction", p->data_action);
    }
    if (r->action != NULL)
        jsw_str(w, "action", r->action);
    jsw_bool(w, "onObject", r->on_object);
    jsw_bool(w, "apiVersion", r->wants_version);
    jsw_end(w);
}

static const char *
permission_of(const struct route *r)
{
    if (r->open)
        return "(open)";
    return r->action != NULL ? r->action : perm_info(r->need)->data_action;
}

static int
print_json(void)
{
    struct buf out;
    struct jsw w;
    int code = EX_OK;

    buf_init(&out, 1024 * 1024);
    w = jsw_of(sink_buf(&out));
    jsw_object(&w, NULL);
    jsw_array(&w, "routes");
    for (size_t i = 0; i < routes_count(); i++)
        put_json(&w, routes_at(i));
    jsw_end(&w);
    jsw_end(&w);
    buf_put_byte(&out, '\n');
    if (out.err != ERR_OK || fwrite(out.ptr, 1, out.len, stdout) != out.len)
        code = EX_IOERR;
    buf_release(&out);
    return code;
}

int
cmd_routes(int argc, char **argv)
{
    struct options o;
    int code = options_parse_all(&o, argc, argv);

    if (code != EX_OK)
        return code;
    if (routes_setup() != ERR_OK)
        return EX_SOFTWARE;
    if (o.json)
        return print_json();
    for (size_t i = 0; i < routes_count(); i++) {
        const struct route *r = routes_at(i);

        printf("%-10s %-6s %-52s %-24s %s\n", plane_name(r->plane), http_method_name(r->method),
               r->path, r->operation, permission_of(r));
    }
    return EX_OK;
}
