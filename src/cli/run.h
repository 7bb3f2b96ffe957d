/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - the server as the commands start it.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/listen.h"

struct run {
    const struct config *config;
    int seed_fd; /* -1: none; then an empty store is refused, not founded */
    bool dev;
    bool found_only; /* stop when founded and seeded: no front */
    void (*on_ready)(void *arg, const struct listeners *l); /* may be NULL */
    void *arg;
};
/* Returns the exit code of the server. */
int run_server(const struct run *r);

/* The same in a process of its own: a supervisor wants to be one that has opened nothing. */
int run_server_apart(const struct run *r);

/*
 * Makes the root key before the first start. One that is there already is used: it may have
 * been restored, or an earlier attempt have been interrupted. EX_OK, or complained and an exit
 * code.
 */
int run_prepare(const struct config *c);
/*
 * Runs fn in a process of its own and gives its exit code: what touches OpenSSL must not be
 * inherited by the server's processes, which fork without exec and set their own allocators.
 */
int run_apart(int (*fn)(const struct config *c), const struct config *c);
/* A new root key in a new file, sealed by the passphrase if the configuration has one. EX_OK,
 * or complained and an exit code. */
int run_make_key(const struct config *c, const char *path);
/* The directory, with that mode if it is new, and what leads to it. EX_OK, or complained and an
 * exit code. */
int run_make_dir(const char *path, mode_t mode);
/* Is there an installation? EX_OK: yes; EX_NOINPUT: no; else complained and an exit code. */
int run_founded(const struct config *c);
/* EX_OK, or complained and EX_USAGE: is name (NULL: none) what a vault may be called? */
int run_check_vault(const char *name);

#endif /* CLI_RUN_H */
