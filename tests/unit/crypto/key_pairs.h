/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_pairs.h - a key for each algorithm, and a use of it with the one that undoes it, for the
 * tests that go through all of them.
 */
#ifndef TEST_CRYPTO_KEY_PAIRS_H
#define TEST_CRYPTO_KEY_PAIRS_H

#include "crypto/key.h"
#include "key_samples.h"
#include "key_vectors.h"

static const uint8_t text[64] =
    "What the keyhold has shut, nobody but the keyholder opens again";
static const uint8_t some_iv[CBC_IV_BYTES] = { 7, 7, 7 };
static struct key *rsa, *keys[KEY_ALG__MAX];

static inline int
pairs_setup(void **state)
{
    struct buf der;

    if (secmem_setup(state) != 0)
        return -1;
    der = hex_of(rsa_pkcs8);
    rsa = key_of_pkcs8(KEY_RSA, CURVE_NONE, buf_span(&der));
    buf_release(&der);
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        keys[a] = key_alg_info(a)->type == KEY_RSA ? rsa : key_for(a);
    return 0;
}

static inline int
pairs_teardown(void **state)
{
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        if (keys[a] != rsa)
            key_free(keys[a]);
    key_free(rsa);
    used_release();
    return secmem_teardown(state);
}

/* A use and the one that undoes it, with their own copy of every byte. */
struct pair {
    enum key_alg alg;
    enum key_op there, back;
    struct buf bytes, made, iv, aad, tag;
};

static inline void
pair_release(struct pair *p)
{
    buf_release(&p->bytes);
    buf_release(&p->made);
    buf_release(&p->iv);
    buf_release(&p->aad);
    buf_release(&p->tag);
}

static inline struct buf
copied(struct span s)
{
    struct buf b;

    buf_init(&b, 128 * 1024);
    buf_put(&b, s);
    return b;
}

static inline bool
can(enum key_alg a, enum key_op op)
{
    return (key_alg_info(a)->ops & KEY_OP_BIT(op)) != 0;
}

static inline bool
needs_iv(enum key_alg a)
{
    return key_alg_info(a)->scheme == SCHEME_CBC || key_alg_info(a)->scheme == SCHEME_CBC_PAD;
}

static inline struct pair
pair_made(enum key_alg a)
{
    unsigned digest = key_alg_info(a)->digest_len;
    struct pair p = { .alg = a };
    struct key_use u = { .alg = a };
    struct used got;

    p.there = can(a, KEY_SIGN) ? KEY_SIGN : can(a, KEY_ENCRYPT) ? KEY_ENCRYPT : KEY_WRAP;
    p.back = p.there == KEY_SIGN      ? KEY_VERIFY
             : p.there == KEY_ENCRYPT ? KEY_DECRYPT
                                      : KEY_UNWRAP;
    p.bytes = copied(span_of(text, digest != 0 ? digest : 48));
    p.aad = copied(span_str("aad"));
    u.op = p.there;
    u.bytes = buf_span(&p.bytes);
    u.aad = buf_span(&p.aad);
    if (needs_iv(a))
        u.iv = span_of(some_iv, sizeof(some_iv));
    got = use(keys[a], &u);
    if (got.err != ERR_OK)
        fail_msg("%s: %s", key_alg_info(a)->name, err_name(got.err));
    p.made = copied(got.value);
    p.iv = copied(got.result.has_iv_tag ? span_of(got.result.iv, GCM_IV_BYTES) : u.iv);
    p.tag = copied(got.result.has_iv_tag ? span_of(got.result.tag, GCM_TAG_BYTES)
                                         : (struct span){ 0 });
    return p;
}

static inline struct key_use
undoing(const struct pair *p)
{
    struct key_use u = { .op = p->back,
                         .alg = p->alg,
                         .bytes = buf_span(&p->made),
                         .iv = buf_span(&p->iv),
                         .aad = buf_span(&p->aad),
                         .tag = buf_span(&p->tag) };

    if (p->back == KEY_VERIFY) {
        u.bytes = buf_span(&p->bytes);
        u.signature = buf_span(&p->made);
    }
    return u;
}

static inline enum err
undo(const struct pair *p, struct span *value)
{
    struct key_use u = undoing(p);
    struct used got = use(keys[p->alg], &u);

    *value = got.value;
    return got.err;
}

#endif /* TEST_CRYPTO_KEY_PAIRS_H */
