/* SPDX-License-Identifier: Apache-2.0 */
/* conn_io.c - bytes in and out of one connection, plain or TLS. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/server_int.h"

static enum io
plain_result(ssize_t n, enum io again, size_t *len)
{
    if (n > 0) {
        *len = (size_t)n;
        return IO_OK;
    }
    if (n == 0)
        return IO_EOF;
    return errno == EAGAIN || errno == EINTR ? again : IO_FAIL;
}

enum io
conn_read(struct http_conn *c, uint8_t *p, size_t cap, size_t *len)
{
    *len = 0;
    if (c->tls != NULL)
        return tls_link_read(c->tls, p, cap, len);
    return plain_result(recv(c->fd, p, cap, 0), IO_READ, len);
}

static enum io
plain_write(struct http_conn *c, struct span head, struct span body, size_t *done)
{
    struct iovec iov[2] = { { (void *)(uintptr_t)head.ptr, head.len },
                            { (void *)(uintptr_t)body.ptr, body.len } };
    struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

    return plain_result(sendmsg(c->fd, &m, MSG_NOSIGNAL), IO_WRITE, done);
}

/* Head and body in one record: one system call, one packet where it fits. */
static enum io
record_write(struct http_conn *c, struct span head, struct span body, size_t *done)
{
    struct secbuf *record = &c->server->record;
    enum io r;

    secbuf_put(record, span_head(head, TLS_RECORD));
    secbuf_put(record, span_head(body, TLS_RECORD - record->len));
    r = tls_link_write(c->tls, record->ptr, record->len, done);
    secbuf_clear(record);
    return r;
}

enum io
conn_write(struct http_conn *c, struct span head, struct span body, size_t *done)
{
    *done = 0;
    if (c->tls == NULL)
        return plain_write(c, head, body, done);
    if (head.len > 0 && body.len > 0)
        return record_write(c, head, body, done);
    if (head.len > 0)
        return tls_link_write(c->tls, head.ptr, head.len, done);
    return tls_link_write(c->tls, body.ptr, body.len, done);
}
