/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_ticket_int.h - keys of session tickets, in secret memory, moving with time.
 *
 * Time is cut into epochs. Each epoch's chain key is derived from the one
 * before, which is then forgotten: who reads our memory later cannot open
 * tickets (and, in TLS 1.2, the sessions resumed with them) of earlier epochs.
 * Tickets of the epoch just past are still taken, and renewed.
 */
#ifndef HTTP_TLS_TICKET_INT_H
#define HTTP_TLS_TICKET_INT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    TICKET_EPOCH = 4 * 3600, /* seconds */
    TICKET_LIFE = 2 * 3600,  /* of a session; shorter than an epoch */
    TICKET_SECRET = 80,
};

struct tls_tickets; /* opaque */

MUST_CHECK enum err tls_tickets_new(OSSL_LIB_CTX *lib, struct tls_tickets **out);
void tls_tickets_free(struct tls_tickets *t); /* NULL-safe */
void tls_tickets_tick(struct tls_tickets *t, int64_t now);
void tls_tickets_get(const struct tls_tickets *t, uint8_t out[static TICKET_SECRET]);
void tls_tickets_put(struct tls_tickets *t, const uint8_t in[static TICKET_SECRET]);

/* The work of the callback of SSL_CTX_set_tlsext_ticket_key_evp_cb; results as there. */
int tls_tickets_use(struct tls_tickets *t, bool is_tls13, unsigned char *name,
                    unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool sealing);

#endif /* HTTP_TLS_TICKET_INT_H */
