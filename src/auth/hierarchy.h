/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hierarchy.h - the whole tree of one tenant at once: management groups and
 * subscriptions, for lists. Decisions do not look here (auth/scope_tree.h).
 *
 * Nodes stand depth first: a node, then everything below it. Below one parent,
 * groups come before subscriptions, each in order of their ids. Node 0 is the
 * root group. A group or subscription whose parent is gone stands below it.
 */
#ifndef AUTH_HIERARCHY_H
#define AUTH_HIERARCHY_H

#include "auth/scope_tree.h"

struct hierarchy_node {
    bool is_subscription;
    char id[MAX_MG_ID + 1];     /* of a group: as spelled; of a subscription: its GUID */
    char name[MAX_MG_NAME + 1]; /* for people */
    char above[MAX_MG_ID + 1];  /* id of the parent in lower case, as stored */
    unsigned parent;            /* the root's: itself */
    unsigned end;               /* its descendants are the nodes up to here */
    unsigned level;             /* the root's: 0 */
    unsigned children, child_groups;
};

struct hierarchy {
    struct guid tid;
    struct hierarchy_node *nodes;
    unsigned n, cap;
};

enum { HIERARCHY_NONE = -1, MAX_HIERARCHY = 200000 };

/* The caller releases out, also on failure. ERR_TOO_LARGE: more than MAX_HIERARCHY;
 * ERR_FORMAT: a circle, or deeper than groups can be; ERR_INTEGRITY, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err hierarchy_load(const struct rows *rows, struct store_view *view,
                                   const struct guid *tid, struct hierarchy *out);
void hierarchy_release(struct hierarchy *h);

/* The node of a group by its id in any case, or HIERARCHY_NONE. */
int hierarchy_find(const struct hierarchy *h, struct span id);
/* The ARM id of a node, in the node's spelling. */
enum { HIERARCHY_ID_MAX = MAX_MG_ID + 64 };
void hierarchy_put_id(const struct hierarchy_node *n, char out[static HIERARCHY_ID_MAX]);

/* Settings of a tenant's tree: row mt/<tenant>. */
struct hierarchy_settings {
    struct guid tid;
    char
        default_group[MAX_MG_ID + 1]; /* lower case; of new subscriptions; "": the root group */
    int64_t updated;
    struct guid updated_by;
    uint64_t revision; /* of the row, 0 when there is none; set by loading */
};
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err hierarchy_settings_load(const struct rows *rows, struct store_view *view,
                                            const struct guid *tid,
                                            struct hierarchy_settings *out);
/* Both expect s->revision. Failures stick to the write. */
void hierarchy_settings_store(const struct rows *rows, struct store_write *w,
                              const struct hierarchy_settings *s);
void hierarchy_settings_drop(struct store_write *w, const struct hierarchy_settings *s);

#endif /* AUTH_HIERARCHY_H */
