/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hierarchy.c - rows of groups and subscriptions, sorted by their parents and
 * then laid out depth first.
 *
 * Nothing here is believed to be a tree before it was walked from the root:
 * what the walk does not reach stands in a circle, and that is an error.
 */
#include "auth/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "codec/pack.h"
#include "vault/place.h"

enum { SETTINGS_FORMAT = 1 };

struct loading {
    const struct rows *rows;
    struct store_view *view;
    struct hierarchy *h;
    enum err err;
};

static enum err
add(struct hierarchy *h, struct hierarchy_node **out)
{
    *out = NULL;
    if (h->n == MAX_HIERARCHY)
        return ERR_TOO_LARGE;
    if (h->n == h->cap) {
        unsigned cap = h->cap == 0 ? 32 : 2 * h->cap;
        struct hierarchy_node *more = reallocarray(h->nodes, cap, sizeof(*more));

        if (more == NULL)
            return ERR_NOMEM;
        h->nodes = more;
        h->cap = cap;
    }
    *out = &h->nodes[h->n++];
    **out = (struct hierarchy_node){ .is_subscription = false };
    return ERR_OK;
}

static void
fill_group(struct hierarchy_node *n, const struct management_group *g)
{
    (void)snprintf(n->id, sizeof(n->id), "%s", g->id);
    (void)snprintf(n->name, sizeof(n->name), "%s", g->name);
    (void)snprintf(n->above, sizeof(n->above), "%s", g->parent);
}

static bool
take_group(void *arg, const struct management_group *g)
{
    struct loading *l = arg;
    struct hierarchy_node *n;

    if (strcasecmp(g->id, l->h->tid.text) == 0)
        return true; /* the root group is there already */
    l->err = add(l->h, &n);
    if (l->err == ERR_OK)
        fill_group(n, g);
    return l->err == ERR_OK;
}

static enum err
take_subscription(void *arg, const struct place *p)
{
    struct loading *l = arg;
    struct subscription_home home;
    struct hierarchy_node *n;
    enum err e = subscription_home_load(l->rows, l->view, &p->subscription, &home);

    if (e != ERR_OK || !guid_is_equal(&home.tid, &l->h->tid))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = add(l->h, &n);
    if (e != ERR_OK)
        return e;
    n->is_subscription = true;
    (void)snprintf(n->id, sizeof(n->id), "%s", p->subscription.text);
    (void)snprintf(n->name, sizeof(n->name), "%.256s", p->name);
    (void)snprintf(n->above, sizeof(n->above), "%s", home.group);
    return ERR_OK;
}

static enum err
read_rows(struct loading *l)
{
    struct hierarchy *h = l->h;
    struct management_group root;
    struct hierarchy_node *n;
    enum err e = management_group_load(l->rows, l->view, &h->tid, span_str(h->tid.text), &root);

    if (e == ERR_OK)
        e = add(h, &n);
    if (e != ERR_OK)
        return e;
    fill_group(n, &root);
    e = management_group_each(l->rows, l->view, &h->tid, take_group, l);
    if (e == ERR_OK)
        e = l->err;
    return e == ERR_OK ? place_each_subscription(l->rows, l->view, take_subscription, l) : e;
}

/* ---------------------------------------------------------------- the order */

static int
by_kind_and_id(const void *a, const void *b)
{
    const struct hierarchy_node *l = a, *r = b;

    if (l->is_subscription != r->is_subscription)
        return l->is_subscription ? 1 : -1;
    return strcasecmp(l->id, r->id);
}

/* Among groups sorted by id. Unknown ones: the root, which stands at 0. */
static unsigned
find_parent(const struct hierarchy_node *sorted, unsigned ngroups, const char *above)
{
    struct hierarchy_node key = { .is_subscription = false };
    const struct hierarchy_node *found;

    (void)snprintf(key.id, sizeof(key.id), "%s", above);
    found = bsearch(&key, sorted + 1, ngroups - 1, sizeof(key), by_kind_and_id);
    return found == NULL ? 0 : (unsigned)(found - sorted);
}

/* Children of each node as chains: first[i], then next[]. */
struct chains {
    unsigned *first, *next;
};

struct layout {
    const struct hierarchy_node *from;
    struct hierarchy_node *to;
    struct chains c;
    unsigned n;
};

