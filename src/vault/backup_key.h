/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup_key.h - the key of a subscription's object backups (row k/backup/<subscription>).
 *
 * Made at the first backup in a subscription; it outlives vaults, so a backup
 * can be restored after its vault is gone.
 */
#ifndef VAULT_BACKUP_KEY_H
#define VAULT_BACKUP_KEY_H

#include "vault/vault.h"

struct backup_key {
    struct guid subscription;
    uint8_t bytes[WRAPPED_MAX];
    size_t len;
    bool fresh; /* not stored yet */
};

/* Of the vault's subscription, copied. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err backup_key_get(const struct vault_at *at, struct backup_key *out);
/* Packs KEEPER_KEY_NEW for one. */
void backup_key_ask(const struct vault_at *at, struct sink k);
/* The keeper's answer to it. ERR_PROTOCOL. */
MUST_CHECK enum err backup_key_adopt(const struct vault_at *at, struct span answer,
                                     struct backup_key *out);
/* Puts a fresh one, expecting that there is none; nothing to do for others. */
void backup_key_store(const struct vault_at *at, const struct backup_key *b, int64_t now,
                      struct store_write *w);
/* Borrows from b. */
struct wrapped backup_key_wrapped(const struct backup_key *b);

#endif /* VAULT_BACKUP_KEY_H */
