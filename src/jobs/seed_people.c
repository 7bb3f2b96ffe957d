/* SPDX-License-Identifier: Apache-2.0 */
/* seed_people.c - applications with their credentials, managed identities, groups. */
#include "auth/application.h"
#include "auth/group.h"
#include "auth/identity.h"
#include "auth/principal.h"
#include "base/log.h"
#include "crypto/x509.h"
#include "jobs/seed_int.h"
#include "vault/place.h"

enum { RECORD_MAX = 512 };

/* ---------------------------------------------------------------- principals */

/* Is name the "name" ("upn") of an item in that section? Its id goes to *out. */
static enum err
find_named(const struct seeding *s, const char *section, const char *member, const char *kind,
           struct span name, struct guid *out)
{
    const char *by = strcmp(section, "users") == 0 ? "upn" : "name";
    const struct jsn *list;
    char text[MAX_DISPLAY_NAME + 1];

    if (jsn_get_array(s->seed->root, section, &list) != JSN_OK ||
        !span_copy_str(name, text, sizeof(text)))
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < jsn_len(list); i++) {
        struct span have;

        if (jsn_get_str(jsn_at(list, i), by, &have) == JSN_OK && span_is_equal(have, name))
            return seed_guid(s, jsn_at(list, i), member, kind, text, out);
    }
    return ERR_NOT_FOUND;
}

enum err
seed_principal(const struct seeding *s, struct span name, struct guid *out)
{
    static const struct {
        const char *section, *member, *kind;
    } kinds[] = { { "applications", "objectId", "object" },
                  { "managedIdentities", "objectId", "identity-object" },
                  { "groups", "id", "group" },
                  { "users", "id", "user" } };

    if (guid_parse(name, out))
        return ERR_OK;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        enum err e = find_named(s, kinds[i].section, kinds[i].member, kinds[i].kind, name, out);

        if (e != ERR_NOT_FOUND)
            return e;
    }
    return seed_bad(s, "\"principal\" is neither an object id nor a name in this file");
}

enum err
seed_put_principal(struct seeding *s, struct store_view *view, struct store_write *w,
                   struct principal *p)
{
    struct principal have;
    enum err e = principal_load(s->desk->rows, view, &p->tid, &p->oid, &have);

    if (e == ERR_OK)
        return ERR_OK;
    if (e != ERR_NOT_FOUND)
        return e;
    p->enabled = true;
    p->created = s->now;
    principal_store(s->desk->rows, w, p, 0);
    return ERR_OK;
}

/* -------------------------------------------------------------- applications */

static enum err
check_password(struct seeding *s, const struct app_secret *have, struct span value)
{
    struct secbuf question;
    enum err e;

    if (!application_secret_fits(have, value))
        return ERR_BAD_SECRET;
    secbuf_init(&question, 8192);
    keeper_pack_password_check(sink_sec(&question), span_str(have->record), value);
    e = desk_ask(s->desk, KEEPER_PASSWORD_CHECK, &question, NULL);
    secbuf_release(&question);
    return e;
}

enum err
seed_hash_password(struct seeding *s, struct span value, struct secbuf *record)
{
    struct secbuf question;
    enum err e;

    secbuf_init(&question, 8192);
    keeper_pack_password_hash(sink_sec(&question), value);
    e = desk_ask(s->desk, KEEPER_PASSWORD_HASH, &question, record);
    secbuf_release(&question);
    return e;
}

static enum err
hash_secret(struct seeding *s, struct application *a, struct span value, int64_t expires)
{
    struct secbuf record;
    struct guid id;
    enum err e;

    secbuf_init(&record, RECORD_MAX);
    e = seed_hash_password(s, value, &record);
    if (e == ERR_OK)
        e = application_add_secret(a, secbuf_span(&record), value, expires, &id);
    secbuf_release(&record);
    return e;
}

static enum err
add_secret(struct seeding *s, struct application *a, const struct jsn *item, bool *changed)
{
    struct span value;
    int64_t expires;

    if (jsn_get_str(item, "value", &value) != JSN_OK || value.len == 0 || value.len > 1024)
        return seed_bad(s, "a secret needs a \"value\" of 1 to 1024 bytes");
    if (jsn_get_i64(item, "expires", &expires) == JSN_WRONG_TYPE)
        return seed_bad(s, "\"expires\" must be seconds since 1970");
    for (unsigned i = 0; i < a->nsecrets; i++) {
        enum err e = check_password(s, &a->secrets[i], value);

        if (e != ERR_BAD_SECRET)
            return e; /* there already, or the keeper cannot tell */
    }
    *changed = true;
    return hash_secret(s, a, value, expires);
}

