/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_parts.h - what making, merging and importing a certificate have in common.
 */
#ifndef API_DATA_CERT_PARTS_H
#define API_DATA_CERT_PARTS_H

#include "api/data/cert_body.h"
#include "api/data/cert_json.h"
#include "api/data/key_fail.h"
#include "crypto/cert_chain.h"
#include "keeper/ask_cert.h"

#define CERT_BAD_PEM                                                                           \
    "The specified PEM X.509 certificate content is in an unexpected format. Check if "        \
    "certificate is in valid PEM format."

/* why: what the code's own text says, where it has one; may be "". */
enum next cert_fail(struct exchange *x, enum err e, const char *operation, const char *why);

/* The name in bind[0] of a certificate to be. ERR_BAD_NAME: no name, or a word of the routes.
 */
MUST_CHECK enum err cert_new_name(const struct exchange *x, struct object_name *out);
/* The place of a key to be, as the policy wants it. */
struct key_place cert_place(const struct exchange *x, const struct object_name *name,
                            const struct hex32 *id, const struct cert_policy *p);
/* Where keys of the policy are kept. */
enum key_home cert_home(const struct exchange *x, const struct cert_policy *p);
/* key_detail of a linked key; the public half is the caller's to set. */
void cert_key_detail(const struct exchange *x, const struct cert_policy *p,
                     struct key_detail *out);

/* Asks for the sealed value of the linked secret. sealed: the key's; left out unless
 * `in_secret`.
 */
void cert_ask_secret(struct exchange *x, const struct object_name *name, const struct hex32 *id,
                     struct span sealed, bool in_secret, enum cert_form form,
                     const struct span *chain, size_t n);
/* May the key that was made for this policy stand in the secret? */
bool cert_key_in_secret(const struct cert_policy *p, const struct key_detail *key);
/* The failure of KEEPER_CERT_SECRET as ours; fills why. */
enum err cert_secret_err(enum err e, char why[static KEY_WHY_MAX]);

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
/* Chain and dates of a version that is complete. ERR_FORMAT, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err cert_parts_complete(struct cert_parts *p, const struct span *chain,
                                        size_t n);

#endif /* API_DATA_CERT_PARTS_H */
