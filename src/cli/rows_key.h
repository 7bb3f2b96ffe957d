/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows_key.h - the key of the rows' tags, for commands that read the store as it lies
 * there: the root key is opened for it, and for nothing else.
 */
#ifndef CLI_ROWS_KEY_H
#define CLI_ROWS_KEY_H

#include "daemon/config.h"
#include "vault/row.h"

/*
 * From row k/integrity, by the configured root key or, in the middle of a rotation, the next
 * one. Wants the secret memory of the process (secmem_init()).
 * ERR_NOT_FOUND: no such row, or no root key; ERR_WRONG_KEY; ERR_DENIED and others: the root
 * key cannot be read
 */
MUST_CHECK enum err rows_key_open(const struct config *c, struct store_view *view,
                                  struct rows **out);

#endif /* CLI_ROWS_KEY_H */
