/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h - the listener's TLS: 1.2 and 1.3, ECDHE and AEAD only, ALPN http/1.1.
 *
 * The private key need not be here: a remote key signs through a callback (the
 * keeper does it), by way of a small OpenSSL provider in http/tls_key.c.
 * Session tickets are on, with keys that rotate (http_tls_tick). Each struct
 * has an OSSL_LIB_CTX of its own: loops share no locks of OpenSSL's, and the
 * system's openssl.cnf does not apply.
 *
 * Make it before confinement (OpenSSL loads what it needs here); it must
 * outlive the servers that listen with it. Threads: belongs to one loop.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct http_tls;

/* How TLS wants the digest signed; RFC 8446 4.2.3. */
enum tls_sig { TLS_SIG_ECDSA, TLS_SIG_RSA_PSS, TLS_SIG_RSA_PKCS1 };
enum tls_digest { TLS_SHA256, TLS_SHA384, TLS_SHA512 };
/*
 * Signs a digest with the key of the certificate; blocks. Writes at most cap bytes to sig
 * (ECDSA as DER) and sets *len.
 */
typedef enum err (*tls_sign_fn)(void *arg, enum tls_sig kind, enum tls_digest digest,
                                struct span hash, uint8_t *sig, size_t cap, size_t *len);

/* Certificate chain as PEM, leaf first. ERR_FORMAT, ERR_CRYPTO, ERR_NOMEM. */
MUST_CHECK enum err http_tls_new(struct span chain_pem, tls_sign_fn sign, void *arg,
                                 struct http_tls **out);
/* The same with the private key here, as unencrypted PEM: ERR_WRONG_KEY if it is another's. */
MUST_CHECK enum err http_tls_new_local(struct span chain_pem, struct span key_pem,
                                       struct http_tls **out);
/* New certificate for new connections; the old ones go on. On failure nothing changes. */
MUST_CHECK enum err http_tls_reload(struct http_tls *t, struct span chain_pem, tls_sign_fn sign,
                                    void *arg);
MUST_CHECK enum err http_tls_reload_local(struct http_tls *t, struct span chain_pem,
                                          struct span key_pem);
/* Rotates ticket keys when they are due; call about once a minute (now: clock_now()). */
void http_tls_tick(struct http_tls *t, int64_t now);
/*
 * All loops share the ticket keys of the first: pass its secret on before the first tick.
 * Each loop then rotates by the clock to the same next keys. The 80 bytes are a secret.
 */
void http_tls_ticket_secret(const struct http_tls *t, uint8_t out[static 80]);
void http_tls_set_ticket_secret(struct http_tls *t, const uint8_t in[static 80]);
void http_tls_free(struct http_tls *t); /* NULL-safe */

#endif /* HTTP_TLS_H */
