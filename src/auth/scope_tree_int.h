/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_tree_int.h - rows of the tree; shared by scope_tree.c (groups) and
 * scope_home.c (subscriptions). Ids in lower case are named `lower`.
 */
#ifndef AUTH_SCOPE_TREE_INT_H
#define AUTH_SCOPE_TREE_INT_H

#include "auth/scope_tree.h"

void mg_lower(struct span id, char out[static MAX_MG_ID + 1]);
struct span mg_key(struct row_key *k, const struct guid *tid, const char *lower);
/* The root group is always found. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err mg_load(const struct rows *rows, struct store_view *view,
                            const struct guid *tid, const char *lower,
                            struct management_group *out);
/* ERR_DENIED with that fault and text. */
enum err mg_refuse(struct access_fault *why, enum access_fault_kind kind, const char *text);
/* The way down, letter "g" or "s". A child that comes excludes the deletion of its parent; one
 * that goes does not. */
void mg_put_child(const struct rows *rows, struct store_write *w, const struct guid *tid,
                  const char *parent, const char *letter, const char *id, bool there);
/* From a group up to the root group: the ids, and for writers every row named in w (may be
 * NULL). Too deep is ERR_FORMAT. */
MUST_CHECK enum err mg_climb(const struct rows *rows, struct store_view *view,
                             struct store_write *w, const struct guid *tid, const char *from,
                             struct scope_chain *out);

#endif /* AUTH_SCOPE_TREE_INT_H */
