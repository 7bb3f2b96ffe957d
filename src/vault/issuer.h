/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuer.h - issuers of certificates that a vault knows by name, with what
 * it takes to ask them (data-plane.md D2.3). Row ci/<vault GUID>/<NAME>.
 *
 * The password is sealed by the keeper and never given back to a client.
 */
#ifndef VAULT_ISSUER_H
#define VAULT_ISSUER_H

#include "vault/object.h"

enum {
    ISSUER_ADMINS_MAX = 20,
    ISSUER_TEXT_MAX = 512,
    ISSUER_PASSWORD_MAX = 8 * 1024,
    ISSUER_SEALED_MAX = ISSUER_PASSWORD_MAX + SEAL_OVERHEAD
};

/* Providers, in any case, whom the clerk dials. */
#define ISSUER_ACME    "ACME"
#define ISSUER_WEBHOOK "Webhook"

struct issuer_admin {
    struct span first_name, last_name, email, phone; /* may be empty */
};
/* Spans are borrowed. */
struct issuer {
    struct object_name name;
    struct span provider;
    bool has_account, has_organisation;
    struct span account;
    struct span sealed; /* the password; empty: none */
    struct span organisation;
    unsigned nadmins;
    struct issuer_admin admin[ISSUER_ADMINS_MAX];
    bool enabled;
    struct guid setter; /* provider Keyhold: on whose right it issues; "" in rows of old */
    int64_t created, updated;
    uint64_t revision; /* of the row; 0 = not stored */
};

/* name: upper-cased. Borrows from the view. ERR_ISSUER_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err issuer_get(const struct vault_at *at, const char *name, struct issuer *out);
/* Is it one whom the clerk dials (docs/wire/issuers.md)? */
bool issuer_is_dialled(const struct issuer *i);
/* From a row's payload; borrows. ERR_FORMAT. */
MUST_CHECK enum err issuer_read(struct span payload, struct issuer *out);
/* Puts the row, expecting i->revision and the vault. */
void issuer_put(const struct vault_at *at, struct store_write *w, const struct issuer *i);
void issuer_drop(const struct vault_at *at, struct store_write *w, const struct issuer *i);
/* Packs KEEPER_OPEN for i's password, which is not empty. For the clerk. */
void issuer_ask_open(const struct vault_at *at, const struct issuer *i, struct sink k);
/* Packs KEEPER_SEAL for a password; its answer is what `sealed` holds. */
void issuer_ask_seal(const struct vault_at *at, const struct object_name *name,
                     struct span password, struct sink k);

/* The keys of issuers behind `after`, in order; fn returns false to stop. */
typedef bool (*issuer_key_fn)(void *arg, struct span key);
MUST_CHECK enum err issuer_each(const struct vault_at *at, struct span after, size_t limit,
                                issuer_key_fn fn, void *arg);

#endif /* VAULT_ISSUER_H */
