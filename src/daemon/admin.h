/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin.h - orders to a running server: fixed records on the unix socket
 * <data_dir>/admin.sock (mode 0600; same user or root, checked by SO_PEERCRED).
 * Answered by the supervisor with one fixed record. docs/formats/ipc.md.
 */
#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

#include <stdint.h>

#include "base/err.h"
#include "ipc/peer.h"

enum admin_op {
    ADMIN_STATUS = 1,
    ADMIN_RELOAD,       /* as SIGHUP */
    ADMIN_AUDIT_ROTATE, /* begin a new audit file; answered when done */
    ADMIN_SEAL_ROTATE,  /* with the next root key's file; answered when all is rewrapped */
    ADMIN_OP__MAX,
};

enum { ADMIN_MAGIC = 0x4b48414e };

struct admin_request {
    uint32_t magic;
    uint16_t op;
    uint16_t zero;
};

struct admin_child {
    int32_t pid;       /* 0: not running */
    uint32_t ready;    /* 1: confined and serving */
    uint32_t starts;   /* in all */
    uint32_t uptime_s; /* of this start */
};

struct admin_answer {
    uint32_t magic;
    uint16_t op;
    uint16_t zero;
    int32_t status; /* enum err */
    uint32_t public_port;
    uint32_t uptime_s;
    uint32_t draining;
    struct admin_child child[ROLE__MAX]; /* by role; [ROLE_SUPERVISOR] is the supervisor */
};

/*
 * The client's side, for the CLI: asks the server of data_dir and waits. fd goes
 * along with ADMIN_SEAL_ROTATE (-1 else) and stays the caller's.
 *
 * Returns the answer's status (out is filled), or, with out->magic 0:
 * ERR_UNAVAILABLE  no server runs there
 * ERR_DENIED       not our server to order about
 * ERR_TIMEOUT, ERR_CLOSED, ERR_PROTOCOL, ERR_IO
 */
MUST_CHECK enum err admin_call(const char *data_dir, enum admin_op op, int fd,
                               unsigned timeout_ms, struct admin_answer *out);

/* The server's side: binds the socket, replacing one that was left behind. ERR_IO (logged). */
MUST_CHECK enum err admin_listen(const char *data_dir, int *fd);
/* Removes the socket's name. */
void admin_unlink(const char *data_dir);
/* Accepts one client that may give orders; -1 when there is none (strangers are dropped). */
int admin_accept(int listen_fd);
/* Reads the client's one request; *fd is -1 when none came along. ERR_AGAIN, ERR_CLOSED,
 * ERR_PROTOCOL. */
MUST_CHECK enum err admin_read(int client, struct admin_request *r, int *fd);

#endif /* DAEMON_ADMIN_H */
