/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery.c - what clients read before they ask for a token: the OpenID
 * documents, the public keys, instance and user-realm discovery
 * (identity-and-cli.md 4.1, 4.2, 4.5).
 *
 * Every URL in them lies on the login origin itself: clients refuse an issuer
 * from elsewhere.
 */
#include "api/login/authority.h"
#include "api/login/login.h"
#include "auth/signing_key.h"
#include "codec/b64.h"
#include "codec/jsw.h"
#include "crypto/x509.h"

/* Public and the same for everybody: browsers of any origin may read it. */
static struct jsw
begin(struct exchange *x)
{
    sts_headers(x, 200);
    http_response_header(&x->resp, "Access-Control-Allow-Origin", "*");
    return jsw_of(sink_sec(&x->resp.body));
}

static enum next
finish(struct exchange *x)
{
    return x->resp.body.err == ERR_OK ? NEXT_REPLY
                                      : exchange_fail(x, x->resp.body.err, (struct span){ 0 });
}

/* A member that is the origin followed by a path. */
static void
put_url(struct jsw *w, const char *name, const struct site *s, const char *base,
        const char *tail)
{
    char url[512];

    (void)snprintf(url, sizeof(url), "%s/%s%s", s->login_origin, base, tail);
    jsw_str(w, name, url);
}

static void
put_list(struct jsw *w, const char *name, const char *const *values)
{
    jsw_array(w, name);
    for (; *values != NULL; values++)
        jsw_str(w, NULL, *values);
    jsw_end(w);
}

/* What differs between the three shapes of the document. */
struct shape {
    const char *issuer, *authorize, *token, *device, *logout, *keys;
};
static const struct shape shape_v2 = { "/v2.0",
                                       "/oauth2/v2.0/authorize",
                                       "/oauth2/v2.0/token",
                                       "/oauth2/v2.0/devicecode",
                                       "/oauth2/v2.0/logout",
                                       "/discovery/v2.0/keys" };
static const struct shape shape_v1 = { "/",
                                       "/oauth2/authorize",
                                       "/oauth2/token",
                                       "/oauth2/devicecode",
                                       "/oauth2/logout",
                                       "/discovery/keys" };

static void
put_capabilities(struct jsw *w)
{
    static const char *const methods[] = { "client_secret_post", "private_key_jwt",
                                           "client_secret_basic", NULL };
    static const char *const types[] = { "code", NULL };
    static const char *const modes[] = { "query", "fragment", "form_post", NULL };
    static const char *const subjects[] = { "pairwise", NULL };
    static const char *const algs[] = { "RS256", NULL };
    static const char *const scopes[] = { "openid", "profile", "email", "offline_access",
                                          NULL };

    put_list(w, "token_endpoint_auth_methods_supported", methods);
    put_list(w, "response_types_supported", types);
    put_list(w, "response_modes_supported", modes);
    put_list(w, "subject_types_supported", subjects);
    put_list(w, "id_token_signing_alg_values_supported", algs);
    put_list(w, "scopes_supported", scopes);
}

/* base: "adfs" or the tenant's GUID. Aliases and domain names get the real tenant's URLs:
 * their first segment becomes MSAL Python's realm. */
static enum next
put_document(struct exchange *x, const struct authority *a, const struct shape *shape)
{
    const char *base = a->adfs ? "adfs" : a->tenant.tid.text;
    const struct site *s = x->site;
    char url[512];
    struct jsw w = begin(x);

    jsw_object(&w, NULL);
    /* adfs tokens bear the tenant's issuer, so the document names that one. */
    put_url(&w, "issuer", s, a->tenant.tid.text, shape->issuer);
    put_url(&w, "authorization_endpoint", s, base, shape->authorize);
    put_url(&w, "token_endpoint", s, base, shape->token);
    put_url(&w, "device_authorization_endpoint", s, base, shape->device);
    put_url(&w, "end_session_endpoint", s, base, shape->logout);
    put_url(&w, "jwks_uri", s, base, shape->keys);
    (void)snprintf(url, sizeof(url), "https://graph.%s%s/oidc/userinfo", s->domain, s->port);
    jsw_str(&w, "userinfo_endpoint", url);
    put_capabilities(&w);
    jsw_str(&w, "cloud_instance_name", s->domain);
    (void)snprintf(url, sizeof(url), "graph.%s", s->domain);
    jsw_str(&w, "cloud_graph_host_name", url);
    jsw_str(&w, "msgraph_host", url);
    jsw_end(&w);
    return finish(x);
}

/* The authority of bind[0]; false when the answer is composed already. */
static bool
find_authority(struct exchange *x, struct authority *a, enum next *next)
{
    enum sts why;
    enum err e = authority_find(x, x->bind[0], a, &why);

    *next = NEXT_REPLY;
    if (e == ERR_OK && why == STS_OK)
        return true;
    if (e != ERR_OK)
        *next = sts_trouble(x, e);
    else
        *next = sts_fail(x, why == STS_TENANT ? STS_TENANT_UNKNOWN : why, x->bind[0],
                         (struct span){ 0 });
    return false;
}

enum next
api_login_openid_v2(struct exchange *x)
{
    struct authority a;
    enum next next;

    if (!find_authority(x, &a, &next))
        return next;
    return put_document(x, &a, a.adfs ? &shape_v1 : &shape_v2);
}

