/* SPDX-License-Identifier: Apache-2.0 */
/*
 * b64_fields.h - base64url members of one JSON object, decoded into one secbuf
 * that is sized beforehand, so the spans into it stay good.
 */
#ifndef API_DATA_B64_FIELDS_H
#define API_DATA_B64_FIELDS_H

#include "base/secbuf.h"
#include "codec/jsn.h"

struct b64_field {
    const char *name;
    struct span *out; /* the bytes; ptr is NULL if the member is absent, and not if it is "" */
};

/*
 * bytes: empty, initialised; its maximum bounds all fields together.
 * ERR_BAD_BODY (a member that is no string, or not strict base64url, or too long), ERR_NOMEM.
 */
MUST_CHECK enum err b64_fields_read(const struct jsn *obj, const struct b64_field *fields,
                                    unsigned n, struct secbuf *bytes);

#endif /* API_DATA_B64_FIELDS_H */
