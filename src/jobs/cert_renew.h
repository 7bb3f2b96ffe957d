/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_renew.h - certificates whose policy says so are renewed, and the contacts
 * of their vault told that one expires (data-plane.md D6).
 *
 * The schedule is the store's (vault/cert_due.h): what was due while nobody ran is
 * done at the next turn. What is renewed is the stored policy, as a create without
 * a policy would make it:
 *
 *     Self, Keyhold    complete at once, signed by its own key or by an authority of ours
 *     Webhook, ACME    the version waits; who fetches certificates completes it
 *     anybody else     the operation fails, says why, and is tried again later
 */
#ifndef JOBS_CERT_RENEW_H
#define JOBS_CERT_RENEW_H

#include "jobs/desk.h"

enum { CERT_RENEW_TURN_MS = 500 };

/*
 * Does what is due by now: at most `limit` deeds, which *done counts, and no longer than
 * CERT_RENEW_TURN_MS. Each is one commit that moves the schedule on, so it happens once,
 * whoever dies when.
 *
 * ERR_INTEGRITY, ERR_FORMAT: rows that cannot be understood were left; the rest is done
 * else as desk_commit() and the provider's errors: the row stays for the next turn
 */
MUST_CHECK enum err cert_renew_due(struct desk *d, int64_t now, unsigned limit, unsigned *done);

/*
 * Plans what is due of certificates that were written by a release that had no schedule, some
 * at a turn. Zero it; over when `all` is set.
 */
struct cert_plan {
    bool all, done;                  /* of all vaults; of this one */
    char vault[MAX_VAULT_NAME + 1];  /* it is at; "": in front of the first */
    char after[MAX_OBJECT_NAME + 1]; /* the certificate behind which it goes on */
};
/* As desk_commit(); ERR_CONFLICT: next time. */
MUST_CHECK enum err cert_plan_step(struct desk *d, struct cert_plan *at, unsigned limit,
                                   unsigned *planned);

#endif /* JOBS_CERT_RENEW_H */
