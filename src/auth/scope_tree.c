/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_tree.c - the tree of management groups, read upwards on every decision
 * and downwards for lists.
 *
 * The root group is implied: a group whose parent is gone, and a subscription
 * without a row, stand directly below it. Every walk is bounded; a circle,
 * which only a damaged store could hold, is an error and no answer.
 */
#include "auth/scope_tree.h"

#include "auth/scope_tree_int.h"
#include "codec/pack.h"
#include "vault/fence.h"
#include "vault/place.h"

enum {
    GROUP_FORMAT = 1,
    CHILD_FORMAT = 1,
    MAX_CHILDREN = 100000, /* subscriptions among them */
    MG_FENCE_MAX = GUID_LEN + MAX_MG_ID + 24,
};

bool
management_group_id_is_ok(struct span id)
{
    return place_group_name_is_ok(id);
}

void
mg_lower(struct span id, char out[static MAX_MG_ID + 1])
{
    bug_on(id.len > MAX_MG_ID);
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    out[id.len] = '\0';
}

static bool
is_root(const struct guid *tid, const char *lower)
{
    return span_is_str(span_str(tid->text), lower);
}

struct span
mg_key(struct row_key *k, const struct guid *tid, const char *lower)
{
    return row_key_make(k, "mg", tid->text, lower, NULL);
}

static void
make_root(const struct guid *tid, struct management_group *out)
{
    *out = (struct management_group){ .tid = *tid };
    (void)snprintf(out->id, sizeof(out->id), "%s", tid->text);
    (void)snprintf(out->name, sizeof(out->name), "Tenant Root Group");
}

static enum err
read_group(struct span payload, struct management_group *g)
{
    struct unpack u = unpack_of(payload);
    struct span by;

    if (unpack_u8(&u) != GROUP_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, g->id, sizeof(g->id));
    unpack_str(&u, g->name, sizeof(g->name));
    unpack_str(&u, g->parent, sizeof(g->parent));
    g->created = unpack_i64(&u);
    g->updated = unpack_i64(&u);
    by = unpack_bytes(&u, GUID_LEN);
    g->version = unpack_u32(&u);
    if (unpack_end(&u) != ERR_OK || (by.len > 0 && !guid_parse(by, &g->updated_by)))
        return ERR_FORMAT;
    return ERR_OK;
}

enum err
mg_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
        const char *lower, struct management_group *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, mg_key(&k, tid, lower), &row);

    *out = (struct management_group){ .tid = *tid };
    if (e == ERR_NOT_FOUND && is_root(tid, lower)) {
        make_root(tid, out);
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    e = read_group(row.payload, out);
    if (e == ERR_OK && is_root(tid, lower) != (out->parent[0] == '\0'))
        e = ERR_FORMAT;
    return e;
}

enum err
management_group_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
                      struct span id, struct management_group *out)
{
    char lower[MAX_MG_ID + 1];

    *out = (struct management_group){ .tid = *tid };
    if (!management_group_id_is_ok(id))
        return ERR_NOT_FOUND;
    mg_lower(id, lower);
    return mg_load(rows, view, tid, lower, out);
}

enum err
mg_refuse(struct access_fault *why, enum access_fault_kind kind, const char *text)
{
    *why = (struct access_fault){ .kind = kind };
    (void)snprintf(why->text, sizeof(why->text), "%s", text);
    return ERR_DENIED;
}

/* With the tenant: another's group may have the same id. */
static struct span
fence_id(const struct guid *tid, const char *lower, char out[static MG_FENCE_MAX])
{
    int n = snprintf(out, MG_FENCE_MAX, "/managementgroups/%s/%s", tid->text, lower);

    return span_of(out, (size_t)n);
}

void
management_group_touch(const struct rows *rows, struct store_write *w, const struct guid *tid,
                       struct span id)
{
    char text[MG_FENCE_MAX], lower[MAX_MG_ID + 1];

    mg_lower(id, lower);
    fence_touch(rows, w, fence_id(tid, lower, text));
}

void
mg_put_child(const struct rows *rows, struct store_write *w, const struct guid *tid,
             const char *parent, const char *letter, const char *id, bool there)
{
    static const uint8_t format = CHILD_FORMAT;
    char child[MAX_MG_ID + 3];
    struct row_key k;
    struct span key;

    (void)snprintf(child, sizeof(child), "%s:%s", letter, id);
    key = row_key_make(&k, "mc", tid->text, parent, child, NULL);
    if (there) {
        row_put(rows, w, key, span_of(&format, 1));
        management_group_touch(rows, w, tid, span_str(parent));
    } else {
        store_write_delete(w, key);
    }
}

