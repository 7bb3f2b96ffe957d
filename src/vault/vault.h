/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault.h - a vault as a resource: name, place, model of permission, key.
 *
 * Loaded vaults are immutable and reference-counted; a cache keyed by name and
 * stamped with the row's revision makes the hot path one store_get
 * (vault_cache_get). Threads: a cache belongs to one thread; so do the vaults
 * it gives.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "keeper/ask.h"
#include "vault/bag.h"
#include "vault/row.h"

struct access_policy {
    struct guid tenant;
    struct guid object;
    struct guid application; /* "" unless the application-plus-user form */
    uint32_t keys, secrets, certificates, storage; /* permission bits */
};

enum { MAX_ACTOR = 255, MAX_NETWORK_ACLS = 512 * 1024 };
enum public_access { PUBLIC_ENABLED, PUBLIC_DISABLED, PUBLIC_BY_PERIMETER, PUBLIC__MAX };

struct vault {
    struct guid id;
    char name[MAX_VAULT_NAME + 1]; /* as first spelled */
    struct guid tenant;
    struct guid subscription;
    char resource_group[91];
    char location[41];
    bool premium;
    bool rbac; /* else access policies decide */
    bool purge_protection;
    bool for_deployment, for_disk_encryption, for_template_deployment;
    bool allow_oct, allow_okp; /* keys that Azure refuses in such a vault (docs/wire/keys.md) */
    enum public_access public_access;
    unsigned retention_days; /* 7..90 */
    int64_t created, updated;
    char created_by[MAX_ACTOR + 1], updated_by[MAX_ACTOR + 1]; /* for systemData */
    struct access_policy *policies;                            /* npolicies of them */
    unsigned npolicies;
    uint8_t *key; /* wrapped vault key */
    size_t key_len;
    uint8_t *tags; /* packed, see vault_tags() */
    size_t tags_len;
    uint8_t *network_acls; /* JSON as the management plane made it canonical; may be empty */
    size_t network_acls_len;
    char arm_id[300];      /* "/subscriptions/.../vaults/name", lower-case */
    char resource_id[300]; /* the same in capitals, as records name it */
    uint64_t revision;     /* of its row */
    unsigned refs;
};

/* 3-24 letters, digits, '-'; begins with a letter, ends with letter or digit, no "--". */
bool vault_name_is_ok(struct span name);

/* ERR_NO_VAULT, ERR_INTEGRITY, ERR_FORMAT. The caller unrefs. */
MUST_CHECK enum err vault_load(const struct rows *rows, struct store_view *view,
                               struct span name, struct vault **out);
/* The same of a deleted vault (vault/vault_deleted.h), as it was. */
MUST_CHECK enum err vault_load_deleted(const struct rows *rows, struct store_view *view,
                                       struct span name, struct vault **out);
void vault_unref(struct vault *v); /* NULL is allowed */

/* What a new vault is made of; spans and policies are borrowed for the call. */
struct vault_settings {
    struct span name;
    struct span resource_group;
    struct span location;
    struct guid tenant;
    struct guid subscription;
    bool premium, rbac, purge_protection;
    bool allow_oct, allow_okp;
    unsigned retention_days;
    const struct access_policy *policies;
    unsigned npolicies;
};
/*
 * A vault that is not stored yet: ask KEEPER_KEY_NEW (PURPOSE_VAULT, id: the text of `id`),
 * give its answer here, then vault_store(..., 0). The caller unrefs.
 * ERR_ARG (a setting is out of bounds), ERR_PROTOCOL (not a key answer), ERR_NOMEM.
 */
MUST_CHECK enum err vault_new(const struct vault_settings *s, const struct guid *id,
                              struct span key_answer, struct vault **out);
/* Replaces the wrapped key (rewrapping), copying it; then vault_store. ERR_NOMEM. */
MUST_CHECK enum err vault_set_key(struct vault *v, struct span wrapped);

/* Replace what a vault that is one's own (vault_new, vault_load) holds; all copy. ERR_NOMEM. */
MUST_CHECK enum err vault_set_policies(struct vault *v, const struct access_policy *policies,
                                       unsigned n);
MUST_CHECK enum err vault_set_tags(struct vault *v, const struct bag *tags);
MUST_CHECK enum err vault_set_network_acls(struct vault *v, struct span json);
/* The tags; borrowed from v. */
void vault_tags(const struct vault *v, struct bag *out);

/* Writes the row (v/<name>) and the one that lists find it by (vs/<subscription>/<group>/
 * <name>); expect is the revision the first must have (0 = new). */
void vault_store(const struct rows *rows, struct store_write *w, const struct vault *v,
                 uint64_t expect);

/* Deletes both rows, expecting v->revision. */
void vault_drop(struct store_write *w, const struct vault *v);
/* The row's payload, for the row of a deleted vault, and back. The caller unrefs. */
void vault_pack(struct sink k, const struct vault *v);
MUST_CHECK enum err vault_unpack(struct span payload, struct vault **out);

/* Names of the vaults of a subscription, or of one of its groups (empty: all), in order of
 * group and name; positions are "<group>/<name>" in lower case. Returns false to stop. */
typedef bool (*vault_name_fn)(void *arg, struct span position, struct span name);
MUST_CHECK enum err vault_each_name(struct store_view *view, const struct guid *subscription,
                                    struct span group, struct span after, vault_name_fn fn,
                                    void *arg);

/* Makes w happen only if the vault's row still is what v was read from. */
void vault_expect(struct store_write *w, const struct vault *v);
/* The revision of the vault's row in this snapshot, unchecked. ERR_NO_VAULT. */
MUST_CHECK enum err vault_revision(struct store_view *view, struct span name, uint64_t *out);

/* The key to ask the keeper with; borrowed from v. */
struct wrapped vault_key(const struct vault *v);
/* "Recoverable+Purgeable" ... (data-plane.md A10) */
const char *vault_recovery_level(const struct vault *v);

/* A vault in one snapshot, and the kind of objects meant: where the functions of objects look.
 */
struct vault_at {
    const struct rows *rows;
    struct store_view *view;
    const struct vault *vault;
    enum object_kind kind;
};

struct vault_cache;
struct vault_cache *vault_cache_new(unsigned max);
void vault_cache_free(struct vault_cache *c);
/* As vault_load, through the cache; the vault stays valid until the caller unrefs. */
MUST_CHECK enum err vault_cache_get(struct vault_cache *c, const struct rows *rows,
                                    struct store_view *view, struct span name,
                                    struct vault **out);

#endif /* VAULT_VAULT_H */
