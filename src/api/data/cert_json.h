/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_json.h - answers about certificates (data-plane.md D2.2, D2.4), in the recorded
 * order of members.
 */
#ifndef API_DATA_CERT_JSON_H
#define API_DATA_CERT_JSON_H

#include "api/data/object_wire.h"
#include "vault/cert.h"
#include "vault/cert_operation.h"

/* What a bundle shows beside the version. */
struct cert_shown {
    const struct cert_policy *policy; /* NULL: as this snapshot has it */
    bool has_pending;                 /* with a policy given: is there an operation? */
};
/* ERR_FORMAT, ERR_INTEGRITY. */
MUST_CHECK enum err cert_put_bundle(const struct exchange *x, const struct object *o,
                                    const struct cert_shown *shown, struct sink k);
/* The operation; `state` may differ from op->state where the answer says less than is known.
 */
void cert_put_operation(const struct exchange *x, const struct object_name *name,
                        const struct cert_operation *op, enum operation_state state,
                        struct sink k);
/* certificateProperties of the audit record. */
MUST_CHECK enum err cert_note(struct exchange *x, const struct object *o);

#endif /* API_DATA_CERT_JSON_H */
