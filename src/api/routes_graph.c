/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes_graph.c - what can be asked of the directory (identity-and-cli.md 8). The first
 * segment is the version; api/graph/doors.c looks at it.
 */
#include "api/graph/handlers.h"
#include "api/routes.h"

#define V "/{version}"
#define GRAPH(m, p, s, act, fn, op)                                                            \
    {                                                                                          \
        .plane = PLANE_GRAPH, .method = HTTP_##m, .path = V p, .over = s,                      \
        .action = "microsoft.directory/" act, .since = V_NONE, .run = fn, .operation = op      \
    }
#define AT(m, p, act, fn, op)   GRAPH(m, p, OVER_TENANT, act, fn, op)
#define MINE(m, p, act, fn, op) GRAPH(m, p, OVER_OWN, act, fn, op)

/* What users, groups and service principals have in common. */
#define MEMBER(set, act)                                                                       \
    AT(GET, "/" set "/{id}/memberOf", act "/standard/read", api_graph_member_of,               \
       "DirectoryMemberOf"),                                                                   \
        AT(GET, "/" set "/{id}/transitiveMemberOf", act "/standard/read",                      \
           api_graph_member_of_all, "DirectoryTransitiveMemberOf"),                            \
        AT(POST, "/" set "/{id}/getMemberGroups", act "/standard/read", api_graph_get_groups,  \
           "DirectoryGetMemberGroups"),                                                        \
        AT(POST, "/" set "/{id}/getMemberObjects", act "/standard/read", api_graph_get_groups, \
           "DirectoryGetMemberObjects"),                                                       \
        AT(POST, "/" set "/{id}/checkMemberGroups", act "/standard/read",                      \
           api_graph_check_groups, "DirectoryCheckMemberGroups"),                              \
        AT(POST, "/" set "/{id}/checkMemberObjects", act "/standard/read",                     \
           api_graph_check_groups, "DirectoryCheckMemberObjects")
#define OWNED(set, act)                                                                        \
    AT(GET, "/" set "/{id}/owners", act "/standard/read", api_graph_owners,                    \
       "DirectoryOwnerList"),                                                                  \
        AT(POST, "/" set "/{id}/owners/$ref", act "/owners/update", api_graph_owner_add,       \
           "DirectoryOwnerAdd"),                                                               \
        AT(DELETE, "/" set "/{id}/owners/{owner}/$ref", act "/owners/update",                  \
           api_graph_owner_remove, "DirectoryOwnerRemove")

