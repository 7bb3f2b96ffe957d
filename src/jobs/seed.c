/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed.c - reads the file, knows its sections, applies them in the order in
 * which they build on each other. Each item is one commit, so a crash or an
 * error in the middle leaves whole items, and the next run goes on from there.
 */
#include "jobs/seed_int.h"

#include "auth/founding.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"

enum { SEED_ITEMS_MAX = 100000, MEMBERS_MAX = 12 };

static const struct section {
    const char *name;
    seed_item_fn apply;
    const char *members[MEMBERS_MAX]; /* of an item */
} sections[] = {
    /* clang-format off */
    { "tenants", seed_tenant_item, { "id", "name", "domain" } },
    { "subscriptions", seed_subscription, { "id", "name", "tenant" } },
    { "resourceGroups", seed_group_place, { "name", "subscription", "location" } },
    { "applications", seed_application,
      { "name", "appId", "objectId", "secrets", "certificates", "tenant",
        "publicClient", "redirectUris" } },
    { "users", seed_user, { "upn", "name", "id", "password", "enabled", "tenant" } },
    { "managedIdentities", seed_identity,
      { "name", "clientId", "objectId", "subscription", "resourceGroup", "tenant" } },
    { "groups", seed_group, { "id", "name", "members", "tenant" } },
    { "vaults", seed_vault,
      { "name", "subscription", "resourceGroup", "location", "sku", "rbac", "purgeProtection",
        "retentionDays", "accessPolicies", "allowOctKeys", "allowOkpKeys" } },
    { "roleAssignments", seed_assignment, { "principal", "role", "scope", "vault", "secret" } },
    { "secrets", seed_secret, { "vault", "name", "value", "contentType", "tags" } },
    /* clang-format on */
};
enum { NSECTIONS = sizeof(sections) / sizeof(sections[0]) };
static const char *const tenant_members[MEMBERS_MAX] = { "id", "name" };

enum err
seed_bad(const struct seeding *s, const char *text)
{
    log_error("seed: %s[%zu]: %s", s->section, s->index, text);
    return ERR_ARG;
}

enum err
seed_commit(struct seeding *s, struct store_write *w)
{
    struct desk_deed deed = { .operation = "SeedApply", .object_url = span_str(s->section) };
    enum err e = store_write_err(w);

    if (e != ERR_OK || store_write_is_empty(w))
        return e;
    e = desk_commit(s->desk, w, &deed);
    if (e == ERR_OK)
        s->changes++;
    return e;
}

enum err
seed_text(const struct seeding *s, const struct jsn *j, const char *name, char *out, size_t cap)
{
    struct span v;
    char text[96];

    out[0] = '\0';
    switch (jsn_get_str(j, name, &v)) {
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_OK:
        if (span_copy_str(v, out, cap))
            return ERR_OK;
        break;
    case JSN_WRONG_TYPE:
        break;
    }
    (void)snprintf(text, sizeof(text), "\"%s\" must be text of at most %zu characters", name,
                   cap - 1);
    return seed_bad(s, text);
}

enum err
seed_flag(const struct seeding *s, const struct jsn *j, const char *name, bool preset,
          bool *out)
{
    char text[96];

    switch (jsn_get_bool(j, name, out)) {
    case JSN_ABSENT:
        *out = preset;
        return ERR_OK;
    case JSN_OK:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        break;
    }
    (void)snprintf(text, sizeof(text), "\"%s\" must be true or false", name);
    return seed_bad(s, text);
}

enum err
seed_derived_guid(const struct seeding *s, const char *kind, const char *name, struct guid *out)
{
    uint8_t hash[SHA256_LEN];
    struct buf text;
    enum err e;

    buf_init(&text, 4096);
    buf_put_fmt(&text, "keyhold seed/%s/%s/%s", s->tenant.text, kind, name);
    e = text.err != ERR_OK ? text.err : digest_sha256(buf_span(&text), hash);
    buf_release(&text);
    if (e != ERR_OK)
        return e;
    /* RFC 9562 5.8: version 8, the layout is ours */
    (void)snprintf(out->text, sizeof(out->text),
                   "%02x%02x%02x%02x-%02x%02x-8%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x",
                   hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6] & 15, hash[7],
                   hash[8] & 15, hash[9], hash[10], hash[11], hash[12], hash[13], hash[14],
                   hash[15]);
    return ERR_OK;
}

