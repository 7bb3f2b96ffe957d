/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailer.h - mail to the contacts of a vault, through the operator's relay (decision
 * 0020).
 *
 *   cm/ row (vault/cert_mail.h) --> one mail at a time, to one contact each --> a commit
 *   with its outcome --> the next --> the row is dropped
 *
 * A contact that the relay refuses for good (5xx) is done with; what may pass (4xx, no
 * relay, no login) is tried again, less and less often, MAIL_TRIES_MAX times. Trouble
 * with the relay itself holds all mail back for a while, so that many certificates do
 * not ask it many times. Nothing is said twice, but for what was accepted just before
 * the process died: that goes out again with the same Message-ID.
 *
 * Threads: the clerk's.
 */
#ifndef JOBS_MAILER_H
#define JOBS_MAILER_H

#include "jobs/desk.h"

enum { MAIL_TRIES_MAX = 40 }; /* five days */

/* Borrowed for the life of the clerk. */
struct mail_config {
    struct dial *dial; /* NULL: libcurl cannot be used; everything is tried again later */
    const char *url;   /* the relay's; its path is our name, as said in EHLO */
    const char *from;
    const char *user; /* NULL: no login */
    struct span password;
    enum dial_tls tls;
    const char *domain; /* of this installation, and its public port, for links */
    uint16_t port;
};

struct mailer;
/* d->mail NULL: what is still to be sent is given up. NULL: out of memory. */
struct mailer *mailer_new(struct desk *d);
void mailer_free(struct mailer *m); /* NULL is allowed */

/* Does the next thing, if there is one. As desk_ask(): met again next time. */
MUST_CHECK enum err mailer_turn(struct mailer *m, int64_t now);

#endif /* JOBS_MAILER_H */
