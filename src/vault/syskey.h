/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syskey.h - the rows of the system's own keys: k/audit, k/ca, k/tls, k/backup/...
 *
 * A wrapped private key beside what is public about it. Rows carry the
 * integrity tag as all do; k/integrity alone is the bare wrapped key, since
 * without it no tag can be checked.
 */
#ifndef VAULT_SYSKEY_H
#define VAULT_SYSKEY_H

#include "keeper/ask.h"
#include "vault/row.h"

struct syskey {
    enum key_purpose purpose;
    struct span id; /* what the key is bound to (wrapped.id) */
    struct span wrapped;
    struct span pub; /* SPKI DER (audit), certificate DER (ca), chain PEM (tls) */
    int64_t not_before;
    int64_t not_after;
    bool foreign; /* tls: the operator's own, not renewed by us */
};

/* expect: the revision the row must have, 0 = new. */
void syskey_put(const struct rows *rows, struct store_write *w, struct span key,
                const struct syskey *k, uint64_t expect);
/* Borrowed from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err syskey_get(const struct rows *rows, struct store_view *v, struct span key,
                               struct syskey *out, uint64_t *revision);
/* From a row's payload, for the scribe, which holds no integrity key: the private half opens
 * in the keeper only if it is genuine. */
MUST_CHECK enum err syskey_read(struct span payload, struct syskey *out);
struct wrapped syskey_wrapped(const struct syskey *k);

/*
 * Who stores a key that the keeper has just wrapped calls this with the same write: so it is
 * committed before a rotation of the root key looks for keys to rewrap, or not at all
 * (ERR_CONFLICT: have it wrapped again). Row k/root, holding the id of the newest root key, is
 * what a rotation changes first (jobs/rewrap.c); before the first rotation there is none.
 */
#define SYSKEY_FENCE "k/root"
void syskey_fence(const struct rows *rows, struct store_view *v, struct span wrapped,
                  struct store_write *w);

#endif /* VAULT_SYSKEY_H */