/* clang-format off */
static const struct route rows[] = {
    MINE(GET, "/me", "users/standard/read", api_graph_me, "DirectoryMe"),
    MINE(GET, "/me/memberOf", "users/standard/read", api_graph_member_of, "DirectoryMyGroups"),
    MINE(GET, "/me/transitiveMemberOf", "users/standard/read", api_graph_member_of_all,
         "DirectoryMyTransitiveGroups"),
    MINE(POST, "/me/getMemberGroups", "users/standard/read", api_graph_get_groups,
         "DirectoryMyMemberGroups"),
    MINE(POST, "/me/checkMemberGroups", "users/standard/read", api_graph_check_groups,
         "DirectoryMyCheckGroups"),
    AT(GET, "/organization", "organization/standard/read", api_graph_organization,
       "DirectoryOrganization"),

    AT(GET, "/users", "users/standard/read", api_graph_users, "UserList"),
    AT(POST, "/users", "users/create", api_graph_user_post, "UserCreate"),
    AT(GET, "/users/{id}", "users/standard/read", api_graph_user_get, "UserGet"),
    AT(PATCH, "/users/{id}", "users/basic/update", api_graph_user_patch, "UserUpdate"),
    AT(DELETE, "/users/{id}", "users/delete", api_graph_user_delete, "UserDelete"),
    MEMBER("users", "users"),

    AT(GET, "/groups", "groups/standard/read", api_graph_groups, "GroupList"),
    AT(POST, "/groups", "groups/create", api_graph_group_post, "GroupCreate"),
    AT(GET, "/groups/{id}", "groups/standard/read", api_graph_group_get, "GroupGet"),
    AT(PATCH, "/groups/{id}", "groups/basic/update", api_graph_group_patch, "GroupUpdate"),
    AT(DELETE, "/groups/{id}", "groups/delete", api_graph_group_delete, "GroupDelete"),
    AT(GET, "/groups/{id}/members", "groups/standard/read", api_graph_members,
       "GroupMemberList"),
    AT(POST, "/groups/{id}/members/$ref", "groups/members/update", api_graph_member_add,
       "GroupMemberAdd"),
    AT(DELETE, "/groups/{id}/members/{member}/$ref", "groups/members/update",
       api_graph_member_remove, "GroupMemberRemove"),
    MEMBER("groups", "groups"),
    OWNED("groups", "groups"),

    AT(GET, "/applications", "applications/standard/read", api_graph_applications,
       "ApplicationList"),
    AT(POST, "/applications", "applications/create", api_graph_application_post,
       "ApplicationCreate"),
    AT(GET, "/applications/{id}", "applications/standard/read", api_graph_application_get,
       "ApplicationGet"),
    AT(PATCH, "/applications/{id}", "applications/basic/update", api_graph_application_patch,
       "ApplicationUpdate"),
    AT(DELETE, "/applications/{id}", "applications/delete", api_graph_application_delete,
       "ApplicationDelete"),
    AT(POST, "/applications/{id}/addPassword", "applications/credentials/update",
       api_graph_password_add, "ApplicationAddPassword"),
    AT(POST, "/applications/{id}/removePassword", "applications/credentials/update",
       api_graph_password_remove, "ApplicationRemovePassword"),
    AT(GET, "/applications/{id}/federatedIdentityCredentials", "applications/standard/read",
       api_graph_federated, "FederatedCredentialList"),
    AT(POST, "/applications/{id}/federatedIdentityCredentials",
       "applications/credentials/update", api_graph_federated_post, "FederatedCredentialCreate"),
    AT(GET, "/applications/{id}/federatedIdentityCredentials/{credential}",
       "applications/standard/read", api_graph_federated_get, "FederatedCredentialGet"),
    AT(PATCH, "/applications/{id}/federatedIdentityCredentials/{credential}",
       "applications/credentials/update", api_graph_federated_patch,
       "FederatedCredentialUpdate"),
    AT(DELETE, "/applications/{id}/federatedIdentityCredentials/{credential}",
       "applications/credentials/update", api_graph_federated_delete,
       "FederatedCredentialDelete"),
    OWNED("applications", "applications"),

    AT(GET, "/servicePrincipals", "servicePrincipals/standard/read", api_graph_sps,
       "ServicePrincipalList"),
    AT(POST, "/servicePrincipals", "servicePrincipals/create", api_graph_sp_post,
       "ServicePrincipalCreate"),
    AT(GET, "/servicePrincipals/{id}", "servicePrincipals/standard/read", api_graph_sp_get,
       "ServicePrincipalGet"),
    AT(PATCH, "/servicePrincipals/{id}", "servicePrincipals/basic/update", api_graph_sp_patch,
       "ServicePrincipalUpdate"),
    AT(DELETE, "/servicePrincipals/{id}", "servicePrincipals/delete", api_graph_sp_delete,
       "ServicePrincipalDelete"),
    AT(POST, "/servicePrincipals/{id}/addPassword", "servicePrincipals/credentials/update",
       api_graph_password_add, "ServicePrincipalAddPassword"),
    AT(POST, "/servicePrincipals/{id}/removePassword", "servicePrincipals/credentials/update",
       api_graph_password_remove, "ServicePrincipalRemovePassword"),
    MEMBER("servicePrincipals", "servicePrincipals"),
    OWNED("servicePrincipals", "servicePrincipals"),

    AT(POST, "/directoryObjects/getByIds", "directoryObjects/standard/read", api_graph_by_ids,
       "DirectoryGetByIds"),
    AT(GET, "/directoryObjects/{id}", "directoryObjects/standard/read", api_graph_object_get,
       "DirectoryObjectGet"),
    MEMBER("directoryObjects", "directoryObjects"),

    MINE(GET, "/{keyed}", "applications/standard/read", api_graph_keyed, "DirectoryGetByAppId"),
    MINE(PATCH, "/{keyed}", "applications/basic/update", api_graph_keyed,
         "DirectoryUpdateByAppId"),
    MINE(DELETE, "/{keyed}", "applications/delete", api_graph_keyed, "DirectoryDeleteByAppId"),
};
/* clang-format on */

const struct route_table routes_graph = { rows, sizeof(rows) / sizeof(rows[0]) };
