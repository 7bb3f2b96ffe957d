/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_int.h - one connection's TLS on a non-blocking socket, without OpenSSL's names.
 */
#ifndef HTTP_TLS_INT_H
#define HTTP_TLS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_tls;
struct tls_link; /* one connection */

enum io {
    IO_OK,
    IO_READ,  /* come back when the socket is readable */
    IO_WRITE, /* come back when it is writable */
    IO_EOF,   /* the other side has ended its direction */
    IO_FAIL,  /* the connection is of no more use */
};

enum { TLS_RECORD = 16 * 1024 };

/* fd stays the caller's. NULL without memory. */
struct tls_link *tls_link_new(struct http_tls *t, int fd);
void tls_link_free(struct tls_link *l); /* NULL-safe */
enum io tls_link_accept(struct tls_link *l);
enum io tls_link_read(struct tls_link *l, uint8_t *p, size_t cap, size_t *len);
/* After IO_READ or IO_WRITE call again with the same bytes. Writes at most one record. */
enum io tls_link_write(struct tls_link *l, const uint8_t *p, size_t len, size_t *done);
/* Bytes were read from the socket that tls_link_read has not given out. */
bool tls_link_has_pending(const struct tls_link *l);
/* Gives back OpenSSL's buffers, wiped; the next read or write makes new ones. */
void tls_link_rest(struct tls_link *l);
/* Sends close_notify if there is room for it. */
void tls_link_shutdown(struct tls_link *l);
const char *tls_link_version(const struct tls_link *l); /* "TLS1_2", "TLS1_3" */
bool tls_link_is_resumed(const struct tls_link *l);

#endif /* HTTP_TLS_INT_H */
