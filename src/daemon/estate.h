/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estate.h - what must be there before the first child: the user to become, the
 * data directory and what lies in it, with the right owners, and the lock that
 * keeps a second instance away.
 *
 * As root: data_dir belongs to root and is 0750 with the user's group (keys and
 * the admin socket lie there), store and audit belong to the user, 0700. Else
 * everything belongs to us, 0700. In dev data_dir is 0755: others read the CA there.
 */
#ifndef DAEMON_ESTATE_H
#define DAEMON_ESTATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "daemon/config.h"

struct estate {
    bool drop; /* children become uid and gid */
    uid_t uid;
    gid_t gid;
    uid_t token_uid; /* the token process's, if `hsm.user` is another; else the same */
    gid_t token_gid;
    int lock_fd;
};

/*
 * lenient (dev): falls back to the user nobody, and to staying who we are where
 * the user could not reach the store. Failures are logged; returns 0 or the exit
 * code: EX_NOUSER, EX_CANTCREAT, EX_NOPERM, EX_CONFIG, EX_TEMPFAIL (another instance runs).
 */
MUST_CHECK int estate_open(const struct config *cfg, bool lenient, struct estate *out);
void estate_close(struct estate *e);

#endif /* DAEMON_ESTATE_H */
