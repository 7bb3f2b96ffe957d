/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_link.c - OpenSSL's results translated into ours.
 *
 * The error queue is empty before each call, as SSL_get_error wants it; other
 * users of OpenSSL on this thread may have left something there.
 */
#include "http/tls_int.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "http/tls_link_int.h"

struct tls_link {
    SSL *ssl;
    bool failed; /* after a fatal error nothing may be sent any more */
};

struct tls_link *
tls_link_new(struct http_tls *t, int fd)
{
    struct tls_link *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return NULL;
    l->ssl = tls_session_new(t);
    if (l->ssl == NULL || SSL_set_fd(l->ssl, fd) != 1) {
        tls_link_free(l);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_accept_state(l->ssl);
    return l;
}

void
tls_link_free(struct tls_link *l)
{
    if (l == NULL)
        return;
    SSL_free(l->ssl);
    free(l);
}

static void
begin(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

static enum io
failure(struct tls_link *l, int result)
{
    switch (SSL_get_error(l->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return IO_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_EOF;
    default:
        l->failed = true;
        ERR_clear_error();
        return IO_FAIL;
    }
}

enum io
tls_link_accept(struct tls_link *l)
{
    int r;

    begin();
    r = SSL_do_handshake(l->ssl);
    return r == 1 ? IO_OK : failure(l, r);
}

enum io
tls_link_read(struct tls_link *l, uint8_t *p, size_t cap, size_t *len)
{
    int r;

    begin();
    *len = 0;
    r = SSL_read_ex(l->ssl, p, cap, len);
    return r == 1 ? IO_OK : failure(l, r);
}

enum io
tls_link_write(struct tls_link *l, const uint8_t *p, size_t len, size_t *done)
{
    enum io io;
    int r;

    begin();
    *done = 0;
    r = SSL_write_ex(l->ssl, p, len < TLS_RECORD ? len : TLS_RECORD, done);
    if (r == 1)
        return IO_OK;
    io = failure(l, r);
    /* Without renegotiation writing never waits for reading. */
    return io == IO_WRITE ? IO_WRITE : IO_FAIL;
}

bool
tls_link_has_pending(const struct tls_link *l)
{
    return SSL_has_pending(l->ssl) == 1;
}

void
tls_link_rest(struct tls_link *l)
{
    /* Refused while something is buffered, which is as it should be. */
    (void)SSL_free_buffers(l->ssl);
}

void
tls_link_shutdown(struct tls_link *l)
{
    if (l->failed || !SSL_is_init_finished(l->ssl))
        return;
    begin();
    if (SSL_shutdown(l->ssl) < 0) {
        l->failed = true;
        ERR_clear_error();
    }
}

const char *
tls_link_version(const struct tls_link *l)
{
    switch (SSL_version(l->ssl)) {
    case TLS1_3_VERSION:
        return "TLS1_3";
    case TLS1_2_VERSION:
        return "TLS1_2";
    default:
        return "";
    }
}

bool
tls_link_is_resumed(const struct tls_link *l)
{
    return SSL_session_reused(l->ssl) == 1;
}