enum next
api_login_openid_v1(struct exchange *x)
{
    struct authority a;
    enum next next;

    if (!find_authority(x, &a, &next))
        return next;
    return put_document(x, &a, &shape_v1);
}

static enum err
put_key(struct jsw *w, const struct signing_key *k)
{
    struct cert *cert = NULL;
    struct span n, exponent;
    struct buf b64;
    enum err e;

    e = cert_new(k->der, &cert);
    if (e != ERR_OK)
        return e;
    if (!cert_rsa(cert, &n, &exponent)) {
        cert_free(cert);
        return ERR_FORMAT;
    }
    buf_init(&b64, 2 * CERT_MAX);
    b64_put(sink_buf(&b64), k->der);
    jsw_object(w, NULL);
    jsw_str(w, "kty", "RSA");
    jsw_str(w, "use", "sig");
    jsw_str(w, "alg", "RS256");
    jsw_str(w, "kid", k->kid);
    jsw_b64url(w, "x5t", span_of(cert_sha1(cert), SHA1_LEN));
    jsw_b64url(w, "n", n);
    jsw_b64url(w, "e", exponent);
    jsw_array(w, "x5c");
    jsw_span(w, NULL, buf_span(&b64));
    jsw_end(w);
    jsw_end(w);
    e = b64.err;
    buf_release(&b64);
    cert_free(cert);
    return e;
}

enum next
api_login_keys(struct exchange *x)
{
    struct signing_keys keys;
    struct authority a;
    enum next next;
    struct jsw w;
    enum err e;

    if (!find_authority(x, &a, &next))
        return next;
    e = signing_keys_load(x->rows, x->view, &keys);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    w = begin(x);
    jsw_object(&w, NULL);
    jsw_array(&w, "keys");
    for (unsigned i = 0; i < keys.n && e == ERR_OK; i++)
        e = put_key(&w, &keys.key[i]);
    jsw_end(&w);
    jsw_end(&w);
    return e == ERR_OK ? finish(x) : exchange_fail(x, e, (struct span){ 0 });
}

/* Host and first path segment of "https://host[:port]/segment/..."; false if it is not that. */
static bool
split_url(struct span url, struct span *host, struct span *segment)
{
    static const char scheme[] = "https://";
    struct span port;
    uint64_t number;

    if (url.len < sizeof(scheme) ||
        !span_is_str_nocase(span_head(url, sizeof(scheme) - 1), scheme))
        return false;
    url = span_tail(url, sizeof(scheme) - 1);
    *host = span_head(url, span_find(url, '/'));
    *segment = span_tail(url, host->len + 1);
    *segment = span_head(*segment, span_find(*segment, '/'));
    /* WIRE: MSAL Python drops the port of the authority here, the others keep it. */
    port = span_tail(*host, span_find(*host, ':') + 1);
    *host = span_head(*host, span_find(*host, ':'));
    return host->len > 0 && (port.len == 0 || span_get_u64(port, &number));
}

static void
put_instance(struct exchange *x, const struct authority *a)
{
    char host[sizeof(x->site->domain) + 8], with_port[sizeof(host) + sizeof(x->site->port)];
    const char *base = a->adfs ? "adfs" : a->tenant.tid.text;
    struct jsw w = begin(x);

    (void)snprintf(host, sizeof(host), "login.%s", x->site->domain);
    (void)snprintf(with_port, sizeof(with_port), "%s%s", host, x->site->port);
    jsw_object(&w, NULL);
    put_url(&w, "tenant_discovery_endpoint", x->site, base,
            a->adfs ? "/.well-known/openid-configuration"
                    : "/v2.0/.well-known/openid-configuration");
    jsw_str(&w, "api-version", "1.1");
    jsw_array(&w, "metadata");
    jsw_object(&w, NULL);
    jsw_str(&w, "preferred_network", with_port);
    jsw_str(&w, "preferred_cache", with_port);
    jsw_array(&w, "aliases");
    jsw_str(&w, NULL, with_port);
    if (x->site->port[0] != '\0')
        jsw_str(&w, NULL, host);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
}

enum next
api_login_instance(struct exchange *x)
{
    struct span url, host, segment;
    char own[sizeof(x->site->domain) + 32];
    struct authority a;
    enum sts why;
    enum err e;

    if (!http_request_param(x->req, "authorization_endpoint", &url))
        return sts_fail(x, STS_MISSING, span_str("authorization_endpoint"), (struct span){ 0 });
    (void)snprintf(own, sizeof(own), "login.%s", x->site->domain);
    if (!split_url(url, &host, &segment) || !span_is_str_nocase(host, own))
        return sts_fail(x, STS_INSTANCE, (struct span){ 0 }, (struct span){ 0 });
    e = authority_find(x, segment, &a, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why == STS_TENANT ? STS_TENANT_UNKNOWN : why, segment,
                        (struct span){ 0 });
    put_instance(x, &a);
    return finish(x);
}

/* Everybody's password is checked here: "Federated" would send clients to WS-Trust. */
enum next
api_login_userrealm(struct exchange *x)
{
    struct jsw w = begin(x);

    jsw_object(&w, NULL);
    jsw_str(&w, "ver", "1.0");
    jsw_str(&w, "account_type", "Managed");
    jsw_str(&w, "domain_name", x->site->domain);
    jsw_str(&w, "cloud_instance_name", x->site->domain);
    jsw_str(&w, "cloud_audience_urn", "urn:federation:MicrosoftOnline");
    jsw_end(&w);
    return finish(x);
}
