/* SPDX-License-Identifier: Apache-2.0 */
/* cert_renew_int.h - a renewal under way, and the notice; for jobs/cert_*.c. */
#ifndef JOBS_CERT_RENEW_INT_H
#define JOBS_CERT_RENEW_INT_H

#include "jobs/desk.h"
#include "pki/enrol.h"
#include "vault/cert_due.h"
#include "vault/cert_making.h"
#include "vault/cert_merge.h"

enum renew_way { RENEW_SELF, RENEW_CA, RENEW_LATER, RENEW_NEVER };

struct keeper_ask {
    enum keeper_op op;
    enum key_home home;
};

struct renewal {
    struct desk *desk;
    struct vault *vault; /* at.vault, borrowed */
    struct vault_at at;
    struct object_head head; /* as it was read */
    struct cert_operation before;
    unsigned failures;
    enum renew_way way;
    struct cert_making made;
    struct enrol enrol; /* RENEW_CA */
    struct buf why;     /* RENEW_NEVER, or what failed */
    struct secbuf question, answer;
    int64_t now;
};

/* The question, which is forgotten then; its answer. As desk_ask_home(). */
MUST_CHECK enum err renewal_ask(struct renewal *r, const struct keeper_ask *q);
/* Sets r->way, and r->why with RENEW_NEVER. */
MUST_CHECK enum err renewal_find_issuer(struct renewal *r);
/* The chain, from an authority of ours; then its row in the same commit. ERR_DENIED,
 * ERR_DISABLED: r->why says why; else as desk_ask_home() and pki/enrol.h. */
MUST_CHECK enum err renewal_enrol(struct renewal *r);
MUST_CHECK enum err renewal_enrol_put(struct renewal *r, struct store_write *w);

/* Tells the contacts, or has somebody do it; ends the view. As desk_commit(). */
MUST_CHECK enum err cert_tell(struct desk *d, struct store_view *view, struct cert_due *due,
                              int64_t now);

#endif /* JOBS_CERT_RENEW_INT_H */
