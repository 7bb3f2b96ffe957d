/* SPDX-License-Identifier: Apache-2.0 */
/* seed_int.h - what the parts of the seed share. Only for jobs/seed*.c. */
#ifndef JOBS_SEED_INT_H
#define JOBS_SEED_INT_H

#include "auth/principal.h"
#include "codec/jsn.h"
#include "jobs/seed.h"
#include "vault/name.h"

struct seed {
    struct jsn *root;
    struct guid tenant;
    char tenant_name[257];
};

/* An application of the seed under way. */
struct seeding {
    struct desk *desk;
    const struct seed *seed;
    struct guid tenant;              /* of the installation */
    struct guid subscription;        /* the first of the file, or "" */
    struct guid stored_subscription; /* some one of the installation's, or "" */
    const char *location;
    const char *section; /* for messages: "vaults" */
    size_t index;
    int64_t now;
    unsigned changes;
};

/* Logs "seed: vaults[2]: text" and gives ERR_ARG. */
enum err seed_bad(const struct seeding *s, const char *text);
/* Commits w as a deed of the seed, counts it; ERR_OK at once if w is empty. */
MUST_CHECK enum err seed_commit(struct seeding *s, struct store_write *w);

/* A member that is text; "" when absent. ERR_ARG (logged): wrong type or too long. */
MUST_CHECK enum err seed_text(const struct seeding *s, const struct jsn *j, const char *name,
                              char *out, size_t cap);
/* The same for an id; when absent, one made of kind and name, the same every time. */
MUST_CHECK enum err seed_guid(const struct seeding *s, const struct jsn *j, const char *member,
                              const char *kind, const char *name, struct guid *out);
/* A GUID that is always the same for kind and name in this tenant. */
MUST_CHECK enum err seed_derived_guid(const struct seeding *s, const char *kind,
                                      const char *name, struct guid *out);
MUST_CHECK enum err seed_flag(const struct seeding *s, const struct jsn *j, const char *name,
                              bool preset, bool *out);

/* "tenant" of an item, which exists; without one the installation's. */
MUST_CHECK enum err seed_tenant_of(const struct seeding *s, const struct jsn *item,
                                   struct guid *out);

/* The tenant of a subscription, and so of what lies in it; of one that is not there the
 * installation's. */
MUST_CHECK enum err seed_tenant_at(const struct seeding *s, const struct guid *subscription,
                                   struct guid *out);

/* "subscription" of an item, or the first one of the file, or of the installation. */
MUST_CHECK enum err seed_subscription_of(const struct seeding *s, const struct jsn *item,
                                         struct guid *out);

/* Resolves "principal": an object id, or the name of an application, managed identity or
 * group of this seed. */
MUST_CHECK enum err seed_principal(const struct seeding *s, struct span name, struct guid *out);

/* Stores p unless it is there already. */
MUST_CHECK enum err seed_put_principal(struct seeding *s, struct store_view *view,
                                       struct store_write *w, struct principal *p);
/* The keeper's record of a password; appended. */
MUST_CHECK enum err seed_hash_password(struct seeding *s, struct span value,
                                       struct secbuf *record);

typedef enum err (*seed_item_fn)(struct seeding *s, const struct jsn *item);
enum err seed_tenant_item(struct seeding *s, const struct jsn *item);
enum err seed_subscription(struct seeding *s, const struct jsn *item);
enum err seed_group_place(struct seeding *s, const struct jsn *item);
enum err seed_vault(struct seeding *s, const struct jsn *item);
enum err seed_application(struct seeding *s, const struct jsn *item);
enum err seed_identity(struct seeding *s, const struct jsn *item);
enum err seed_user(struct seeding *s, const struct jsn *item);
enum err seed_group(struct seeding *s, const struct jsn *item);
enum err seed_assignment(struct seeding *s, const struct jsn *item);
enum err seed_secret(struct seeding *s, const struct jsn *item);

/* YAML (the subset that JSON can say) to JSON text. ERR_SYNTAX (logged with the line). */
MUST_CHECK enum err seed_yaml(struct span text, struct secbuf *json);

#endif /* JOBS_SEED_INT_H */
