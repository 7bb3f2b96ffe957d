/* SPDX-License-Identifier: Apache-2.0 */
/* pem.c - RFC 7468 text around DER, for public things only. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/crypto_int.h"
#include "crypto/x509.h"

enum { PEM_MAX = 256 * 1024 };

enum err
pem_put(struct span der, const char *label, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    long len;

    if (bio == NULL)
        return ERR_NOMEM;
    if (der.len > CERT_MAX || PEM_write_bio(bio, label, "", der.ptr, (long)der.len) <= 0) {
        BIO_free(bio);
        return crypto_fail("writing PEM");
    }
    len = BIO_get_mem_data(bio, &at);
    buf_put(out, span_of(at, (size_t)len));
    BIO_free(bio);
    return out->err;
}

/* One block; ERR_AGAIN if its label is another one. */
static enum err
read_block(BIO *bio, const char *label, struct buf *der)
{
    char *name = NULL, *header = NULL;
    unsigned char *bytes = NULL;
    enum err e = ERR_AGAIN;
    long len = 0;

    if (PEM_read_bio(bio, &name, &header, &bytes, &len) != 1) {
        bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

        crypto_hush();
        return end ? ERR_NOT_FOUND : ERR_FORMAT;
    }
    if (span_is_str(span_str(name), label)) {
        e = header[0] != '\0' ? ERR_FORMAT : ERR_OK;
        if (e == ERR_OK) {
            buf_put(der, span_of(bytes, (size_t)len));
            e = der->err;
        }
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(bytes, (size_t)len);
    return e;
}

enum err
pem_get(struct span text, const char *label, struct buf *der, struct span *rest)
{
    enum err e = ERR_AGAIN;
    size_t left;
    BIO *bio;

    if (rest != NULL)
        *rest = span_of(NULL, 0);
    if (text.len > PEM_MAX)
        return ERR_TOO_LARGE;
    if (text.len == 0)
        return ERR_NOT_FOUND;
    bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    if (bio == NULL)
        return ERR_NOMEM;
    while (e == ERR_AGAIN)
        e = read_block(bio, label, der);
    left = BIO_ctrl_pending(bio);
    BIO_free(bio);
    if (rest != NULL && e == ERR_OK)
        *rest = span_tail(text, text.len - left);
    return e;
}
