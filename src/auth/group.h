/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - groups of principals, and groups of groups.
 *
 * Rows (docs/formats/directory.md): g/<tid>/<gid> is the group,
 * gm/<tid>/<member>/<gid> says that member (principal or group) is in it,
 * gr/<tid>/<gid>/<member> the same the other way round, for lists: decisions read gm/ alone. A
 * membership of a group that is gone counts for nothing.
 *
 * Threads: as the view.
 */
#ifndef AUTH_GROUP_H
#define AUTH_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/span.h"
#include "vault/row.h"

struct group {
    struct guid tid;
    struct guid id;
    int64_t created;
    char name[257];
    uint64_t revision; /* of its row, set by loading */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err group_load(const struct rows *rows, struct store_view *view,
                               const struct guid *tid, const struct guid *id,
                               struct group *out);
/* expect: the revision the row must have, 0 = new. Failures stick to the write. */
void group_store(const struct rows *rows, struct store_write *w, const struct group *g,
                 uint64_t expect);
/* Memberships stay, for nothing: a group id never comes back. */
void group_delete(struct store_write *w, const struct group *g);

/* member: oid of a principal or id of a group of the same tenant. */
void group_add_member(const struct rows *rows, struct store_write *w, const struct group *g,
                      const struct guid *member);
void group_remove_member(struct store_write *w, const struct group *g,
                         const struct guid *member);

/* Directly. */
bool group_has_member(struct store_view *view, const struct group *g,
                      const struct guid *member);
/* Returns false to stop. */
typedef bool (*group_id_fn)(void *arg, const struct guid *id);
/* Direct members in order of id, those behind `after` ("" for all), dead ones among them.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err group_each_member(const struct rows *rows, struct store_view *view,
                                      const struct group *g, const char *after, size_t limit,
                                      group_id_fn fn, void *arg);
/* The groups that hold member directly, dead ones among them. Errors the same. */
MUST_CHECK enum err group_each_holder(const struct rows *rows, struct store_view *view,
                                      const struct guid *tid, const struct guid *member,
                                      size_t limit, group_id_fn fn, void *arg);

/* Every group that holds a principal, directly or through other groups. */
struct group_set {
    struct guid *ids; /* n of them, no duplicates */
    unsigned n, cap;
    bool cut; /* MAX_GROUPS_OF_PRINCIPAL or MAX_GROUP_DEPTH was reached: some may be missing */
};
/* ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM: *out is empty then. */
MUST_CHECK enum err group_closure(const struct rows *rows, struct store_view *view,
                                  const struct guid *tid, const struct guid *oid,
                                  struct group_set *out);
void group_set_release(struct group_set *s);
bool group_set_has(const struct group_set *s, const struct guid *id);

#endif /* AUTH_GROUP_H */
