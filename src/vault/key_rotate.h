/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_rotate.h - a new version of a key, like the current one (data-plane.md
 * C10), for whoever asks: a client, or the clock.
 *
 *   key_rotate_begin -> key_rotate_ask -> keeper -> key_rotate_compose -> commit
 *
 * The new version has the type, size, curve, key_ops, tags, exportability and release
 * policy of the current one; it is enabled, has no nbf, and expires after the
 * rotation policy's expiryTime if that has one. A disabled or expired version
 * is rotated too.
 */
#ifndef VAULT_KEY_ROTATE_H
#define VAULT_KEY_ROTATE_H

#include "base/buf.h"
#include "vault/key.h"

struct key_rotation {
    struct object_name name;
    struct hex32 from;  /* the version that is current */
    struct hex32 id;    /* the one to be */
    enum key_home home; /* whom to ask */
    bool exportable;
    struct key_spec spec;
};

/* ERR_KEY_NOT_FOUND, ERR_MANAGED, ERR_ROLLBACK, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err key_rotate_begin(const struct vault_at *at, const struct object_name *name,
                                     struct key_rotation *out);
/* Packs KEEPER_KEYPAIR_NEW. */
void key_rotate_ask(const struct vault_at *at, const struct key_rotation *r, struct sink k);
/*
 * answer: what the provider said. detail: initialised by the caller; backs out->v.
 * ERR_CONFLICT    the current version is another one meanwhile: begin again, if still wanted
 * ERR_PROTOCOL    not a key as it was asked for
 * else as key_rotate_begin()
 */
MUST_CHECK enum err key_rotate_compose(const struct vault_at *at, const struct key_rotation *r,
                                       struct span answer, int64_t now, struct store_write *w,
                                       struct buf *detail, struct object *out);

#endif /* VAULT_KEY_ROTATE_H */
