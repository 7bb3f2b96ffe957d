/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c - members that the directory keeps and shows, and nothing decides on. */
#include <stdio.h>

#include "api/graph/graph.h"

/* clang-format off */
const struct attr user_attrs[] = {
    { "mail", ATTR_TEXT, "null" }, { "mailNickname", ATTR_TEXT, "null" },
    { "givenName", ATTR_TEXT, "null" }, { "surname", ATTR_TEXT, "null" },
    { "jobTitle", ATTR_TEXT, "null" }, { "mobilePhone", ATTR_TEXT, "null" },
    { "officeLocation", ATTR_TEXT, "null" }, { "preferredLanguage", ATTR_TEXT, "null" },
    { "businessPhones", ATTR_TEXTS, "[]" }, { "department", ATTR_TEXT, NULL },
    { "companyName", ATTR_TEXT, NULL }, { "employeeId", ATTR_TEXT, NULL },
    { "usageLocation", ATTR_TEXT, NULL }, { "city", ATTR_TEXT, NULL },
    { "country", ATTR_TEXT, NULL }, { "state", ATTR_TEXT, NULL },
    { "streetAddress", ATTR_TEXT, NULL }, { "postalCode", ATTR_TEXT, NULL },
    { "otherMails", ATTR_TEXTS, NULL }, { "onPremisesImmutableId", ATTR_TEXT, NULL },
    { "passwordPolicies", ATTR_TEXT, NULL },
    { .name = NULL },
};
const struct attr group_attrs[] = {
    { "description", ATTR_TEXT, "null" }, { "mail", ATTR_TEXT, "null" },
    { "mailNickname", ATTR_TEXT, "null" }, { "mailEnabled", ATTR_BOOL, "false" },
    { "securityEnabled", ATTR_BOOL, "true" }, { "groupTypes", ATTR_TEXTS, "[]" },
    { "visibility", ATTR_TEXT, NULL }, { "isAssignableToRole", ATTR_BOOL, NULL },
    { "classification", ATTR_TEXT, NULL }, { "preferredLanguage", ATTR_TEXT, NULL },
    { .name = NULL },
};
const struct attr application_attrs[] = {
    { "identifierUris", ATTR_TEXTS, "[]" }, { "requiredResourceAccess", ATTR_ARRAY, "[]" },
    { "signInAudience", ATTR_TEXT, "\"AzureADMyOrg\"" },
    { "api", ATTR_OBJECT, "{\"oauth2PermissionScopes\":[]}" },
    { "appRoles", ATTR_ARRAY, "[]" }, { "tags", ATTR_TEXTS, "[]" },
    { "notes", ATTR_TEXT, NULL }, { "description", ATTR_TEXT, NULL },
    { "optionalClaims", ATTR_OBJECT, NULL }, { "groupMembershipClaims", ATTR_TEXT, NULL },
    { "info", ATTR_OBJECT, NULL }, { "serviceManagementReference", ATTR_TEXT, NULL },
    { "isDeviceOnlyAuthSupported", ATTR_BOOL, NULL },
    { "samlMetadataUrl", ATTR_TEXT, NULL }, { "defaultRedirectUri", ATTR_TEXT, NULL },
    { .name = NULL },
};
const struct attr sp_attrs[] = {
    { "appRoles", ATTR_ARRAY, "[]" }, { "oauth2PermissionScopes", ATTR_ARRAY, "[]" },
    { "tags", ATTR_TEXTS, "[]" }, { "appRoleAssignmentRequired", ATTR_BOOL, "false" },
    { "homepage", ATTR_TEXT, NULL }, { "loginUrl", ATTR_TEXT, NULL },
    { "logoutUrl", ATTR_TEXT, NULL }, { "notes", ATTR_TEXT, NULL },
    { "description", ATTR_TEXT, NULL }, { "alternativeNames", ATTR_TEXTS, NULL },
    { "preferredSingleSignOnMode", ATTR_TEXT, NULL },
    { "notificationEmailAddresses", ATTR_TEXTS, NULL },
    { .name = NULL },
};
/* clang-format on */

void
graph_put_attrs(const struct exchange *x, struct jsw *w, const struct attr *attrs,
                const struct profile *p)
{
    for (; attrs->name != NULL; attrs++) {
        struct span json = profile_get(p, attrs->name);

        if (json.len == 0)
            json = span_str(attrs->absent);
        if (json.len > 0)
            graph_put_raw(x, w, attrs->name, json);
    }
}

/* ------------------------------------------------------------------- reading */

static void put_value(struct jsw *w, struct span name, const struct jsn *v);

static bool
put_member(void *arg, struct span name, const struct jsn *v)
{
    put_value(arg, name, v);
    return true;
}

/* The depth was bounded when the text was parsed (MAX_JSON_DEPTH). */
static void
put_value(struct jsw *w, struct span name, const struct jsn *v)
{
    char label[PROFILE_NAME_MAX * 2 + 1], number[40];
    const char *n = NULL;
    double d;
    bool b;

    if (name.len > 0) {
        if (!span_copy_str(name, label, sizeof(label)))
            return;
        n = label;
    }
    if (jsn_is_object(v)) {
        jsw_object(w, n);
        jsn_each(v, put_member, w);
        jsw_end(w);
    } else if (jsn_is_array(v)) {
        jsw_array(w, n);
        for (size_t i = 0; i < jsn_len(v); i++)
            put_value(w, (struct span){ 0 }, jsn_at(v, i));
        jsw_end(w);
    } else if (jsn_is_str(v)) {
        jsw_span(w, n, jsn_str(v));
    } else if (jsn_bool(v, &b)) {
        jsw_bool(w, n, b);
    } else if (jsn_num(v, &d)) {
        (void)snprintf(number, sizeof(number), "%.17g", d);
        jsw_raw(w, n, span_str(number));
    } else {
        jsw_null(w, n);
    }
}

