/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errmap.h - our result codes as Azure's errors: status, code, inner code, text.
 *
 * The only place that knows both vocabularies. A unit test demands a row for
 * every code that a handler can return; an absent row answers 500 and logs.
 */
#ifndef API_ERRMAP_H
#define API_ERRMAP_H

#include "api/exchange.h"

/* Fills x->resp with the error answer for e (data-plane.md A5, A6); uses x->fail_text, the
 * route, the vault and the caller for the message. Message for the audit goes to `message`. */
void errmap_answer(struct exchange *x, enum err e, struct buf *message);
/* {"error":{"code":..,"message":..,"innererror":{"code":..}}}; inner may be NULL. */
void errmap_body(struct http_response *r, unsigned status, const char *code,
                 struct span message, const char *inner);

#endif /* API_ERRMAP_H */
