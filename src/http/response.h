/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response.h - one HTTP answer being composed.
 *
 * Date, Content-Length and Connection are the connection's; everything else is
 * put here. The body is secret memory (it may hold a secret's value), or a
 * plain buffer for large public bodies: whichever is not empty is sent.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/buf.h"
#include "base/secbuf.h"

struct http_response {
    unsigned status;    /* 200 ... */
    struct buf headers; /* "Name: value\r\n" lines */
    struct secbuf body;
    struct buf big_body;
    bool close;  /* close the connection after this answer */
    bool yields; /* said to nobody whom we know, or to one beyond his rate: what comes next over
                  * this connection waits until it is its turn */
};

void http_response_init(struct http_response *r);
void http_response_release(struct http_response *r);
/* As after init, rooms kept. */
void http_response_clear(struct http_response *r);
/* One header line. name is a literal of ours; value must hold no CR or LF: a bug otherwise. */
void http_response_field(struct http_response *r, struct span name, struct span value);
/* Inline, so that a literal is measured when compiling. */
static inline void
http_response_header(struct http_response *r, const char *name, const char *value)
{
    http_response_field(r, span_str(name), span_str(value));
}

/* Whole header lines, each with its CRLF: literals of ours only. */
static inline void
http_response_lines(struct http_response *r, const char *lines)
{
    buf_put_str(&r->headers, lines);
}

const char *http_status_text(unsigned status);

#endif /* HTTP_RESPONSE_H */
