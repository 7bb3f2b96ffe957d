/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.h - how long a batch of writes waits for more, so that one sync serves
 * many.
 *
 * Writers who were answered by one commit come back at about the same time, yet
 * one of them is the first: he would have a commit for himself, and all others
 * wait until it ends. So a batch waits until it has as many writes as the last
 * commit but a quarter, or GATHER_ENOUGH, and at most as long as that stood still
 * for the disk.
 *
 * Nobody waits behind a lone writer, with a read beside him, or where a sync takes less
 * than GATHER_MIN_MS: there the writers' own way back is the longer part.
 */
#ifndef SCRIBE_GATHER_H
#define SCRIBE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GATHER_MIN_MS = 4, GATHER_MAX_MS = 20, GATHER_ENOUGH = 16 };

struct gather {
    size_t last;       /* writes of the last commit */
    uint64_t took_ms;  /* that one, of waiting for the disk */
    uint64_t until_ms; /* the batch that is there waits so long; 0: not asked yet */
};

/* A batch was carried out; writes may be 0. */
void gather_ran(struct gather *g, size_t writes, uint64_t took_ms);
/* Is the batch of so many submits, so many of them writes, to wait for more? */
bool gather_waits(struct gather *g, size_t submits, size_t writes, uint64_t now_ms);
/* Milliseconds until it no longer is; UINT64_MAX where nothing waits. */
uint64_t gather_wait_ms(const struct gather *g, uint64_t now_ms);

#endif /* SCRIBE_GATHER_H */
