/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme.h - what the ACME server of an authority remembers (docs/wire/acme.md).
 *
 *   ae/<authority>/<kid>                credential: whom an account acts for, and over which
 * names an/<authority>/<account>            account: its key, and the credential that it came
 * with ai/<authority>/<thumbprint>         account of a key (RFC 7638, base64url)
 *   ao/<authority>/<account>/<order>    order; ends by itself (auth/expiry.h)
 *
 * An account is worth what its credential is worth now: without the row of the credential, or
 * after its end, it may do nothing. Authorizations and challenges have no rows: an order is
 * accepted only when all its names are authorized.
 *
 * Structs borrow from the view they were loaded with. Threads: as the view.
 */
#ifndef PKI_ACME_H
#define PKI_ACME_H

#include "auth/jwk.h"
#include "base/ids.h"
#include "pki/acme_name.h"
#include "vault/row.h"

enum {
    ACME_RULES_MAX = 32,        /* of a credential */
    ACME_CREDENTIALS_MAX = 500, /* of an authority */
    ACME_ACCOUNTS_MAX = 100,    /* of a credential */
    ACME_ORDERS_MAX = 1000,     /* of an account, within the life of one */
    ACME_NAMES_MAX = CERT_ALTS_MAX,
    ACME_CONTACTS_MAX = 8,
    ACME_CONTACT_MAX = 300,
    ACME_PROFILE_MAX = 64,
    ACME_CERT_ID_MAX = 160, /* RFC 9773 4.1 */
    ACME_SERIAL_MAX = 40,
    ACME_SECRET_LEN = 32,
    ACME_SEALED_MAX = 256,
    ACME_THUMB_LEN = 43,
    ACME_ORDER_LIFE = 24 * 3600,
    ACME_ROW_MAX = 64 * 1024,
};

struct acme_credential {
    struct hex32 kid;
    struct guid principal;    /* whom its accounts act for */
    struct guid maker;        /* who made it */
    int64_t created, expires; /* expires 0: never */
    bool wildcards;
    unsigned accounts;   /* that were made with it */
    struct span profile; /* of the authority; empty: its default */
    struct span sealed;  /* HMAC key, as the keeper sealed it for acme_secret_id() */
    unsigned nrules;
    struct span rule[ACME_RULES_MAX];
    uint64_t revision;
};

/* What the HMAC key of a credential is sealed as, in the vault of the authority's key. name:
 * room for it, as long as the id lives. */
struct object_id;
struct acme_secret_name {
    char text[64];
};
void acme_secret_id(const struct guid *vault, const struct guid *ca, const struct hex32 *kid,
                    struct acme_secret_name *name, struct object_id *out);

/* Loading: ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. Putting: expects the revision (0 =
 * new); failures stick to the write. */
MUST_CHECK enum err acme_credential_load(const struct rows *rows, struct store_view *view,
                                         const struct guid *ca, const struct hex32 *kid,
                                         struct acme_credential *out);
void acme_credential_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                         const struct acme_credential *c);
void acme_credential_drop(struct store_write *w, const struct guid *ca,
                          const struct acme_credential *c);
/* False stops. */
typedef bool (*acme_credential_fn)(void *arg, const struct acme_credential *c);
MUST_CHECK enum err acme_credential_each(const struct rows *rows, struct store_view *view,
                                         const struct guid *ca, acme_credential_fn fn,
                                         void *arg);
/* Does the name, which is ok, lie under one of its rules? */
bool acme_credential_has(const struct acme_credential *c, const struct alt_name *name);

enum acme_account_state { ACME_ACCOUNT_VALID = 1, ACME_ACCOUNT_DEACTIVATED, ACME_ACCOUNT__MAX };

struct acme_account {
    struct hex32 id, kid;
    enum acme_account_state state;
    int64_t created;
    bool terms; /* agreed to */
    struct key_public key;
    unsigned ncontacts;
    struct span contact[ACME_CONTACTS_MAX];
    uint64_t revision;
};
MUST_CHECK enum err acme_account_load(const struct rows *rows, struct store_view *view,
                                      const struct guid *ca, const struct hex32 *id,
                                      struct acme_account *out);
/* That of a key. The same errors; ERR_CRYPTO, ERR_NOMEM. */
MUST_CHECK enum err acme_account_find(const struct rows *rows, struct store_view *view,
                                      const struct guid *ca, const struct key_public *key,
                                      struct acme_account *out);
void acme_account_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                      const struct acme_account *a);
/* Its key becomes findable, on condition that no account has it. ERR_CRYPTO, ERR_NOMEM. */
MUST_CHECK enum err acme_account_index(const struct rows *rows, struct store_write *w,
                                       const struct guid *ca, const struct acme_account *a);
/* A key that was the account's is not found any more. Errors the same. */
MUST_CHECK enum err acme_account_forget(struct store_write *w, const struct guid *ca,
                                        const struct key_public *key);

enum acme_order_state { ACME_ORDER_READY = 1, ACME_ORDER_VALID, ACME_ORDER__MAX };

struct acme_order {
    struct hex32 id;
    enum acme_order_state state;
    int64_t created, expires;
    int64_t not_after;                   /* as asked; 0: as long as the profile says */
    char profile[ACME_PROFILE_MAX + 1];  /* as asked; may be "" */
    char replaces[ACME_CERT_ID_MAX + 1]; /* RFC 9773 5; may be "" */
    char serial[ACME_SERIAL_MAX + 1];    /* of its certificate, once it is valid */
    unsigned nnames;
    struct alt_name name[ACME_NAMES_MAX];
    uint64_t revision;
};
MUST_CHECK enum err acme_order_load(const struct rows *rows, struct store_view *view,
                                    const struct guid *ca, const struct hex32 *account,
                                    const struct hex32 *id, struct acme_order *out);
void acme_order_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                    const struct hex32 *account, const struct acme_order *o);
/* Ids of an account's orders, at most ACME_ORDERS_MAX; false stops. */
typedef bool (*acme_order_fn)(void *arg, const struct hex32 *id);
MUST_CHECK enum err acme_order_each(struct store_view *view, const struct guid *ca,
                                    const struct hex32 *account, acme_order_fn fn, void *arg);

/* From payloads, for checks of the store. ERR_FORMAT. */
MUST_CHECK enum err acme_credential_read(struct span payload, struct acme_credential *out);
MUST_CHECK enum err acme_account_read(struct span payload, struct acme_account *out);
MUST_CHECK enum err acme_order_read(struct span payload, struct acme_order *out);
MUST_CHECK enum err acme_index_read(struct span payload, struct hex32 *account);

#endif /* PKI_ACME_H */
