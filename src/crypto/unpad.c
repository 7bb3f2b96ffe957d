/* SPDX-License-Identifier: Apache-2.0 */
/* unpad.c - see the header; masks instead of branches (crypto/ct_int.h). */
#include "crypto/unpad.h"

#include <string.h>

#include "base/wipe.h"
#include "crypto/ct_int.h"

enum { BLOCK = 16, PKCS1_MIN = 11, MODULUS_MAX = 512 };

/* Moves what begins at shift to the beginning: one move by each power of two, done or not. */
static void
shift_down(uint8_t *em, size_t len, size_t shift)
{
    for (size_t step = 1; step < len; step *= 2) {
        ct_mask move = ~ct_is_zero(shift & step);

        for (size_t i = 0; i < len; i++)
            em[i] = (uint8_t)ct_select(move, i + step < len ? em[i + step] : 0, em[i]);
    }
}

/* 00 02 | at least eight octets that are not 0 | 00 | message. */
size_t
unpad_pkcs1(uint8_t *em, size_t len)
{
    ct_mask looking = ~(size_t)0, good;
    size_t zero_at = 0, shift;

    for (size_t i = 2; i < len; i++) {
        ct_mask zero = ct_is_zero(em[i]);

        zero_at = ct_select(looking & zero, i, zero_at);
        looking &= ~zero;
    }
    good = ct_is_zero(em[0]) & ct_is_equal(em[1], 2) & ~looking;
    good &= ~ct_is_less(zero_at, PKCS1_MIN - 1);
    shift = ct_select(good, zero_at + 1, PKCS1_MIN);
    shift_down(em, len, shift);
    return ct_select(good, len - shift, SIZE_MAX);
}

/* out ^= MGF1(seed), RFC 8017 B.2.1. */
static enum err
mgf1_xor(enum digest_alg digest, struct span seed, uint8_t *out, size_t len)
{
    uint8_t in[MODULUS_MAX + 4], mask[DIGEST_MAX_LEN];
    size_t hlen = digest_len(digest);
    enum err e = ERR_OK;

    memcpy(in, seed.ptr, seed.len);
    for (uint32_t i = 0; (size_t)i * hlen < len && e == ERR_OK; i++) {
        size_t at = (size_t)i * hlen;

        in[seed.len] = (uint8_t)(i >> 24);
        in[seed.len + 1] = (uint8_t)(i >> 16);
        in[seed.len + 2] = (uint8_t)(i >> 8);
        in[seed.len + 3] = (uint8_t)i;
        e = digest_make(digest, span_of(in, seed.len + 4), mask);
        for (size_t j = 0; j < hlen && at + j < len; j++)
            out[at + j] ^= mask[j];
    }
    wipe(in, sizeof(in));
    wipe(mask, sizeof(mask));
    return e;
}

/* db: lHash | zeros | 01 | message. Gives where the message begins, or 0; good says. */
static size_t
find_message(const uint8_t *db, size_t len, const uint8_t *label, size_t hlen, ct_mask *good)
{
    ct_mask looking = ~(size_t)0, same = ~(size_t)0;
    size_t begin = 0;

    for (size_t i = 0; i < hlen; i++)
        same &= ct_is_equal(db[i], label[i]);
    for (size_t i = hlen; i < len; i++) {
        ct_mask one = ct_is_equal(db[i], 1), zero = ct_is_zero(db[i]);

        begin = ct_select(looking & one, i + 1, begin);
        /* What is neither ends the search without a find. */
        same &= ~looking | one | zero;
        looking &= ~one;
    }
    *good = same & ~looking;
    return begin;
}

/* 00 | masked seed | masked db. */
enum err
unpad_oaep(enum digest_alg digest, uint8_t *em, size_t len, size_t *out)
{
    size_t hlen = digest_len(digest), dblen = len - hlen - 1, begin, shift;
    uint8_t label[DIGEST_MAX_LEN], *seed = em + 1, *db = em + 1 + hlen;
    ct_mask good;
    enum err e;

    *out = SIZE_MAX;
    if (len < 2 * hlen + 2 || len > MODULUS_MAX)
        return ERR_OK; /* a modulus that OAEP does not fit into: everybody knows it */
    e = digest_make(digest, span_of("", 0), label);
    if (e == ERR_OK)
        e = mgf1_xor(digest, span_of(db, dblen), seed, hlen);
    if (e == ERR_OK)
        e = mgf1_xor(digest, span_of(seed, hlen), db, dblen);
    if (e != ERR_OK)
        return e;
    begin = find_message(db, dblen, label, hlen, &good);
    good &= ct_is_zero(em[0]);
    shift = 1 + hlen + ct_select(good, begin, hlen + 1);
    shift_down(em, len, shift);
    *out = ct_select(good, len - shift, SIZE_MAX);
    return ERR_OK;
}

size_t
unpad_cbc(const uint8_t *text, size_t len)
{
    const uint8_t *last = text + len - BLOCK;
    size_t n = last[BLOCK - 1];
    ct_mask good = ~ct_is_zero(n) & ct_is_less(n, BLOCK + 1);

    for (size_t i = 0; i < BLOCK; i++)
        good &= ct_is_equal(last[BLOCK - 1 - i], n) | ~ct_is_less(i, n);
    return ct_select(good, len - n, SIZE_MAX);
}
