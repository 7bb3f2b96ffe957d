/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - the SSL_CTX of a listener: what is offered, with which certificate.
 *
 * The SSL_CTX is replaced whole on reload; connections hold the one they began
 * with. Ticket keys belong to the struct http_tls and outlive it.
 */
#include "http/tls_link_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/tls_key_int.h"
#include "http/tls_ticket_int.h"

enum { MAX_CHAIN = 8 };

struct http_tls {
    OSSL_LIB_CTX *lib;
    OSSL_PROVIDER *std;
    OSSL_PROVIDER *remote;
    SSL_CTX *ctx;
    struct tls_tickets *tickets;
};

/* Where the private key is: here as PEM, or behind a function. */
struct key_source {
    struct span pem;
    tls_sign_fn sign;
    void *arg;
};

/* Logs why OpenSSL refused, once, and leaves its queue empty. */
static void
log_refusal(const char *what)
{
    char text[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, text, sizeof(text));
    log_error("tls: %s: %s", what, text);
    ERR_clear_error();
}

static X509 *
read_cert(OSSL_LIB_CTX *lib, BIO *bio)
{
    X509 *cert = X509_new_ex(lib, NULL);

    if (cert != NULL && PEM_read_bio_X509(bio, &cert, NULL, NULL) == NULL) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

/* Leaf first, then what else there is; *leaf borrows from ctx. */
static enum err
use_chain(OSSL_LIB_CTX *lib, SSL_CTX *ctx, struct span pem, X509 **leaf)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.ptr, (int)pem.len);
    enum err e = ERR_FORMAT;
    int n = 0;

    *leaf = NULL;
    if (bio == NULL)
        return ERR_NOMEM;
    for (n = 0; n <= MAX_CHAIN; n++) {
        X509 *cert = read_cert(lib, bio);
        int ok;

        if (cert == NULL)
            break;
        ok = n == 0 ? SSL_CTX_use_certificate(ctx, cert)
                    : (int)SSL_CTX_add1_chain_cert(ctx, cert);
        X509_free(cert);
        if (ok != 1) {
            n = -1;
            break;
        }
    }
    BIO_free(bio);
    if (n >= 1 && n <= MAX_CHAIN &&
        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
        ERR_clear_error(); /* the end of the text is found by not finding another */
        *leaf = SSL_CTX_get0_certificate(ctx);
        e = ERR_OK;
    }
    return e;
}

/* An encrypted key is refused: nobody is there to ask. */
static int
no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

static enum err
load_key(OSSL_LIB_CTX *lib, struct span pem, EVP_PKEY **out)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.ptr, (int)pem.len);

    if (bio == NULL)
        return ERR_NOMEM;
    *out = PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL, lib, NULL);
    BIO_free(bio);
    return *out == NULL ? ERR_FORMAT : ERR_OK;
}

static enum err
use_key(struct http_tls *t, SSL_CTX *ctx, X509 *leaf, const struct key_source *key)
{
    EVP_PKEY *public = X509_get0_pubkey(leaf);
    EVP_PKEY *pkey = NULL;
    enum err e;

    if (public == NULL)
        return ERR_FORMAT;
    e = key->sign != NULL ? tls_key_new(t->lib, public, key->sign, key->arg, &pkey)
                          : load_key(t->lib, key->pem, &pkey);
    if (e == ERR_OK && EVP_PKEY_eq(pkey, public) != 1)
        e = ERR_WRONG_KEY;
    if (e == ERR_OK && SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
        e = ERR_CRYPTO;
    EVP_PKEY_free(pkey);
    return e;
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
        unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof(ours) - 1,
                              in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 3.2 */
    return SSL_TLSEXT_ERR_OK;
}

static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
          EVP_MAC_CTX *mac, int sealing)
{
    struct http_tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return tls_tickets_use(t->tickets, SSL_version(ssl) >= TLS1_3_VERSION, name, iv, cipher,
                           mac, sealing != 0);
}

static bool
set_algorithms(SSL_CTX *ctx)
{
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                         "TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set_cipher_list(ctx,
                                   "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                   "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                                   "ECDHE-ECDSA-AES128-GCM-SHA256:"
                                   "ECDHE-RSA-AES128-GCM-SHA256") == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set1_sigalgs_list(
               ctx, "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:"
                    "RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512") == 1;
}

