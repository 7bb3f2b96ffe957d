/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_tls.h - the certificate a loop shows, from row k/tls; its key signs in
 * the keeper, over a link of its own that blocks for the length of a signature.
 */
#ifndef DAEMON_FRONT_TLS_H
#define DAEMON_FRONT_TLS_H

#include "http/tls.h"
#include "store/store.h"
#include "vault/row.h"

struct front_tls;

MUST_CHECK enum err front_tls_new(struct front_tls **out);
void front_tls_free(struct front_tls *t);
/* fd is adopted. */
/* False when there was none yet, or it broke. */
bool front_tls_has_link(const struct front_tls *t);
void front_tls_set_link(struct front_tls *t, int fd);
/* Takes up k/tls if its revision is new. ERR_OK: there is a usable context. */
MUST_CHECK enum err front_tls_refresh(struct front_tls *t, const struct rows *rows,
                                      struct store *store);
/* NULL before the first successful refresh; stays the same object afterwards. */
struct http_tls *front_tls_context(const struct front_tls *t);

#endif /* DAEMON_FRONT_TLS_H */
