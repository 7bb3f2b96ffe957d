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

static const struct section {
    const char *name;
    seed_item_fn apply;
} sections[] = {
    { "subscriptions", seed_subscription },
    { "resourceGroups", seed_group_place },
    { "applications", seed_application },
    { "managedIdentities", seed_identity },
    { "groups", seed_group },
    { "vaults", seed_vault },
    { "roleAssignments", seed_assignment },
    { "secrets", seed_secret },
};
enum { NSECTIONS = sizeof(sections) / sizeof(sections[0]), SEED_ITEMS_MAX = 100000 };

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

struct name_check {
    enum err err;
};

static bool
check_member(void *arg, struct span name, const struct jsn *value)
{
    struct name_check *c = arg;
    char text[64] = "";

    (void)span_copy_str(span_head(name, sizeof(text) - 1), text, sizeof(text));
    for (size_t i = 0; i < NSECTIONS; i++)
        if (span_is_str(name, sections[i].name)) {
            if (jsn_is_array(value) && jsn_len(value) <= SEED_ITEMS_MAX)
                return true;
            log_error("seed: \"%s\" must be a list", text);
            c->err = ERR_ARG;
            return false;
        }
    if (span_is_str(name, "tenant") && jsn_is_object(value))
        return true;
    /* A misspelt section would silently do nothing. */
    log_error("seed: \"%s\" is not a section of a seed file", text);
    c->err = ERR_ARG;
    return false;
}

static enum err
read_tenant(struct seed *s)
{
    const struct jsn *t;
    struct span v;

    s->tenant = guid_new();
    (void)span_copy_str(span_str("Keyhold"), s->tenant_name, sizeof(s->tenant_name));
    if (jsn_get_object(s->root, "tenant", &t) != JSN_OK)
        return ERR_OK;
    if (jsn_get_str(t, "id", &v) == JSN_OK && !guid_parse(v, &s->tenant)) {
        log_error("seed: tenant: \"id\" must be a GUID");
        return ERR_ARG;
    }
    if (jsn_get_str(t, "name", &v) == JSN_OK &&
        !span_copy_str(v, s->tenant_name, sizeof(s->tenant_name))) {
        log_error("seed: tenant: \"name\" is too long");
        return ERR_ARG;
    }
    return ERR_OK;
}

enum err
seed_parse(struct span text, struct seed **out)
{
    struct name_check check = { ERR_OK };
    struct seed *s = calloc(1, sizeof(*s));
    struct secbuf json;
    enum err e;

    *out = NULL;
    if (s == NULL)
        return ERR_NOMEM;
    secbuf_init(&json, MAX_SEED_BYTES * 2);
    e = jsn_parse(text, &s->root);
    if (e == ERR_SYNTAX) {
        e = seed_yaml(text, &json);
        if (e == ERR_OK)
            e = jsn_parse(secbuf_span(&json), &s->root);
    }
    secbuf_release(&json);
    if (e == ERR_OK && !jsn_is_object(s->root))
        e = ERR_SYNTAX;
    if (e == ERR_OK) {
        jsn_each(s->root, check_member, &check);
        e = check.err;
    }
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
        if (!jsn_is_object(item))
            return seed_bad(s, "must be an object");
        e = section->apply(s, item);
        if (e == ERR_CONFLICT) /* somebody changed the same row: once more */
            e = section->apply(s, item);
        if (e != ERR_OK)
            break;
    }
    return e;
}

enum err
seed_apply(struct desk *d, const struct seed *seed, const char *location)
{
    struct seeding s = { .desk = d, .seed = seed, .location = location, .now = clock_now() };
    struct store_view *view;
    enum err e = store_begin(d->store, &view);

    if (e != ERR_OK)
        return e;
    e = tenant_default(d->rows, view, &s.tenant);
    store_end(view);
    for (size_t i = 0; e == ERR_OK && i < NSECTIONS; i++)
        e = apply_section(&s, &sections[i]);
    if (e == ERR_OK)
        log_info("seed applied: %u changes", s.changes);
    else
        log_error("seed: stopped in %s[%zu]: %s", s.section == NULL ? "" : s.section, s.index,
                  err_text(e));
    return e;
}
