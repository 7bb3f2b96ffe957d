/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the header before every piece of a message (docs/formats/ipc.md).
 *
 * A packet is one frame after the other, nothing else. A message that fits
 * into a packet is one frame; a larger one is cut into frames of which the
 * first carries FRAME_FIRST and all but the last FRAME_MORE. Frames of
 * different messages never interleave. Numbers are in the machine's own byte
 * order: both ends are the same program on the same machine.
 */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/span.h"

enum frame_flags { FRAME_FIRST = 1 << 0, FRAME_MORE = 1 << 1 };

struct frame {
    uint32_t len;    /* payload bytes behind this header */
    uint16_t op;     /* never 0 */
    uint16_t status; /* enum err */
    uint64_t id;
    uint32_t flags;
    uint32_t total; /* payload bytes of the whole message, the same in each of its frames */
};

enum { FRAME_SIZE = 24, FRAME_MAX_PAYLOAD = MAX_IPC_PACKET - FRAME_SIZE };

void frame_write(uint8_t out[static FRAME_SIZE], const struct frame *f);

/*
 * Reads the frame at the head of what is left of a packet; its payload is
 * borrowed from there, and *rest becomes what follows. max_message bounds
 * f->total. ERR_PROTOCOL for anything that frame_write would not have made.
 */
MUST_CHECK enum err frame_read(struct span *rest, size_t max_message, struct frame *f,
                               struct span *payload);

#endif /* IPC_FRAME_H */