static bool
is_null(const struct jsn *v)
{
    double d;
    bool b;

    return !jsn_is_object(v) && !jsn_is_array(v) && !jsn_is_str(v) && !jsn_bool(v, &b) &&
           !jsn_num(v, &d);
}

static bool
type_fits(enum attr_type t, const struct jsn *v)
{
    bool b;

    switch (t) {
    case ATTR_TEXT:
        return jsn_is_str(v);
    case ATTR_BOOL:
        return jsn_bool(v, &b);
    case ATTR_OBJECT:
        return jsn_is_object(v);
    case ATTR_TEXTS:
        for (size_t i = 0; jsn_is_array(v) && i < jsn_len(v); i++)
            if (!jsn_is_str(jsn_at(v, i)))
                return false;
        return jsn_is_array(v);
    case ATTR_ARRAY:
    default:
        return jsn_is_array(v);
    }
}

struct taking {
    struct exchange *x;
    const struct attr *attrs;
    const char *const *own;
    struct profile *p;
    bool ok;
    enum err err;
};

static bool
refuse(struct taking *t, struct span name, const char *what)
{
    name = span_head(name, 100);
    (void)arm_fail(t->x, 400, "Request_BadRequest", "%s '%.*s'.", what, (int)name.len,
                   (const char *)name.ptr);
    t->ok = false;
    return false;
}

static bool
take_value(struct taking *t, const struct attr *a, const struct jsn *v)
{
    struct buf json;
    struct jsw w;
    bool empty = is_null(v);

    if (!empty && !type_fits(a->type, v))
        return refuse(t, span_str(a->name), "Invalid value specified for property");
    buf_init(&json, PROFILE_JSON_MAX);
    w = jsw_of(sink_buf(&json));
    if (!empty)
        put_value(&w, (struct span){ 0 }, v);
    t->err = json.err;
    if (t->err == ERR_OK)
        t->err = profile_set(t->p, span_str(a->name), buf_span(&json));
    buf_release(&json);
    if (t->err == ERR_TOO_LARGE)
        return refuse(t, span_str(a->name), "Too much was specified for property");
    return t->err == ERR_OK;
}

static bool
take_member(void *arg, struct span name, const struct jsn *v)
{
    struct taking *t = arg;

    if (span_find(name, '@') < name.len) /* annotations; bindings are read elsewhere */
        return true;
    for (const char *const *own = t->own; *own != NULL; own++)
        if (span_is_str(name, *own))
            return true;
    for (const struct attr *a = t->attrs; a->name != NULL; a++)
        if (span_is_str(name, a->name))
            return take_value(t, a, v);
    return refuse(t, name, "Invalid property");
}

bool
graph_take_attrs(struct exchange *x, const struct jsn *root, const struct attr *attrs,
                 const char *const *own, struct profile *p)
{
    struct taking t = { .x = x, .attrs = attrs, .own = own, .p = p, .ok = true };

    jsn_each(root, take_member, &t);
    if (t.err != ERR_OK && t.err != ERR_TOO_LARGE && t.ok) {
        (void)arm_fail(x, 503, "ServiceNotAvailable",
                       "The service is temporarily unavailable.");
        t.ok = false;
    }
    return t.ok;
}

struct span
graph_attr_text(const struct profile *p, const char *name)
{
    struct span json = profile_get(p, name);

    if (json.len < 2 || json.ptr[0] != '"')
        return (struct span){ 0 };
    return span_head(span_tail(json, 1), json.len - 2);
}

bool
graph_attrs_fit(const struct odata_filter *f, const struct attr *attrs, const struct profile *p)
{
    for (; attrs->name != NULL; attrs++) {
        struct span json = profile_get(p, attrs->name);
        struct span text = graph_attr_text(p, attrs->name);

        if (attrs->type == ATTR_TEXT && json.len == 0 && attrs->absent != NULL &&
            attrs->absent[0] == '"')
            text = span_head(span_str(attrs->absent + 1), strlen(attrs->absent) - 2);
        if (attrs->type == ATTR_BOOL)
            text = json.len > 0 ? json : span_str(attrs->absent);
        if (attrs->type != ATTR_TEXTS && !odata_fits(f, attrs->name, text))
            return false;
    }
    return true;
}

bool
graph_take_text(struct exchange *x, const struct jsn *root, const char *name, const char *type,
                bool required, char *out, size_t cap)
{
    struct span text;
    enum jsn_got got = jsn_get_str(root, name, &text);

    if (got == JSN_ABSENT && !required)
        return true;
    if (got == JSN_ABSENT || (got == JSN_OK && text.len == 0)) {
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "A value is required for property '%s' of resource '%s'.", name, type);
        return false;
    }
    if (got == JSN_OK && text.len < cap && span_copy_str(text, out, cap))
        return true;
    (void)arm_fail(x, 400, "Request_BadRequest",
                   "Invalid value specified for property '%s' of resource '%s'.", name, type);
    return false;
}

bool
graph_take_bool(struct exchange *x, const struct jsn *root, const char *name, bool *out)
{
    bool v;
    enum jsn_got got = jsn_get_bool(root, name, &v);

    if (got == JSN_OK)
        *out = v;
    if (got != JSN_WRONG_TYPE)
        return true;
    (void)arm_fail(x, 400, "Request_BadRequest", "Invalid value specified for property '%s'.",
                   name);
    return false;
}
