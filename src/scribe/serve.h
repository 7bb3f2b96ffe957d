/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the scribe's loop: links to the processes that write, to the
 * keeper, and to the supervisor.
 *
 * One turn: take what all links have, commit it as one batch, answer, flush
 * each link once. While a commit syncs, the next batch gathers in the sockets;
 * where syncs are slow it may wait a little for more (gather.h).
 */
#ifndef SCRIBE_SERVE_H
#define SCRIBE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ipc/control.h"
#include "scribe/commit.h"
#include "scribe/gather.h"
#include "scribe/signer.h"

enum { SERVE_LINKS = 256, SERVE_DRAIN_MS = 2000 };

struct link {
    struct peer *peer; /* owned; NULL: free place */
    uint32_t index;    /* which front loop */
    bool dirty;        /* answers were posted */
    bool waits;        /* for writability */
    bool gone;         /* to be dropped after this turn */
};

struct serve {
    struct committer *committer; /* borrowed */
    struct signer signer;
    struct batch batch;
    struct gather gather;
    struct link links[SERVE_LINKS];
    struct buf record; /* a checkpoint's */
    int control;       /* owned */
    int epoll;         /* owned */
    uint64_t counted;  /* records that the signer knows of */
    uint64_t rotations;
    uint64_t lost_ms; /* when to ask for a link to the keeper; 0: there is or was none */
    bool drain;
    uint64_t drain_until_ms;
};

/* control is adopted, also on failure. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err serve_init(struct serve *s, struct committer *c, signer_key_fn key,
                               int control);
void serve_release(struct serve *s);
/* Until the supervisor says so or is gone. ERR_IO: the store or the loop failed. */
MUST_CHECK enum err serve_run(struct serve *s);

#endif /* SCRIBE_SERVE_H */
