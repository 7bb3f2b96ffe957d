/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recall.h - passwords that were right a moment ago.
 *
 * A busy client asks for tokens often and must not pay scrypt each time. What
 * is kept is HMAC(random key of this process, record || password), for ten
 * minutes: it opens nothing, and only a right password is ever kept, so a
 * guesser always pays. A changed or removed record is another tag.
 * Belongs to one thread.
 */
#ifndef KEEPER_RECALL_H
#define KEEPER_RECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/mac.h"

struct recall;

enum { RECALL_MS = 10 * 60 * 1000, RECALL_MAX = 1024 };

/* ERR_NOMEM. */
MUST_CHECK enum err recall_new(struct recall **out);
void recall_free(struct recall *r); /* NULL is allowed */
/* ERR_CRYPTO. */
MUST_CHECK enum err recall_tag(const struct mac_key *key, struct span record,
                               struct span password, uint8_t tag[static MAC_LEN]);
/* now_ms is monotonic. */
bool recall_has(struct recall *r, const uint8_t tag[static MAC_LEN], uint64_t now_ms);
void recall_put(struct recall *r, const uint8_t tag[static MAC_LEN], uint64_t now_ms);

#endif /* KEEPER_RECALL_H */
