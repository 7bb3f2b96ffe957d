/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots.h - the root key in use and, during a rotation, the next one.
 *
 * New keys are wrapped under the newest; a wrapped key is opened with the one
 * whose id it names. May be shared by threads.
 */
#ifndef KEEPER_ROOTS_H
#define KEEPER_ROOTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"
#include "keeper/ask.h"
#include "seal/root.h"

struct roots;

/* Sealed: without a root key. ERR_NOMEM. */
MUST_CHECK enum err roots_new(struct roots **out);
void roots_free(struct roots *r); /* wipes; NULL is allowed */

/* The root key in use; adopts it. Only before there is one: else ERR_EXISTS. */
MUST_CHECK enum err roots_set(struct roots *r, struct root_key *key);
/* The next one; adopts it, also on failure. The same one again is fine: an interrupted rotation
 * goes on. ERR_SEALED, ERR_EXISTS (it is the one in use), ERR_BUSY (there is another next one).
 */
MUST_CHECK enum err roots_set_next(struct roots *r, struct root_key *key);
/* The next one is the one in use from now on; the old one is forgotten. ERR_NOT_FOUND. */
MUST_CHECK enum err roots_finish(struct roots *r);

/* Wraps under the newest. ERR_SEALED; else as wrap_seal(). */
MUST_CHECK enum err roots_wrap(struct roots *r, enum key_purpose purpose, struct span id,
                               struct span key, struct sink out);
/* Opens with the root key that w names. ERR_SEALED, ERR_WRONG_KEY; else as wrap_open(). */
MUST_CHECK enum err roots_unwrap(struct roots *r, const struct wrapped *w, struct secbuf *out);
/* As KEEPER_ROOT_STATE answers. ERR_SEALED. */
MUST_CHECK enum err roots_put_ids(struct roots *r, struct sink out);
/* Changes whenever a root key was forgotten: what was opened before must be opened anew. */
unsigned roots_generation(const struct roots *r);

#endif /* KEEPER_ROOTS_H */
