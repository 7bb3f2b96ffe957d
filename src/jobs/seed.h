/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed.h - a file that says what should exist. JSON or YAML; applying it twice
 * changes nothing the second time. Sections and the members of their items
 * (those in brackets may be left out):
 *
 *   tenant             {[id], [name]}; of the founding, ignored later
 *   tenants            [{name, [id], [domain]}]; further ones
 *   subscriptions      [{name, [id], [tenant]}]; what lies in it is that tenant's
 *   resourceGroups     [{name, [subscription], [location]}]
 *   applications       [{name, [appId], [objectId], [secrets: [{value, [expires]}]],
 *                        [certificates: [PEM]], [tenant], [publicClient],
 *                        [redirectUris: [{uri, [kind: web, spa, public]}]]}]
 *   users              [{upn, password, [name], [id], [enabled], [tenant]}]
 *   managedIdentities  [{name, [clientId], [objectId], [subscription], [resourceGroup],
 *                        [tenant]}]
 *   groups             [{name, [id], [members: [principal]], [tenant]}]
 *   vaults             [{name, resourceGroup, [subscription], [location], [sku], [rbac],
 *                        [purgeProtection], [retentionDays],
 *                        [accessPolicies: [{principal, [applicationId], [keys: [verb]],
 *                         [secrets: [verb]], [certificates: [verb]], [storage: [verb]]}]]}]
 *   roleAssignments    [{principal, role, scope or vault, [secret]}]
 *   secrets            [{vault, name, value, [contentType], [tags]}]
 *
 * A principal is an object id, the name of an application, managed identity
 * or group of the same file, or the UPN of a user of it. An id that is left out follows from
 * the name and the installation's tenant, the same every time: names are unique in a section,
 * over all tenants. A tenant is an id, or a name of the section tenants; one that
 * is left out is the installation's. A subscription that is left out is the first
 * of the file, else the installation's first.
 */
#ifndef JOBS_SEED_H
#define JOBS_SEED_H

#include "jobs/desk.h"

struct seed;

/* Parses the text and checks its structure; values are judged when they are applied. Errors
 * are logged with their place ("seed: vaults[2]: ..."), never with a value. ERR_SYNTAX,
 * ERR_ARG, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err seed_parse(struct span text, struct seed **out);
void seed_free(struct seed *s);

/* What a founding needs of it; "" / defaults where the file is silent. */
struct guid seed_tenant(const struct seed *s); /* a new one is made when absent */
const char *seed_tenant_name(const struct seed *s);

/*
 * Brings everything about, item by item, each in one commit: an error leaves what came before
 * it. What exists is left as it is (a user's password too), but for credentials, group members
 * and access policies that are missing, and purge protection to be switched on. A secret that
 * exists keeps its value: the file may be older. ERR_ARG (logged) for a value; else as
 * desk_ask() and desk_commit().
 */
MUST_CHECK enum err seed_apply(struct desk *d, const struct seed *s, const char *location);

#endif /* JOBS_SEED_H */
