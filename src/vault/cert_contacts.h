/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_contacts.h - whom a vault tells of its certificates (data-plane.md D2.3).
 * Row ct/<vault GUID>/contacts, one per vault.
 */
#ifndef VAULT_CERT_CONTACTS_H
#define VAULT_CERT_CONTACTS_H

#include "vault/vault.h"

enum { CONTACTS_MAX = 50, CONTACT_TEXT_MAX = 512 };

struct cert_contact {
    struct span email, name, phone; /* may be empty but for email; borrowed */
};
struct cert_contacts {
    unsigned n;
    struct cert_contact contact[CONTACTS_MAX];
    uint64_t revision; /* of the row; 0 = not stored */
};

/* Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_contacts_get(const struct vault_at *at, struct cert_contacts *out);
/* From a row's payload; borrows. ERR_FORMAT. */
MUST_CHECK enum err cert_contacts_read(struct span payload, struct cert_contacts *out);
/* Puts the row, expecting c->revision and the vault. */
void cert_contacts_put(const struct vault_at *at, struct store_write *w,
                       const struct cert_contacts *c);
void cert_contacts_drop(const struct vault_at *at, struct store_write *w,
                        const struct cert_contacts *c);

#endif /* VAULT_CERT_CONTACTS_H */