static bool
set_behaviour(struct http_tls *t, SSL_CTX *ctx)
{
    static const unsigned char id[] = "keyhold";

    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_CTX_set_mode(ctx,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1); /* one read(2) a record instead of two */
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_timeout(ctx, TICKET_LIFE);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    (void)SSL_CTX_set_app_data(ctx, t);
    return SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
           SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}

/* Replaces t->ctx by one with this certificate and key, or leaves all as it was. */
static enum err
install(struct http_tls *t, struct span chain, const struct key_source *key)
{
    SSL_CTX *ctx = SSL_CTX_new_ex(t->lib, NULL, TLS_server_method());
    X509 *leaf = NULL;
    enum err e;

    if (ctx == NULL)
        return ERR_NOMEM;
    e = set_algorithms(ctx) && set_behaviour(t, ctx) ? ERR_OK : ERR_CRYPTO;
    if (e == ERR_OK)
        e = use_chain(t->lib, ctx, chain, &leaf);
    if (e == ERR_OK)
        e = use_key(t, ctx, leaf, key);
    if (e != ERR_OK) {
        log_refusal("certificate or key not usable");
        SSL_CTX_free(ctx);
        return e;
    }
    ERR_clear_error(); /* OpenSSL leaves tries behind that did not matter */
    SSL_CTX_free(t->ctx);
    t->ctx = ctx;
    return ERR_OK;
}

static enum err
tls_acquire(struct http_tls *t)
{
    t->lib = OSSL_LIB_CTX_new();
    if (t->lib == NULL)
        return ERR_NOMEM;
    t->std = OSSL_PROVIDER_load(t->lib, "default");
    t->remote = tls_key_provider(t->lib);
    if (t->std == NULL || t->remote == NULL)
        return ERR_CRYPTO;
    return tls_tickets_new(t->lib, &t->tickets);
}

static enum err
tls_new(struct span chain, const struct key_source *key, struct http_tls **out)
{
    struct http_tls *t = calloc(1, sizeof(*t));
    enum err e;

    *out = NULL;
    if (t == NULL)
        return ERR_NOMEM;
    e = tls_acquire(t);
    if (e == ERR_OK)
        e = install(t, chain, key);
    if (e != ERR_OK) {
        http_tls_free(t);
        return e;
    }
    *out = t;
    return ERR_OK;
}

enum err
http_tls_new(struct span chain_pem, tls_sign_fn sign, void *arg, struct http_tls **out)
{
    struct key_source key = { .sign = sign, .arg = arg };

    return tls_new(chain_pem, &key, out);
}

enum err
http_tls_new_local(struct span chain_pem, struct span key_pem, struct http_tls **out)
{
    struct key_source key = { .pem = key_pem };

    return tls_new(chain_pem, &key, out);
}

enum err
http_tls_reload(struct http_tls *t, struct span chain_pem, tls_sign_fn sign, void *arg)
{
    struct key_source key = { .sign = sign, .arg = arg };

    return install(t, chain_pem, &key);
}

enum err
http_tls_reload_local(struct http_tls *t, struct span chain_pem, struct span key_pem)
{
    struct key_source key = { .pem = key_pem };

    return install(t, chain_pem, &key);
}

void
http_tls_tick(struct http_tls *t, int64_t now)
{
    tls_tickets_tick(t->tickets, now);
}

void
http_tls_ticket_secret(const struct http_tls *t, uint8_t out[static TICKET_SECRET])
{
    tls_tickets_get(t->tickets, out);
}

void
http_tls_set_ticket_secret(struct http_tls *t, const uint8_t in[static TICKET_SECRET])
{
    tls_tickets_put(t->tickets, in);
}

void
http_tls_free(struct http_tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    tls_tickets_free(t->tickets);
    if (t->remote != NULL)
        (void)OSSL_PROVIDER_unload(t->remote);
    if (t->std != NULL)
        (void)OSSL_PROVIDER_unload(t->std);
    OSSL_LIB_CTX_free(t->lib);
    free(t);
}

SSL *
tls_session_new(struct http_tls *t)
{
    return SSL_new(t->ctx);
}
