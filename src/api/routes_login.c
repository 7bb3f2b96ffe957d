/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes_login.c - what can be asked of the token service, and of the managed
 * identity endpoint on the loopback listener.
 *
 * All rows are open: they are where callers come to prove who they are. {t} is
 * a tenant's GUID or domain name, or an alias, `adfs` among them.
 */
#include "api/local/identity.h"
#include "api/login/form.h"
#include "api/login/login.h"
#include "api/routes.h"

#define TOKEN(path_, run_)                                                                     \
    {                                                                                          \
        .plane = PLANE_LOGIN, .method = HTTP_POST, .path = path_, .open = true,                \
        .body_max = FORM_BODY_MAX, .run = run_, .operation = "TokenIssue"                      \
    }
#define PAGE(path_, run_, operation_)                                                          \
    {                                                                                          \
        .plane = PLANE_LOGIN, .method = HTTP_GET, .path = path_, .open = true, .run = run_,    \
        .operation = operation_                                                                \
    }
/* What a browser shows: read, and sent back as a form. */
#define FORM(path_, run_, operation_)                                                          \
    PAGE(path_, run_, operation_),                                                             \
    {                                                                                          \
        .plane = PLANE_LOGIN, .method = HTTP_POST, .path = path_, .open = true,                \
        .body_max = FORM_BODY_MAX, .run = run_, .operation = operation_                        \
    }
#define DEVICE(path_, run_)                                                                    \
    {                                                                                          \
        .plane = PLANE_LOGIN, .method = HTTP_POST, .path = path_, .open = true,                \
        .body_max = FORM_BODY_MAX, .run = run_, .operation = "DeviceCodeIssue"                 \
    }
#define IDENTITY(method_, path_, run_)                                                         \
    {                                                                                          \
        .plane = PLANE_LOCAL, .method = method_, .path = path_, .open = true,                  \
        .body_max = FORM_BODY_MAX, .run = run_, .operation = "ManagedIdentityTokenIssue"       \
    }

/* clang-format off */
static const struct route rows[] = {
    TOKEN("/{t}/oauth2/v2.0/token", api_login_token_v2),
    TOKEN("/{t}/oauth2/token", api_login_token_v1),
    /* WIRE: Terraform puts its tenant behind the loginEndpoint of our metadata, which ends in adfs. */
    TOKEN("/adfs/{t}/oauth2/v2.0/token", api_login_token_v2),
    TOKEN("/adfs/{t}/oauth2/token", api_login_token_v1),

    FORM("/{t}/oauth2/v2.0/authorize", api_login_authorize, "SignIn"),
    FORM("/{t}/oauth2/authorize", api_login_authorize, "SignIn"),
    DEVICE("/{t}/oauth2/v2.0/devicecode", api_login_devicecode_v2),
    DEVICE("/{t}/oauth2/devicecode", api_login_devicecode_v1),
    FORM("/{t}/oauth2/deviceauth", api_login_deviceauth, "DeviceSignIn"),
    PAGE("/{t}/oauth2/v2.0/logout", api_login_logout, "SignOut"),
    PAGE("/{t}/oauth2/logout", api_login_logout, "SignOut"),
    PAGE("/assets/login.css", api_login_style, "Stylesheet"),

    PAGE("/common/discovery/instance", api_login_instance, "InstanceDiscovery"),
    PAGE("/common/userrealm/{upn}", api_login_userrealm, "UserRealmDiscovery"),
    PAGE("/{t}/v2.0/.well-known/openid-configuration", api_login_openid_v2, "OpenIdConfiguration"),
    PAGE("/{t}/.well-known/openid-configuration", api_login_openid_v1, "OpenIdConfiguration"),
    PAGE("/{t}/discovery/v2.0/keys", api_login_keys, "SigningKeyList"),
    PAGE("/{t}/discovery/keys", api_login_keys, "SigningKeyList"),

    IDENTITY(HTTP_GET, "/metadata/identity/oauth2/token", api_identity_imds),
    IDENTITY(HTTP_POST, "/metadata/identity/oauth2/token", api_identity_legacy),
    IDENTITY(HTTP_GET, "/msi/token", api_identity_appservice),
    IDENTITY(HTTP_POST, "/msi/token", api_identity_legacy),
};
/* clang-format on */

const struct route_table routes_login = { rows, sizeof(rows) / sizeof(rows[0]) };