enum err
seed_guid(const struct seeding *s, const struct jsn *j, const char *member, const char *kind,
          const char *name, struct guid *out)
{
    char text[96];
    struct span v;

    if (jsn_get_str(j, member, &v) == JSN_ABSENT)
        return seed_derived_guid(s, kind, name, out);
    if (jsn_get_str(j, member, &v) == JSN_OK && guid_parse(v, out))
        return ERR_OK;
    (void)snprintf(text, sizeof(text), "\"%s\" must be a GUID", member);
    return seed_bad(s, text);
}

/* What is being checked, for messages. */
struct place_in_file {
    const char *section;
    size_t index;
    bool is_item; /* index counts */
    const char *const *members;
    enum err err;
};

static enum err
refuse(const struct place_in_file *at, struct span name, const char *why)
{
    char text[64] = "", index[32] = "";

    (void)span_copy_str(span_head(name, sizeof(text) - 1), text, sizeof(text));
    if (at->is_item)
        (void)snprintf(index, sizeof(index), "[%zu]", at->index);
    log_error("seed: %s%s%s\"%s\" %s", at->section, index, at->section[0] == '\0' ? "" : ": ",
              text, why);
    return ERR_ARG;
}

/* A misspelt member would silently do nothing. */
static bool
check_member(void *arg, struct span name, const struct jsn *value)
{
    struct place_in_file *at = arg;

    (void)value;
    for (size_t i = 0; i < MEMBERS_MAX && at->members[i] != NULL; i++)
        if (span_is_str(name, at->members[i]))
            return true;
    at->err = refuse(at, name, "is not known there");
    return false;
}

static enum err
check_items(const struct section *section, const struct jsn *list)
{
    struct place_in_file at = { .section = section->name,
                                .is_item = true,
                                .members = section->members };

    if (jsn_len(list) > SEED_ITEMS_MAX) {
        log_error("seed: %s: more than %d items", section->name, SEED_ITEMS_MAX);
        return ERR_TOO_LARGE;
    }
    for (; at.err == ERR_OK && at.index < jsn_len(list); at.index++) {
        const struct jsn *item = jsn_at(list, at.index);

        if (!jsn_is_object(item)) {
            log_error("seed: %s[%zu]: must be an object", section->name, at.index);
            return ERR_ARG;
        }
        jsn_each(item, check_member, &at);
    }
    return at.err;
}

static bool
check_section(void *arg, struct span name, const struct jsn *value)
{
    struct place_in_file top = { .section = "" },
                         tenant = { .section = "tenant", .members = tenant_members };
    enum err *e = arg;

    for (size_t i = 0; i < NSECTIONS; i++)
        if (span_is_str(name, sections[i].name)) {
            *e = jsn_is_array(value) ? check_items(&sections[i], value)
                                     : refuse(&top, name, "must be a list");
            return *e == ERR_OK;
        }
    if (!span_is_str(name, "tenant")) {
        *e = refuse(&top, name, "is not a section of a seed file");
    } else if (!jsn_is_object(value)) {
        *e = refuse(&top, name, "must be an object");
    } else {
        jsn_each(value, check_member, &tenant);
        *e = tenant.err;
    }
    return *e == ERR_OK;
}

