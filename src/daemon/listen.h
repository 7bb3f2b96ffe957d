/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - the listening sockets: one per loop and address, so that the
 * kernel spreads connections and loops share nothing (SO_REUSEPORT).
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/config.h"

struct listeners {
    struct config_address at[CONFIG_MAX_LISTEN]; /* with the ports really bound */
    size_t naddresses;
    unsigned loops;
    int *fds;     /* loops * naddresses, as struct child_env wants them */
    int local_fd; /* -1: none */
    struct config_address local;
    int pki_fd; /* -1: none */
    struct config_address pki;
    uint16_t public_port;
};

/*
 * Binds all of cfg's addresses. Port 0 becomes one free port, the same for every
 * address that asks for 0, and the public port unless one is configured.
 * All-or-nothing, except that of the default addresses one may be missing (a
 * machine without IPv6). Failures are logged. ERR_EXISTS (address in use),
 * ERR_DENIED, ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err listeners_open(const struct config *cfg, struct listeners *out);
void listeners_close(struct listeners *l);

#endif /* DAEMON_LISTEN_H */
