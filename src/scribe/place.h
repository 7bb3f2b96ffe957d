/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where in the files the end of the chain stands, so that a start
 * need not read a file from its beginning to find it.
 *
 * Written with a/head: which file (by its first line, device and inode) and how
 * long it was with the last line that the commit knew. It only saves reading:
 * what it says is believed after the line at that place was found to be the
 * one whose hash the store has. If anything differs, the file is read whole.
 */
#ifndef SCRIBE_PLACE_H
#define SCRIBE_PLACE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "scribe/chain.h"

struct place {
    uint64_t first_seq; /* of the file's first line; 0: nothing is known */
    uint64_t end;       /* bytes of the file, those in a/pending included */
    uint64_t dev, ino;
};

/* a/head: the chain, then the place. ERR_FORMAT (for the place also: there is none). */
void place_pack_head(const struct chain *c, const struct place *p, struct buf *row);
MUST_CHECK enum err place_unpack(struct span row, struct place *out);

/*
 * Looks in the file fd for the last line that was durable when a/head was written. *out is the
 * chain there, *at the position behind the line: what follows is to be walked.
 * ERR_NOT_FOUND: another file, a shorter one, or another line; ERR_IO, ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err place_find(const struct place *p, const struct chain *head,
                               struct span pending, int fd, struct chain *out, uint64_t *at);

#endif /* SCRIBE_PLACE_H */
