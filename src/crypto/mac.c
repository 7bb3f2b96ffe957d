/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mac.c - HMAC-SHA256 as RFC 2104 2 writes it, over the digest context that
 * the thread keeps. Measured on 300 bytes: this 0.7 us, EVP_MAC 1.0 us when
 * re-keyed and 0.65 us when not; but an EVP_MAC context cannot be shared by
 * threads and keeps its key outside locked memory.
 */
#include "crypto/mac.h"

#include "base/secbuf.h"
#include "base/wipe.h"
#include "crypto/crypto_int.h"

enum { BLOCK = 64, BLOCK_MAX = 128 }; /* of SHA-256; of SHA-384 and SHA-512 */

struct mac_key {
    uint8_t inner[BLOCK]; /* key xor ipad */
    uint8_t outer[BLOCK]; /* key xor opad */
};

static enum err
pads_make(struct span key, struct mac_key *m)
{
    uint8_t block[BLOCK] = { 0 };
    enum err e = ERR_OK;

    if (key.len > BLOCK)
        e = digest_sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.ptr, key.len);
    for (size_t i = 0; i < BLOCK; i++) {
        m->inner[i] = block[i] ^ 0x36;
        m->outer[i] = block[i] ^ 0x5c;
    }
    wipe(block, sizeof(block));
    return e;
}

enum err
mac_key_make(const struct mac_key *m, const struct span *parts, size_t n,
             uint8_t out[static MAC_LEN])
{
    struct crypto_thread *t = crypto_thread();
    uint8_t hash[SHA256_LEN];
    const EVP_MD *md;
    bool ok;

    if (t == NULL)
        return ERR_CRYPTO;
    md = crypto_algs()->md[DIGEST_SHA256];
    ok = EVP_DigestInit_ex2(t->md, md, NULL) == 1 &&
         EVP_DigestUpdate(t->md, m->inner, BLOCK) == 1;
    for (size_t i = 0; i < n && ok; i++)
        ok = parts[i].len == 0 || EVP_DigestUpdate(t->md, parts[i].ptr, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(t->md, hash, NULL) == 1 &&
         EVP_DigestInit_ex2(t->md, md, NULL) == 1 &&
         EVP_DigestUpdate(t->md, m->outer, BLOCK) == 1 &&
         EVP_DigestUpdate(t->md, hash, sizeof(hash)) == 1 &&
         EVP_DigestFinal_ex(t->md, out, NULL) == 1;
    return ok ? ERR_OK : crypto_fail("HMAC");
}

enum err
hmac_sha256_parts(struct span key, const struct span *parts, size_t n,
                  uint8_t out[static MAC_LEN])
{
    struct mac_key m;
    enum err e = pads_make(key, &m);

    if (e == ERR_OK)
        e = mac_key_make(&m, parts, n, out);
    wipe(&m, sizeof(m));
    return e;
}

enum err
hmac_sha256(struct span key, struct span message, uint8_t out[static MAC_LEN])
{
    return hmac_sha256_parts(key, &message, 1, out);
}

/* One pass of RFC 2104 2 (3) to (7): digest of (block xor pad) | text. */
static bool
pass(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t *block, size_t len, uint8_t pad,
     struct span text, uint8_t *out)
{
    uint8_t padded[BLOCK_MAX];
    bool ok;

    for (size_t i = 0; i < len; i++)
        padded[i] = block[i] ^ pad;
    ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1 && EVP_DigestUpdate(ctx, padded, len) == 1 &&
         (text.len == 0 || EVP_DigestUpdate(ctx, text.ptr, text.len) == 1) &&
         EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    wipe(padded, sizeof(padded));
    return ok;
}

enum err
hmac_make(enum digest_alg alg, struct span key, struct span message, uint8_t *out)
{
    size_t len = alg == DIGEST_SHA384 || alg == DIGEST_SHA512 ? BLOCK_MAX : BLOCK;
    struct crypto_thread *t = crypto_thread();
    uint8_t block[BLOCK_MAX] = { 0 }, inner[DIGEST_MAX_LEN];
    const EVP_MD *md;
    enum err e = ERR_OK;

    if (t == NULL)
        return ERR_CRYPTO;
    md = crypto_algs()->md[alg];
    if (key.len > len)
        e = digest_make(alg, key, block);
    else if (key.len > 0)
        memcpy(block, key.ptr, key.len);
    if (e == ERR_OK &&
        (!pass(t->md, md, block, len, 0x36, message, inner) ||
         !pass(t->md, md, block, len, 0x5c, span_of(inner, digest_len(alg)), out)))
        e = crypto_fail("HMAC");
    wipe(block, sizeof(block));
    wipe(inner, sizeof(inner));
    return e;
}

enum err
mac_key_new(struct span key, struct mac_key **out)
{
    struct mac_key *m = secmem_alloc(sizeof(*m));
    enum err e;

    *out = NULL;
    if (m == NULL)
        return ERR_NOMEM;
    e = pads_make(key, m);
    if (e != ERR_OK) {
        mac_key_free(m);
        return e;
    }
    *out = m;
    return ERR_OK;
}

void
mac_key_free(struct mac_key *m)
{
    secmem_free(m);
}
