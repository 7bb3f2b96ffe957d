/* SPDX-License-Identifier: Apache-2.0 */
/* management_groups.h - what the handlers of management groups share (management-plane.md
 * A.11). */
#ifndef API_ARM_MANAGEMENT_GROUPS_H
#define API_ARM_MANAGEMENT_GROUPS_H

#include "api/arm/arm.h"
#include "auth/scope_tree.h"

#define MG_TYPE   "Microsoft.Management/managementGroups"
#define MG_PREFIX "/providers/" MG_TYPE "/"
#define MG_RIGHT  MG_TYPE "/"
#define MG_READ   MG_RIGHT "read"
#define MG_WRITE  MG_RIGHT "write"

enum { MG_SCOPE_MAX = MAX_MG_ID + 64 };

/* The scope of a group by its id: in lower case. An id that is too long: that of no group. */
void mg_scope(struct span id, char out[static MG_SCOPE_MAX]);
/* The group that bind[0] names. ERR_NOT_FOUND: the answer was composed. */
MUST_CHECK enum err mg_find(struct exchange *x, struct management_group *out);
enum next mg_not_found(struct exchange *x, struct span id);
/* Is that the id of the caller's root group? */
bool mg_is_root(const struct exchange *x, const char *id);

/* One of these actions at the group (NULL behind the last)? False: the answer was composed. */
bool mg_enter(struct exchange *x, struct span id, const char *const *actions);
/*
 * May the caller take something from one parent to another? At what is moved, the right to
 * write it as a management group and to assign roles: whoever has rights at the new parent gets
 * them there. At both parents one of `actions`; nothing at the root group, which stays above it
 * anyway. False: the answer was composed.
 */
bool mg_may_move(struct exchange *x, const char *scope, const char *from, const char *to,
                 const char *const *leave, const char *const *enter);

/* {id, type, name, properties{...}} without the end of either object. */
void mg_begin(struct exchange *x, struct jsw *w, const struct management_group *g);
/* The whole of a group, with what $expand asks for. ERR_INTEGRITY, ERR_FORMAT, ERR_IO,
 * ERR_NOMEM. */
enum mg_expand {
    MG_CHILDREN = 1 << 0,
    MG_PATH = 1 << 1,
    MG_ANCESTORS = 1 << 2,
    MG_RECURSE = 1 << 3,
    MG_GROUPS_ONLY = 1 << 4,
};
MUST_CHECK enum err mg_put(struct exchange *x, struct jsw *w, const struct management_group *g,
                           unsigned expand);

/* What a refusal of the tree says to a client. */
enum next mg_fault(struct exchange *x, const struct access_fault *f);

#endif /* API_ARM_MANAGEMENT_GROUPS_H */
