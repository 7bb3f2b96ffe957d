/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - the lines of an audit file, one after the other.
 *
 * Reading is by position, so that a file being appended to can be walked; no
 * line is longer than LINE_MAX_LEN. Used at start and by `audit verify`.
 */
#ifndef SCRIBE_WALK_H
#define SCRIBE_WALK_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { WALK_ROOM = 64 * 1024 };

struct walk {
    int fd;        /* borrowed */
    uint64_t from; /* position of room[at] in the file */
    uint8_t *room;
    size_t at;  /* first byte not handed out */
    size_t len; /* bytes in room */
};

/* ERR_NOMEM. */
MUST_CHECK enum err walk_init(struct walk *w, int fd);
void walk_release(struct walk *w);

/*
 * The next line without its line end, borrowed until the next call; w->from is then the
 * position behind it.
 * ERR_NOT_FOUND  no complete line is left; walk_rest() tells what stands there
 * ERR_TOO_LARGE  no line end within LINE_MAX_LEN bytes: not one of our lines
 * ERR_IO
 */
MUST_CHECK enum err walk_next(struct walk *w, struct span *line);
/* Bytes behind the last complete line, after ERR_NOT_FOUND. */
size_t walk_rest(const struct walk *w);

#endif /* SCRIBE_WALK_H */
