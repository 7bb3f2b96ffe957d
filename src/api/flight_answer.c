/* SPDX-License-Identifier: Apache-2.0 */
/* flight_answer.c - what the engine itself says: headers, errors, and that it is too much. */
#include "api/acme/problem.h"
#include "api/engine_int.h"
#include "api/errmap.h"
#include "api/login/reply.h"

void
flight_headers(const struct exchange *x, struct http_response *r)
{
    static const char always[] =
        "Strict-Transport-Security: max-age=31536000;includeSubDomains\r\n"
        "X-Content-Type-Options: nosniff\r\n";
    static const char of_vaults[] = "Cache-Control: no-cache\r\n"
                                    "Pragma: no-cache\r\n"
                                    "Expires: -1\r\n"
                                    "x-ms-keyvault-service-version: 1.9.3019.1\r\n";
    struct span id = http_request_header(x->req, "x-ms-client-request-id");
    bool v6 = x->req->client_is_ipv6;
    struct span parts[] = {
        span_str(v6 ? "conn_type=Ipv6;addr=" : "conn_type=Ipv4;addr="), x->req->client,
        span_str(v6 ? ";act_addr_fam=InterNetworkV6;" : ";act_addr_fam=InterNetwork;")
    };
    char text[128], info[128];

    if (!x->req->is_tls)
        return;
    http_response_header(r, "x-ms-request-id", x->request_id.text);
    if (id.len > 0 && span_copy_str(id, text, sizeof(text)))
        http_response_header(r, "x-ms-client-request-id", text);
    http_response_lines(r, always);
    if (x->vault_label.len == 0)
        return;
    (void)span_join(parts, sizeof(parts) / sizeof(parts[0]), info, sizeof(info));
    http_response_lines(r, of_vaults);
    http_response_header(r, "x-ms-keyvault-region", x->site->location);
    http_response_header(r, "x-ms-keyvault-network-info", info);
    if (x->access.allowed && x->access.by_rbac)
        http_response_header(r, "x-ms-keyvault-rbac-assignment-id", x->access.assignment.text);
}

/* The token service complains in Entra's shape, whoever of us it is that complains. */
void
flight_compose(struct exchange *x, enum err why, struct buf *message)
{
    struct span vault;

    if (err_class_of(why) == ERR_CLASS_RETRY && x->req->is_tls &&
        site_plane(x->site, x->req->host, &vault) == PLANE_LOGIN) {
        http_response_clear(&x->resp);
        (void)sts_fail(x, STS_TRANSIENT, (struct span){ 0 }, (struct span){ 0 });
        return;
    }
    errmap_answer(x, why, message);
}

/* WIRE: a vault's 429 as Azure's; the token service has a shape of its own. */
void
flight_compose_throttled(struct exchange *x)
{
    http_response_clear(&x->resp);
    if (x->plane == PLANE_PKI) {
        (void)acme_fail(x, PROBLEM_RATE_LIMITED, "Too many requests from your address.");
        return;
    }
    if (x->route != NULL &&
        (x->route->plane == PLANE_LOGIN || x->route->plane == PLANE_LOCAL)) {
        (void)sts_fail(x, STS_THROTTLED, (struct span){ 0 }, (struct span){ 0 });
        return;
    }
    http_response_header(&x->resp, "Retry-After", "1");
    errmap_body(&x->resp, 429, "Throttled",
                span_str("Request was not processed because too many requests were received. "
                         "Reason: too many requests without a valid token."),
                NULL);
}
