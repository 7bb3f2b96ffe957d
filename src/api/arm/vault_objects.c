/* SPDX-License-Identifier: Apache-2.0 */
/* vault_objects.c - what ARM's keys and secrets share. */
#include "api/arm/vault_objects.h"

#include <stdio.h>

#include "api/arm/vault_arm.h"
#include "api/arm/vault_json.h"
#include "api/data/object.h"

enum { OBJECT_PAGE = 25 };

enum err
arm_object_vault(struct exchange *x)
{
    if (x->vault != NULL)
        return ERR_OK;
    return arm_vault(x, &x->vault);
}

enum err
arm_object_name(const struct exchange *x, struct object_name *out)
{
    return object_name_parse(x->bind[3], out) ? ERR_OK : ERR_BAD_NAME;
}

enum err
arm_object_get(struct exchange *x, bool has_version, struct object *out)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    enum err e = arm_object_name(x, &name);

    if (e == ERR_OK && has_version && !hex32_parse(x->bind[4], &version))
        e = object_kind_info(at.kind)->not_found;
    return e == ERR_OK ? object_get(&at, &name, has_version ? &version : NULL, out) : e;
}

static enum next
missing(struct exchange *x)
{
    const struct object_kind_info *info = object_kind_info(x->route->kind);

    return arm_fail(x, 404, "ResourceNotFound",
                    "The Resource 'Microsoft.KeyVault/vaults/%s/%.*s' was not found.",
                    info->collection, (int)span_head(x->bind[3], MAX_OBJECT_NAME).len,
                    (const char *)x->bind[3].ptr);
}

enum next
arm_object_fail(struct exchange *x, enum err e, const char *why)
{
    const struct object_kind_info *info = object_kind_info(x->route->kind);

    http_response_clear(&x->resp);
    if (e == info->not_found)
        return missing(x);
    if (e == ERR_BAD_NAME)
        return arm_fail(x, 400, "BadRequest",
                        "The name of a %s is 1 to %d letters, digits and hyphens.", info->word,
                        (int)MAX_OBJECT_NAME);
    if (e == ERR_SOFT_DELETED || e == ERR_MANAGED)
        return arm_fail(x, 409, "Conflict",
                        e == ERR_MANAGED
                            ? "The %s belongs to a certificate and cannot be changed."
                            : "A deleted %s of that name is in a recoverable state; recover "
                              "or purge it first.",
                        info->word);
    if (err_class_of(e) == ERR_CLASS_REQUEST)
        return arm_fail(x, 400, "BadRequest", "%s",
                        why[0] != '\0' ? why
                                       : "An invalid value was provided in the properties.");
    return arm_trouble(x, e);
}

static void
put_tags(const struct object *o, struct jsw *w)
{
    jsw_object(w, "tags");
    for (unsigned i = 0; i < o->v.tags.n; i++)
        jsw_member(w, o->v.tags.tag[i].name, o->v.tags.tag[i].value);
    jsw_end(w);
}

static void
put_attributes(const struct exchange *x, const struct attrs *a, struct jsw *w)
{
    jsw_object(w, "attributes");
    jsw_bool(w, "enabled", a->enabled);
    if (a->has_nbf)
        jsw_i64(w, "nbf", a->nbf);
    if (a->has_exp)
        jsw_i64(w, "exp", a->exp);
    jsw_i64(w, "created", a->created);
    jsw_i64(w, "updated", a->updated);
    if (x->route->kind == KIND_KEY)
        jsw_str(w, "recoveryLevel", vault_recovery_level(x->vault));
}

void
arm_object_open(const struct exchange *x, const struct object *o, bool as_version,
                struct jsw *w)
{
    const char *collection = object_kind_info(x->route->kind)->collection;
    const char *last = as_version ? o->v.id.text : o->head.name.spelled;
    char vault[VAULT_ID_MAX], id[VAULT_ID_MAX + 256];

    vault_id(x->vault, vault);
    (void)snprintf(id, sizeof(id), "%s/%s/%s%s%s", vault, collection, o->head.name.spelled,
                   as_version ? "/versions/" : "", as_version ? last : "");
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", last);
    (void)snprintf(id, sizeof(id), "Microsoft.KeyVault/vaults/%s%s", collection,
                   as_version ? "/versions" : "");
    jsw_str(w, "type", id);
    jsw_str(w, "location", x->vault->location);
    put_tags(o, w);
    jsw_object(w, "properties");
    put_attributes(x, &o->v.attrs, w);
}

void
arm_object_uris(const struct exchange *x, const struct object *o, struct jsw *w)
{
    const struct object_kind_info *info = object_kind_info(x->route->kind);
    char host[MAX_VAULT_NAME + 1], uri[512], name[40];

    jsw_end(w);
    (void)span_copy_str(span_str(x->vault->name), host, sizeof(host));
    for (char *p = host; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    (void)snprintf(uri, sizeof(uri), "https://%s.vault.%s%s/%s/%s", host, x->site->domain,
                   x->site->port, info->collection, o->head.name.spelled);
    (void)snprintf(name, sizeof(name), "%sUri", info->word);
    jsw_str(w, name, uri);
    (void)snprintf(uri, sizeof(uri), "https://%s.vault.%s%s/%s/%s/%s", host, x->site->domain,
                   x->site->port, info->collection, o->head.name.spelled, o->v.id.text);
    (void)snprintf(name, sizeof(name), "%sUriWithVersion", info->word);
    jsw_str(w, name, uri);
}

/* ------------------------------------------------------------------------ lists */

struct listing {
    const struct exchange *x;
    struct jsw w;
    enum err (*put)(const struct exchange *x, const struct object *o, struct jsw *w);
};

static enum err
put_one(void *arg, const struct object *o)
{
    struct listing *l = arg;
    enum err e = l->put(l->x, o, &l->w);

    return e == ERR_OK ? sink_err(l->w.sink) : e;
}

static enum err
put_page(struct exchange *x, bool versions, struct list_page *page, struct listing *l)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    enum err e;

    if (!versions)
        return object_list(&at, HEAD_LIVE, page, put_one, l);
    e = arm_object_name(x, &name);
    return e == ERR_OK ? object_list_versions(&at, &name, page, put_one, l) : e;
}

enum next
arm_object_list(struct exchange *x, bool versions,
                enum err (*put)(const struct exchange *x, const struct object *o,
                                struct jsw *w))
{
    struct listing l = { .x = x, .put = put };
    char after[MAX_OBJECT_NAME + 1];
    unsigned top = arm_top(x);
    struct list_page page = { .max = top < OBJECT_PAGE ? top : OBJECT_PAGE };
    enum err e = arm_object_vault(x);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_page_begin(x, after);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    page.after = span_str(after);
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = put_page(x, versions, &page, &l);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, page.more ? page.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_object_fail(x, e, "");
}
