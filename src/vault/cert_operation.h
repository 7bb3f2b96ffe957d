/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_operation.h - how a certificate is being made, or was (data-plane.md D2.4).
 * Row co/<vault GUID>/<NAME>: one per name, until it is purged or the next begins.
 *
 *     in progress ---> completed
 *         |   |------> failed
 *         +----------> cancelled
 */
#ifndef VAULT_CERT_OPERATION_H
#define VAULT_CERT_OPERATION_H

#include "crypto/csr.h"
#include "vault/object.h"

enum { OPERATION_TEXT_MAX = 1024, OPERATION_FAILURES_MAX = 1000 };

/* Stored in rows: never renumber. */
enum operation_state {
    OPERATION_RUNS = 1,
    OPERATION_COMPLETED,
    OPERATION_CANCELLED,
    OPERATION_FAILED,
    OPERATION__MAX
};

struct cert_operation {
    enum operation_state state;
    struct hex32 request;
    struct hex32 version; /* that is being made */
    bool cancel_wanted, keeps_order;
    bool has_transparency, transparency;
    struct span issuer, issuer_type;
    struct span csr;                       /* DER */
    struct span error_code, error_message; /* failed */
    unsigned failures;                     /* of the clock, one after another */
    int64_t created;
    uint64_t revision; /* of the row; 0 = not stored */
};

/* From a row's payload; borrows. ERR_FORMAT. */
MUST_CHECK enum err cert_operation_read(struct span payload, struct cert_operation *out);
/* name: upper-cased. Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_operation_get(const struct vault_at *at, const char *name,
                                       struct cert_operation *out);
/* Puts the row, expecting op->revision. */
void cert_operation_put(const struct vault_at *at, struct store_write *w, const char *name,
                        const struct cert_operation *op);
/* Deletes it, expecting op->revision. */
void cert_operation_drop(const struct vault_at *at, struct store_write *w, const char *name,
                         const struct cert_operation *op);
/* Deletes it whatever it says: for purges. */
void cert_operation_sweep(const struct vault_at *at, struct store_write *w, const char *name);

#endif /* VAULT_CERT_OPERATION_H */
