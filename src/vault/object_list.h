/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_list.h - objects of a kind, deleted ones, and versions, a page at a time.
 *
 * Order: upper-cased name. WIRE: of versions the newest first; Azure's come by id, which there
 * is no order in time (data-plane.md A13). A page begins after the last key of
 * the page before, so it neither repeats nor skips what stayed while others came
 * and went. At most PAGE_MAX rows are read for a page.
 */
#ifndef VAULT_OBJECT_LIST_H
#define VAULT_OBJECT_LIST_H

#include "vault/object.h"

struct list_page {
    struct span after;              /* in: last key of the page before, or empty */
    unsigned max;                   /* in: 1..PAGE_MAX */
    bool more;                      /* out: another page follows */
    char last[MAX_OBJECT_NAME + 1]; /* out: last key of this page */
};

/* One item; spans of s live for the call. */
typedef enum err (*object_item_fn)(void *arg, const struct object *s);

/* Current versions of all objects. ERR_INTEGRITY, ERR_FORMAT, ERR_ROLLBACK, or what fn says. */
MUST_CHECK enum err object_list(const struct vault_at *at, enum head_state state,
                                struct list_page *page, object_item_fn fn, void *arg);
/* Versions of one live object; none if there is no such object. */
MUST_CHECK enum err object_list_versions(const struct vault_at *at,
                                         const struct object_name *name, struct list_page *page,
                                         object_item_fn fn, void *arg);

#endif /* VAULT_OBJECT_LIST_H */
