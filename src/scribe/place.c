/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - two short reads: the file's first line, and the one before the place. */
#include "scribe/place.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/pack.h"
#include "scribe/line.h"

enum { ROOM = LINE_MAX_LEN + 2 }; /* a line between two line ends */

void
place_pack_head(const struct chain *c, const struct place *p, struct buf *row)
{
    struct sink k = sink_buf(row);

    chain_pack(c, row);
    pack_u64(k, p->first_seq);
    pack_u64(k, p->end);
    pack_u64(k, p->dev);
    pack_u64(k, p->ino);
}

enum err
place_unpack(struct span row, struct place *out)
{
    struct unpack u = unpack_of(span_tail(row, CHAIN_ROW_LEN));

    out->first_seq = unpack_u64(&u);
    out->end = unpack_u64(&u);
    out->dev = unpack_u64(&u);
    out->ino = unpack_u64(&u);
    if (unpack_end(&u) == ERR_OK && out->first_seq != 0)
        return ERR_OK;
    *out = (struct place){ 0 };
    return ERR_FORMAT;
}

/* Up to ROOM bytes from that position. */
static enum err
read_at(int fd, uint64_t at, size_t want, uint8_t *room, struct span *out)
{
    size_t done = 0;

    while (done < want) {
        ssize_t n = pread(fd, room + done, want - done, (off_t)(at + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            log_error("audit: cannot read: %s", strerror(errno));
            return ERR_IO;
        }
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *out = span_of(room, done);
    return ERR_OK;
}

static enum err
check_first(const struct place *p, int fd, uint8_t *room)
{
    struct line_link link;
    struct span head;
    enum err e = read_at(fd, 0, ROOM, room, &head);

    if (e != ERR_OK)
        return e;
    e = line_parse(span_head(head, span_find(head, '\n')), &link);
    return e == ERR_OK && link.seq == p->first_seq ? ERR_OK : ERR_NOT_FOUND;
}

/* The line that ends at that position, without its line end. */
static enum err
line_before(int fd, uint64_t at, uint8_t *room, struct span *line)
{
    uint64_t from = at > ROOM ? at - ROOM : 0;
    enum err e = read_at(fd, from, (size_t)(at - from), room, line);
    size_t begin;

    if (e != ERR_OK)
        return e;
    if (line->len != at - from || line->len == 0 || line->ptr[line->len - 1] != '\n')
        return ERR_NOT_FOUND;
    line->len--;
    for (begin = line->len; begin > 0 && line->ptr[begin - 1] != '\n'; begin--)
        ;
    *line = span_tail(*line, begin);
    return ERR_OK;
}

static bool
is_file(const struct place *p, int fd, uint64_t at)
{
    struct stat st;

    return p->first_seq != 0 && at > 0 && fstat(fd, &st) == 0 &&
           (uint64_t)st.st_dev == p->dev && (uint64_t)st.st_ino == p->ino &&
           (uint64_t)st.st_size >= at;
}

/* The line that must stand before the place: the head's, or the one before the first pending.
 */
static enum err
expected(const struct chain *head, struct span pending, struct chain *out)
{
    struct line_link link;

    *out = *head;
    if (span_is_empty(pending))
        return ERR_OK;
    if (line_parse(span_head(pending, span_find(pending, '\n')), &link) != ERR_OK)
        return ERR_NOT_FOUND;
    out->seq = link.seq - 1;
    memcpy(out->hash, link.prev, LINE_HASH_LEN);
    return ERR_OK;
}

static enum err
check_line(struct span line, struct chain *want)
{
    uint8_t hash[LINE_HASH_LEN];
    struct line_link link;
    enum err e;

    if (line_parse(line, &link) != ERR_OK || link.seq != want->seq)
        return ERR_NOT_FOUND;
    want->rev = link.rev;
    e = line_hash(line, hash);
    if (e != ERR_OK)
        return e;
    return span_is_equal(span_of(hash, LINE_HASH_LEN), span_of(want->hash, LINE_HASH_LEN))
               ? ERR_OK
               : ERR_NOT_FOUND;
}

enum err
place_find(const struct place *p, const struct chain *head, struct span pending, int fd,
           struct chain *out, uint64_t *at)
{
    uint64_t end = p->end > pending.len ? p->end - pending.len : 0;
    struct span line;
    uint8_t *room;
    enum err e;

    *out = (struct chain){ 0 };
    *at = 0;
    if (!is_file(p, fd, end))
        return ERR_NOT_FOUND;
    room = malloc(ROOM);
    if (room == NULL)
        return ERR_NOMEM;
    e = check_first(p, fd, room);
    if (e == ERR_OK)
        e = line_before(fd, end, room, &line);
    if (e == ERR_OK)
        e = expected(head, pending, out);
    if (e == ERR_OK)
        e = check_line(line, out);
    free(room);
    if (e == ERR_OK)
        *at = end;
    else
        *out = (struct chain){ 0 };
    return e;
}
