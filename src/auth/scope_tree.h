/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_tree.h - management groups, and where subscriptions stand in them
 * (management-plane.md A.11).
 *
 * Each tenant has one tree. Its root group has the tenant's GUID as id and is
 * there without a row. A subscription without a row belongs to the default
 * tenant and stands below that tenant's root group.
 *
 * Rows (docs/formats/directory.md): mg/<tid>/<id> the group, with its parent;
 * mc/<tid>/<parent>/<child> the way down (child: "g:<id>" or "s:<guid>");
 * ms/<subscription> tenant and group of a subscription. Ids compare without
 * case; keys have them in lower case.
 *
 * Writes name the revision of every group above, so that two moves at a time
 * cannot make a circle: the second one conflicts and starts again.
 *
 * Threads: as the view.
 */
#ifndef AUTH_SCOPE_TREE_H
#define AUTH_SCOPE_TREE_H

#include "auth/access_fault.h"
#include "auth/scope.h"
#include "vault/row.h"

enum {
    MAX_MG_DEPTH = 6, /* levels below the root group */
    MAX_MG_NAME = 256,
    MAX_MG_CHAIN = MAX_MG_DEPTH + 1,
    MAX_MG_OF_TENANT = 10000,
};

struct management_group {
    struct guid tid;
    char id[MAX_MG_ID + 1];     /* as first spelled; the root's: tid */
    char name[MAX_MG_NAME + 1]; /* display name */
    char parent[MAX_MG_ID + 1]; /* lower case; "" for the root group alone */
    int64_t created, updated;
    struct guid updated_by; /* oid; may be "" */
    uint32_t version;
    uint64_t revision; /* of its row, 0 when there is none; set by loading */
};

/* 1 to 90 letters, digits, '-', '_', '.', '(', ')'; not ending with '.'. */
bool management_group_id_is_ok(struct span id);

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. The root group is always found. */
MUST_CHECK enum err management_group_load(const struct rows *rows, struct store_view *view,
                                          const struct guid *tid, struct span id,
                                          struct management_group *out);
/*
 * Creates (g->revision 0), renames or moves. g->parent "" means the root group.
 * ERR_DENIED with why: FAULT_BAD_NAME, FAULT_NO_PARENT, FAULT_TOO_DEEP (also
 * below it), FAULT_CIRCLE, FAULT_IS_ROOT (the root group does not move),
 * FAULT_TOO_MANY (a new one beyond MAX_MG_OF_TENANT).
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO. Other failures stick to the write.
 */
MUST_CHECK enum err management_group_put(const struct rows *rows, struct store_view *view,
                                         struct store_write *w,
                                         const struct management_group *g,
                                         struct access_fault *why);
/* ERR_DENIED with FAULT_IN_USE (has children) or FAULT_IS_ROOT. What stands upon it is the
 * caller's to sweep (assignment_drop()), or it would hold for the next group of that id. */
MUST_CHECK enum err management_group_delete(const struct rows *rows, struct store_view *view,
                                            struct store_write *w,
                                            const struct management_group *g,
                                            struct access_fault *why);

/* All groups of the tenant that have a row, in order of their ids in lower case. The root group
 * is among them only when it was renamed. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
typedef bool (*management_group_fn)(void *arg, const struct management_group *g);
MUST_CHECK enum err management_group_each(const struct rows *rows, struct store_view *view,
                                          const struct guid *tid, management_group_fn fn,
                                          void *arg);
/* Something is put upon the group (vault/fence.h): the write and the group's deletion exclude
 * each other. */
void management_group_touch(const struct rows *rows, struct store_write *w,
                            const struct guid *tid, struct span id);

/* Returns false to stop. Exactly one of the two is set. */
typedef bool (*management_child_fn)(void *arg, const char *group, const struct guid *sub);
/* Direct children by id. Subscriptions without a row of their own are not among them. */
MUST_CHECK enum err management_group_children(const struct rows *rows, struct store_view *view,
                                              const struct guid *tid, struct span id,
                                              management_child_fn fn, void *arg);

struct subscription_home {
    struct guid subscription;
    struct guid tid;
    char group[MAX_MG_ID + 1]; /* lower case */
    uint64_t revision;         /* 0: no row, so the default tenant's root group */
};
/* ERR_INTEGRITY, ERR_FORMAT, ERR_IO; ERR_NOT_FOUND: no row, and no default tenant either. */
MUST_CHECK enum err subscription_home_load(const struct rows *rows, struct store_view *view,
                                           const struct guid *subscription,
                                           struct subscription_home *out);
/* Moves it. h->group "" means the root group. ERR_DENIED with FAULT_NO_PARENT. */
MUST_CHECK enum err subscription_home_put(const struct rows *rows, struct store_view *view,
                                          struct store_write *w,
                                          const struct subscription_home *h,
                                          struct access_fault *why);
/* The row goes: afterwards it stands where subscriptions without a row stand. */
void subscription_home_delete(struct store_write *w, const struct subscription_home *h);

/* The management groups above a scope, innermost first, ending with the root group. */
struct scope_chain {
    struct guid tid; /* whose resource it is */
    unsigned n;
    char ids[MAX_MG_CHAIN][MAX_MG_ID + 1]; /* lower case */
};
/*
 * tid: the asking tenant, which owns the root, management groups and what is at
 * tenant level; a subscription names its own. A parent that is gone counts as
 * the root group. ERR_FORMAT when the tree is too deep or has a circle: decide
 * nothing on it. ERR_NOT_FOUND as subscription_home_load; ERR_INTEGRITY, ERR_IO.
 */
MUST_CHECK enum err scope_chain_load(const struct rows *rows, struct store_view *view,
                                     const struct guid *tid, const struct scope *s,
                                     struct scope_chain *out);
/* scope_covers() with the management groups: s covers what has this chain and that text. */
bool scope_chain_covers(const struct scope_chain *chain, struct span scope,
                        const struct scope *resource);

#endif /* AUTH_SCOPE_TREE_H */
