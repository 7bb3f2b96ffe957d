/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_home.c - where a subscription stands in the tree of its tenant, and
 * what stands above a scope.
 */
#include "auth/founding.h"
#include "auth/scope_tree_int.h"
#include "codec/pack.h"
#include "vault/place.h"

enum { HOME_FORMAT = 1 };

static struct span
home_key(struct row_key *k, const struct guid *subscription)
{
    return row_key_make(k, "ms", subscription->text, NULL);
}

/* Whose is it? The subscription's own row says, or it is the default tenant's. */
static enum err
find_tenant(const struct rows *rows, struct store_view *view, const struct guid *subscription,
            struct guid *out)
{
    struct place p;
    enum err e = place_load(rows, view, subscription, (struct span){ 0 }, &p);

    *out = (struct guid){ 0 };
    if (e == ERR_OK && p.tenant.text[0] != '\0') {
        *out = p.tenant;
        return ERR_OK;
    }
    return e == ERR_OK || e == ERR_NOT_FOUND ? tenant_default(rows, view, out) : e;
}

enum err
subscription_home_load(const struct rows *rows, struct store_view *view,
                       const struct guid *subscription, struct subscription_home *out)
{
    struct unpack u;
    struct span tid;
    struct guid owner;
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct subscription_home){ .subscription = *subscription };
    e = find_tenant(rows, view, subscription, &out->tid);
    if (e != ERR_OK)
        return e;
    (void)snprintf(out->group, sizeof(out->group), "%s", out->tid.text);
    e = row_get(rows, view, home_key(&k, subscription), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != HOME_FORMAT)
        return ERR_FORMAT;
    out->revision = row.revision;
    tid = unpack_bytes(&u, GUID_LEN);
    /* A place in the tree of a tenant it has left says nothing any more. */
    if (guid_parse(tid, &owner) && guid_is_equal(&owner, &out->tid))
        unpack_str(&u, out->group, sizeof(out->group));
    else
        (void)unpack_bytes(&u, MAX_MG_ID);
    return unpack_end(&u);
}

enum err
subscription_home_put(const struct rows *rows, struct store_view *view, struct store_write *w,
                      const struct subscription_home *h, struct access_fault *why)
{
    const char *wanted = h->group[0] == '\0' ? h->tid.text : h->group;
    struct subscription_home old;
    struct management_group up;
    char parent[MAX_MG_ID + 1];
    struct row_key k;
    struct buf b;
    enum err e;

    *why = (struct access_fault){ 0 };
    if (!management_group_id_is_ok(span_str(wanted)))
        return mg_refuse(why, FAULT_NO_PARENT, "");
    mg_lower(span_str(wanted), parent);
    e = mg_load(rows, view, &h->tid, parent, &up);
    if (e == ERR_NOT_FOUND)
        return mg_refuse(why, FAULT_NO_PARENT, parent);
    if (e == ERR_OK)
        e = subscription_home_load(rows, view, &h->subscription, &old);
    if (e != ERR_OK)
        return e;
    if (!guid_is_equal(&old.tid, &h->tid))
        return mg_refuse(why, FAULT_NO_PARENT, "another tenant's subscription");
    buf_init(&b, 256);
    pack_u8(sink_buf(&b), HOME_FORMAT);
    pack_str(sink_buf(&b), h->tid.text);
    pack_str(sink_buf(&b), parent);
    store_write_expect(w, mg_key(&k, &h->tid, parent), up.revision);
    if (old.revision > 0 && strcmp(old.group, parent) != 0)
        mg_put_child(rows, w, &h->tid, old.group, "s", h->subscription.text, false);
    mg_put_child(rows, w, &h->tid, parent, "s", h->subscription.text, true);
    store_write_expect(w, home_key(&k, &h->subscription), old.revision);
    row_put_buf(rows, w, home_key(&k, &h->subscription), &b);
    return ERR_OK;
}

void
subscription_home_delete(struct store_write *w, const struct subscription_home *h)
{
    struct row_key k;

    mg_put_child(NULL, w, &h->tid, h->group, "s", h->subscription.text, false);
    store_write_delete(w, home_key(&k, &h->subscription));
}

enum err
scope_chain_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
                 const struct scope *s, struct scope_chain *out)
{
    struct subscription_home home;
    enum err e;

    out->tid = *tid;
    out->n = 0;
    if (s->subscription.text[0] == '\0')
        return s->group[0] == '\0' ? ERR_OK : mg_climb(rows, view, NULL, tid, s->group, out);
    e = subscription_home_load(rows, view, &s->subscription, &home);
    if (e != ERR_OK)
        return e;
    return mg_climb(rows, view, NULL, &home.tid, home.group, out);
}

bool
scope_chain_covers(const struct scope_chain *chain, struct span scope,
                   const struct scope *resource)
{
    static const char prefix[] = "/providers/microsoft.management/managementgroups/";
    struct span id;

    if (scope_covers(scope, scope_span(resource)))
        return true;
    if (!span_has_prefix(scope, span_str(prefix)))
        return false;
    id = span_tail(scope, sizeof(prefix) - 1);
    for (unsigned i = 0; i < chain->n; i++)
        if (span_is_str(id, chain->ids[i]))
            return true;
    return false;
}
