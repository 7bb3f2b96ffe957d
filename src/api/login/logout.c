/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logout.c - the browser's session ends. Refresh tokens of programs stay: they
 * end with their own way to sign out, or with a revocation.
 *
 * post_logout_redirect_uri is followed only for a client that names itself and
 * has it registered.
 */
#include "api/login/browser.h"
#include "api/login/client.h"
#include "api/login/html.h"
#include "api/login/login.h"

static const struct span none;

static bool
may_follow(struct exchange *x, struct span uri)
{
    struct login_client client = { 0 };
    struct span id;
    struct guid appid;
    bool may;

    if (uri.len == 0 || uri.len > MAX_REDIRECT_URI ||
        !http_request_param(x->req, "client_id", &id) || !guid_parse(id, &appid) ||
        client_find(x, &appid, &client) != ERR_OK)
        return false;
    may = client.app != NULL && client_redirect(&client, uri) != 0;
    client_release(&client);
    return may;
}

enum next
api_login_logout(struct exchange *x)
{
    char to[MAX_REDIRECT_URI + 1];
    struct browser b;
    struct span uri;
    enum err e = browser_read(x, &b);

    if (e != ERR_OK)
        return exchange_fail(x, e, none);
    browser_end(x, &b);
    if (!http_request_param(x->req, "post_logout_redirect_uri", &uri))
        uri = none;
    if (may_follow(x, uri) && span_copy_str(uri, to, sizeof(to))) {
        x->resp.status = 302;
        http_response_header(&x->resp, "Location", to);
        http_response_header(&x->resp, "Cache-Control", "no-store");
        return store_write_is_empty(&x->write) ? NEXT_REPLY : NEXT_COMMIT;
    }
    html_begin(x, 200, "You are signed out", none);
    html_paragraph(x, "You can close this window.");
    return html_end(x);
}
