/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - the URLs of an installation, made once from domain and port. */
#include "api/site.h"

#include <stdio.h>

static bool
fits(int n, size_t cap)
{
    return n >= 0 && (size_t)n < cap;
}

/* identity-and-cli.md 9.1: exactly ", " between the parameters */
static bool
put_challenge(struct site *s, const char *tenant)
{
    return fits(snprintf(s->challenge, sizeof(s->challenge),
                         "Bearer authorization=\"%s/%s\", resource=\"%s\"", s->login_origin,
                         tenant, s->vault_resource),
                sizeof(s->challenge));
}

static bool
put_origin(const struct site *s, const char *label, char *out, size_t cap)
{
    return fits(snprintf(out, cap, "https://%s.%s%s", label, s->domain, s->port), cap);
}

/* Who fetches a list of revoked certificates may not be able to verify TLS yet. */
static bool
put_pki(struct site *s, const struct site_options *o)
{
    size_t cap = sizeof(s->pki_origin);

    if (o->pki_port == 0)
        return put_origin(s, "pki", s->pki_origin, cap);
    if (o->pki_port == 80)
        return fits(snprintf(s->pki_origin, cap, "http://pki.%s", s->domain), cap);
    return fits(snprintf(s->pki_origin, cap, "http://pki.%s:%u", s->domain, o->pki_port), cap);
}

static bool
put_urls(struct site *s, const struct site_options *o)
{
    const char *tenant = o->challenge_tenant == NULL ? "" : o->challenge_tenant;

    s->challenge_default = span_is_str(span_str(tenant), "default");
    return put_origin(s, "login", s->login_origin, sizeof(s->login_origin)) &&
           put_origin(s, "vault", s->vault_resource, sizeof(s->vault_resource)) &&
           put_origin(s, "management", s->arm_origin, sizeof(s->arm_origin)) &&
           put_origin(s, "graph", s->graph_origin, sizeof(s->graph_origin)) &&
           put_origin(s, "portal", s->portal_origin, sizeof(s->portal_origin)) &&
           put_pki(s, o) && put_origin(s, "pki", s->acme_origin, sizeof(s->acme_origin)) &&
           put_challenge(s, s->challenge_default ? "" : tenant);
}

enum err
site_init(struct site *s, const struct site_options *o)
{
    *s = (struct site){ .strict_versions = o->strict_versions,
                        .guards_vault_mode = o->guards_vault_mode,
                        .has_token = o->has_token };
    if (!span_copy_str(span_str(o->domain), s->domain, sizeof(s->domain)) ||
        s->domain[0] == '\0')
        return ERR_ARG;
    /* Go's client compares the resource host with case: lower-case everywhere. */
    for (char *p = s->domain; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    if (o->port != 443)
        (void)snprintf(s->port, sizeof(s->port), ":%u", o->port);
    if (!span_copy_str(span_str(o->location), s->location, sizeof(s->location)))
        return ERR_ARG;
    if (!put_urls(s, o))
        return ERR_ARG;
    s->audiences[0] = s->vault_resource;
    s->audiences[1] = "https://vault.azure.net";
    s->audiences[2] = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"; /* data-plane.md A4 */
    /* identity-and-cli.md 1.3: the public names are what older clients ask for. */
    s->arm_audiences[0] = s->arm_origin;
    s->arm_audiences[1] = "https://management.azure.com";
    s->arm_audiences[2] = "https://management.core.windows.net";
    s->arm_audiences[3] = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
    s->graph_audiences[0] = s->graph_origin;
    s->graph_audiences[1] = "https://graph.microsoft.com";
    s->graph_audiences[2] = "00000003-0000-0000-c000-000000000000";
    return ERR_OK;
}

const char *const *
site_audiences(const struct site *s, enum plane plane)
{
    if (plane == PLANE_MANAGEMENT)
        return s->arm_audiences;
    return plane == PLANE_GRAPH ? s->graph_audiences : s->audiences;
}

void
site_know_tenant(struct site *s, const struct guid *tenant)
{
    s->default_tenant = *tenant;
    if (s->challenge_default && !put_challenge(s, tenant->text))
        (void)put_challenge(s, "");
}

/* host = label "." rest: cuts off ".{domain}"; false if host is not below the domain. */
static bool
below_domain(const struct site *s, struct span host, struct span *labels)
{
    struct span domain = span_str(s->domain);

    if (host.len <= domain.len + 1)
        return false;
    *labels = span_head(host, host.len - domain.len - 1);
    return host.ptr[labels->len] == '.' &&
           span_is_equal_nocase(span_tail(host, labels->len + 1), domain);
}

enum plane
site_plane(const struct site *s, struct span host, struct span *vault)
{
    static const struct {
        const char *label;
        enum plane plane;
    } hosts[] = { { "login", PLANE_LOGIN },
                  { "management", PLANE_MANAGEMENT },
                  { "graph", PLANE_GRAPH },
                  { "portal", PLANE_PORTAL },
                  { "pki", PLANE_PKI } };
    struct span labels;
    size_t dot;

    *vault = (struct span){ 0 };
    if (!below_domain(s, host, &labels))
        return PLANE__MAX;
    dot = span_find(labels, '.');
    if (dot == labels.len) {
        for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
            if (span_is_str_nocase(labels, hosts[i].label))
                return hosts[i].plane;
        return PLANE__MAX;
    }
    if (dot == 0 || !span_is_str_nocase(span_tail(labels, dot + 1), "vault"))
        return PLANE__MAX;
    *vault = span_head(labels, dot);
    return PLANE_VAULT;
}

enum plane
site_plane_of(const struct site *s, const struct http_request *r, struct span *vault)
{
    if (r->is_tls)
        return site_plane(s, r->host, vault);
    *vault = (struct span){ 0 };
    return r->mark == SITE_MARK_PKI ? PLANE_PKI_HTTP : PLANE_LOCAL;
}
