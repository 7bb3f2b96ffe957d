/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_parts.h - what making, merging and importing a certificate have in common,
 * whoever does it: front for a client, the clerk for the clock.
 */
#ifndef VAULT_CERT_PARTS_H
#define VAULT_CERT_PARTS_H

#include "crypto/cert_chain.h"
#include "keeper/ask_cert.h"
#include "vault/cert.h"
#include "vault/cert_operation.h"

/* Where keys of the policy are kept. */
enum key_home cert_key_home(const struct cert_policy *p, bool has_token);
/* The place of a key to be, as the policy wants it. */
struct key_place cert_key_place(const struct vault *v, const struct object_name *name,
                                const struct hex32 *id, const struct cert_policy *p,
                                enum key_home home);
/* key_detail of a linked key; the public half is the caller's to set. */
void cert_key_detail(const struct cert_policy *p, enum key_home home, struct key_detail *out);
/* May the key that was made for this policy stand in the secret? */
bool cert_key_in_secret(const struct cert_policy *p, const struct key_detail *key);

/* The linked secret to be. */
struct cert_secret {
    const struct object_name *name;
    const struct hex32 *id;
    struct span sealed; /* the key's; left out unless in_secret */
    bool in_secret;
    enum cert_form form;
    const struct span *chain; /* leaf first */
    size_t n;
};
/* Packs KEEPER_CERT_SECRET, which is always the keeper's. */
void cert_secret_pack(struct sink k, const struct vault *v, const struct cert_secret *s);

/* ERR_CERT_PENDING while an operation of the name runs. */
MUST_CHECK enum err cert_check_idle(const struct vault_at *at, const struct object_name *name);
/* Copies a policy, so that nothing of it is borrowed from elsewhere; room: initialised. */
MUST_CHECK enum err cert_policy_copy(const struct cert_policy *from, struct buf *room,
                                     struct cert_policy *out);
/* Puts the policy over the stored one: the day that it was created stays. */
MUST_CHECK enum err cert_policy_replace(const struct vault_at *at, const char *name,
                                        struct cert_policy *p, int64_t now,
                                        struct store_write *w);
/* The leaf, then all others in the order of the bag; their number. Borrows from b. */
size_t cert_chain_spans(const struct cert_bag *b, size_t leaf,
                        struct span out[static CERT_CHAIN_MAX]);
/*
 * The chain of that key: leaf, its issuers, the rest; or, keeping the order, the leaf and then
 * the others as they came. Borrows from b. ERR_CERT_MISMATCH: none is of that key.
 */
MUST_CHECK enum err cert_chain_of_key(struct cert_bag *b, const struct key_public *key,
                                      bool keeps_order, struct span out[static CERT_CHAIN_MAX],
                                      size_t *n);
/* Chain and dates of a version that is complete. ERR_FORMAT, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err cert_parts_complete(struct cert_parts *p, const struct span *chain,
                                        size_t n);

#endif /* VAULT_CERT_PARTS_H */
