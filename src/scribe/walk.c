/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - a read buffer of several lines; what is left of it moves down before it is refilled.
 */
#include "scribe/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "scribe/line.h"

enum err
walk_init(struct walk *w, int fd)
{
    *w = (struct walk){ .fd = fd };
    w->room = malloc(WALK_ROOM);
    return w->room == NULL ? ERR_NOMEM : ERR_OK;
}

void
walk_release(struct walk *w)
{
    free(w->room);
    *w = (struct walk){ .fd = -1 };
}

/* *more: false at the end of the file. */
static enum err
walk_fill(struct walk *w, bool *more)
{
    ssize_t n;

    memmove(w->room, w->room + w->at, w->len - w->at);
    w->len -= w->at;
    w->at = 0;
    do
        n = pread(w->fd, w->room + w->len, WALK_ROOM - w->len, (off_t)(w->from + w->len));
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        log_error("audit: cannot read: %s", strerror(errno));
        return ERR_IO;
    }
    w->len += (size_t)n;
    *more = n > 0;
    return ERR_OK;
}

enum err
walk_next(struct walk *w, struct span *line)
{
    bool more = true;

    *line = (struct span){ 0 };
    for (;;) {
        struct span rest = span_of(w->room + w->at, w->len - w->at);
        size_t end = span_find(rest, '\n');
        enum err e;

        if (end >= LINE_MAX_LEN)
            return ERR_TOO_LARGE;
        if (end < rest.len) {
            *line = span_head(rest, end);
            w->at += end + 1;
            w->from += end + 1;
            return ERR_OK;
        }
        if (!more)
            return ERR_NOT_FOUND;
        e = walk_fill(w, &more);
        if (e != ERR_OK)
            return e;
    }
}

size_t
walk_rest(const struct walk *w)
{
    return w->len - w->at;
}
