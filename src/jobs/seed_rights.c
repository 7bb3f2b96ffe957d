/* SPDX-License-Identifier: Apache-2.0 */
/* seed_rights.c - role assignments, and the first secrets of a vault. */
#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/principal.h"
#include "auth/role.h"
#include "base/log.h"
#include "jobs/seed_int.h"
#include "vault/secret.h"

static enum err
tenant_of_scope(const struct seeding *s, struct span scope, struct guid *out)
{
    struct span root = span_str("/subscriptions/");
    struct guid sub;

    if (span_has_prefix(scope, root) &&
        guid_parse(span_head(span_tail(scope, root.len), GUID_LEN), &sub))
        return seed_tenant_at(s, &sub, out);
    *out = s->tenant;
    return ERR_OK;
}

/* "scope", or the id of "vault" (and of the "secret" in it); *tenant: of its subscription,
 * else the installation's. */
static enum err
take_scope(struct seeding *s, struct store_view *view, const struct jsn *item,
           char out[static MAX_SCOPE + 1], struct guid *tenant)
{
    struct span scope, name, secret;
    char text[MAX_SCOPE + 1];
    struct vault *v;
    enum err e;

    if (jsn_get_str(item, "scope", &scope) == JSN_OK) {
        if (!assignment_scope_make(scope, out))
            return seed_bad(s, "\"scope\" is no scope");
        return tenant_of_scope(s, span_str(out), tenant);
    }
    if (jsn_get_str(item, "vault", &name) != JSN_OK)
        return seed_bad(s, "a role assignment needs a \"scope\" or a \"vault\"");
    e = vault_load(s->desk->rows, view, name, &v);
    if (e == ERR_NO_VAULT)
        return seed_bad(s, "there is no such vault");
    if (e != ERR_OK)
        return e;
    *tenant = v->tenant;
    (void)span_copy_str(span_str(v->arm_id), text, sizeof(text));
    if (jsn_get_str(item, "secret", &secret) == JSN_OK) {
        struct object_name object;

        if (!object_name_parse(secret, &object))
            e = seed_bad(s, "\"secret\" is not a secret's name");
        else
            (void)snprintf(text, sizeof(text), "%s/secrets/%.*s", v->arm_id, (int)secret.len,
                           (const char *)secret.ptr);
    }
    vault_unref(v);
    if (e != ERR_OK)
        return e;
    return assignment_scope_make(span_str(text), out) ? ERR_OK : seed_bad(s, "scope too long");
}

static enum assignee
kind_of(const struct seeding *s, struct store_view *view, const struct guid *tenant,
        const struct guid *id)
{
    struct principal p;
    struct group g;

    if (group_load(s->desk->rows, view, tenant, id, &g) == ERR_OK)
        return ASSIGNEE_GROUP;
    if (principal_load(s->desk->rows, view, tenant, id, &p) == ERR_OK &&
        p.kind == PRINCIPAL_USER)
        return ASSIGNEE_USER;
    return ASSIGNEE_SERVICE;
}

static enum err
take_assignment(struct seeding *s, struct store_view *view, const struct jsn *item,
                struct assignment *a)
{
    struct span who, role_name;
    const struct role *role;
    struct guid tenant;
    char text[2 * GUID_LEN + MAX_SCOPE + 8];
    enum err e;

    *a = (struct assignment){ .tid = s->tenant, .created = s->now };
    if (jsn_get_str(item, "principal", &who) != JSN_OK ||
        jsn_get_str(item, "role", &role_name) != JSN_OK)
        return seed_bad(s, "a role assignment needs a \"principal\" and a \"role\"");
    role = role_by_name(role_name);
    if (role == NULL || !guid_parse(span_str(role->guid), &a->role))
        return seed_bad(s, "\"role\" is not a built-in role");
    e = seed_principal(s, who, &a->principal);
    if (e == ERR_OK)
        e = take_scope(s, view, item, a->scope, &tenant);
    if (e != ERR_OK)
        return e;
    a->tid = tenant;
    a->kind = kind_of(s, view, &tenant, &a->principal);
    (void)snprintf(text, sizeof(text), "%s/%s/%s", a->principal.text, a->role.text, a->scope);
    return seed_derived_guid(s, "assignment", text, &a->id);
}

