/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_definition_int.h - permissions as bytes of a row; shared with deny.c.
 */
#ifndef AUTH_ROLE_DEFINITION_INT_H
#define AUTH_ROLE_DEFINITION_INT_H

#include "auth/role_definition.h"
#include "codec/pack.h"

/* Spans of a row that was copied: every text takes at least its length. */
struct span_pool {
    struct span *at;
    size_t n, cap;
};
/* Room for every text that `bytes` could hold. ERR_NOMEM. */
MUST_CHECK enum err span_pool_init(struct span_pool *p, size_t bytes);

void permissions_pack(struct sink k, const struct role_permission *p, unsigned n);
/* Texts borrow from the reader's bytes. False: not ours. */
bool permissions_read(struct unpack *u, struct span_pool *pool,
                      struct role_permission out[static MAX_ROLE_PERMISSIONS], unsigned *n);
void list_pack(struct sink k, const struct role_list *l);
bool list_read(struct unpack *u, struct span_pool *pool, unsigned max, struct role_list *out);

/* Are these actions and conditions ones that may be stored? */
MUST_CHECK enum err permissions_check(const struct role_permission *p, unsigned n,
                                      struct access_fault *why);
/* ERR_DENIED with that fault and text. */
enum err role_refuse(struct access_fault *why, enum access_fault_kind kind, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));
/* Text for people: no control characters, at most max UTF-16 units. */
bool role_text_is_ok(struct span s, size_t max);

/* Can the pattern match an operation that exists? Asked for Microsoft.KeyVault alone, whose
 * operations are all known; true for others. */
bool role_action_is_known(struct span pattern, bool is_data);

#endif /* AUTH_ROLE_DEFINITION_INT_H */
