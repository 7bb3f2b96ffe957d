/* SPDX-License-Identifier: Apache-2.0 */
/* keywrap.c - the index based forms of RFC 3394 2.2.1 and 2.2.2; RFC 5649 4. */
#include "token/keywrap.h"

#include <string.h>

#include "base/wipe.h"

enum { HALF = 8, ROUNDS = 6, KW_MIN = 16, PLAIN_LEN_MAX = 64 * 1024 };

static const uint8_t kw_iv[HALF] = { 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6 };
static const uint8_t kwp_iv[4] = { 0xa6, 0x59, 0x59, 0xa6 };

static void
xor_count(uint8_t a[static HALF], uint64_t t)
{
    for (int i = HALF - 1; i >= 0; i--, t >>= 8)
        a[i] ^= (uint8_t)t;
}

/* r: the check value, then n halves; in place. */
static enum err
wrap_halves(uint8_t *r, size_t n, keywrap_block_fn encrypt, void *arg)
{
    uint8_t b[KEYWRAP_BLOCK];
    enum err e = ERR_OK;

    for (size_t j = 0; j < ROUNDS; j++)
        for (size_t i = 1; i <= n && e == ERR_OK; i++) {
            memcpy(b, r, HALF);
            memcpy(b + HALF, r + i * HALF, HALF);
            e = encrypt(arg, b, b);
            memcpy(r, b, HALF);
            xor_count(r, n * j + i);
            memcpy(r + i * HALF, b + HALF, HALF);
        }
    wipe(b, sizeof(b));
    return e;
}

static enum err
unwrap_halves(uint8_t *r, size_t n, keywrap_block_fn decrypt, void *arg)
{
    uint8_t b[KEYWRAP_BLOCK];
    enum err e = ERR_OK;

    for (size_t j = ROUNDS; j-- > 0;)
        for (size_t i = n; i >= 1 && e == ERR_OK; i--) {
            memcpy(b, r, HALF);
            xor_count(b, n * j + i);
            memcpy(b + HALF, r + i * HALF, HALF);
            e = decrypt(arg, b, b);
            memcpy(r, b, HALF);
            memcpy(r + i * HALF, b + HALF, HALF);
        }
    wipe(b, sizeof(b));
    return e;
}

static bool
plain_is_ok(bool pad, size_t len)
{
    return len <= PLAIN_LEN_MAX && (pad ? len > 0 : len % HALF == 0 && len >= KW_MIN);
}

enum err
keywrap_wrap(bool pad, struct span plain, keywrap_block_fn encrypt, void *arg,
             struct secbuf *out)
{
    size_t n = (plain.len + HALF - 1) / HALF, had = out->len;
    uint8_t *r;
    enum err e;

    if (!plain_is_ok(pad, plain.len))
        return ERR_ARG;
    r = secbuf_grow(out, (n + 1) * HALF);
    if (r == NULL)
        return out->err;
    memset(r, 0, (n + 1) * HALF);
    memcpy(r, pad ? kwp_iv : kw_iv, pad ? sizeof(kwp_iv) : HALF);
    if (pad)
        for (size_t i = 0; i < 4; i++)
            r[7 - i] = (uint8_t)(plain.len >> (8 * i));
    memcpy(r + HALF, plain.ptr, plain.len);
    /* A single half is one block of the cipher. */
    e = n == 1 ? encrypt(arg, r, r) : wrap_halves(r, n, encrypt, arg);
    if (e != ERR_OK)
        secbuf_truncate(out, had);
    return e;
}

/* The check value and the padding; gives the length of what was wrapped, 0 for a wrong one. */
static size_t
check_padded(const uint8_t *r, size_t n)
{
    size_t len = (size_t)r[4] << 24 | (size_t)r[5] << 16 | (size_t)r[6] << 8 | r[7];
    uint8_t rest = 0;

    if (!ct_equal(span_of(r, 4), span_of(kwp_iv, 4)) || len > n * HALF ||
        len + HALF <= n * HALF)
        return 0;
    for (size_t i = len; i < n * HALF; i++)
        rest |= r[HALF + i];
    return rest == 0 ? len : 0;
}

enum err
keywrap_unwrap(bool pad, struct span wrapped, keywrap_block_fn decrypt, void *arg,
               struct secbuf *out)
{
    size_t n = wrapped.len / HALF - 1, had = out->len, len;
    uint8_t *r;
    enum err e;

    if (wrapped.len % HALF != 0 || wrapped.len < (size_t)KW_MIN + (pad ? 0 : HALF) ||
        wrapped.len > PLAIN_LEN_MAX + HALF)
        return ERR_ARG;
    r = secbuf_grow(out, wrapped.len);
    if (r == NULL)
        return out->err;
    memcpy(r, wrapped.ptr, wrapped.len);
    e = n == 1 ? decrypt(arg, r, r) : unwrap_halves(r, n, decrypt, arg);
    if (pad)
        len = check_padded(r, n);
    else
        len = ct_equal(span_of(r, HALF), span_of(kw_iv, HALF)) ? n * HALF : 0;
    if (e == ERR_OK && len == 0)
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        memmove(r, r + HALF, len);
    secbuf_truncate(out, had + (e == ERR_OK ? len : 0));
    return e;
}
