/* SPDX-License-Identifier: Apache-2.0 */
/* tls_link_int.h - between tls.c and tls_link.c, with OpenSSL's names. */
#ifndef HTTP_TLS_LINK_INT_H
#define HTTP_TLS_LINK_INT_H

#include <openssl/ssl.h>

#include "http/tls.h"

/* A session under the certificate of now; NULL without memory. */
SSL *tls_session_new(struct http_tls *t);

#endif /* HTTP_TLS_LINK_INT_H */
