/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outq.h - what one peer has yet to be sent: the packet being filled, and a
 * bounded queue behind it for a socket that does not take more.
 *
 * Small messages gather in one packet; a message too large for a packet is cut
 * while it is sent. Bytes wait in secret memory, except those of messages above
 * OUTQ_SECRET_MAX: only sealed blobs are that large, and they use plain memory
 * (wiped all the same).
 */
#ifndef IPC_OUTQ_H
#define IPC_OUTQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "ipc/frame.h"

/* Messages up to here travel through secret memory only. */
enum { OUTQ_SECRET_MAX = 256 * 1024 };

struct outq_item;

struct outq {
    int fd;
    uint8_t *packet; /* MAX_IPC_PACKET bytes of secret memory */
    size_t filled;
    struct outq_item *head, *tail;
    size_t plain, secret; /* bytes waiting in each kind of memory */
};

MUST_CHECK enum err outq_init(struct outq *q, int fd);
void outq_release(struct outq *q); /* wipes what was not sent */

/* Takes a message; f->len, flags and total are filled in here. ERR_BUSY (the queue
 * is full), ERR_NOMEM: nothing was taken. ERR_CLOSED. */
MUST_CHECK enum err outq_put(struct outq *q, struct frame f, struct span payload);
/* ERR_OK also when something is left over (outq_is_waiting); ERR_CLOSED. */
MUST_CHECK enum err outq_flush(struct outq *q);
bool outq_is_waiting(const struct outq *q);

/* Memory for len > 0 bytes of a message; NULL when out of memory. */
void *msgmem_alloc(size_t len, bool secret);
void msgmem_free(void *p, size_t len, bool secret); /* wipes; NULL is allowed */

#endif /* IPC_OUTQ_H */
