/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_json.h - answers about keys (data-plane.md C5), in the recorded order of members.
 */
#ifndef API_DATA_KEY_JSON_H
#define API_DATA_KEY_JSON_H

#include "api/data/object_wire.h"
#include "vault/key.h"

/* "RSA", "RSA-HSM" ...; borrowed, constant. */
const char *key_kty(const struct key_detail *d);

/* The audit record of an operation with the key: its properties and the algorithm. */
MUST_CHECK enum err key_note_use(struct exchange *x, const struct key_detail *d,
                                 const struct attrs *a, enum key_alg alg);

#endif /* API_DATA_KEY_JSON_H */
