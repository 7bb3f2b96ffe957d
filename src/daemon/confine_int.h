/* SPDX-License-Identifier: Apache-2.0 */
/* confine_int.h - what the profiles of the roles are made of; inside daemon/confine*.c. */
#ifndef DAEMON_CONFINE_INT_H
#define DAEMON_CONFINE_INT_H

#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/confine.h"

/* A filter being built; the first failure is kept. */
struct rules {
    scmp_filter_ctx ctx;
    bool refuses; /* false in log mode: what would be refused gets the default action */
    int rc;
};
void rules_allow(struct rules *r, int call);
/* Only if (argument arg & mask) == value. */
void rules_allow_if(struct rules *r, int call, unsigned arg, uint64_t mask, uint64_t value);
void rules_refuse_if(struct rules *r, int call, unsigned arg, uint64_t mask, uint64_t value);

/* OWN: whatever one does with files, directories, sockets and devices of one's own. */
enum path_right { PATH_READ, PATH_WRITE, PATH_OWN };

/* Landlock: a directory and what may be done beneath it, or a file. */
struct path_grant {
    const char *path;
    enum path_right right;
};
enum { MAX_PATH_GRANTS = 40 };

struct profile {
    const int *allow;               /* system calls beside the common ones; ends with -1 */
    bool threads;                   /* may start threads */
    bool one_process;               /* neither threads nor processes: RLIMIT_NPROC 0 */
    bool files;                     /* writes files, so no RLIMIT_FSIZE */
    bool reads_files;               /* opens files, for reading only */
    bool dials;                     /* connects out */
    bool foreign;                   /* loads code that is not ours, and knows its own way */
    uint64_t open_files;            /* RLIMIT_NOFILE, beside connections */
    void (*extra)(struct rules *r); /* rules with conditions; may be NULL */
    /* Fills in at most MAX_PATH_GRANTS; NULL: no path at all. */
    size_t (*paths)(const struct config *cfg, struct path_grant *out);
};

extern const struct profile confine_front, confine_keeper, confine_scribe, confine_clerk,
    confine_clerk_dialling, confine_token;
/* The profile of a role that is a child. */
const struct profile *confine_profile(enum ipc_role role, const struct config *cfg);

/* Applies Landlock; without it in the kernel, does nothing. */
MUST_CHECK enum err confine_landlock(const struct profile *p, const struct config *cfg);
/* Loads the system call filter. */
MUST_CHECK enum err confine_seccomp(const struct profile *p, enum confine_mode mode);

#endif /* DAEMON_CONFINE_INT_H */
