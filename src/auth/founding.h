/* SPDX-License-Identifier: Apache-2.0 */
/*
 * founding.h - what was decided when the installation was founded and never
 * changes: its id and its default tenant (rows f/format and f/tenant).
 */
#ifndef AUTH_FOUNDING_H
#define AUTH_FOUNDING_H

#include "base/err.h"
#include "base/ids.h"
#include "vault/row.h"

/* The tenant that `adfs`, `common` and `organizations` stand for.
 * ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err tenant_default(const struct rows *rows, struct store_view *view,
                                   struct guid *out);
/* Puts both rows into the founding write, on condition that there are none. */
void founding_put(const struct rows *rows, struct store_write *w, const struct guid *tenant,
                  int64_t now);

#endif /* AUTH_FOUNDING_H */
