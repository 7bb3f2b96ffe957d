/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_list.h - secrets, deleted secrets and versions, a page at a time.
 *
 * Order: upper-cased name; version id. A page begins after the last key of the
 * page before, so it neither repeats nor skips what stayed while others came
 * and went. At most PAGE_MAX rows are read for a page.
 */
#ifndef VAULT_SECRET_LIST_H
#define VAULT_SECRET_LIST_H

#include "vault/secret.h"

struct list_page {
    struct span after;              /* in: last key of the page before, or empty */
    unsigned max;                   /* in: 1..PAGE_MAX */
    bool more;                      /* out: another page follows */
    char last[MAX_OBJECT_NAME + 1]; /* out: last key of this page */
};

/* One item; spans of s live for the call. */
typedef enum err (*secret_item_fn)(void *arg, const struct secret *s);

/* Current versions of all secrets. ERR_INTEGRITY, ERR_FORMAT, ERR_ROLLBACK, or what fn says. */
MUST_CHECK enum err secret_list(const struct vault_at *at, enum head_state state,
                                struct list_page *page, secret_item_fn fn, void *arg);
/* Versions of one live secret; none if there is no such secret. */
MUST_CHECK enum err secret_list_versions(const struct vault_at *at,
                                         const struct object_name *name, struct list_page *page,
                                         secret_item_fn fn, void *arg);

#endif /* VAULT_SECRET_LIST_H */
