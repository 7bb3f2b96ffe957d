/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_loop.h - one event loop of front: a thread with a server, an engine,
 * its links and a mailbox through which the main thread hands it orders.
 */
#ifndef DAEMON_FRONT_LOOP_H
#define DAEMON_FRONT_LOOP_H

#include "api/engine.h"
#include "daemon/front.h"
#include "scribe/ask.h"

struct front_loop;

/* store and quota (NULL: off) are shared by the loops and outlive them. */
MUST_CHECK enum err front_loop_new(const struct front_config *cfg, unsigned index,
                                   struct store *store, struct quota *quota,
                                   struct front_loop **out);
/* The body of the thread: true when drained, false when the loop itself broke. */
bool front_loop_run(struct front_loop *l);
void front_loop_free(struct front_loop *l);

/* From any thread: */
/* fd is adopted. tls: the blocking link for signatures. A link replaces the one before. */
void front_loop_give_link(struct front_loop *l, enum ipc_role role, bool tls, int fd);
/* A link that has been missing for a while and was not yet asked for; false if there is none.
 * From any thread. */
bool front_loop_lost(struct front_loop *l, enum ipc_role *role, bool *tls);
void front_loop_drain(struct front_loop *l);
bool front_loop_is_ready(const struct front_loop *l);
const struct figures *front_loop_figures(const struct front_loop *l);
/* Figures that the loop copies out once a second. */
void front_loop_http_figures(const struct front_loop *l, struct http_figures *out);
bool front_loop_scribe_stats(const struct front_loop *l, struct scribe_stats *out);
/* Whose rows are read with it; on the loop's thread only. NULL: not known yet. */
const struct rows *front_loop_rows(const struct front_loop *l);
bool front_loop_keeper_stats(const struct front_loop *l, struct keeper_stats *out);

#endif /* DAEMON_FRONT_LOOP_H */
