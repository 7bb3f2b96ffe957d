/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert.h - certificates of one vault (data-plane.md D). A certificate is a trio:
 * each version of it, the version of a key and the version of a secret with the
 * same name and id are one thing and change in one commit.
 *
 *     cn/ cv/   the certificate: chain, attributes, tags; nothing sealed
 *     kn/ kv/   the linked key, managed
 *     sn/ sv/   the linked secret, managed: the chain, with the private key where
 *               the policy lets it go
 *
 * A version that waits for its certificate is there three times too, disabled,
 * and its secret is empty: names are taken from the beginning. While it waits,
 * an older complete version stays current.
 */
#ifndef VAULT_CERT_H
#define VAULT_CERT_H

#include "crypto/digest.h"
#include "vault/cert_policy.h"

enum trio { TRIO_CERTIFICATE, TRIO_KEY, TRIO_SECRET, TRIO__MAX };
extern const enum object_kind trio_kinds[TRIO__MAX];
/* at for another kind of the same vault. */
struct vault_at vault_at_kind(const struct vault_at *at, enum object_kind kind);

/* The detail of a version of a certificate. */
struct cert_detail {
    bool complete;      /* there is a certificate */
    bool keeps_order;   /* preserveCertOrder */
    bool has_key;       /* the private key is in the secret */
    bool wants_enabled; /* not complete: what it will be then */
    unsigned n;
    struct span der[CERT_CHAIN_MAX]; /* the certificate itself first; borrowed */
    uint8_t x5t[SHA1_LEN];
};
void cert_detail_pack(struct sink k, const struct cert_detail *d);
/* Borrows from detail. ERR_FORMAT. */
MUST_CHECK enum err cert_detail_read(struct span detail, struct cert_detail *out);

struct cert_heads {
    struct object_head head[TRIO__MAX]; /* revision 0: the name is new */
    bool has_complete;                  /* the current version is complete */
};
/*
 * May a version be added under this name now?
 * ERR_SOFT_DELETED  a deleted certificate of that name awaits recovery or purge
 * ERR_BUSY          it is being purged
 * ERR_NAME_TAKEN    a key or secret of that name has no certificate, be it a deleted one
 */
MUST_CHECK enum err cert_check_add(const struct vault_at *at, const struct object_name *name,
                                   struct cert_heads *out);

/* A version as it shall be. */
struct cert_parts {
    struct hex32 id;
    struct attrs attrs; /* of all three; created and updated are set when it is put */
    struct tags tags;
    struct cert_detail detail;
    struct key_detail key;
    struct span key_sealed;
    struct span secret_sealed; /* empty: not complete */
    enum cert_form form;
    const struct cert_policy *policy; /* as it will be; NULL: the clock has nothing to do */
};
/*
 * Puts the version of all three, a new one or one that waited, and the heads. room:
 * initialised by the caller; backs out->v. Errors of reading rows.
 */
MUST_CHECK enum err cert_put(const struct vault_at *at, const struct cert_heads *heads,
                             const struct cert_parts *p, int64_t now, struct store_write *w,
                             struct buf *room, struct object *out);
/* The linked key of a version: ERR_INTEGRITY if it is not there. */
MUST_CHECK enum err cert_get_key(const struct vault_at *at, const struct object_name *name,
                                 const struct hex32 *version, struct object *key,
                                 struct key_detail *d);
/* Changes enabled and tags (version NULL: of the current one), and puts the policy if that is
 * not NULL; errors as object_get. */
MUST_CHECK enum err cert_update(const struct vault_at *at, const struct object_name *name,
                                const struct hex32 *version, const struct object_change *change,
                                const struct cert_policy *policy, int64_t now,
                                struct store_write *w, struct buf *room, struct object *out);

/* "application/x-pkcs12", "application/x-pem-file", in any case; CERT_FORM_ANY if it is
 * neither. */
const char *cert_form_name(enum cert_form f);
enum cert_form cert_form_find(struct span name);

#endif /* VAULT_CERT_H */
