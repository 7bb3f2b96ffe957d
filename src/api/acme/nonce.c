/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nonce.c - numbers with a MAC, and a ring of bits for those that were used.
 *
 * The ring has a bit for twice as many numbers as are good: a bit is cleared for a new number
 * only when the old one that had it has long been too old, so a slow thread cannot find the bit
 * of a used nonce cleared.
 */
#include "api/acme/nonce.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/mac.h"

enum {
    RING = 2 * NONCE_WINDOW,
    NUMBER_BYTES = 8,
    TAG_BYTES = 16,
    NONCE_BYTES = NUMBER_BYTES + TAG_BYTES,
    KEY_BYTES = 32,
    WORD_BITS = 64
};

struct acme_nonces {
    struct mac_key *key;
    _Atomic uint64_t next;
    _Atomic uint64_t used[RING / WORD_BITS];
};

enum err
acme_nonces_new(struct acme_nonces **out)
{
    struct acme_nonces *n = calloc(1, sizeof(*n));
    WIPED32 uint8_t key[KEY_BYTES];
    enum err e;

    *out = NULL;
    if (n == NULL)
        return ERR_NOMEM;
    rand_fill(key, sizeof(key));
    e = mac_key_new(span_of(key, sizeof(key)), &n->key);
    if (e != ERR_OK) {
        free(n);
        return e;
    }
    *out = n;
    return ERR_OK;
}

void
acme_nonces_free(struct acme_nonces *n)
{
    if (n == NULL)
        return;
    mac_key_free(n->key);
    free(n);
}

static enum err
seal(const struct acme_nonces *n, uint64_t number, uint8_t out[static NONCE_BYTES])
{
    uint8_t mac[MAC_LEN];
    struct span part;
    enum err e;

    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        out[i] = (uint8_t)(number >> (8 * (NUMBER_BYTES - 1 - i)));
    part = span_of(out, NUMBER_BYTES);
    e = mac_key_make(n->key, &part, 1, mac);
    if (e == ERR_OK)
        memcpy(out + NUMBER_BYTES, mac, TAG_BYTES);
    return e;
}

static uint64_t
bit_of(uint64_t number)
{
    return UINT64_C(1) << number % WORD_BITS;
}

static _Atomic uint64_t *
word_of(struct acme_nonces *n, uint64_t number)
{
    return &n->used[number % RING / WORD_BITS];
}

enum err
acme_nonce_make(struct acme_nonces *n, char out[static NONCE_TEXT_LEN + 1])
{
    uint64_t number = atomic_fetch_add(&n->next, 1);
    uint8_t bytes[NONCE_BYTES];
    struct buf text;
    enum err e;

    out[0] = '\0';
    atomic_fetch_and(word_of(n, number), ~bit_of(number));
    e = seal(n, number, bytes);
    if (e != ERR_OK)
        return e;
    buf_init(&text, NONCE_TEXT_LEN + 1);
    b64url_put(sink_buf(&text), span_of(bytes, sizeof(bytes)));
    e = text.err;
    if (e == ERR_OK)
        (void)span_copy_str(buf_span(&text), out, NONCE_TEXT_LEN + 1);
    buf_release(&text);
    return e;
}

static bool
read_number(struct span text, uint8_t out[static NONCE_BYTES], uint64_t *number)
{
    struct buf bytes;
    bool ok;

    if (text.len != NONCE_TEXT_LEN)
        return false;
    buf_init(&bytes, NONCE_BYTES);
    ok = b64url_get(text, sink_buf(&bytes)) == ERR_OK && bytes.len == NONCE_BYTES;
    *number = 0;
    if (ok)
        memcpy(out, bytes.ptr, NONCE_BYTES);
    for (unsigned i = 0; ok && i < NUMBER_BYTES; i++)
        *number = *number << 8 | out[i];
    buf_release(&bytes);
    return ok;
}

bool
acme_nonce_use(struct acme_nonces *n, struct span text)
{
    uint8_t given[NONCE_BYTES], own[NONCE_BYTES];
    uint64_t number, next;

    if (!read_number(text, given, &number) || seal(n, number, own) != ERR_OK ||
        !ct_equal(span_of(given, sizeof(given)), span_of(own, sizeof(own))))
        return false;
    next = atomic_load(&n->next);
    if (number >= next || next - number > NONCE_WINDOW)
        return false;
    return (atomic_fetch_or(word_of(n, number), bit_of(number)) & bit_of(number)) == 0;
}
