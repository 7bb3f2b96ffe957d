/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_due.h - what the clock has to do with certificates: renew them, or tell
 * the vault's contacts that one expires (data-plane.md D2.1, lifetime_actions).
 *
 *     cr/<time>/<r|e>/<vault GUID>/<NAME>     due to renew, due to tell
 *
 * As with keys (vault/rotation.h) the head says for when each is scheduled, and
 * head and schedule move in one commit, so that each happens once for each time,
 * whoever dies when. head->done says of a certificate:
 *
 *     [CERT_RENEW]  not to be tried before: after a failure, or while somebody
 *                   else is at it; 0 = no such time
 *     [CERT_TELL]   when the contacts were told of the current version; 0 = not
 *                   yet. They are told once of each version.
 *
 * Nothing is due of a certificate that is disabled, whose policy is, or that is
 * not complete: who disabled it does not want an enabled one in its place.
 * Unknown issuers are not renewed: nobody is there to ask.
 *
 * Where the issuer suggests a time (vault/cert_hint.h) that lies before the policy's,
 * that one counts.
 */
#ifndef VAULT_CERT_DUE_H
#define VAULT_CERT_DUE_H

#include "vault/cert_hint.h"
#include "vault/cert_operation.h"
#include "vault/cert_policy.h"

#define CERT_SCHEDULE "cr"

enum cert_act { CERT_RENEW, CERT_TELL, CERT_ACT__MAX };
enum {
    CERT_RENEW_FLOOR = 600,  /* seconds between two renewals of a name, whatever the
                                policy and the certificates say */
    CERT_RETRY_FIRST = 3600, /* after a failure; doubled with each */
    CERT_RETRY_LAST = 24 * 3600,
    CERT_PENDING_LOOK = 24 * 3600, /* while somebody else is to complete it */
};

/*
 * When the policy has that done with a version of these attributes. A day before the version's
 * own first one - an issuer may make it valid for less than was asked for - is 80 % of its
 * lifetime. False: never.
 */
bool cert_due_time(const struct cert_policy *p, enum cert_act act, const struct attrs *a,
                   int64_t *when);
/* Seconds until the next try after so many that failed (at least one), each name its own
 * while: half again at most. */
int64_t cert_retry_after(unsigned failed, struct span name);

/* Brings head->due and the schedule rows in line, after any change of the current version or
 * of the policy. p NULL: nothing is due (deleted). The caller puts the head. */
void cert_due_plan(const struct vault_at *at, struct store_write *w, struct object_head *head,
                   const struct attrs *current, const struct cert_policy *p);
/* The same with the stored policy. ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_due_follow(const struct vault_at *at, struct store_write *w,
                                    struct object_head *head, const struct attrs *current);
/* Plans anew for a policy that is put in the same commit, and puts the head: what failed
 * before is tried again. Errors as object_get(). */
MUST_CHECK enum err cert_due_follow_policy(const struct vault_at *at, struct store_write *w,
                                           const char *name, const struct cert_policy *p);
/* Nothing is renewed before `until`; puts the head. Errors as object_get(). */
MUST_CHECK enum err cert_due_postpone(const struct vault_at *at, struct store_write *w,
                                      const char *name, int64_t until);

/* Takes in what the issuer suggests for the current version (hint->ask 0: nothing any more):
 * puts its rows and the head, plans anew. ERR_CONFLICT: another version is current; else as
 * object_get(). */
MUST_CHECK enum err cert_due_hint(const struct vault_at *at, struct store_write *w,
                                  const char *name, const struct cert_hint *hint);

/* Puts an operation that failed, counts it, and postpones what is to be tried again. */
MUST_CHECK enum err cert_operation_fail(const struct vault_at *at, const char *name,
                                        struct cert_operation *op, int64_t now,
                                        struct store_write *w);

struct cert_due {
    bool stale; /* the row means nothing any more: commit w, which drops it */
    enum cert_act act;
    struct vault *vault; /* the caller unrefs; NULL if stale */
    int64_t when;
    struct object cert; /* the current version; borrows from the view */
};
/*
 * For the clerk: what the schedule row `key` asks for.
 * ERR_NOT_FOUND   no such row, or its time has not come
 * ERR_NO_VAULT    its vault is deleted, but may be recovered: leave the row alone
 * ERR_FORMAT      not a schedule row; ERR_INTEGRITY, ERR_ROLLBACK
 */
MUST_CHECK enum err cert_due_get(const struct rows *rows, struct store_view *view,
                                 struct span key, int64_t now, struct store_write *w,
                                 struct cert_due *out);
/* The contacts were told, at `now`: moves the schedule on, puts the head. */
MUST_CHECK enum err cert_due_told(const struct vault_at *at, struct store_write *w,
                                  const struct object_head *head, int64_t now);

#endif /* VAULT_CERT_DUE_H */
