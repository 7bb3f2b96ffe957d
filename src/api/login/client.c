/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - clients by id. */
#include "api/login/client.h"

#include "auth/principal.h"

enum err
client_find(const struct exchange *x, const struct guid *appid, struct login_client *out)
{
    enum err e;

    *out = (struct login_client){ .appid = *appid };
    if (appid->text[0] == '\0')
        return ERR_OK;
    out->known = known_client_find(appid);
    if (out->known != NULL)
        return ERR_OK;
    e = application_load(x->rows, x->view, appid, &out->app);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
client_find_identity(const struct exchange *x, const struct guid *tid, struct login_client *c)
{
    enum err e;

    c->identity.oid.text[0] = '\0';
    if (c->known != NULL || c->app != NULL || c->appid.text[0] == '\0')
        return ERR_OK;
    e = principal_find(x->rows, x->view, tid, &c->appid, &c->identity);
    if (e == ERR_OK && c->identity.kind == PRINCIPAL_MANAGED && c->identity.enabled)
        return ERR_OK;
    c->identity.oid.text[0] = '\0';
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void
client_release(struct login_client *c)
{
    application_free(c->app);
    c->app = NULL;
}

bool
client_exists(const struct login_client *c)
{
    return c->known != NULL || c->app != NULL || c->identity.oid.text[0] != '\0';
}

const char *
client_name(const struct login_client *c)
{
    return c->known != NULL ? c->known->name : c->app != NULL ? c->app->name : "";
}

bool
client_is_public(const struct login_client *c)
{
    return c->known != NULL || (c->app != NULL && c->app->public_client);
}

bool
client_may_refresh(const struct login_client *c)
{
    if (client_is_public(c))
        return true;
    for (unsigned i = 0; c->app != NULL && i < c->app->nredirects; i++)
        if (c->app->redirects[i].kind != REDIRECT_WEB)
            return true;
    return false;
}

enum redirect_kind
client_redirect(const struct login_client *c, struct span uri)
{
    const struct app_redirect *r;

    if (c->known != NULL)
        return known_client_may_redirect(uri) ? REDIRECT_PUBLIC : 0;
    r = c->app == NULL ? NULL : application_find_redirect(c->app, uri);
    return r == NULL ? 0 : r->kind;
}

enum err
client_check(const struct exchange *x, const struct login_client *c, const struct guid *tid,
             enum sts *why)
{
    struct principal p;
    enum err e;

    *why = client_exists(c) ? STS_OK : STS_CLIENT;
    if (c->app == NULL)
        return ERR_OK;
    e = principal_find(x->rows, x->view, tid, &c->appid, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && p.kind != PRINCIPAL_APPLICATION))
        *why = STS_CLIENT;
    else if (e == ERR_OK && (!c->app->enabled || !p.enabled))
        *why = STS_DISABLED;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
