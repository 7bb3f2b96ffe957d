/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - one thread's session with the token, and the objects it has found.
 *
 * What a module says is judged here, once for all calls: an ended session is
 * opened again and the work repeated once; a token that is gone is
 * ERR_UNAVAILABLE, and whoever comes next hears it too (token/token.h).
 */
#ifndef TOKEN_SESSION_H
#define TOKEN_SESSION_H

#include "base/err.h"
#include "token/token.h"

enum { TOKEN_ID_BYTES = 16 };

struct session; /* opaque; belongs to one thread */

/* ERR_NOMEM. */
MUST_CHECK enum err session_new(struct token *t, enum token_group group, struct session **out);
void session_free(struct session *s); /* NULL is allowed */

/*
 * Work with the token. Returns what it found out by itself (ERR_SYNTAX, ERR_NOT_FOUND, ...), or
 * hands on what session_said() returned. May be run twice: it begins anew each time.
 */
typedef enum err (*session_fn)(struct session *s, void *arg);

/*
 * Runs fn with an open session. bad_input is what a client hears when the token refuses the
 * client's bytes: ERR_ARG, or ERR_SYNTAX where it must not learn why.
 * ERR_UNAVAILABLE, ERR_BUSY (the token has no room), ERR_UNSUPPORTED, ERR_NOT_FOUND (it holds
 * no such object), ERR_CRYPTO, bad_input; and fn's own.
 */
MUST_CHECK enum err session_run(struct session *s, session_fn fn, void *arg,
                                enum err bad_input);

/* The same, for functions that make or destroy objects: alone, where the module needs it. */
MUST_CHECK enum err session_change(struct session *s, session_fn fn, void *arg,
                                   enum err bad_input);

/* ------------------------------------------------- for functions that are run */

CK_FUNCTION_LIST *session_calls(const struct session *s);
CK_SESSION_HANDLE session_handle(const struct session *s);
const struct module *session_module(const struct session *s);
/* What a call returned, for the judgement. ERR_OK, or any error. */
MUST_CHECK enum err session_said(struct session *s, const char *call, CK_RV rv);
/* An operation was left in the middle: the session is closed, which ends it. */
void session_abandon(struct session *s);

/* An object by its CKA_ID, class and key type; remembered. ERR_NOT_FOUND. */
MUST_CHECK enum err session_find(struct session *s, const uint8_t id[static TOKEN_ID_BYTES],
                                 CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                                 CK_OBJECT_HANDLE *out);
/* Destroys all objects with this CKA_ID. For functions that session_change() runs. */
MUST_CHECK enum err session_destroy(struct session *s, const uint8_t id[static TOKEN_ID_BYTES]);

#endif /* TOKEN_SESSION_H */
