/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_parts.h - what making, merging and importing a certificate have in common in front
 * (vault/cert_parts.h has what the clerk does too).
 */
#ifndef API_DATA_CERT_PARTS_H
#define API_DATA_CERT_PARTS_H

#include "api/data/cert_body.h"
#include "api/data/cert_json.h"
#include "api/data/key_fail.h"
#include "vault/cert_parts.h"

#define CERT_BAD_PEM                                                                           \
    "The specified PEM X.509 certificate content is in an unexpected format. Check if "        \
    "certificate is in valid PEM format."

/* why: what the code's own text says, where it has one; may be "". */
enum next cert_fail(struct exchange *x, enum err e, const char *operation, const char *why);

/* The name in bind[0] of a certificate to be. ERR_BAD_NAME: no name, or a word of the routes.
 */
MUST_CHECK enum err cert_new_name(const struct exchange *x, struct object_name *out);
/* Asks for the sealed value of the linked secret. */
void cert_ask_secret(struct exchange *x, const struct cert_secret *s);
/* The failure of KEEPER_CERT_SECRET as ours; fills why. */
enum err cert_secret_err(enum err e, char why[static KEY_WHY_MAX]);

#endif /* API_DATA_CERT_PARTS_H */
