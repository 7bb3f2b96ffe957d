/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - how a child gives up what it does not need (docs/threat-model.md).
 *
 * Two steps. confine_identity: right after fork, before anything is opened: the
 * unprivileged user, no capabilities, no new privileges, no core dumps, limits,
 * death with the parent. confine_process: when all is open and before the first
 * byte of input: Landlock and the seccomp filter of the role.
 *
 * Refused by EPERM: opening, connecting, tracing, executing, forking and the
 * like (what a role really needs is allowed by its own list). Everything that is
 * neither allowed nor named there ends the process. `confine = log` lets all of
 * it pass and has the kernel log it.
 */
#ifndef DAEMON_CONFINE_H
#define DAEMON_CONFINE_H

#include <stddef.h>

#include "base/err.h"
#include "daemon/child.h"

/* ERR_CLOSED when the parent is gone already; ERR_DENIED, ERR_INTERNAL (logged). The
 * caller must exit on any failure. */
MUST_CHECK enum err confine_identity(const struct child_env *env);

/* Call while the process has one thread; threads started later inherit it all.
 * ERR_INTERNAL (logged): the caller must exit. */
MUST_CHECK enum err confine_process(const struct child_env *env);

/* confine_process for those that take a callback; arg is a const struct child_env *. */
MUST_CHECK enum err confine_process_cb(void *arg);

/* The length for secmem_init that configuration and RLIMIT_MEMLOCK give this role. */
size_t confine_locked_memory(const struct child_env *env);

/* Version of the kernel's Landlock; 0 when it has none. */
int confine_landlock_abi(void);

/*
 * Hidden self-test, called inside a confined child: tries what must fail and
 * returns the errno of the refusal, or 0 if it was done. what: "open" (/etc/passwd),
 * "create" (a file in /tmp), "connect",
 * "socket", "ptrace", "exec", "fork", "kill", "map-exec", "root" (setuid 0).
 */
int confine_probe(const char *what);
/* Tries to make a read-only shared mapping (the store's) writable. */
int confine_probe_map(void *map, size_t len);

#endif /* DAEMON_CONFINE_H */
