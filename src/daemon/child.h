/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - what a child process is given by the supervisor, and its main.
 *
 * When run() is called the process has already given up its privileges
 * (confine_identity): it opens what it needs as the unprivileged user, calls
 * confine_process(), and only then reads its first byte of input. It answers
 * CONTROL_READY on control_fd when it serves, and ends when it was told
 * CONTROL_DRAIN or when control_fd is closed.
 *
 * Descriptors are closed in every child that has no use for them; -1 is none.
 */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/config.h"
#include "ipc/peer.h"

struct child_env {
    enum ipc_role role;
    const struct config *config;
    int control_fd; /* SOCK_SEQPACKET to the supervisor; see ipc/control.h */
    unsigned index; /* how often this role was started before */
    uint16_t public_port;

    /* front: one listening socket per loop and address: listen_fds[loop * naddresses + i] */
    const int *listen_fds;
    unsigned loops;
    size_t naddresses;
    int local_fd;           /* loopback HTTP, for the first loop; or -1 */
    int pki_fd;             /* plain HTTP of the site pki, for the first loop; or -1 */
    uint16_t pki_port;      /* its port; 0 if there is none */
    int identity_secret_fd; /* file of identity.header_secret, or -1 */
    int attesters_fd;       /* file of trusted_issuers, or -1 */

    /* keeper; opened anew at each start, so a renamed key file is seen */
    int root_fd, root_next_fd, passphrase_fd;

    /* token */
    int pin_fd;

    /* clerk */
    int seed_fd, tls_chain_fd, tls_key_fd;
    int smtp_password_fd;

    /* for confine.c */
    pid_t parent;
    bool drop; /* we are root and have somebody to become */
    uid_t uid;
    gid_t gid;
};

struct child_main {
    /* Runs the process; returns its exit code (sysexits). */
    int (*run)(const struct child_env *env);
};

/*
 * Exit codes that no restart would mend (bad configuration, wrong key, damaged or
 * rolled-back store): when a child that was never ready ends with one of these,
 * the supervisor gives up and passes it on.
 */
bool child_exit_is_final(int code);
/* The exit code that fits a failure to start. */
int child_exit_code(enum err e);

#endif /* DAEMON_CHILD_H */
