/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.c - /metadata/endpoints: where the planes of this installation are, for
 * `az cloud register` and Terraform (management-plane.md A.9, identity-and-cli.md 3).
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"

/* The old form, of 2015-01-01. */
static void
put_old(const struct exchange *x, struct jsw *w)
{
    const struct site *s = x->site;
    char url[300];

    (void)snprintf(url, sizeof(url), "%s/", s->arm_origin);
    jsw_object(w, NULL);
    jsw_str(w, "galleryEndpoint", url);
    (void)snprintf(url, sizeof(url), "%s/", s->graph_origin);
    jsw_str(w, "graphEndpoint", url);
    (void)snprintf(url, sizeof(url), "%s/", s->portal_origin);
    jsw_str(w, "portalEndpoint", url);
    jsw_object(w, "authentication");
    /* WIRE: the adfs form, since az 2.45 has no switch for instance discovery. */
    (void)snprintf(url, sizeof(url), "%s/adfs", s->login_origin);
    jsw_str(w, "loginEndpoint", url);
    jsw_array(w, "audiences");
    jsw_str(w, NULL, s->arm_origin);
    jsw_end(w);
    jsw_end(w);
    jsw_end(w);
}

/* "<label>.<domain>[:port]" behind a prefix */
static void
put_host(const struct exchange *x, struct jsw *w, const char *name, const char *prefix,
         const char *label)
{
    char url[300];

    (void)snprintf(url, sizeof(url), "%s%s.%s%s", prefix, label, x->site->domain,
                   x->site->port);
    jsw_str(w, name, url);
}

static void
put_suffixes(const struct exchange *x, struct jsw *w)
{
    jsw_object(w, "suffixes");
    put_host(x, w, "keyVaultDns", "", "vault");
    put_host(x, w, "mhsmDns", "", "managedhsm");
    put_host(x, w, "storage", "", "core");
    put_host(x, w, "sqlServerHostname", "", "database");
    put_host(x, w, "acrLoginServer", "", "azurecr");
    put_host(x, w, "azureDataLakeStoreFileSystem", "", "dls");
    put_host(x, w, "azureDataLakeAnalyticsCatalogAndJob", "", "dla");
    jsw_end(w);
}

/* Services that are not here: names below our domain, which nobody answers. */
static void
put_absent(const struct exchange *x, struct jsw *w)
{
    static const char *const absent[][2] = {
        { "batch", "batch" },
        { "media", "media" },
        { "sqlManagement", "sqlmgmt" },
        { "activeDirectoryDataLake", "datalake" },
        { "logAnalyticsResourceId", "loganalytics" },
        { "synapseAnalyticsResourceId", "synapse" },
        { "attestationResourceId", "attest" },
        { "appInsightsResourceId", "appinsights" },
        { "appInsightsTelemetryChannelResourceId", "telemetry" },
        { "ossrDbmsResourceId", "ossrdbms" },
    };

    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        put_host(x, w, absent[i][0], "https://", absent[i][1]);
}

static void
put_cloud(const struct exchange *x, struct jsw *w)
{
    const struct site *s = x->site;
    char url[300];

    jsw_object(w, NULL);
    jsw_str(w, "name", "Keyhold");
    jsw_str(w, "portal", s->portal_origin);
    jsw_object(w, "authentication");
    /* WIRE: the adfs form needs no host of Microsoft's from any client
     * (identity-and-cli.md 1.5); without a slash at the end, since Terraform joins with one. */
    (void)snprintf(url, sizeof(url), "%s/adfs", s->login_origin);
    jsw_str(w, "loginEndpoint", url);
    jsw_array(w, "audiences");
    jsw_str(w, NULL, s->arm_origin);
    jsw_end(w);
    jsw_str(w, "tenant", "common");
    jsw_str(w, "identityProvider", "AAD");
    jsw_end(w);
    jsw_str(w, "resourceManager", s->arm_origin);
    jsw_str(w, "gallery", s->arm_origin);
    jsw_str(w, "graph", s->graph_origin);
    jsw_str(w, "graphAudience", s->graph_origin);
    jsw_str(w, "microsoftGraphResourceId", s->graph_origin);
    (void)snprintf(url, sizeof(url), "%s/aliases", s->arm_origin);
    jsw_str(w, "vmImageAliasDoc", url);
    put_absent(x, w);
    put_suffixes(x, w);
    jsw_end(w);
}

enum next
api_arm_metadata(struct exchange *x)
{
    struct span version = { 0 };
    struct jsw w = arm_reply(x, 200);

    (void)http_request_param(x->req, "api-version", &version);
    if (span_is_str(version, "2015-01-01")) {
        put_old(x, &w);
    } else if (span_is_str(version, "2019-05-01") || span_is_str(version, "2020-06-01")) {
        jsw_array(&w, NULL);
        put_cloud(x, &w);
        jsw_end(&w);
    } else {
        put_cloud(x, &w);
    }
    return arm_finish(x, NEXT_REPLY);
}
