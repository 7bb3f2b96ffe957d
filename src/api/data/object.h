/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - what the handlers of all object types share: binds, URLs, answers.
 */
#ifndef API_DATA_OBJECT_H
#define API_DATA_OBJECT_H

#include "api/exchange.h"
#include "vault/name.h"
#include "vault/object_kind.h"

enum { OBJECT_URL_MAX = sizeof(((struct audit_note *)0)->object_url) };

/* The vault in this step's snapshot, for objects of the route's kind. */
struct vault_at object_at(const struct exchange *x);

/* The name in bind[0]. ERR_BAD_NAME. */
MUST_CHECK enum err object_name(const struct exchange *x, struct object_name *out);
/* The version in bind[1]; *has is false when the path has none. ERR_BAD_VERSION. */
MUST_CHECK enum err object_version(const struct exchange *x, struct hex32 *out, bool *has);

/*
 * "https://host[:port]/<collection>/<name>[/<version>]"; version may be NULL. The host is
 * that of the request; WIRE: port 443 is never spelled in ids.
 */
void object_url(const struct exchange *x, const char *collection, const char *name,
                const char *version, char out[static OBJECT_URL_MAX]);
/* The URL of a live object of the route's kind, or of a deleted one, for the audit record. */
void object_note(struct exchange *x, const char *name, const char *version);
void object_note_deleted(struct exchange *x, const char *name);

/* Status and Content-Type of a JSON answer. */
void object_reply(struct exchange *x, unsigned status);
/* `next`, unless the answer or the write could not be composed: half of one is never sent. */
enum next object_finish(struct exchange *x, enum next next);

/* The keeper's failure as ours: what it blames on the question is our fault, not the client's.
 */
enum err object_keeper_err(enum err e);

#endif /* API_DATA_OBJECT_H */
