/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - Q = r^-1 (s R - e G), where R is one of the two points over r.
 *
 * r is taken as R's x as it is: that x may have been r + n happens once in
 * 2^30 or fewer signatures on these curves, and ends as "there is none".
 */
#include "crypto/recover.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "crypto/key_int.h"

struct curve_work {
    EC_GROUP *group;
    EC_POINT *from, *to;
    BN_CTX *ctx;
    BIGNUM *r, *s, *e, *u1, *u2;
};

static bool
work_open(struct curve_work *w, enum key_curve curve)
{
    *w = (struct curve_work){ .group = EC_GROUP_new_by_curve_name(
                                  OBJ_txt2nid(key_group_name(curve))) };
    w->ctx = BN_CTX_new();
    if (w->group == NULL || w->ctx == NULL)
        return false;
    BN_CTX_start(w->ctx);
    w->from = EC_POINT_new(w->group);
    w->to = EC_POINT_new(w->group);
    w->r = BN_CTX_get(w->ctx);
    w->s = BN_CTX_get(w->ctx);
    w->e = BN_CTX_get(w->ctx);
    w->u1 = BN_CTX_get(w->ctx);
    w->u2 = BN_CTX_get(w->ctx);
    return w->from != NULL && w->to != NULL && w->u2 != NULL;
}

static void
work_close(struct curve_work *w)
{
    EC_POINT_free(w->from);
    EC_POINT_free(w->to);
    if (w->ctx != NULL && w->group != NULL)
        BN_CTX_end(w->ctx);
    BN_CTX_free(w->ctx);
    EC_GROUP_free(w->group);
}

/* u1 = -e/r, u2 = s/r (mod n); digests are no longer than n. */
static bool
factors(struct curve_work *w, const struct recover_sample *sample)
{
    const BIGNUM *n = EC_GROUP_get0_order(w->group);
    size_t half = sample->signature.len / 2;

    return BN_bin2bn(sample->signature.ptr, (int)half, w->r) != NULL &&
           BN_bin2bn(sample->signature.ptr + half, (int)half, w->s) != NULL &&
           BN_bin2bn(sample->digest.ptr, (int)sample->digest.len, w->e) != NULL &&
           !BN_is_zero(w->r) && BN_mod_inverse(w->u2, w->r, n, w->ctx) != NULL &&
           BN_mod_mul(w->u1, w->e, w->u2, n, w->ctx) == 1 && BN_sub(w->u1, n, w->u1) == 1 &&
           BN_mod_mul(w->u2, w->s, w->u2, n, w->ctx) == 1;
}

/* The candidate over the even or the odd y. */
static bool
candidate(struct curve_work *w, int odd, size_t len, uint8_t *point)
{
    return EC_POINT_set_compressed_coordinates(w->group, w->from, w->r, odd, w->ctx) == 1 &&
           EC_POINT_mul(w->group, w->to, w->u1, w->from, w->u2, w->ctx) == 1 &&
           EC_POINT_get_affine_coordinates(w->group, w->to, w->s, w->e, w->ctx) == 1 &&
           BN_bn2binpad(w->s, point, (int)len) == (int)len &&
           BN_bn2binpad(w->e, point + len, (int)len) == (int)len;
}

static bool
verifies(enum key_curve curve, const uint8_t *point, const struct recover_sample *sample)
{
    static const enum key_alg algs[CURVE__MAX] = { [CURVE_P256] = ALG_ES256,
                                                   [CURVE_P384] = ALG_ES384,
                                                   [CURVE_P521] = ALG_ES512,
                                                   [CURVE_P256K] = ALG_ES256K };
    size_t len = key_curve_bytes(curve);
    struct key_public p = { .type = KEY_EC,
                            .curve = curve,
                            .bits = curve == CURVE_P521 ? 521 : (unsigned)len * 8,
                            .x = span_of(point, len),
                            .y = span_of(point + len, len) };
    struct key_use u = { .op = KEY_VERIFY,
                         .alg = algs[curve],
                         .bytes = sample->digest,
                         .signature = sample->signature };
    struct key_result result;
    struct key *k = NULL;
    struct secbuf none;
    bool ok;

    secbuf_init(&none, 1);
    ok = key_from_public(&p, &k) == ERR_OK && key_use(k, &u, &none, &result) == ERR_OK;
    key_free(k);
    secbuf_release(&none);
    return ok;
}

enum err
recover_ec(enum key_curve curve, const struct recover_sample samples[2],
           uint8_t point[static 2 * KEY_COORDINATE_MAX])
{
    size_t len = key_curve_bytes(curve);
    struct curve_work w;
    enum err e = ERR_SYNTAX;

    if (samples[0].signature.len != 2 * len)
        return ERR_SYNTAX;
    if (!work_open(&w, curve)) {
        e = crypto_fail("recovering an EC key");
    } else {
        /* The numbers are scratch of each candidate, so they are read anew. */
        for (int odd = 0; odd < 2 && e != ERR_OK; odd++)
            if (factors(&w, &samples[0]) && candidate(&w, odd, len, point) &&
                verifies(curve, point, &samples[0]) && verifies(curve, point, &samples[1]))
                e = ERR_OK;
    }
    work_close(&w);
    crypto_hush();
    return e;
}
