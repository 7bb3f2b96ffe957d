/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation_policy.h - when a key is rotated and when its owner is told
 * (data-plane.md C10). Row kp/<vault GUID>/<NAME>; one per key, not per version.
 *
 * Durations are ISO 8601 in years, months and days ("P18M", "P90D"); months and
 * years count as in the calendar (UTC).
 */
#ifndef VAULT_ROTATION_POLICY_H
#define VAULT_ROTATION_POLICY_H

#include "vault/object.h"

enum { DURATION_TEXT_MAX = 31 };

/* As the client spelled it, for answers, and as numbers. text "" is none. */
struct duration {
    char text[DURATION_TEXT_MAX + 1];
    unsigned months, days;
};
/* "P[nY][nM][nW][nD]", at least one part, at most 100 years; no time parts. False otherwise. */
bool duration_parse(struct span s, struct duration *out);
bool duration_is_set(const struct duration *d);
/* t plus (sign 1) or minus (-1) the duration. */
int64_t duration_shift(const struct duration *d, int64_t t, int sign);

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
/* Puts the row, expecting p->revision, and the schedule rows of what it makes due (see
 * vault/rotation.h). */
void rotation_policy_put(const struct vault_at *at, struct store_write *w, const char *name,
                         const struct rotation_policy *p);

/* When the action is due for a version made at `created` with that exp (has_exp); false:
 * never. */
bool rotation_policy_due(const struct rotation_policy *p, enum lifetime_action a,
                         const struct attrs *version, int64_t *when);

#endif /* VAULT_ROTATION_POLICY_H */
