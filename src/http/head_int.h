/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head_int.h - from bytes to a request: the strict layer around the parser.
 *
 * head_scan looks at lines as they arrive and finds the end of the head (or
 * says at once what is wrong with it); head_parse turns the whole head into a
 * struct http_request and says how its body is framed. RFC 9110, RFC 9112.
 */
#ifndef HTTP_HEAD_INT_H
#define HTTP_HEAD_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secbuf.h"
#include "base/span.h"
#include "http/request.h"

enum { MAX_HOST = 255 };

struct head_scan {
    size_t pos;    /* looked at so far */
    size_t line;   /* where the current line begins */
    size_t start;  /* where the request line begins */
    size_t fields; /* where the header lines begin */
    unsigned lines, blanks;
};

enum { HEAD_MORE = 0, HEAD_DONE = 1 }; /* other results are the status to refuse with */

/* *s is all zero at first. `in` is what came so far. On HEAD_DONE the head ends at s->pos. */
int head_scan(struct head_scan *s, struct span in);

struct framing {
    uint64_t length; /* Content-Length; 0 if there is none */
    bool has_length;
    bool chunked;
    bool keep_alive;
    bool expect_continue;
};

/* What spans of the request point at beside the head itself. */
struct head_room {
    uint8_t host[MAX_HOST];
    struct secbuf path;    /* decoded */
    struct secbuf decoded; /* parameters */
};

/*
 * Fills method, target, path, params, headers, host and port of r, and framing. Borrows from
 * head and room. is_tls of r must be set. Returns 0, or the status to refuse with; r is then
 * partly filled, with nothing dangling.
 */
unsigned head_parse(struct span head, struct http_request *r, struct framing *f,
                    struct head_room *room);

#endif /* HTTP_HEAD_INT_H */
