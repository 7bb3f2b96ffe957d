/* SPDX-License-Identifier: Apache-2.0 */
/* seed_tenants.c - tenants beside the founded one, and which one an item belongs to. */
#include "auth/tenant.h"
#include "base/log.h"
#include "jobs/seed_int.h"
#include "vault/place.h"

/* Another tenant's domain would make tokens of one the other's. */
static enum err
take_domain(struct seeding *s, struct store_view *view, const struct jsn *item,
            struct tenant *t)
{
    struct tenant other;
    enum err e = seed_text(s, item, "domain", t->domain, sizeof(t->domain));

    if (e != ERR_OK || t->domain[0] == '\0')
        return e;
    if (!tenant_domain_is_ok(span_str(t->domain)))
        return seed_bad(s, "\"domain\" is not a domain name");
    e = tenant_find(s->desk->rows, view, span_str(t->domain), &other);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK && !guid_is_equal(&other.tid, &t->tid))
        return seed_bad(s, "\"domain\" is another tenant's");
    return e;
}

enum err
seed_tenant_item(struct seeding *s, const struct jsn *item)
{
    struct tenant t = { .created = s->now }, have;
    struct store_view *view;
    struct store_write w;
    enum err e = seed_text(s, item, "name", t.name, sizeof(t.name));

    if (e == ERR_OK && t.name[0] == '\0')
        return seed_bad(s, "\"name\" is missing");
    if (s->index + 1 >= MAX_TENANTS)
        return seed_bad(s, "too many tenants");
    if (e == ERR_OK)
        e = seed_guid(s, item, "id", "tenant", t.name, &t.tid);
    if (e == ERR_OK)
        e = store_begin(s->desk->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = take_domain(s, view, item, &t);
    if (e == ERR_OK)
        e = tenant_load(s->desk->rows, view, &t.tid, &have);
    if (e == ERR_NOT_FOUND) {
        tenant_store(s->desk->rows, &w, &t, 0);
        e = seed_commit(s, &w);
    }
    store_end(view);
    store_write_release(&w);
    return e;
}

/* The id of the tenant that the file calls so. */
static enum err
find_by_name(const struct seeding *s, struct span name, struct guid *out)
{
    char text[MAX_TENANT_NAME + 1];
    const struct jsn *list;

    if (jsn_get_array(s->seed->root, "tenants", &list) != JSN_OK ||
        !span_copy_str(name, text, sizeof(text)))
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < jsn_len(list); i++) {
        struct span have;

        if (jsn_get_str(jsn_at(list, i), "name", &have) == JSN_OK && span_is_equal(have, name))
            return seed_guid(s, jsn_at(list, i), "id", "tenant", text, out);
    }
    return ERR_NOT_FOUND;
}

enum err
seed_tenant_of(const struct seeding *s, const struct jsn *item, struct guid *out)
{
    struct store_view *view;
    struct tenant t;
    struct span name;
    enum err e;

    *out = s->tenant;
    switch (jsn_get_str(item, "tenant", &name)) {
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        return seed_bad(s, "\"tenant\" must be a name or an id");
    case JSN_OK:
        break;
    }
    if (!guid_parse(name, out)) {
        e = find_by_name(s, name, out);
        return e == ERR_NOT_FOUND
                   ? seed_bad(s, "\"tenant\" is neither an id nor a name in this file")
                   : e;
    }
    e = store_begin(s->desk->store, &view);
    if (e != ERR_OK)
        return e;
    e = tenant_load(s->desk->rows, view, out, &t);
    store_end(view);
    return e == ERR_NOT_FOUND ? seed_bad(s, "there is no such \"tenant\"") : e;
}

enum err
seed_tenant_at(const struct seeding *s, const struct guid *subscription, struct guid *out)
{
    struct store_view *view;
    struct place p;
    enum err e = store_begin(s->desk->store, &view);

    *out = s->tenant;
    if (e != ERR_OK)
        return e;
    e = place_load(s->desk->rows, view, subscription, (struct span){ 0 }, &p);
    if (e == ERR_OK && p.tenant.text[0] != '\0')
        *out = p.tenant;
    store_end(view);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
