/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errmap.h - our result codes as Azure's errors: status, code, inner code, text.
 *
 * The only place that knows both vocabularies. A unit test demands a row for
 * every code that a handler can return; an absent row answers 500 and logs.
 *
 * What x->fail_text must hold, where the text names something:
 *   ERR_BAD_NAME            the name as sent
 *   ERR_BAD_VERSION         the path segment that is no version
 *   ERR_SECRET_NOT_FOUND, ERR_KEY_NOT_FOUND, ERR_CERTIFICATE_NOT_FOUND   NAME, or NAME/VERSION
 *   ERR_NO_CERTIFICATE, ERR_NAME_TAKEN, ERR_PENDING_NOT_FOUND   NAME
 *   ERR_MERGE_EARLY         the issuer
 *   ERR_DELETED_NOT_FOUND, ERR_SOFT_DELETED, ERR_TOO_MANY_VERSIONS   NAME
 *   ERR_DISABLED, ERR_MANAGED, ERR_PURGE_PROTECTED, ERR_KEY_OP, ERR_NOT_YET, ERR_EXPIRED
 *                           the operation: "get", "wrapKey"
 *   ERR_KEY_TYPE            the kty
 *   ERR_BAD_PARAMETER, ERR_KEY_SIZE   the whole text
 *   ERR_RESTORE_CONFLICT    the id that exists
 *   ERR_ARG, ERR_BAD_PAGE   the query parameter
 *   ERR_THROTTLED           the reason; x->refusal says when to come again
 */
#ifndef API_ERRMAP_H
#define API_ERRMAP_H

#include "api/exchange.h"

/*
 * Fills x->resp with the error answer for e (data-plane.md A5, A6); uses x->fail_text, the
 * request, the vault and the access answer for the text. `message`: if it holds something
 * already, that is the text; else the text is put there, for the audit record.
 */
void errmap_answer(struct exchange *x, enum err e, struct buf *message);
/* {"error":{"code":..,"message":..,"innererror":{"code":..}}}; inner may be NULL. */
void errmap_body(struct http_response *r, unsigned status, const char *code,
                 struct span message, const char *inner);
/* Whether there is a row for e. */
bool errmap_has(enum err e);

#endif /* API_ERRMAP_H */
