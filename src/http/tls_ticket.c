/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_ticket.c - a forward-only chain of ticket keys.
 *
 *   chain(n + 1) = HMAC-SHA256(chain(n), "keyhold ticket next")
 *   keys(n)      = HMAC-SHA256(chain(n), "keyhold ticket name" / "... seal" / "... mac")
 *
 * The secret that loops share is: epoch (8 bytes, host order), 8 bytes of which the
 * first says whether there is a key of the epoch before, chain(n), chain(n - 1).
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "http/tls_ticket_int.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"

enum { NAME_LEN = 16, IV_LEN = 16, KEY_LEN = 32, MAX_STEPS = 4096 };

struct chain {
    uint8_t key[KEY_LEN];
};

struct keys {
    uint8_t name[KEY_LEN]; /* NAME_LEN of them are used */
    uint8_t seal[KEY_LEN];
    uint8_t mac[KEY_LEN];
};

struct tls_tickets {
    OSSL_LIB_CTX *lib;
    EVP_CIPHER *cipher;
    uint64_t epoch;
    bool has_past;
    struct chain chain, chain_past;
    struct keys now, past;
};

static void
derive(const struct tls_tickets *t, const struct chain *from, const char *label,
       uint8_t out[static KEY_LEN])
{
    size_t len = 0;

    bug_on(EVP_Q_mac(t->lib, "HMAC", NULL, "SHA256", NULL, from->key, KEY_LEN,
                     (const unsigned char *)label, strlen(label), out, KEY_LEN, &len) == NULL);
    bug_on(len != KEY_LEN);
}

static void
derive_keys(const struct tls_tickets *t, const struct chain *from, struct keys *out)
{
    derive(t, from, "keyhold ticket name", out->name);
    derive(t, from, "keyhold ticket seal", out->seal);
    derive(t, from, "keyhold ticket mac", out->mac);
}

static uint64_t
epoch_of(int64_t now)
{
    return now < 0 ? 0 : (uint64_t)now / TICKET_EPOCH;
}

enum err
tls_tickets_new(OSSL_LIB_CTX *lib, struct tls_tickets **out)
{
    struct tls_tickets *t = secmem_alloc(sizeof(*t));

    *out = NULL;
    if (t == NULL)
        return ERR_NOMEM;
    *t = (struct tls_tickets){ .lib = lib, .epoch = epoch_of(clock_now()) };
    t->cipher = EVP_CIPHER_fetch(lib, "AES-256-CBC", NULL);
    if (t->cipher == NULL) {
        secmem_free(t);
        return ERR_CRYPTO;
    }
    rand_fill(t->chain.key, KEY_LEN);
    derive_keys(t, &t->chain, &t->now);
    *out = t;
    return ERR_OK;
}

void
tls_tickets_free(struct tls_tickets *t)
{
    if (t == NULL)
        return;
    EVP_CIPHER_free(t->cipher);
    secmem_free(t);
}

static void
advance(struct tls_tickets *t)
{
    struct chain *past = &t->chain_past;

    *past = t->chain;
    derive(t, past, "keyhold ticket next", t->chain.key);
    t->has_past = true;
    t->epoch++;
}

void
tls_tickets_tick(struct tls_tickets *t, int64_t now)
{
    uint64_t due = epoch_of(now);
    unsigned steps = 0;

    if (due <= t->epoch) /* a clock set back changes nothing */
        return;
    while (t->epoch < due && steps < MAX_STEPS) {
        advance(t);
        steps++;
    }
    t->epoch = due;
    derive_keys(t, &t->chain, &t->now);
    derive_keys(t, &t->chain_past, &t->past);
}

void
tls_tickets_get(const struct tls_tickets *t, uint8_t out[static TICKET_SECRET])
{
    memset(out, 0, TICKET_SECRET);
    memcpy(out, &t->epoch, sizeof(t->epoch));
    out[8] = t->has_past;
    memcpy(out + 16, t->chain.key, KEY_LEN);
    memcpy(out + 48, t->chain_past.key, KEY_LEN);
}

void
tls_tickets_put(struct tls_tickets *t, const uint8_t in[static TICKET_SECRET])
{
    memcpy(&t->epoch, in, sizeof(t->epoch));
    t->has_past = in[8] != 0;
    memcpy(t->chain.key, in + 16, KEY_LEN);
    memcpy(t->chain_past.key, in + 48, KEY_LEN);
    derive_keys(t, &t->chain, &t->now);
    derive_keys(t, &t->chain_past, &t->past);
}

static const struct keys *
keys_named(const struct tls_tickets *t, const unsigned char *name)
{
    if (span_is_equal(span_of(name, NAME_LEN), span_of(t->now.name, NAME_LEN)))
        return &t->now;
    if (t->has_past && span_is_equal(span_of(name, NAME_LEN), span_of(t->past.name, NAME_LEN)))
        return &t->past;
    return NULL;
}

static bool
set_mac(const struct keys *k, EVP_MAC_CTX *mac)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->mac,
                                          KEY_LEN),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

int
tls_tickets_use(struct tls_tickets *t, bool is_tls13, unsigned char *name, unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool sealing)
{
    const struct keys *k = &t->now;

    if (sealing) {
        memcpy(name, k->name, NAME_LEN);
        rand_fill(iv, IV_LEN);
        if (EVP_EncryptInit_ex2(cipher, t->cipher, k->seal, iv, NULL) != 1 || !set_mac(k, mac))
            return -1;
        return 1;
    }
    k = keys_named(t, name);
    if (k == NULL)
        return 0;
    if (!set_mac(k, mac) || EVP_DecryptInit_ex2(cipher, t->cipher, k->seal, iv, NULL) != 1)
        return -1;
    /* RFC 8446 C.4: a TLS 1.3 ticket is used once; 2 sends the client a new one. */
    return is_tls13 || k == &t->past ? 2 : 1;
}
