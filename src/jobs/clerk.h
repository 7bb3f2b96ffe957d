/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clerk.h - the process that does what the clock drives (design 1).
 *
 * At its first start over an empty store it founds the installation
 * (bootstrap.h); at every start it applies the seed file, if one was given;
 * then it turns in a round of duties: purge, renewal, rewrapping on order.
 */
#ifndef JOBS_CLERK_H
#define JOBS_CLERK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dial/dial.h"
#include "jobs/mailer.h"
#include "store/store.h"

struct clerk_config {
    struct store_config store; /* read_only is set here */
    const char *domain;
    const char *extra_names; /* more names for the listener's certificate; may be NULL */
    const char *location;
    int seed_fd;      /* seed file to apply, or -1; stays the caller's */
    int tls_chain_fd; /* the operator's certificate and key (PEM), or -1; adopted */
    int tls_key_fd;
    bool found;     /* found the installation if the store is empty and there is a seed */
    bool restarted; /* not the first clerk of this server */
    bool once;      /* exit when founded and seeded (`keyhold init`) */
    enum err (*confine)(void *arg);
    void *confine_arg;
    struct dial *dial;              /* adopted; NULL: it does not dial out */
    bool dials_issuers;             /* by it */
    const struct mail_config *mail; /* NULL: no mail is sent */
    int64_t clock_offset;
    unsigned answer_ms; /* struct desk's timeout_ms; 0 is its default */
};

/*
 * Runs until CONTROL_DRAIN or the supervisor is gone; returns the exit code:
 * EX_DATAERR  the seed, the operator's certificate or the store's content cannot be used
 * EX_NOINPUT  the store holds no installation, and may not be or could not be founded
 * EX_TEMPFAIL, EX_SOFTWARE
 */
int clerk_main(int control_fd, const struct clerk_config *cfg);

#endif /* JOBS_CLERK_H */
