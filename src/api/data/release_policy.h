/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_policy.h - the member release_policy of keys (data-plane.md C12).
 */
#ifndef API_DATA_RELEASE_POLICY_H
#define API_DATA_RELEASE_POLICY_H

#include "codec/jsn.h"
#include "codec/jsw.h"
#include "vault/key.h"

/*
 * Reads {contentType, immutable, data} and puts the policy document, checked against the
 * grammar, in canonical form into text. out borrows from obj and text.
 * ERR_BAD_BODY, ERR_NOMEM.
 */
MUST_CHECK enum err release_policy_read(const struct jsn *obj, struct buf *text,
                                        struct release_policy *out);
/* The member `release_policy`; nothing if there is none. */
void release_policy_put(const struct release_policy *p, struct jsw *w);

#endif /* API_DATA_RELEASE_POLICY_H */
