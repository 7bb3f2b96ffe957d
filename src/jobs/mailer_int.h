/* SPDX-License-Identifier: Apache-2.0 */
/* mailer_int.h - the mail being sent, and its row; inside jobs/mailer*.c. */
#ifndef JOBS_MAILER_INT_H
#define JOBS_MAILER_INT_H

#include "jobs/mail_text.h"
#include "jobs/mailer.h"
#include "vault/cert_mail.h"

enum { MAIL_WHY_MAX = DIAL_WHY_MAX + 128 };

enum state { IDLE, CHOOSING, ASKING, ANSWERED };
enum outcome { SENT, REFUSED, DEFERRED, TROUBLE };

struct mailer {
    struct desk *desk;
    enum state state;
    char after[MAX_STORE_KEY + 1]; /* where the walk through the rows goes on */
    size_t after_len;
    uint64_t scan_ms, pause_ms; /* not before */
    unsigned pauses;            /* one after another */
    struct cert_mail job;
    struct cert_mail deferred; /* tags of those who are not asked again this round */
    char later[MAIL_WHY_MAX];  /* why this round ends with somebody not told */
    /* The contact being told. */
    struct dial_call *call;
    struct mail_tag tag;
    unsigned which, of, left; /* 1st of 3; of those, not done with yet */
    enum outcome outcome;
    char why[MAIL_WHY_MAX]; /* if it was not sent */
};

/* A snapshot with the row's vault; NULL: it is gone. mailer_leave() in every case. */
struct mailer_look {
    struct vault_at at;
    struct vault *vault;
};
MUST_CHECK enum err mailer_look(const struct mailer *m, struct mailer_look *out);
void mailer_leave(struct mailer_look *l);

enum mailer_fate { ROW_STAYS, ROW_GOES };
/*
 * m->job as it is now into its row, or its row dropped - unless a newer notice took its place -
 * and what is more to count, in one commit with a record. failed, note: as in struct desk_deed;
 * one of them "".
 */
MUST_CHECK enum err mailer_commit(struct mailer *m, enum mailer_fate fate,
                                  struct mail_figures more, const char *failed,
                                  const char *note);

#endif /* JOBS_MAILER_INT_H */