static enum err
lay_out(struct layout *l, unsigned at, unsigned parent, unsigned level)
{
    unsigned self = l->n++;
    struct hierarchy_node *n = &l->to[self];
    enum err e = ERR_OK;

    *n = l->from[at];
    n->parent = parent;
    n->level = level;
    if (level > MAX_MG_DEPTH + 1) /* a subscription may stand below the deepest group */
        return ERR_FORMAT;
    for (unsigned i = l->c.first[at]; i != 0 && e == ERR_OK; i = l->c.next[i]) {
        n->children++;
        n->child_groups += l->from[i].is_subscription ? 0 : 1;
        e = lay_out(l, i, self, level + 1);
    }
    n->end = l->n;
    return e;
}

/* h->nodes: the root, then the rest in any order. */
static enum err
arrange(struct hierarchy *h)
{
    struct layout l = { .from = h->nodes };
    unsigned ngroups = 1;
    enum err e = ERR_NOMEM;

    qsort(h->nodes + 1, h->n - 1, sizeof(*h->nodes), by_kind_and_id);
    while (ngroups < h->n && !h->nodes[ngroups].is_subscription)
        ngroups++;
    l.to = calloc(h->n, sizeof(*l.to));
    l.c.first = calloc(h->n, sizeof(*l.c.first));
    l.c.next = calloc(h->n, sizeof(*l.c.next));
    if (l.to == NULL || l.c.first == NULL || l.c.next == NULL)
        goto out;
    for (unsigned i = h->n - 1; i > 0; i--) { /* backwards: chains begin with the least */
        unsigned up = find_parent(h->nodes, ngroups, h->nodes[i].above);

        l.c.next[i] = l.c.first[up];
        l.c.first[up] = i;
    }
    e = lay_out(&l, 0, 0, 0);
    if (e == ERR_OK && l.n != h->n)
        e = ERR_FORMAT;
    if (e == ERR_OK) {
        free(h->nodes);
        h->nodes = l.to;
        h->cap = h->n;
        l.to = NULL;
    }
out:
    free(l.to);
    free(l.c.first);
    free(l.c.next);
    return e;
}

enum err
hierarchy_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
               struct hierarchy *out)
{
    struct loading l = { .rows = rows, .view = view, .h = out, .err = ERR_OK };
    enum err e;

    *out = (struct hierarchy){ .tid = *tid };
    e = read_rows(&l);
    return e == ERR_OK ? arrange(out) : e;
}

void
hierarchy_release(struct hierarchy *h)
{
    free(h->nodes);
    *h = (struct hierarchy){ 0 };
}

int
hierarchy_find(const struct hierarchy *h, struct span id)
{
    for (unsigned i = 0; i < h->n; i++)
        if (!h->nodes[i].is_subscription && span_is_str_nocase(id, h->nodes[i].id))
            return (int)i;
    return HIERARCHY_NONE;
}

void
hierarchy_put_id(const struct hierarchy_node *n, char out[static HIERARCHY_ID_MAX])
{
    (void)snprintf(out, HIERARCHY_ID_MAX,
                   n->is_subscription ? "/subscriptions/%s"
                                      : "/providers/Microsoft.Management/managementGroups/%s",
                   n->id);
}

/* ------------------------------------------------------------------- settings */

static struct span
settings_key(struct row_key *k, const struct guid *tid)
{
    return row_key_make(k, "mt", tid->text, NULL);
}

enum err
hierarchy_settings_load(const struct rows *rows, struct store_view *view,
                        const struct guid *tid, struct hierarchy_settings *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    struct span by;
    enum err e;

    *out = (struct hierarchy_settings){ .tid = *tid };
    e = row_get(rows, view, settings_key(&k, tid), &row);
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != SETTINGS_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->default_group, sizeof(out->default_group));
    out->updated = unpack_i64(&u);
    by = unpack_bytes(&u, GUID_LEN);
    out->revision = row.revision;
    if (unpack_end(&u) != ERR_OK || (by.len > 0 && !guid_parse(by, &out->updated_by)))
        return ERR_FORMAT;
    return ERR_OK;
}

void
hierarchy_settings_store(const struct rows *rows, struct store_write *w,
                         const struct hierarchy_settings *s)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, 512);
    pack_u8(sink_buf(&b), SETTINGS_FORMAT);
    pack_str(sink_buf(&b), s->default_group);
    pack_i64(sink_buf(&b), s->updated);
    pack_str(sink_buf(&b), s->updated_by.text);
    store_write_expect(w, settings_key(&k, &s->tid), s->revision);
    row_put_buf(rows, w, settings_key(&k, &s->tid), &b);
}

void
hierarchy_settings_drop(struct store_write *w, const struct hierarchy_settings *s)
{
    struct row_key k;

    store_write_expect(w, settings_key(&k, &s->tid), s->revision);
    store_write_delete(w, settings_key(&k, &s->tid));
}
