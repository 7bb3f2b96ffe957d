/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise.h - the parent of all: opens what needs rights, forks the children
 * (without exec), links them, restarts what dies, passes signals on. It parses
 * nothing but fixed records.
 *
 *   SIGTERM, SIGINT  drain: front, then clerk, scribe, keeper; a second one hurries
 *   SIGHUP           reload (ends a server that was asked to end with its terminal)
 *
 * Children start one after the other (keeper, scribe, clerk, front), each when
 * the one before has been ready once. A child that dies is started again after
 * 100 ms, then 200 ms ... 10 s; a minute of life resets the wait. A child that
 * cannot start at all for a reason that lasts (child_exit_is_final) ends the
 * whole with its exit code.
 *
 * The process must have one thread. Children die with it.
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/child.h"
#include "daemon/config.h"
#include "daemon/listen.h"

struct supervise_options {
    struct child_main mains[ROLE__MAX]; /* run NULL: that role is not started */
    bool dev;                           /* lenient about users; ends on SIGHUP */
    int seed_fd;                        /* for the clerk, or -1; stays the caller's */
    const int *keep_fds;                /* descriptors that every child keeps besides its own */
    size_t nkeep;
    /* Called once, when every child is ready; must not block. May be NULL. */
    void (*on_ready)(void *arg, const struct listeners *l);
    void *arg;
};

/*
 * Runs until a drain is over. Returns the exit code (sysexits): 0 after a whole
 * drain, EX_SOFTWARE if a child had to be killed for it.
 */
int supervise(const struct config *cfg, const struct supervise_options *opt);

#endif /* DAEMON_SUPERVISE_H */