enum err
mg_climb(const struct rows *rows, struct store_view *view, struct store_write *w,
         const struct guid *tid, const char *from, struct scope_chain *out)
{
    char at[MAX_MG_ID + 1];
    struct management_group g;
    struct row_key k;

    out->tid = *tid;
    out->n = 0;
    mg_lower(span_str(from), at);
    while (at[0] != '\0') {
        enum err e = mg_load(rows, view, tid, at, &g);

        if (out->n == MAX_MG_CHAIN)
            return ERR_FORMAT;
        if (e == ERR_NOT_FOUND) { /* gone: the root group stands in for it */
            mg_lower(span_str(tid->text), at);
            continue;
        }
        if (e != ERR_OK)
            return e;
        if (w != NULL)
            store_write_expect(w, mg_key(&k, tid, at), g.revision);
        mg_lower(span_str(at), out->ids[out->n++]);
        mg_lower(span_str(g.parent), at);
    }
    return ERR_OK;
}

/* -------------------------------------------------------------------- groups */

struct groups {
    const struct rows *rows;
    const struct guid *tid;
    management_group_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_group(void *arg, const struct store_row *sr)
{
    struct groups *a = arg;
    struct management_group g = { .tid = *a->tid };
    struct row row;

    a->err = row_check(a->rows, sr, &row);
    if (a->err == ERR_OK)
        a->err = read_group(row.payload, &g);
    g.revision = row.revision;
    return a->err == ERR_OK && a->fn(a->arg, &g);
}

enum err
management_group_each(const struct rows *rows, struct store_view *view, const struct guid *tid,
                      management_group_fn fn, void *arg)
{
    struct groups a = { .rows = rows, .tid = tid, .fn = fn, .arg = arg, .err = ERR_OK };
    struct row_key k;
    enum err e = store_scan(view, row_key_make(&k, "mg", tid->text, "", NULL),
                            (struct span){ 0 }, SIZE_MAX, visit_group, &a);

    return e == ERR_OK ? a.err : e;
}

static bool
count_row(void *arg, const struct store_row *sr)
{
    (void)sr;
    ++*(unsigned *)arg;
    return true;
}

/* Room for one more? Two new ones at a time may be one too many, which harms nobody. */
static enum err
check_count(struct store_view *view, const struct guid *tid, struct access_fault *why)
{
    struct row_key k;
    unsigned n = 0;
    enum err e = store_scan(view, row_key_make(&k, "mg", tid->text, "", NULL),
                            (struct span){ 0 }, MAX_MG_OF_TENANT, count_row, &n);

    if (e == ERR_OK && n >= MAX_MG_OF_TENANT)
        return mg_refuse(why, FAULT_TOO_MANY, "at most 10000 management groups of a tenant");
    return e;
}

/* ------------------------------------------------------------------ children */

struct children {
    const struct rows *rows;
    size_t prefix_len;
    management_child_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_child(void *arg, const struct store_row *sr)
{
    struct children *c = arg;
    struct span child = span_tail(sr->key, c->prefix_len);
    char group[MAX_MG_ID + 1];
    struct guid sub;
    struct row row;

    c->err = row_check(c->rows, sr, &row);
    if (c->err != ERR_OK)
        return false;
    if (span_has_prefix(child, span_str("g:")) &&
        span_copy_str(span_tail(child, 2), group, sizeof(group)))
        return c->fn(c->arg, group, NULL);
    if (span_has_prefix(child, span_str("s:")) && guid_parse(span_tail(child, 2), &sub))
        return c->fn(c->arg, NULL, &sub);
    c->err = ERR_FORMAT;
    return false;
}

enum err
management_group_children(const struct rows *rows, struct store_view *view,
                          const struct guid *tid, struct span id, management_child_fn fn,
                          void *arg)
{
    struct children c = { .rows = rows, .fn = fn, .arg = arg };
    char lower[MAX_MG_ID + 1];
    struct span prefix;
    struct row_key k;
    enum err e;

    if (!management_group_id_is_ok(id))
        return ERR_OK;
    mg_lower(id, lower);
    prefix = row_key_make(&k, "mc", tid->text, lower, "", NULL);
    c.prefix_len = prefix.len;
    e = store_scan(view, prefix, (struct span){ 0 }, MAX_CHILDREN, visit_child, &c);
    return e == ERR_OK ? c.err : e;
}

/* How many levels of groups stand below each other under a group. */
struct height {
    const struct rows *rows;
    struct store_view *view;
    const struct guid *tid;
    unsigned level, highest;
    enum err err;
};

static bool
measure(void *arg, const char *group, const struct guid *sub)
{
    struct height *h = arg;

    (void)sub;
    if (group == NULL)
        return true;
    h->level++;
    if (h->level > h->highest)
        h->highest = h->level;
    if (h->level <= MAX_MG_DEPTH) /* recursion ends here, whatever the rows say */
        h->err =
            management_group_children(h->rows, h->view, h->tid, span_str(group), measure, h);
    h->level--;
    return h->err == ERR_OK && h->highest <= MAX_MG_DEPTH;
}

/* -------------------------------------------------------------------- writing */

static void
store_group(const struct rows *rows, struct store_write *w, const struct management_group *g,
            const char *lower, const char *parent)
{
    struct row_key k;
    struct span key = mg_key(&k, &g->tid, lower);
    struct buf b;

    buf_init(&b, 1024);
    pack_u8(sink_buf(&b), GROUP_FORMAT);
    pack_str(sink_buf(&b), g->id);
    pack_str(sink_buf(&b), g->name);
    pack_str(sink_buf(&b), parent);
    pack_i64(sink_buf(&b), g->created);
    pack_i64(sink_buf(&b), g->updated);
    pack_str(sink_buf(&b), g->updated_by.text);
    pack_u32(sink_buf(&b), g->version);
    store_write_expect(w, key, g->revision);
    row_put_buf(rows, w, key, &b);
}

static enum err
check_place(const struct rows *rows, struct store_view *view, const struct guid *tid,
            const char *lower, const struct scope_chain *above, struct access_fault *why)
{
    struct height h = { .rows = rows, .view = view, .tid = tid };
    enum err e;

    for (unsigned i = 0; i < above->n; i++)
        if (strcmp(above->ids[i], lower) == 0)
            return mg_refuse(why, FAULT_CIRCLE, "a group cannot stand below itself");
    e = management_group_children(rows, view, tid, span_str(lower), measure, &h);
    if (e == ERR_OK)
        e = h.err;
    /* above counts the root group, which is no level; the group itself is one. */
    if (e == ERR_OK && above->n + h.highest > MAX_MG_DEPTH)
        return mg_refuse(why, FAULT_TOO_DEEP, "management groups nest at most 6 levels");
    return e;
}

enum err
management_group_put(const struct rows *rows, struct store_view *view, struct store_write *w,
                     const struct management_group *g, struct access_fault *why)
{
    const char *wanted = g->parent[0] == '\0' ? g->tid.text : g->parent;
    char lower[MAX_MG_ID + 1], parent[MAX_MG_ID + 1];
    struct management_group old, up;
    struct scope_chain above;
    enum err e;

    *why = (struct access_fault){ 0 };
    if (!management_group_id_is_ok(span_str(g->id)) || g->name[0] == '\0')
        return mg_refuse(why, FAULT_BAD_NAME, "id or display name");
    mg_lower(span_str(g->id), lower);
    if (is_root(&g->tid, lower)) {
        if (g->parent[0] != '\0')
            return mg_refuse(why, FAULT_IS_ROOT, "the root group has no parent");
        store_group(rows, w, g, lower, "");
        return ERR_OK;
    }
    if (!management_group_id_is_ok(span_str(wanted)))
        return mg_refuse(why, FAULT_NO_PARENT, "");
    mg_lower(span_str(wanted), parent);
    e = mg_load(rows, view, &g->tid, parent, &up);
    if (e == ERR_NOT_FOUND)
        return mg_refuse(why, FAULT_NO_PARENT, parent);
    if (e == ERR_OK)
        e = mg_climb(rows, view, w, &g->tid, parent, &above);
    if (e == ERR_OK)
        e = check_place(rows, view, &g->tid, lower, &above, why);
    if (e == ERR_OK && g->revision == 0)
        e = check_count(view, &g->tid, why);
    if (e != ERR_OK)
        return e;
    e = mg_load(rows, view, &g->tid, lower, &old);
    if (e == ERR_OK && strcmp(old.parent, parent) != 0)
        mg_put_child(rows, w, &g->tid, old.parent, "g", lower, false);
    else if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    mg_put_child(rows, w, &g->tid, parent, "g", lower, true);
    store_group(rows, w, g, lower, parent);
    return ERR_OK;
}

static bool
stop_at_child(void *arg, const char *group, const struct guid *sub)
{
    bool *found = arg;

    (void)group;
    (void)sub;
    *found = true;
    return false;
}

enum err
management_group_delete(const struct rows *rows, struct store_view *view, struct store_write *w,
                        const struct management_group *g, struct access_fault *why)
{
    char lower[MAX_MG_ID + 1], fence[MG_FENCE_MAX];
    struct row_key k;
    bool has_child = false;
    enum err e;

    *why = (struct access_fault){ 0 };
    mg_lower(span_str(g->id), lower);
    if (is_root(&g->tid, lower))
        return mg_refuse(why, FAULT_IS_ROOT, "the root group stays");
    e = management_group_children(rows, view, &g->tid, span_str(lower), stop_at_child,
                                  &has_child);
    if (e != ERR_OK)
        return e;
    if (has_child)
        return mg_refuse(why, FAULT_IN_USE, "the group has children");
    mg_put_child(rows, w, &g->tid, g->parent, "g", lower, false);
    store_write_expect(w, mg_key(&k, &g->tid, lower), g->revision);
    store_write_delete(w, mg_key(&k, &g->tid, lower));
    return fence_take(view, w, fence_id(&g->tid, lower, fence));
}
