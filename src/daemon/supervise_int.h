/* SPDX-License-Identifier: Apache-2.0 */
/* supervise_int.h - the state of the supervisor; inside daemon/supervise*.c. */
#ifndef DAEMON_SUPERVISE_INT_H
#define DAEMON_SUPERVISE_INT_H

#include <signal.h>
#include <stdint.h>

#include "daemon/admin.h"
#include "daemon/estate.h"
#include "daemon/supervise.h"
#include "ipc/control.h"

enum { ADMIN_CLIENTS = 4, NCHILDREN = 5 };

extern const enum ipc_role start_order[NCHILDREN];
extern const enum ipc_role drain_order[NCHILDREN];

struct child {
    enum ipc_role role;
    pid_t pid;      /* 0: not running */
    int control_fd; /* -1: not running */
    bool ready;     /* since this start */
    bool ever_ready;
    bool linked; /* its links were made, as far as the others have theirs */
    unsigned starts;
    uint64_t started_ms;
    uint64_t due_ms;  /* when to start it */
    uint64_t kill_ms; /* when to kill it; 0: never */
    unsigned backoff_ms;
    uint64_t relinks_ms; /* since when relinks counts */
    unsigned relinks;
};

/* One long order at a time: whose answer is awaited, and what follows it. */
struct order {
    enum admin_op op; /* 0: none is running */
    unsigned step;
    enum ipc_role waiting_for;
    int client; /* -1: it has gone away meanwhile */
};

struct supervisor {
    const struct config *cfg;
    const struct supervise_options *opt;
    struct estate estate;
    struct listeners listeners;
    struct child children[ROLE__MAX];
    sigset_t old_mask;
    uint64_t started_ms;
    bool announced; /* on_ready was called */
    bool draining;
    size_t drain_stage; /* into drain_order */
    uint64_t drain_until_ms;
    int exit_code;
    int admin_fd;
    int clients[ADMIN_CLIENTS]; /* -1: free */
    uint64_t client_until_ms[ADMIN_CLIENTS];
    struct order order;
};

/* supervise_spawn.c */
/* Forks c. ERR_NOT_FOUND (key file; logged), ERR_IO. */
MUST_CHECK enum err supervise_spawn(struct supervisor *s, struct child *c);
/* Opens a configured file for a child; "" gives -1. ERR_NOT_FOUND, ERR_DENIED, logged. */
MUST_CHECK enum err supervise_open_file(const char *path, int *fd);

/* supervise.c: is it started at all with this configuration? */
bool supervise_is_wanted(const struct supervisor *s, enum ipc_role role);

/*
 * supervise_links.c: links each child whose turn has come with every one it talks to that has
 * its links. A child's turn comes when all before it in start_order were ready once.
 */
void supervise_link_due(struct supervisor *s);
/* A fresh pair in place of one link that c says it has lost; false: it has no such link. */
bool supervise_relink(struct supervisor *s, struct child *c, enum ipc_role with,
                      unsigned index);
/* Sends an order without a descriptor; a child that does not take it is killed. */
void supervise_tell(const struct child *c, enum control_op op);

/* supervise_admin.c */
void supervise_reload(struct supervisor *s);
void supervise_admin_accept(struct supervisor *s);
void supervise_admin_read(struct supervisor *s, size_t slot);
void supervise_admin_expire(struct supervisor *s, uint64_t now);
/* The awaited child has answered with CONTROL_DONE, or died (ERR_UNAVAILABLE). */
void supervise_order_done(struct supervisor *s, enum ipc_role from, enum err status);
void supervise_admin_close(struct supervisor *s);

/* supervise_signals.c */
/* Blocks and catches; the mask before is for ppoll and for children. */
void supervise_signals_catch(sigset_t *old_mask);
/* In a child: defaults again, but the terminal's signals are the supervisor's alone. */
void supervise_signals_child(const sigset_t *old_mask);
void supervise_signals_release(const sigset_t *old_mask);
struct supervise_signals {
    unsigned stops;
    bool hangup;
};
/* What has come since the last call. */
struct supervise_signals supervise_signals_take(void);

#endif /* DAEMON_SUPERVISE_INT_H */
