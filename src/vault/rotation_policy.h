/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation_policy.h - when a key is rotated and when its owner is told
 * (data-plane.md C10). Row kp/<vault GUID>/<NAME>; one per key, not per version.
 */
#ifndef VAULT_ROTATION_POLICY_H
#define VAULT_ROTATION_POLICY_H

#include "vault/duration.h"
#include "vault/object.h"

enum { ROTATION_ROW_MAX = 512 };
/* Stored in rows: never renumber. */
enum lifetime_action { ACTION_ROTATE, ACTION_NOTIFY, ACTION__MAX };

struct lifetime_trigger {
    bool is_set;
    struct duration after_create, before_expiry; /* one of the two */
};

struct rotation_policy {
    bool stored; /* false: the policy of a key that never had one (Notify P30D) */
    enum lifetime_action order[ACTION__MAX]; /* as answered */
    unsigned norder;
    struct lifetime_trigger trigger[ACTION__MAX];
    struct duration expiry;
    int64_t created, updated;
    uint64_t revision; /* of the row; 0 = not stored */
};

/*
 * Azure's rules of C10; adds Notify P30D where the client named none. ERR_ARG; *why then says
 * what is wrong in words for the client.
 */
MUST_CHECK enum err rotation_policy_check(struct rotation_policy *p, const char **why);
/* ERR_OK with stored = false when there is none. ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err rotation_policy_get(const struct vault_at *at, const char *name,
                                        struct rotation_policy *out);
/* From a row's payload. ERR_FORMAT. */
MUST_CHECK enum err rotation_policy_read(struct span payload, struct rotation_policy *out);
/*
 * Puts the row of a live key, expecting p->revision, and with it what it makes due
 * (vault/rotation.h). Whatever hinders it sticks to the write.
 */
void rotation_policy_put(const struct vault_at *at, struct store_write *w, const char *name,
                         const struct rotation_policy *p);

/*
 * When the action is due for a version made at `created` with that exp (has_exp); false:
 * never. A rotation is never due in the first seven days of a version.
 */
bool rotation_policy_due(const struct rotation_policy *p, enum lifetime_action a,
                         const struct attrs *version, int64_t *when);

#endif /* VAULT_ROTATION_POLICY_H */
