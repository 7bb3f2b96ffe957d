/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup.h - one object with all its versions as one blob, and back
 * (docs/formats/backup.md).
 *
 * The values inside are sealed under the subscription's backup key; the keeper
 * moves them between keys one version at a time, so values are never seen
 * here. The blob ends with a tag over everything before it: no bit can change,
 * no version can be dropped, added or moved.
 *
 *   backup_begin; for each version: backup_ask -> keeper -> backup_add; backup_end
 *   restore_read; while restore_next: restore_ask -> keeper -> restore_add; restore_end
 *
 * A certificate's blob has its key and its secret too: every version three times, of which
 * the first has nothing sealed. Versions that wait for their certificate are left out.
 */
#ifndef VAULT_BACKUP_H
#define VAULT_BACKUP_H

#include "vault/backup_key.h"
#include "vault/object.h"

/* A blob in base64url and JSON must fit into MAX_BODY_RESTORE. */
enum { BACKUP_BLOB_MAX = 17 * 1024 * 1024, BACKUP_POLICY_MAX = 64 * 1024 };

struct backup; /* opaque; see backup_free() */

/*
 * What describes every version as of this snapshot; values do not change, so they may be
 * read in later ones. ERR_SECRET_NOT_FOUND (or what the kind has), ERR_MANAGED,
 * ERR_TOO_MANY_VERSIONS (or too large together), ERR_UNSUPPORTED (a key in a token; a
 * certificate without a complete version),
 * ERR_ROLLBACK, ERR_INTEGRITY, ERR_FORMAT, ERR_NOMEM.
 */
MUST_CHECK enum err backup_begin(const struct vault_at *at, const struct object_name *name,
                                 int64_t now, struct backup **out);
void backup_free(struct backup *b); /* NULL is allowed */
unsigned backup_count(const struct backup *b);
/* Has version i something sealed? What has not is not asked for: add it with an empty span. */
bool backup_is_sealed(const struct backup *b, unsigned i);
/* Packs KEEPER_TRANSFER of version i. ERR_SECRET_NOT_FOUND...: purged meanwhile. */
MUST_CHECK enum err backup_ask(const struct backup *b, const struct vault_at *at, unsigned i,
                               const struct backup_key *key, struct sink k);
/* The keeper's answer for version i; in order. ERR_TOO_MANY_VERSIONS, ERR_NOMEM. */
MUST_CHECK enum err backup_add(struct backup *b, unsigned i, struct span sealed);
/* The whole blob; borrowed from b. ERR_TOO_MANY_VERSIONS, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err backup_end(struct backup *b, const struct rows *rows, struct span *blob);

struct restore_version {
    enum object_kind kind; /* of a certificate's blob: one of three; else the blob's */
    struct hex32 id;
    struct span meta;
    struct span sealed;
};

/* A blob that was checked; borrows from its bytes. */
struct restore {
    enum object_kind kind;
    struct guid subscription;
    struct object_name name;
    struct hex32 current;
    struct span policy; /* payload of the object's policy row; empty if it had none */
    uint32_t count;
    uint32_t done;
    struct unpack first;                       /* where the versions begin */
    struct unpack rest;                        /* those not given yet */
    struct restore_version version;            /* the one that restore_next gave */
    struct hex32 older;                        /* of its kind, before it; "" for the first */
    struct hex32 newest[KIND_CERTIFICATE + 1]; /* of each kind, the last */
};

/* ERR_BAD_BACKUP: not a blob of this installation, of another subscription, or of another kind.
 */
MUST_CHECK enum err restore_read(const struct rows *rows, const struct guid *subscription,
                                 enum object_kind kind, struct span blob, struct restore *out);
/*
 * May the name be restored in this snapshot? at->kind is that of the blob.
 * ERR_RESTORE_CONFLICT  it exists; ERR_SOFT_DELETED, ERR_BUSY as object_check_add
 */
MUST_CHECK enum err restore_check(const struct vault_at *at, const struct restore *r);
/* Goes to the next version; false when there is none. */
bool restore_next(struct restore *r);
/* Is it one with something sealed? What is not goes to restore_add with an empty span. */
bool restore_is_sealed(const struct restore *r);
/* Packs KEEPER_TRANSFER of that version into the vault. */
void restore_ask(const struct vault_at *at, const struct restore *r,
                 const struct backup_key *key, struct sink k);
/* The keeper's answer for it: puts the row. */
void restore_add(const struct vault_at *at, const struct restore *r, struct span sealed,
                 struct store_write *w);
/* Puts the head. out: the current version, without the sealed value; borrows from the blob.
 * Errors as restore_check. */
MUST_CHECK enum err restore_end(const struct vault_at *at, const struct restore *r,
                                struct store_write *w, struct object *out);

#endif /* VAULT_BACKUP_H */
