/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expiry.h - rows that have an end: after their format they all begin with the
 * time from which nobody looks at them. The clerk sweeps them (jobs/sweep.h).
 */
#ifndef AUTH_EXPIRY_H
#define AUTH_EXPIRY_H

#include "vault/row.h"

/* Their prefixes; ends with NULL. */
extern const char *const expiry_prefixes[];
/* ERR_FORMAT, ERR_INTEGRITY. */
MUST_CHECK enum err expiry_read(const struct rows *rows, const struct store_row *sr,
                                int64_t *expires);

#endif /* AUTH_EXPIRY_H */