enum err
seed_assignment(struct seeding *s, const struct jsn *item)
{
    struct assignment a, have;
    struct store_view *view;
    struct store_write w;
    enum err e = store_begin(s->desk->store, &view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = take_assignment(s, view, item, &a);
    if (e == ERR_OK) {
        e = assignment_load(s->desk->rows, view, &a.principal, &a.id, &have);
        if (e == ERR_NOT_FOUND) {
            assignment_store(s->desk->rows, &w, &a);
            e = seed_commit(s, &w);
        }
    }
    store_end(view);
    store_write_release(&w);
    return e;
}

/* ------------------------------------------------------------------- secrets */

struct tag_reader {
    struct tags *tags;
    bool ok;
};

static bool
read_tag(void *arg, struct span name, const struct jsn *value)
{
    struct tag_reader *r = arg;

    r->ok = r->ok && jsn_is_str(value) && tags_add(r->tags, name, jsn_str(value));
    return r->ok;
}

static enum err
take_change(struct seeding *s, const struct jsn *item, struct object_change *c,
            uint8_t room[static SECRET_DETAIL_MAX])
{
    struct tag_reader reader = { &c->tags, true };
    const struct jsn *tags;
    struct span type;
    enum jsn_got got;

    memset(c, 0, sizeof(*c));
    got = jsn_get_str(item, "contentType", &type);
    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && (type.len > MAX_CONTENT_TYPE || !secret_detail_set(c, type, room))))
        return seed_bad(s, "\"contentType\" must be text of at most 255 bytes");
    got = jsn_get_object(item, "tags", &tags);
    c->has_tags = got == JSN_OK;
    if (c->has_tags)
        jsn_each(tags, read_tag, &reader);
    return reader.ok && got != JSN_WRONG_TYPE
               ? ERR_OK
               : seed_bad(s, "\"tags\" must be at most 15 short texts");
}

static enum err
set_secret(struct seeding *s, const struct vault_at *at, const struct object_name *name,
           const struct jsn *item, struct span value)
{
    struct hex32 id = hex32_new();
    struct secbuf question, sealed;
    uint8_t detail[SECRET_DETAIL_MAX];
    struct object_change change;
    struct store_write w;
    struct object out;
    enum err e = take_change(s, item, &change, detail);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    secbuf_init(&question, MAX_SECRET_BYTES + WRAPPED_MAX + 4096);
    secbuf_init(&sealed, SEALED_MAX);
    secret_ask_seal(at, name, &id, value, sink_sec(&question));
    e = desk_ask(s->desk, KEEPER_SEAL, &question, &sealed);
    if (e == ERR_OK)
        e = object_add(at, name, &id, &change, secbuf_span(&sealed), s->now, &w, &out);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    secbuf_release(&sealed);
    secbuf_release(&question);
    store_write_release(&w);
    return e;
}

/* A secret that exists, live or deleted, is left alone: the seed may be older than its value.
 */
static enum err
ensure_secret(struct seeding *s, const struct vault_at *at, const struct object_name *name,
              const struct jsn *item, struct span value)
{
    struct object_head head;
    enum err e = object_head_get(at, HEAD_LIVE, name->key, &head);

    if (e == ERR_NOT_FOUND)
        e = object_head_get(at, HEAD_DELETED, name->key, &head);
    if (e != ERR_NOT_FOUND)
        return e;
    return set_secret(s, at, name, item, value);
}

enum err
seed_secret(struct seeding *s, const struct jsn *item)
{
    struct vault_at at = { .rows = s->desk->rows, .kind = KIND_SECRET };
    struct span vault_name, value, text;
    struct store_view *view;
    struct object_name name;
    struct vault *v = NULL;
    enum err e;

    if (jsn_get_str(item, "vault", &vault_name) != JSN_OK ||
        jsn_get_str(item, "name", &text) != JSN_OK || !object_name_parse(text, &name) ||
        jsn_get_str(item, "value", &value) != JSN_OK || utf16_len(value) > MAX_SECRET_CHARS)
        return seed_bad(s, "a secret needs a \"vault\", a \"name\" and a \"value\"");
    e = store_begin(s->desk->store, &view);
    if (e != ERR_OK)
        return e;
    e = vault_load(s->desk->rows, view, vault_name, &v);
    if (e == ERR_NO_VAULT)
        e = seed_bad(s, "there is no such vault");
    if (e == ERR_OK) {
        at.view = view;
        at.vault = v;
        e = ensure_secret(s, &at, &name, item, value);
    }
    vault_unref(v);
    store_end(view);
    return e;
}
