/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site.h - how this installation is called from outside: domain, ports, the
 * URLs made of them, and the policies of the wire. Immutable after start, but for the
 * default tenant, which the store knows.
 */
#ifndef API_SITE_H
#define API_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "http/request.h"

enum plane {
    PLANE_VAULT,      /* {vault}.vault.{domain} */
    PLANE_LOGIN,      /* login.{domain} */
    PLANE_MANAGEMENT, /* management.{domain} */
    PLANE_GRAPH,
    PLANE_PORTAL,
    PLANE_PKI,      /* pki.{domain}: what everybody may know of authorities; ACME */
    PLANE_PKI_HTTP, /* the same without TLS, on a listener of its own, and less of it */
    PLANE_LOCAL,    /* the loopback listener: health, metrics, managed identity */
    PLANE__MAX      /* no such host */
};

struct acme_nonces;
struct attesters; /* auth/attester.h */

enum { SITE_AUDIENCES_MAX = 8 };

struct site {
    char domain[200];
    char port[8];             /* ":8443", or "" for 443 */
    char login_origin[256];   /* "https://login.{domain}[:port]" */
    char vault_resource[256]; /* "https://vault.{domain}[:port]": challenge resource */
    char arm_origin[256];     /* "https://management.{domain}[:port]" */
    char graph_origin[256];   /* "https://graph.{domain}[:port]" */
    char portal_origin[256];  /* "https://portal.{domain}[:port]" */
    char pki_origin[256];     /* what stands in certificates: http on a listener of its own */
    char acme_origin[256];    /* "https://pki.{domain}[:port]" */
    char challenge[600];      /* the whole WWW-Authenticate value */
    const char *audiences[SITE_AUDIENCES_MAX];       /* for the data plane, ends with NULL */
    const char *arm_audiences[SITE_AUDIENCES_MAX];   /* for the management plane */
    const char *graph_audiences[SITE_AUDIENCES_MAX]; /* for the directory */
    bool challenge_default;      /* the challenge names default_tenant, once it is known */
    struct acme_nonces *nonces;  /* of the process (api/acme/nonce.h) */
    struct attesters *attesters; /* trusted issuers; may be NULL */
    bool strict_versions;        /* unknown api-versions are refused, as Azure does */
    bool guards_vault_mode;      /* roles or access policies: for those who assign roles */
    bool has_token;              /* new keys of -HSM types are made in the PKCS#11 token */
    char location[41];           /* region name */
    struct guid default_tenant;  /* what `adfs`, `common` and `organizations` stand for */
    char identity_header[128];   /* secret of the App Service shape; "" = off */
};

struct site_options {
    const char *domain;
    uint16_t port;
    uint16_t pki_port; /* of the listener without TLS; 0: there is none */
    /* NULL or "": tenant-less form with the slash; "default"; or a GUID */
    const char *challenge_tenant;
    bool strict_versions, guards_vault_mode;
    bool has_token;
    const char *location;
};
MUST_CHECK enum err site_init(struct site *s, const struct site_options *o);
/* The default tenant has been read from the store. */
void site_know_tenant(struct site *s, const struct guid *tenant);

/* What tokens for this plane may be made out to; ends with NULL. */
const char *const *site_audiences(const struct site *s, enum plane plane);

/* Which plane a Host names (lower-cased, without port); *vault borrows from host. */
enum plane site_plane(const struct site *s, struct span host, struct span *vault);
/* The same of a whole request: without TLS the listener decides. */
enum plane site_plane_of(const struct site *s, const struct http_request *r,
                         struct span *vault);
/* What the listener of pki.http_listen is marked with (http/server.h). */
enum { SITE_MARK_PKI = 1 };

#endif /* API_SITE_H */
