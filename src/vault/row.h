/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.h - store rows that cannot be edited, moved or swapped on disk unnoticed.
 *
 * A row's stored value is payload || tag, tag = HMAC-SHA256(integrity key,
 * pack(store key) || payload) cut to 16 bytes. The integrity key comes from the
 * keeper at start (KEEPER_HELLO). Secret values inside payloads are sealed
 * besides (seal/); this protects what must be readable: attributes, tags,
 * principals, roles.
 *
 * Threads: a struct rows is read-only after rows_new and may be shared.
 */
#ifndef VAULT_ROW_H
#define VAULT_ROW_H

#include "base/err.h"
#include "base/limits.h"
#include "base/span.h"
#include "store/store.h"

enum { ROW_KEY_LEN = 32, ROW_TAG_LEN = 16 };

struct rows;

/* key: ROW_KEY_LEN bytes, copied into secret memory. */
MUST_CHECK enum err rows_new(struct span key, struct rows **out);
void rows_free(struct rows *r);

/* Puts payload under key with its tag; failures stick to the write. */
void row_put(const struct rows *r, struct store_write *w, struct span key, struct span payload);
/* The same from a buffer, which is released; its failure sticks to the write too. */
void row_put_buf(const struct rows *r, struct store_write *w, struct span key,
                 struct buf *payload);

struct row {
    struct span payload; /* borrowed from the view */
    uint64_t revision;
};
/* ERR_NOT_FOUND; ERR_INTEGRITY (logged once, with the key's name): never serve it. */
MUST_CHECK enum err row_get(const struct rows *r, struct store_view *v, struct span key,
                            struct row *out);
/* For rows met in a scan. */
MUST_CHECK enum err row_check(const struct rows *r, const struct store_row *sr,
                              struct row *out);

/*
 * A tag over other things that only this installation may have made (skip
 * tokens, backup manifests); label says which kind. At most eight parts.
 */
MUST_CHECK enum err rows_mac(const struct rows *r, const char *label, const struct span *parts,
                             size_t n, uint8_t out[static ROW_TAG_LEN]);

/* Store keys: text parts joined by '/', e.g. row_key(&k, "sv", vault, name, version, NULL). */
struct row_key {
    char text[MAX_STORE_KEY + 1];
    size_t len;
};
/* Parts until NULL; a key that would not fit is a bug (parts are bounded before). */
struct span row_key_make(struct row_key *k, const char *first, ...) __attribute__((sentinel));

#endif /* VAULT_ROW_H */
