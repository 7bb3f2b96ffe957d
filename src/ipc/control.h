/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - what the supervisor tells its children: fixed little records,
 * with a descriptor where one is handed over (SCM_RIGHTS).
 */
#ifndef IPC_CONTROL_H
#define IPC_CONTROL_H

#include <stdint.h>

#include "base/err.h"
#include "ipc/peer.h"

enum control_op {
    CONTROL_PEER = 1,  /* fd: a new link; role and index say to whom */
    CONTROL_DRAIN,     /* stop accepting, finish, exit */
    CONTROL_RELOAD,    /* certificates, log files; the clerk gets the operator's chain (index 1)
                        * and key (index 2), the token process its PIN, front the trusted
                        * issuers, as descriptors before the plain record */
    CONTROL_ROOT_NEXT, /* keeper: fd of the next root key's file */
    CONTROL_ROOT_FINISH,  /* keeper: the next root key is now the root key */
    CONTROL_REWRAP,       /* clerk: rewrap every wrapped key, then answer CONTROL_DONE */
    CONTROL_AUDIT_ROTATE, /* scribe: begin a new audit file */
    CONTROL_READY,        /* child to supervisor: confined and serving */
    CONTROL_DONE,         /* child to supervisor: the last order is carried out; status tells */
    CONTROL_LOST, /* child to supervisor: a link broke though both live; role and index as
                   * in the CONTROL_PEER that brought it. A new one may come */
    CONTROL__MAX,
};

struct control {
    uint16_t op;
    uint16_t role;  /* enum ipc_role */
    uint32_t index; /* which front loop, for CONTROL_PEER */
    int32_t status; /* enum err */
    uint32_t zero;
};

/* fd is sent along when >= 0 (and stays ours). Blocking for at most a second. */
MUST_CHECK enum err control_send(int sock, const struct control *c, int fd);
/* *fd is -1 when none came. ERR_AGAIN, ERR_CLOSED, ERR_PROTOCOL. */
MUST_CHECK enum err control_recv(int sock, struct control *c, int *fd);

#endif /* IPC_CONTROL_H */
