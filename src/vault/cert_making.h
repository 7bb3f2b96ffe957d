/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_making.h - a new version of a certificate, for whoever makes it: front for
 * a client, the clerk for the clock (data-plane.md D3).
 *
 *   key -> request signed -> [Self: certificate signed] -> [chain: secret] -> put, commit
 *
 * Each step packs a question; the asker sends it to m->key.home and gives the
 * answer to the next. No snapshot needs to live between the steps; what was read
 * before is looked at again by cert_making_put() in the snapshot of the commit.
 */
#ifndef VAULT_CERT_MAKING_H
#define VAULT_CERT_MAKING_H

#include "vault/cert_parts.h"

/* WIRE: notBefore lies so far back (data-plane.md D3.1). */
enum { CERT_BACKDATED = 600 };

struct cert_making {
    struct object_name name; /* as it is spelled */
    struct hex32 id, request;
    int64_t now;
    struct buf policy_bytes; /* backs policy */
    struct cert_policy policy;
    struct tags tags; /* of the version; borrowed */
    bool enabled, keeps_order;
    bool policy_stays; /* it is the stored one, whose head the commit expects: not put again */
    struct buf made;   /* backs key.public and sealed */
    struct key_detail key;
    struct span sealed;
    struct buf tbs, csr, der;
    struct span chain[CERT_CHAIN_MAX]; /* leaf first; n 0: the version will wait for it */
    size_t n;
};

void cert_making_init(struct cert_making *m, int64_t now);
void cert_making_release(struct cert_making *m);

/*
 * The key, as m->policy has it; with reuse_key that of the current version, if there is one
 * that fits. *op: KEEPER_KEYPAIR_NEW or KEEPER_KEYPAIR_COPY. Errors as cert_get_key().
 */
MUST_CHECK enum err cert_making_ask_key(const struct vault_at *at, struct cert_making *m,
                                        const struct cert_heads *heads, enum key_home home,
                                        struct sink k, enum keeper_op *op);
MUST_CHECK enum err cert_making_take_key(struct cert_making *m, struct span answer);

/*
 * What stands in the request and in a certificate that is made from it as it is. room backs
 * the alternative names. Its serial and its issuer are the caller's to set.
 */
struct cert_spec_room {
    struct alt_name alts[CERT_ALTS_MAX];
};
void cert_making_spec(const struct cert_making *m, struct cert_spec_room *room,
                      struct cert_spec *out);

/* KEEPER_KEY_USE over the request; then over the certificate that the key signs itself.
 * ERR_BAD_PARAMETER: the policy does not make one. */
MUST_CHECK enum err cert_making_ask_request(const struct vault *v, struct cert_making *m,
                                            struct sink k);
MUST_CHECK enum err cert_making_take_request(struct cert_making *m, struct span answer);
MUST_CHECK enum err cert_making_ask_certificate(const struct vault *v, struct cert_making *m,
                                                struct sink k);
/* Sets m->chain. */
MUST_CHECK enum err cert_making_take_certificate(struct cert_making *m, struct span answer);

/* KEEPER_CERT_SECRET, always the keeper's, for m->chain. */
void cert_making_ask_secret(const struct vault *v, const struct cert_making *m, struct sink k);

/*
 * Puts the version, the policy and the operation. op: its state, error and failures are the
 * caller's; the rest is set here, its revision what the row has now. secret: the keeper's
 * answer; empty where there is no chain. room: initialised by the caller; backs out->v.
 * ERR_CERT_PENDING: an operation runs meanwhile. Else as cert_check_add(),
 * cert_parts_complete().
 */
MUST_CHECK enum err cert_making_put(const struct vault_at *at, struct cert_making *m,
                                    struct cert_operation *op, struct span secret,
                                    struct store_write *w, struct buf *room,
                                    struct object *out);

#endif /* VAULT_CERT_MAKING_H */
