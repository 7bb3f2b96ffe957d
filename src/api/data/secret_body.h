/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_body.h - request bodies of secrets: SecretSet, SecretUpdate (data-plane.md B2).
 *
 * Whatever does not bind is one error, as with Azure; unknown members are
 * ignored, null members are absent.
 */
#ifndef API_DATA_SECRET_BODY_H
#define API_DATA_SECRET_BODY_H

#include "base/err.h"
#include "base/span.h"
#include "codec/jsn.h"
#include "vault/secret.h"

struct secret_body {
    struct jsn *root;  /* everything below borrows from it */
    struct span value; /* SecretSet */
    struct object_change change;
    uint8_t detail[SECRET_DETAIL_MAX]; /* backs change.detail: do not copy a body */
};

enum secret_body_kind { SECRET_BODY_SET, SECRET_BODY_UPDATE };

/* ERR_BAD_BODY, ERR_VALUE_TOO_LARGE, ERR_NOMEM; then there is nothing to release. */
MUST_CHECK enum err secret_body_read(enum secret_body_kind kind, struct span text,
                                     struct secret_body *out);
void secret_body_release(struct secret_body *b);

#endif /* API_DATA_SECRET_BODY_H */
