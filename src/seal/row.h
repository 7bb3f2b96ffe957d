/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.h - object values sealed under a vault key, each with a key of its own,
 * derived from the vault key and the object's identity. A row moved to another
 * vault, kind, name or version does not open. docs/formats/seal.md.
 */
#ifndef SEAL_ROW_H
#define SEAL_ROW_H

#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

enum { ROW_OVERHEAD = 1 + 12 + 16, ROW_ID_MAX = 512 };

/* Parts together at most ROW_ID_MAX - 64 bytes. */
struct row_id {
    struct span vault;
    uint8_t kind;
    struct span name;
    struct span version;
};

/* A vault key made ready: what HKDF extracts from it. May be shared by threads. */
struct seal_row_key;
/* ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err seal_row_key_new(struct span vault_key, struct seal_row_key **out);
void seal_row_key_free(struct seal_row_key *k); /* wipes; NULL is allowed */

/* Appends plain.len + ROW_OVERHEAD bytes. ERR_ARG (id too long), ERR_TOO_LARGE, ERR_NOMEM,
 * ERR_CRYPTO. */
MUST_CHECK enum err row_seal(const struct seal_row_key *k, const struct row_id *id,
                             struct span plain, struct sink out);
/* Appends the plaintext. ERR_FORMAT, ERR_INTEGRITY; else as row_seal. */
MUST_CHECK enum err row_open(const struct seal_row_key *k, const struct row_id *id,
                             struct span sealed, struct secbuf *out);

#endif /* SEAL_ROW_H */
