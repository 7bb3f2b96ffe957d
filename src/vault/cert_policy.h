/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_policy.h - how the certificates of a name are made (data-plane.md D2.1).
 * Row cp/<vault GUID>/<NAME>; one per name, not per version.
 *
 * A policy is whole once it is stored: what a request left out has its default by
 * then. Spans are borrowed, from a request or from the row.
 */
#ifndef VAULT_CERT_POLICY_H
#define VAULT_CERT_POLICY_H

#include "crypto/cert_file.h"
#include "crypto/cert_spec.h"
#include "vault/key.h"

enum {
    POLICY_NAMES_MAX = 100, /* in one list */
    POLICY_NAME_BYTES_MAX = 1024,
    POLICY_SUBJECT_MAX = 200, /* characters */
    POLICY_ISSUER_MAX = 255,
    POLICY_MONTHS_MAX = 1200,
    CERT_POLICY_ROW_MAX = 64 * 1024,
    POLICY_ACTIONS_MAX = 2
};

/* Stored in rows: never renumber. */
enum cert_deed { DEED_EMAIL = 1, DEED_RENEW, DEED__MAX };

struct policy_names {
    unsigned n;
    struct span name[POLICY_NAMES_MAX];
};

struct policy_action {
    enum cert_deed deed;
    bool by_days; /* value: days before expiry; else percent of the lifetime */
    unsigned value;
};

struct cert_policy {
    bool exportable, hsm, reuse_key;
    enum key_type type; /* RSA, EC */
    enum key_curve curve;
    unsigned bits;
    enum cert_form form; /* of the linked secret */
    struct span subject; /* X.500 text */
    struct policy_names sans[ALT_KIND__MAX];
    struct policy_names ekus;
    unsigned nusage;
    uint8_t usage[CERT_USAGES]; /* in the client's order */
    unsigned months;
    bool ca;
    unsigned nactions;
    struct policy_action action[POLICY_ACTIONS_MAX];
    struct span issuer, issuer_type; /* "Self", "Unknown", or the name of an issuer */
    bool has_transparency, transparency;
    bool enabled;
    int64_t created, updated;
    uint64_t revision; /* of the row; 0 = not stored */
};

/* What every policy begins with: RSA-2048, PKCS#12, 12 months, TLS; no subject, no issuer, no
 * actions. */
void cert_policy_defaults(struct cert_policy *p);
bool cert_policy_is_self(const struct cert_policy *p);
bool cert_policy_is_unknown(const struct cert_policy *p);
/* Bit i: enum cert_usage i. */
unsigned cert_policy_usage(const struct cert_policy *p);
/* The key_ops of the linked key (D3.3). */
void cert_policy_key_ops(const struct cert_policy *p, struct key_detail *d);

void cert_policy_pack(struct sink k, const struct cert_policy *p);
/* From a row's payload; borrows. ERR_FORMAT. */
MUST_CHECK enum err cert_policy_read(struct span payload, struct cert_policy *out);
/* name: upper-cased. Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_policy_get(const struct vault_at *at, const char *name,
                                    struct cert_policy *out);
/* Puts the row, expecting p->revision. */
void cert_policy_put(const struct vault_at *at, struct store_write *w, const char *name,
                     const struct cert_policy *p);

#endif /* VAULT_CERT_POLICY_H */
