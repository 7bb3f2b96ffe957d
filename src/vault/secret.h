/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - what is special to secrets among objects (vault/object.h): the
 * content type, and values that pass through the keeper.
 */
#ifndef VAULT_SECRET_H
#define VAULT_SECRET_H

#include "vault/object.h"

enum {
    MAX_CONTENT_TYPE_BYTES = MAX_CONTENT_TYPE * 3,
    SECRET_DETAIL_MAX = 1 + MAX_CONTENT_TYPE_BYTES
};

/* The detail of a secret's version. */
struct secret_detail {
    bool has_type;
    struct span content_type; /* borrowed */
};
/* Borrows from detail. ERR_FORMAT. */
MUST_CHECK enum err secret_detail_read(struct span detail, struct secret_detail *out);
/* Sets the detail of a change, packed into `room`. False (nothing set) if the type is too
 * long. */
bool secret_detail_set(struct object_change *c, struct span content_type,
                       uint8_t room[static SECRET_DETAIL_MAX]);

/* Packs KEEPER_OPEN for the value of o, KEEPER_SEAL for a value to be. */
void secret_ask_open(const struct vault_at *at, const struct object *o, struct sink k);
void secret_ask_seal(const struct vault_at *at, const struct object_name *name,
                     const struct hex32 *id, struct span value, struct sink k);

#endif /* VAULT_SECRET_H */
