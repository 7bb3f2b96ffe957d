/* SPDX-License-Identifier: Apache-2.0 */
/* authority.c - names of tenants, of this token service, and of the APIs behind it. */
#include "api/login/authority.h"

#include "auth/principal.h"

static const char *const aliases[] = { "adfs", "common", "organizations", "consumers" };
enum { NALIASES = sizeof(aliases) / sizeof(aliases[0]) };

static bool
is_alias(struct span s)
{
    for (size_t i = 0; i < NALIASES; i++)
        if (span_is_str_nocase(s, aliases[i]))
            return true;
    return false;
}

enum err
authority_find(const struct exchange *x, struct span segment, struct authority *out,
               enum sts *why)
{
    struct guid tid;
    enum err e;

    *out = (struct authority){ .adfs = span_is_str_nocase(segment, "adfs"),
                               .alias = is_alias(segment) };
    *why = STS_OK;
    if (x->rows == NULL)
        return ERR_UNAVAILABLE;
    if (out->alias) {
        /* No default tenant, or its row is gone: a fault of the installation. */
        return tenant_load(x->rows, x->view, &x->site->default_tenant, &out->tenant);
    }
    if (!guid_parse(segment, &tid) && !tenant_domain_is_ok(segment)) {
        *why = STS_BAD_TENANT;
        return ERR_OK;
    }
    e = tenant_find(x->rows, x->view, segment, &out->tenant);
    if (e == ERR_NOT_FOUND) {
        *why = STS_TENANT;
        return ERR_OK;
    }
    return e;
}

/* Cuts prefix off; false if s does not begin with it (without case). */
static bool
cut(struct span *s, struct span prefix)
{
    if (s->len < prefix.len || !span_is_equal_nocase(span_head(*s, prefix.len), prefix))
        return false;
    *s = span_tail(*s, prefix.len);
    return true;
}

/* Does that segment stand for this tenant? An alias is the default tenant's. */
static bool
is_name_of(const struct site *s, const struct authority *a, struct span name)
{
    return (is_alias(name) && guid_is_equal(&a->tenant.tid, &s->default_tenant)) ||
           span_is_str_nocase(name, a->tenant.tid.text) ||
           (a->tenant.domain[0] != '\0' && span_is_str_nocase(name, a->tenant.domain));
}

bool
authority_is_audience(const struct site *s, const struct authority *a, struct span aud)
{
    static const char *const tails[] = { "", "/", "/v2.0", "/oauth2/token",
                                         "/oauth2/v2.0/token" };
    struct span below;
    bool ours;

    if (!cut(&aud, span_str(s->login_origin)) || !cut(&aud, span_str("/")))
        return false;
    below = aud;
    /* Terraform's form (routes_login.c). */
    if (cut(&below, span_str("adfs/")) &&
        is_name_of(s, a, span_head(below, span_find(below, '/'))))
        aud = below;
    below = span_tail(aud, span_find(aud, '/'));
    ours = is_name_of(s, a, span_head(aud, span_find(aud, '/')));
    for (size_t i = 0; ours && i < sizeof(tails) / sizeof(tails[0]); i++)
        if (span_is_str_nocase(below, tails[i]))
            return true;
    return false;
}

/* Is s "https://<label>.<domain>[:port]"? */
static bool
is_own_host(const struct site *s, struct span resource, const char *label)
{
    return cut(&resource, span_str("https://")) && cut(&resource, span_str(label)) &&
           cut(&resource, span_str(".")) && cut(&resource, span_str(s->domain)) &&
           span_is_str(resource, s->port);
}

bool
resource_is_known(const struct site *s, struct span resource)
{
    /* The vendor's own names, for clients with hand-written scopes
     * (identity-and-cli.md 1, point 3), and the vault service's application id. */
    static const char *const names[] = {
        "https://vault.azure.net",      "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        "https://management.azure.com", "https://management.core.windows.net",
        "https://graph.microsoft.com",  "https://graph.windows.net"
    };
    static const char *const hosts[] = { "vault", "management", "graph" };

    if (resource.len > 0 && resource.ptr[resource.len - 1] == '/')
        resource = span_head(resource, resource.len - 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (span_is_str_nocase(resource, names[i]))
            return true;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (is_own_host(s, resource, hosts[i]))
            return true;
    return false;
}

enum err
resource_find(const struct exchange *x, const struct guid *tid, struct span resource,
              bool *known)
{
    static const char scheme[] = "api://";
    struct principal p;
    struct guid appid;
    enum err e;

    *known = resource_is_known(x->site, resource);
    if (*known)
        return ERR_OK;
    if (span_has_prefix(resource, span_str(scheme)))
        resource = span_tail(resource, sizeof(scheme) - 1);
    if (!guid_parse(resource, &appid))
        return ERR_OK;
    e = principal_find(x->rows, x->view, tid, &appid, &p);
    *known = e == ERR_OK && p.kind == PRINCIPAL_APPLICATION && p.enabled;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