static enum err
add_certificate(struct seeding *s, struct application *a, struct span pem, bool *changed)
{
    struct guid id;
    struct buf der;
    enum err e;

    buf_init(&der, CERT_MAX);
    e = pem_get(pem, "CERTIFICATE", &der, NULL);
    if (e == ERR_OK)
        e = application_add_certificate(a, buf_span(&der), &id);
    buf_release(&der);
    if (e == ERR_EXISTS)
        return ERR_OK;
    if (e != ERR_OK)
        return seed_bad(s, "a certificate must be PEM with an RSA or P-256 key");
    *changed = true;
    return ERR_OK;
}

static enum err
add_credentials(struct seeding *s, struct application *a, const struct jsn *item, bool *changed)
{
    const struct jsn *list;
    enum err e = ERR_OK;

    if (jsn_get_array(item, "secrets", &list) == JSN_OK)
        for (size_t i = 0; e == ERR_OK && i < jsn_len(list); i++)
            e = add_secret(s, a, jsn_at(list, i), changed);
    if (e == ERR_OK && jsn_get_array(item, "certificates", &list) == JSN_OK)
        for (size_t i = 0; e == ERR_OK && i < jsn_len(list); i++)
            e = add_certificate(s, a, jsn_str(jsn_at(list, i)), changed);
    return e;
}

static enum err
add_redirect(struct seeding *s, struct application *a, const struct jsn *item, bool *changed)
{
    enum redirect_kind kind = REDIRECT_WEB;
    struct span uri, text;
    enum err e;

    if (jsn_get_str(item, "kind", &text) == JSN_OK)
        kind = span_is_str(text, "spa")      ? REDIRECT_SPA
               : span_is_str(text, "public") ? REDIRECT_PUBLIC
               : span_is_str(text, "web")    ? REDIRECT_WEB
                                             : 0;
    if (jsn_get_str(item, "uri", &uri) != JSN_OK || kind == 0)
        return seed_bad(s, "a redirect has a \"uri\", and a \"kind\" of web, spa or public");
    e = application_add_redirect(a, kind, uri);
    if (e == ERR_EXISTS)
        return ERR_OK;
    if (e != ERR_OK)
        return seed_bad(s, "a redirect URI must be https, or http on localhost, without #");
    *changed = true;
    return ERR_OK;
}

static enum err
add_ways_in(struct seeding *s, struct application *a, const struct jsn *item, bool *changed)
{
    const struct jsn *list;
    bool public_client;
    enum err e = seed_flag(s, item, "publicClient", a->public_client, &public_client);

    if (e == ERR_OK && public_client != a->public_client) {
        a->public_client = public_client;
        *changed = true;
    }
    if (e == ERR_OK && jsn_get_array(item, "redirectUris", &list) == JSN_OK)
        for (size_t i = 0; e == ERR_OK && i < jsn_len(list); i++)
            e = add_redirect(s, a, jsn_at(list, i), changed);
    return e;
}

/* The application as stored, or a new one; *expect is its row's revision. */
static enum err
open_application(struct seeding *s, struct store_view *view, const struct principal *p,
                 struct application **out, bool *fresh)
{
    enum err e = application_load(s->desk->rows, view, &p->appid, out);

    *fresh = e == ERR_NOT_FOUND;
    if (!*fresh)
        return e;
    *out = application_new();
    if (*out == NULL)
        return ERR_NOMEM;
    (*out)->appid = p->appid;
    (*out)->tid = p->tid;
    (*out)->enabled = true;
    (*out)->created = s->now;
    (void)span_copy_str(span_str(p->name), (*out)->name, sizeof((*out)->name));
    return ERR_OK;
}

enum err
seed_application(struct seeding *s, const struct jsn *item)
{
    struct principal p = { .kind = PRINCIPAL_APPLICATION };
    struct application *a = NULL;
    struct store_view *view = NULL;
    struct store_write w;
    bool changed = false;
    enum err e = seed_text(s, item, "name", p.name, sizeof(p.name));

    if (e == ERR_OK && p.name[0] == '\0')
        return seed_bad(s, "\"name\" is missing");
    if (e == ERR_OK)
        e = seed_guid(s, item, "appId", "application", p.name, &p.appid);
    if (e == ERR_OK)
        e = seed_guid(s, item, "objectId", "object", p.name, &p.oid);
    if (e == ERR_OK)
        e = seed_tenant_of(s, item, &p.tid);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = store_begin(s->desk->store, &view);
    if (e == ERR_OK)
        e = open_application(s, view, &p, &a, &changed);
    if (e == ERR_OK)
        e = add_credentials(s, a, item, &changed);
    if (e == ERR_OK)
        e = add_ways_in(s, a, item, &changed);
    if (e == ERR_OK && changed)
        application_store(s->desk->rows, &w, a, a->revision);
    if (e == ERR_OK)
        e = seed_put_principal(s, view, &w, &p);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    application_free(a);
    store_end(view);
    store_write_release(&w);
    return e;
}

