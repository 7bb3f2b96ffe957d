/* SPDX-License-Identifier: Apache-2.0 */
/* wanted.c - scopes taken apart. */
#include "api/login/wanted.h"

#include <stdio.h>

static bool
take_oidc(struct span s, struct wanted *w)
{
    if (span_is_str(s, "openid"))
        w->openid = true;
    else if (span_is_str(s, "offline_access"))
        w->offline = true;
    else
        return span_is_str(s, "profile") || span_is_str(s, "email");
    return true;
}

static bool
is_permission_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
}

static bool
take_permission(struct span name, struct wanted *w)
{
    size_t len = strlen(w->permissions);

    if (span_is_str(name, ".default")) {
        w->by_default = true;
        return true;
    }
    if (name.len == 0 || len + 1 + name.len > MAX_PERMISSIONS)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_permission_byte(name.ptr[i]))
            return false;
    if (len > 0)
        w->permissions[len++] = ' ';
    memcpy(w->permissions + len, name.ptr, name.len);
    w->permissions[len + name.len] = '\0';
    return true;
}

/* "<resource>/<permission>", or a permission alone. */
static bool
take_scope(struct span one, struct wanted *w)
{
    size_t slash = one.len;

    while (slash > 0 && one.ptr[slash - 1] != '/')
        slash--;
    if (slash == 0)
        return take_permission(one, w);
    if (!take_permission(span_tail(one, slash), w) || slash == 1)
        return false;
    one = span_head(one, slash - 1);
    if (w->resource[0] != '\0')
        return span_is_str(one, w->resource);
    return span_copy_str(one, w->resource, sizeof(w->resource));
}

bool
wanted_read(struct span scope, struct wanted *out)
{
    *out = (struct wanted){ .openid = false };
    if (!span_copy_str(scope, out->text, sizeof(out->text)))
        return false;
    while (scope.len > 0) {
        struct span one = span_head(scope, span_find(scope, ' '));

        scope = span_tail(scope, one.len + 1);
        if (one.len > 0 && !take_oidc(one, out) && !take_scope(one, out))
            return false;
    }
    return true;
}

bool
wanted_of_resource(struct span resource, struct wanted *out)
{
    *out = (struct wanted){ .by_default = true, .openid = true, .offline = true };
    return span_copy_str(resource, out->resource, sizeof(out->resource));
}

void
wanted_complete(const struct site *s, struct wanted *w)
{
    if (w->resource[0] == '\0')
        (void)snprintf(w->resource, sizeof(w->resource), "%.*s", MAX_AUDIENCE, s->graph_origin);
}

static bool
is_directory(const struct site *s, struct span resource)
{
    if (resource.len > 0 && resource.ptr[resource.len - 1] == '/')
        resource = span_head(resource, resource.len - 1);
    return span_is_str_nocase(resource, s->graph_origin) ||
           span_is_str_nocase(resource, "https://graph.microsoft.com");
}

void
wanted_permissions(const struct site *s, const struct wanted *w, char *out, size_t cap)
{
    /* WIRE: Terraform takes a principal for a person only if it finds "openid" here. */
    if (is_directory(s, span_str(w->resource)))
        (void)snprintf(out, cap, "openid profile email %s",
                       w->permissions[0] != '\0' && !w->by_default
                           ? w->permissions
                           : "User.Read Directory.AccessAsUser.All");
    else
        (void)snprintf(out, cap, "%s",
                       w->permissions[0] != '\0' && !w->by_default ? w->permissions
                                                                   : "user_impersonation");
}
