/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_body.h - request bodies about certificates (data-plane.md D2.3).
 */
#ifndef API_DATA_CERT_BODY_H
#define API_DATA_CERT_BODY_H

#include "api/exchange.h"
#include "codec/jsn.h"
#include "vault/cert.h"

enum { CERT_TAG_CHARS = 256, CERT_PASSWORD_CHARS = 200 };
enum cert_body_kind { CERT_BODY_CREATE, CERT_BODY_IMPORT, CERT_BODY_UPDATE, CERT_BODY_MERGE };

/* Everything borrows from root. */
struct cert_body {
    struct jsn *root;
    const struct jsn *policy;    /* NULL: none */
    struct object_change change; /* attributes and tags */
    bool keeps_order;            /* preserveCertOrder */
    struct span value, password; /* import */
    const struct jsn *x5c;       /* merge */
};

/* b is zeroed by the caller, who releases it whatever the answer. ERR_BAD_BODY, ERR_NOMEM. */
MUST_CHECK enum err cert_body_read(const struct exchange *x, enum cert_body_kind kind,
                                   struct cert_body *b);
void cert_body_release(struct cert_body *b);

#endif /* API_DATA_CERT_BODY_H */
