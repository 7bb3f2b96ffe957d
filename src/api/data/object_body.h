/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_body.h - members that requests about all objects have (data-plane.md A9, A11).
 *
 * Unknown members are ignored, null members are absent. What does not bind is
 * one error, as with Azure: the functions answer false.
 */
#ifndef API_DATA_OBJECT_BODY_H
#define API_DATA_OBJECT_BODY_H

#include "base/err.h"
#include "base/span.h"
#include "codec/jsn.h"
#include "vault/object.h"

/* attributes{enabled, nbf, exp}. */
bool object_body_attrs(const struct jsn *root, struct attrs_change *out);
/* tags: at most 15, names and values of at most max UTF-16 units. Borrows from root. */
bool object_body_tags(const struct jsn *root, unsigned max, bool *has, struct tags *out);

/* {"value":"<base64url>"}: the bytes, appended to blob. ERR_BAD_BODY, ERR_BAD_BACKUP (longer
 * than blob may be), ERR_NOMEM. */
MUST_CHECK enum err restore_body_read(struct span text, struct buf *blob);

#endif /* API_DATA_OBJECT_BODY_H */
