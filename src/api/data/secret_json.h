/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_json.h - answers about secrets (data-plane.md B3), in the recorded order of members.
 */
#ifndef API_DATA_SECRET_JSON_H
#define API_DATA_SECRET_JSON_H

#include "api/exchange.h"
#include "codec/jsw.h"
#include "vault/secret.h"

/* SecretBundle; value is NULL where the answer has none. */
void secret_put_bundle(const struct exchange *x, const struct object *s,
                       const struct span *value, struct sink k);
/* secretProperties of the audit record. */
void secret_note(struct exchange *x, const struct object *s);

#endif /* API_DATA_SECRET_JSON_H */
