/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca.h - certificate authorities (docs/wire/pki.md): a key of a vault, a certificate over it,
 * and what may be issued with it.
 *
 * Two rows (docs/formats/store.md): pa/<guid> is the authority, and the resource
 * rx/<ARM id> (vault/resource.h) is how the management plane finds it; its `application` is the
 * guid. Row of the issued: pki/issued.h.
 *
 * Threads: as the view. Nothing here speaks HTTP: front and clerk use the same functions.
 */
#ifndef PKI_CA_H
#define PKI_CA_H

#include "crypto/cert_ext.h"
#include "crypto/x509.h"
#include "pki/profile.h"
#include "vault/key.h"

#define CA_TYPE "Keyhold.Pki/certificateAuthorities"

enum {
    CA_CHAIN_MAX = 8,      /* its own certificate and all above it */
    CA_RESOURCE_MAX = 478, /* of its ARM id: MAX_RESOURCE_KEY */
    CA_URL_MAX = 255,      /* of urls */
    CA_MONTHS_MAX = 600,   /* of validity */
    CA_CRL_HOURS_MAX = 8760,
    CA_ROW_MAX = 256 * 1024,
    CA_SERIAL_TEXT = 2 * CERT_SERIAL_LEN,
    CA_WHY_MAX = 400, /* of a message to the client */
};

/* Stored in rows: never renumber. */
enum ca_state {
    CA_WAITS = 1, /* for the certificate that an external parent makes of its request */
    CA_ACTIVE,
    CA__MAX
};

/* An authority of ours above another, and the serial of the certificate that leads down. */
struct ca_above {
    struct guid id;
    char serial[CA_SERIAL_TEXT + 1]; /* upper-case hex */
};

/* Spans are borrowed: from the view, or from whom filled it. */
struct ca {
    struct guid id, tenant;
    enum ca_state state;
    bool enabled;
    struct span resource; /* ARM id, as first spelled */
    struct guid vault;    /* where the key is */
    struct span vault_name;
    struct object_name key;
    struct hex32 key_version;
    struct span subject; /* text (crypto/dn.h) */
    struct span parent;  /* ARM id of the parent; "external"; empty: a root */
    struct span csr;     /* DER, while it waits */
    unsigned nchain;     /* its own certificate first; 0 while it waits */
    struct span chain[CA_CHAIN_MAX];
    unsigned nabove; /* parent first; ends at a root or at an external authority */
    struct ca_above above[CA_CHAIN_MAX];
    unsigned months;
    int path_length; /* of what it may issue, seen over the whole chain; -1: unlimited */
    unsigned npermitted, nexcluded;
    struct alt_name permitted[CONSTRAINTS_MAX], excluded[CONSTRAINTS_MAX];
    unsigned nprofiles; /* of its own; they stand before the built-in ones */
    struct pki_profile profile[PROFILES_MAX];
    unsigned crl_hours;
    struct span url; /* base of what stands in certificates; empty: none stands there */
    int64_t created, updated;
    uint64_t revision; /* of its row; 0 = new */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. Borrows from the view. */
MUST_CHECK enum err ca_load(const struct rows *rows, struct store_view *view,
                            const struct guid *id, struct ca *out);
/* The authority with that ARM id, in any letter case. The same errors. */
MUST_CHECK enum err ca_find(const struct rows *rows, struct store_view *view,
                            struct span resource, struct ca *out);
/* From a row's payload; revision is left alone. ERR_FORMAT. */
MUST_CHECK enum err ca_read(struct span payload, struct ca *out);
/* Puts the row, expecting ca->revision. */
void ca_put(const struct rows *rows, struct store_write *w, const struct ca *ca);
/* The commit happens only if the row still is what ca was read from. */
void ca_expect(struct store_write *w, const struct ca *ca);
void ca_drop(struct store_write *w, const struct ca *ca);

/* Is there an authority of ours whose parent it is? */
MUST_CHECK enum err ca_has_below(const struct rows *rows, struct store_view *view,
                                 const struct guid *id, bool *out);

/* Its own profile of that name, or the built-in one; names compare without case. NULL: none. */
const struct pki_profile *ca_profile(const struct ca *ca, struct span name);

/* Is a CA of ours above it revoked, or its own certificate? False and an error: unknown. */
MUST_CHECK enum err ca_is_revoked(const struct rows *rows, struct store_view *view,
                                  const struct ca *ca, bool *out);

/*
 * An authority at work: its certificate was read, and its key found in its vault. Lives no
 * longer than the view and the struct ca; released by ca_hand_release().
 */
struct ca_hand {
    const struct ca *ca;
    struct cert *cert;
    struct vault *vault;
    struct wrapped wrapped;
    struct object key;
    struct key_detail detail;
};
enum ca_deed {
    CA_ISSUES, /* a certificate */
    CA_TELLS   /* what is revoked: also when it is disabled, revoked or over */
};
/*
 * ERR_DISABLED, with words for a client in why: the authority waits for its certificate, is
 * disabled, revoked or over, or its key is gone, of another vault, disabled or not for signing.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err ca_hand_open(const struct rows *rows, struct store_view *view,
                                 const struct ca *ca, enum ca_deed deed, int64_t now,
                                 struct ca_hand *out, char why[static CA_WHY_MAX]);
void ca_hand_release(struct ca_hand *h); /* zero is allowed */
/* Packs KEEPER_KEY_USE: the signature over that digest. Ask it of h->detail.home. */
void ca_ask_signature(const struct ca_hand *h, const struct cert_digest *d, struct sink k);
/* The public key of an authority at work, and what it is as an issuer. Borrowed from h. */
const struct key_public *ca_hand_key(const struct ca_hand *h);
struct cert_issuer ca_hand_issuer(const struct ca_hand *h);

/* The key that an authority is to have, found by names in its vault: ERR_DISABLED as above
 * (vault, key, key_version of ca count). For those who make authorities, who have no
 * certificate yet: h->cert is NULL. */
MUST_CHECK enum err ca_hand_find_key(const struct rows *rows, struct store_view *view,
                                     const struct ca *ca, int64_t now, struct ca_hand *out,
                                     char why[static CA_WHY_MAX]);

#endif /* PKI_CA_H */