/* -------------------------------------------------------- managed identities */

static enum err
take_resource_id(const struct seeding *s, const struct jsn *item, struct identity *id)
{
    char group[MAX_GROUP_NAME + 1];
    struct guid sub;
    enum err e = seed_subscription_of(s, item, &sub);
    int n;

    if (e == ERR_OK)
        e = seed_text(s, item, "resourceGroup", group, sizeof(group));
    if (e != ERR_OK)
        return e;
    if (group[0] != '\0' && !place_group_name_is_ok(span_str(group)))
        return seed_bad(s, "\"resourceGroup\" is not a name");
    n = snprintf(id->resource_id, sizeof(id->resource_id),
                 "/subscriptions/%s/resourcegroups/%s/providers/"
                 "Microsoft.ManagedIdentity/userAssignedIdentities/%s",
                 sub.text, group[0] == '\0' ? "default" : group, id->name);
    return n > 0 && (size_t)n < sizeof(id->resource_id) ? ERR_OK
                                                        : seed_bad(s, "names are too long");
}

enum err
seed_identity(struct seeding *s, const struct jsn *item)
{
    struct identity id = { .resource_id = "" }, have;
    struct principal p = { .kind = PRINCIPAL_MANAGED };
    struct store_view *view = NULL;
    struct store_write w;
    enum err e = seed_text(s, item, "name", id.name, sizeof(id.name));

    if (e == ERR_OK && !identity_name_is_ok(span_str(id.name)))
        return seed_bad(s, "\"name\" must be letters, digits, '-' and '_'");
    if (e == ERR_OK)
        e = seed_guid(s, item, "clientId", "identity-client", id.name, &id.appid);
    if (e == ERR_OK)
        e = seed_guid(s, item, "objectId", "identity-object", id.name, &id.oid);
    if (e == ERR_OK)
        e = take_resource_id(s, item, &id);
    if (e == ERR_OK)
        e = seed_tenant_of(s, item, &id.tid);
    if (e != ERR_OK)
        return e;
    p.tid = id.tid;
    p.oid = id.oid;
    p.appid = id.appid;
    (void)span_copy_str(span_str(id.name), p.name, sizeof(p.name));
    (void)span_copy_str(span_str(id.resource_id), p.resource_id, sizeof(p.resource_id));
    store_write_init(&w);
    e = store_begin(s->desk->store, &view);
    if (e == ERR_OK) {
        e = identity_load(s->desk->rows, view, span_str(id.name), &have);
        if (e == ERR_NOT_FOUND) {
            identity_store(s->desk->rows, &w, &id);
            e = ERR_OK;
        }
    }
    if (e == ERR_OK)
        e = seed_put_principal(s, view, &w, &p);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    store_end(view);
    store_write_release(&w);
    return e;
}

/* -------------------------------------------------------------------- groups */

static enum err
add_members(struct seeding *s, struct store_view *view, struct store_write *w,
            const struct group *g, const struct jsn *item)
{
    const struct jsn *list;
    enum err e = ERR_OK;

    if (jsn_get_array(item, "members", &list) != JSN_OK)
        return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < jsn_len(list); i++) {
        struct group_set set;
        struct guid member;

        e = seed_principal(s, jsn_str(jsn_at(list, i)), &member);
        if (e == ERR_OK)
            e = group_closure(s->desk->rows, view, &g->tid, &member, &set);
        if (e != ERR_OK)
            break;
        if (!group_set_has(&set, &g->id))
            group_add_member(s->desk->rows, w, g, &member);
        group_set_release(&set);
    }
    return e;
}

enum err
seed_group(struct seeding *s, const struct jsn *item)
{
    struct group g = { .created = s->now }, have;
    struct store_view *view = NULL;
    struct store_write w;
    enum err e = seed_text(s, item, "name", g.name, sizeof(g.name));

    if (e == ERR_OK && g.name[0] == '\0')
        return seed_bad(s, "\"name\" is missing");
    if (e == ERR_OK)
        e = seed_guid(s, item, "id", "group", g.name, &g.id);
    if (e == ERR_OK)
        e = seed_tenant_of(s, item, &g.tid);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = store_begin(s->desk->store, &view);
    if (e == ERR_OK) {
        e = group_load(s->desk->rows, view, &g.tid, &g.id, &have);
        if (e == ERR_NOT_FOUND) {
            group_store(s->desk->rows, &w, &g, 0);
            e = ERR_OK;
        }
    }
    if (e == ERR_OK)
        e = add_members(s, view, &w, &g, item);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    store_end(view);
    store_write_release(&w);
    return e;
}