static enum err
read_tenant(struct seed *s)
{
    const struct jsn *t;
    enum jsn_got got;
    struct span v;

    s->tenant = guid_new();
    (void)span_copy_str(span_str("Keyhold"), s->tenant_name, sizeof(s->tenant_name));
    if (jsn_get_object(s->root, "tenant", &t) != JSN_OK)
        return ERR_OK;
    got = jsn_get_str(t, "id", &v);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && !guid_parse(v, &s->tenant))) {
        log_error("seed: tenant: \"id\" must be a GUID");
        return ERR_ARG;
    }
    got = jsn_get_str(t, "name", &v);
    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && !span_copy_str(v, s->tenant_name, sizeof(s->tenant_name)))) {
        log_error("seed: tenant: \"name\" must be text of at most %zu bytes",
                  sizeof(s->tenant_name) - 1);
        return ERR_ARG;
    }
    return ERR_OK;
}

static enum err
parse_text(struct span text, struct jsn **root)
{
    struct secbuf json;
    enum err e = jsn_parse(text, root);

    if (e != ERR_SYNTAX)
        return e;
    secbuf_init(&json, MAX_SEED_BYTES * 2);
    e = seed_yaml(text, &json);
    if (e == ERR_OK) {
        e = jsn_parse(secbuf_span(&json), root);
        if (e == ERR_SYNTAX)
            log_error("seed: a name stands twice in one map, or text is not UTF-8");
    }
    secbuf_release(&json);
    return e;
}

enum err
seed_parse(struct span text, struct seed **out)
{
    struct seed *s = calloc(1, sizeof(*s));
    enum err e;

    *out = NULL;
    if (s == NULL)
        return ERR_NOMEM;
    e = parse_text(text, &s->root);
    if (e == ERR_OK && !jsn_is_object(s->root)) {
        log_error("seed: the file must be a map of sections");
        e = ERR_SYNTAX;
    }
    if (e == ERR_OK)
        jsn_each(s->root, check_section, &e);
    if (e == ERR_OK)
        e = read_tenant(s);
    if (e != ERR_OK) {
        seed_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void
seed_free(struct seed *s)
{
    if (s == NULL)
        return;
    jsn_free(s->root);
    free(s);
}

struct guid
seed_tenant(const struct seed *s)
{
    return s->tenant;
}

const char *
seed_tenant_name(const struct seed *s)
{
    return s->tenant_name;
}

static enum err
apply_section(struct seeding *s, const struct section *section)
{
    const struct jsn *list, *item;
    enum err e = ERR_OK;

    s->section = section->name;
    if (jsn_get_array(s->seed->root, section->name, &list) != JSN_OK)
        return ERR_OK;
    for (s->index = 0; s->index < jsn_len(list); s->index++) {
        item = jsn_at(list, s->index);
        e = section->apply(s, item);
        if (e == ERR_CONFLICT) /* somebody changed the same row: once more */
            e = section->apply(s, item);
        if (e != ERR_OK)
            break;
    }
    return e;
}

static bool
note_subscription(void *arg, const struct store_row *row)
{
    struct seeding *s = arg;

    (void)guid_parse(span_tail(row->key, 4), &s->stored_subscription);
    return false;
}

/* Where the seed is applied: the tenant, and a subscription for what names none. */
static enum err
look_around(struct seeding *s)
{
    struct store_view *view;
    enum err e = store_begin(s->desk->store, &view);

    if (e != ERR_OK)
        return e;
    e = tenant_default(s->desk->rows, view, &s->tenant);
    if (e == ERR_OK)
        e = store_scan(view, span_str("sub/"), (struct span){ 0 }, 1, note_subscription, s);
    store_end(view);
    return e;
}

enum err
seed_apply(struct desk *d, const struct seed *seed, const char *location)
{
    struct seeding s = {
        .desk = d, .seed = seed, .location = location, .section = "", .now = clock_now()
    };
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = look_around(&s);
    for (size_t i = 0; e == ERR_OK && i < NSECTIONS; i++)
        e = apply_section(&s, &sections[i]);
    if (e == ERR_OK)
        log_info("seed applied: %u changes", s.changes);
    else
        log_error("seed: stopped in %s[%zu]: %s", s.section, s.index, err_text(e));
    return e;
}
