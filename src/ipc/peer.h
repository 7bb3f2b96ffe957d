/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - one end of a SOCK_SEQPACKET pair between two of our processes.
 *
 * Messages have an operation, an id chosen by the asker, a status (answers
 * only) and a payload. Small ones posted before a flush travel as one
 * packet (one send, one wake-up); large ones are cut into packets and put
 * together again. Nothing here knows what an operation means.
 *
 * The other side is not trusted: sizes are checked against our own bounds,
 * and a peer that breaks the protocol is dead (ERR_PROTOCOL), never argued
 * with. Payload bytes in flight live in secret memory, except those of messages
 * above 256 KiB: only backup blobs are that large, and they are sealed already.
 *
 * Threads: a struct peer belongs to one thread.
 */
#ifndef IPC_PEER_H
#define IPC_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"

struct peer;

enum ipc_role {
    ROLE_SUPERVISOR,
    ROLE_FRONT,
    ROLE_KEEPER,
    ROLE_SCRIBE,
    ROLE_CLERK,
    ROLE_TOKEN,
    ROLE__MAX
};
/* "front", ...; for logs. */
const char *ipc_role_name(enum ipc_role r);

struct ipc_msg {
    uint16_t op;
    enum err status; /* of an answer; ERR_OK in a question */
    uint64_t id;
    struct span payload; /* borrowed for the callback */
};

/* Makes a connected pair, both ends non-blocking and close-on-exec, with large buffers. */
MUST_CHECK enum err ipc_pair(int fds[static 2]);

/*
 * fd is adopted, also on failure. role is who sits at the other end.
 * max_message bounds what we accept in one message (<= MAX_IPC_MESSAGE).
 */
MUST_CHECK enum err peer_new(int fd, enum ipc_role role, size_t max_message, struct peer **out);
void peer_free(struct peer *p); /* closes; NULL is allowed */
int peer_fd(const struct peer *p);
enum ipc_role peer_role(const struct peer *p);
bool peer_is_dead(const struct peer *p);

/* Adds a message to the current batch; payload is copied.
 * ERR_BUSY (queue full, MAX_IPC_QUEUE), ERR_TOO_LARGE, ERR_NOMEM, ERR_CLOSED. */
MUST_CHECK enum err peer_post(struct peer *p, uint16_t op, uint64_t id, enum err status,
                              struct span payload);
/* Sends what was posted as far as the socket takes it; ERR_CLOSED when the peer is gone. */
MUST_CHECK enum err peer_flush(struct peer *p);
/* True while something posted could not be sent: wait for writability, then flush. */
bool peer_has_backlog(const struct peer *p);
/* True while the socket does not take what was posted, so that it gathers in our memory. */
bool peer_is_stuck(const struct peer *p);

typedef void (*peer_msg_fn)(void *arg, struct peer *p, const struct ipc_msg *m);
/*
 * Receives until the socket is empty, or a fair share of it was taken (so wait
 * for readability by level, not by edge), calling fn per message. fn may post
 * and flush, but neither free p nor drain it. Of a message in pieces for which there is no
 * memory, only op and id are given, with status ERR_NOMEM.
 * ERR_OK, ERR_CLOSED, ERR_PROTOCOL; all but ERR_OK leave p dead.
 */
MUST_CHECK enum err peer_drain(struct peer *p, peer_msg_fn fn, void *arg);
/* For fn: receive no more in this drain than the packet at hand. */
void peer_pause(struct peer *p);

/*
 * Asks and waits for the one answer, for processes without an event loop
 * (clerk, init). Answer bytes are appended to out (may be NULL). No other
 * question may be open on this peer. Returns the status of the answer; ERR_CLOSED,
 * ERR_PROTOCOL, ERR_TIMEOUT (all three leave the peer dead, see peer_is_dead), ERR_BUSY,
 * ERR_TOO_LARGE, ERR_NOMEM.
 */
MUST_CHECK enum err peer_call(struct peer *p, uint16_t op, struct span payload,
                              struct secbuf *out, unsigned timeout_ms);

#endif /* IPC_PEER_H */
