/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenant.h - tenants of this installation and the names they go by.
 *
 * Row t/<tid> (docs/formats/directory.md). A tenant is addressed by its GUID
 * or by its verified domain name. Threads: as the view.
 */
#ifndef AUTH_TENANT_H
#define AUTH_TENANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "vault/row.h"

enum { MAX_TENANTS = 256, MAX_TENANT_NAME = 256, MAX_TENANT_DOMAIN = 253 };

struct tenant {
    struct guid tid;
    int64_t created;
    char name[MAX_TENANT_NAME + 1];     /* "Contoso" */
    char domain[MAX_TENANT_DOMAIN + 1]; /* "contoso.example", lower-case; may be "" */
    uint64_t revision;                  /* of its row, set by loading */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err tenant_load(const struct rows *rows, struct store_view *view,
                                const struct guid *tid, struct tenant *out);
/* By GUID or domain name, in any letter case. Errors the same. */
MUST_CHECK enum err tenant_find(const struct rows *rows, struct store_view *view,
                                struct span name, struct tenant *out);
/* expect: the revision the row must have, 0 = new. Failures stick to the write. */
void tenant_store(const struct rows *rows, struct store_write *w, const struct tenant *t,
                  uint64_t expect);
void tenant_delete(struct store_write *w, const struct guid *tid);

/* Labels of letters, digits and '-', joined by dots, at least two. */
bool tenant_domain_is_ok(struct span s);

#endif /* AUTH_TENANT_H */
