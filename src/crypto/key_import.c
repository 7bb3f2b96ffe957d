/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_import.c - foreign private keys. Nothing is believed: every number is
 * computed from the others, for a key that does not fit together gives its
 * private part away with the first faulty result (Lenstra 1996), and a
 * "prime" that is none lets others factor the modulus.
 *
 * Sizes are judged before anything is computed; that bounds what an import may
 * cost (two primality tests: some 30 ms for RSA-2048, 200 ms for RSA-4096).
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "base/wipe.h"
#include "crypto/key_int.h"

enum { N, E, D, P, Q, DP, DQ, QI, RSA_NUMBERS };

struct rsa_numbers {
    BIGNUM *bn[RSA_NUMBERS];
    unsigned bits;
};

static const char *const rsa_params[RSA_NUMBERS] = {
    [N] = OSSL_PKEY_PARAM_RSA_N,          [E] = OSSL_PKEY_PARAM_RSA_E,
    [D] = OSSL_PKEY_PARAM_RSA_D,          [P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
    [Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
    [DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static struct span
strip(struct span s)
{
    while (s.len > 0 && s.ptr[0] == 0)
        s = span_tail(s, 1);
    return s;
}

/* Sizes: a modulus we keep, primes of half its length, everything else below its modulus. */
static enum err
rsa_sizes(const struct rsa_numbers *r)
{
    int bits = BN_num_bits(r->bn[N]);

    if (bits != 2048 && bits != 3072 && bits != 4096)
        return ERR_ARG;
    if (BN_num_bits(r->bn[E]) > 32 || BN_num_bits(r->bn[E]) < 2 || !BN_is_odd(r->bn[E]))
        return ERR_ARG;
    if (BN_num_bits(r->bn[P]) != bits / 2 || BN_num_bits(r->bn[Q]) != bits / 2)
        return ERR_ARG;
    if (BN_cmp(r->bn[D], r->bn[N]) >= 0 || BN_cmp(r->bn[DP], r->bn[P]) >= 0 ||
        BN_cmp(r->bn[DQ], r->bn[Q]) >= 0 || BN_cmp(r->bn[QI], r->bn[P]) >= 0 ||
        BN_cmp(r->bn[P], r->bn[Q]) == 0 || !BN_is_odd(r->bn[P]) || !BN_is_odd(r->bn[Q]))
        return ERR_SYNTAX;
    return ERR_OK;
}

/* a * b = 1 (mod m)? t is scratch. */
static bool
is_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BIGNUM *t, BN_CTX *ctx)
{
    return BN_mod_mul(t, a, b, m, ctx) == 1 && BN_is_one(t);
}

/* d = dx (mod x - 1), and e inverts it there. Both primes together: d e = 1 (mod lcm). */
static bool
exponent_fits(const struct rsa_numbers *r, int prime, int exponent, BN_CTX *ctx)
{
    bool ok = false;
    BIGNUM *m, *t;

    BN_CTX_start(ctx);
    m = BN_CTX_get(ctx);
    t = BN_CTX_get(ctx);
    if (t != NULL && BN_sub(m, r->bn[prime], BN_value_one()) == 1 &&
        BN_mod(t, r->bn[D], m, ctx) == 1 && BN_cmp(t, r->bn[exponent]) == 0)
        ok = is_inverse(r->bn[exponent], r->bn[E], m, t, ctx);
    BN_CTX_end(ctx);
    return ok;
}

static enum err
rsa_fits(const struct rsa_numbers *r)
{
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *t = BN_secure_new();
    enum err e = ERR_SYNTAX;

    if (ctx == NULL || t == NULL)
        e = ERR_NOMEM;
    else if (BN_mul(t, r->bn[P], r->bn[Q], ctx) == 1 && BN_cmp(t, r->bn[N]) == 0 &&
             exponent_fits(r, P, DP, ctx) && exponent_fits(r, Q, DQ, ctx) &&
             is_inverse(r->bn[QI], r->bn[Q], r->bn[P], t, ctx) &&
             BN_check_prime(r->bn[P], ctx, NULL) == 1 &&
             BN_check_prime(r->bn[Q], ctx, NULL) == 1)
        e = ERR_OK;
    if (e != ERR_OK && key_memory_is_short(KEY_PRIVATE_MAX))
        e = ERR_NOMEM;
    BN_clear_free(t);
    BN_CTX_free(ctx);
    return e;
}

static enum err
rsa_read(const struct key_parts *p, struct rsa_numbers *r)
{
    const struct span given[RSA_NUMBERS] = {
        [N] = strip(p->n), [E] = strip(p->e),   [D] = strip(p->d),   [P] = strip(p->p),
        [Q] = strip(p->q), [DP] = strip(p->dp), [DQ] = strip(p->dq), [QI] = strip(p->qi),
    };

    for (int i = 0; i < RSA_NUMBERS; i++) {
        if (given[i].len == 0 || given[i].len > KEY_MODULUS_MAX)
            return ERR_ARG;
        r->bn[i] = i == N || i == E ? BN_new() : BN_secure_new();
        if (r->bn[i] == NULL || BN_bin2bn(given[i].ptr, (int)given[i].len, r->bn[i]) == NULL)
            return ERR_NOMEM;
    }
    return rsa_sizes(r);
}

static EVP_PKEY *
rsa_pkey(const struct rsa_numbers *r)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    bool ok = bld != NULL;

    for (int i = 0; i < RSA_NUMBERS && ok; i++)
        ok = OSSL_PARAM_BLD_push_BN(bld, rsa_params[i], r->bn[i]) == 1;
    if (ok)
        pkey = key_build("RSA", EVP_PKEY_KEYPAIR, bld);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

static enum err
import_rsa(const struct key_parts *p, EVP_PKEY **out)
{
    struct rsa_numbers r = { .bits = 0 };
    enum err e = rsa_read(p, &r);

    if (e == ERR_OK)
        e = rsa_fits(&r);
    if (e == ERR_OK) {
        *out = rsa_pkey(&r);
        if (*out == NULL)
            e = key_memory_is_short(KEY_PRIVATE_MAX) ? ERR_NOMEM
                                                     : crypto_fail("building an RSA key");
    }
    for (int i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(r.bn[i]);
    return e;
}

/* d in its range, the point on its curve and in its group, d * G = the point. */
static bool
pkey_is_sound(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = ctx != NULL && EVP_PKEY_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static EVP_PKEY *
ec_pkey(const char *group, struct span point, const BIGNUM *d)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (bld != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len) ==
            1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
        pkey = key_build("EC", EVP_PKEY_KEYPAIR, bld);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

static enum err
import_ec(const struct key_parts *p, EVP_PKEY **out)
{
    struct span x = strip(p->x), y = strip(p->y), d = strip(p->d);
    uint8_t point[1 + 2 * KEY_COORDINATE_MAX] = { POINT_UNCOMPRESSED };
    BIGNUM *bn;
    size_t len;
    enum err e = ERR_SYNTAX;

    if (p->curve <= CURVE_NONE || p->curve >= CURVE_ED25519)
        return ERR_ARG;
    len = key_curve_bytes(p->curve);
    /* A coordinate may be 0, but not absent. */
    if (p->x.len == 0 || p->y.len == 0 || d.len == 0 || x.len > len || y.len > len ||
        d.len > len)
        return ERR_ARG;
    if (x.len > 0)
        memcpy(point + 1 + len - x.len, x.ptr, x.len);
    if (y.len > 0)
        memcpy(point + 1 + 2 * len - y.len, y.ptr, y.len);
    bn = BN_secure_new();
    if (bn == NULL || BN_bin2bn(d.ptr, (int)d.len, bn) == NULL)
        e = ERR_NOMEM;
    else
        *out = ec_pkey(key_group_name(p->curve), span_of(point, 1 + 2 * len), bn);
    BN_clear_free(bn);
    if (*out != NULL && pkey_is_sound(*out))
        return ERR_OK;
    crypto_hush();
    return e;
}

/* RFC 8037 2: x and d are strings of 32 bytes, no numbers. */
static enum err
import_okp(const struct key_parts *p, EVP_PKEY **out)
{
    size_t len = key_curve_bytes(CURVE_ED25519);
    uint8_t x[32] = { 0 };

    if (p->curve != CURVE_ED25519 || p->x.len != len || p->d.len != len)
        return ERR_ARG;
    *out = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, p->d.ptr, len);
    if (*out == NULL || EVP_PKEY_get_raw_public_key(*out, x, &len) != 1)
        return crypto_fail("building an Ed25519 key");
    return span_is_equal(span_of(x, len), p->x) ? ERR_OK : ERR_SYNTAX;
}

enum err
key_import(const struct key_parts *p, struct key **out)
{
    EVP_PKEY *pkey = NULL;
    enum err e = ERR_ARG;

    *out = NULL;
    switch (p->type) {
    case KEY_RSA:
        e = import_rsa(p, &pkey);
        break;
    case KEY_EC:
        e = import_ec(p, &pkey);
        break;
    case KEY_OKP:
        e = import_okp(p, &pkey);
        break;
    case KEY_OCT:
        e = key_adopt_oct(p->k, out);
        return e == ERR_UNSUPPORTED ? ERR_ARG : e;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    if (e != ERR_OK) {
        EVP_PKEY_free(pkey);
        return e;
    }
    e = key_adopt(pkey, out);
    if (e == ERR_OK)
        e = key_pairwise(*out);
    if (e == ERR_OK)
        return ERR_OK;
    key_free(*out);
    *out = NULL;
    return e == ERR_UNSUPPORTED ? ERR_ARG : e;
}

/* A number of pkey as bytes in out's memory; false if pkey has none of that name. */
static bool
part_get(const EVP_PKEY *pkey, const char *name, struct secbuf *store, struct span *out)
{
    BIGNUM *bn = NULL;
    uint8_t *at = NULL;
    int len = 0;

    if (EVP_PKEY_get_bn_param(pkey, name, &bn) == 1)
        len = BN_num_bytes(bn);
    if (len > 0)
        at = secbuf_grow(store, (size_t)len);
    if (at != NULL && BN_bn2bin(bn, at) == len)
        *out = span_of(at, (size_t)len);
    BN_clear_free(bn);
    return out->len > 0;
}

static bool
parts_of_rsa(const EVP_PKEY *pkey, struct secbuf *store, struct key_parts *p)
{
    struct span *const to[RSA_NUMBERS] = {
        [N] = &p->n, [E] = &p->e,   [D] = &p->d,   [P] = &p->p,
        [Q] = &p->q, [DP] = &p->dp, [DQ] = &p->dq, [QI] = &p->qi,
    };
    struct span third = { NULL, 0 };

    for (int i = 0; i < RSA_NUMBERS; i++)
        if (!part_get(pkey, rsa_params[i], store, to[i]))
            return false;
    return !part_get(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3, store, &third);
}

/* Room enough to begin with: the spans must not move. */
static bool
store_init(struct secbuf *store)
{
    secbuf_init(store, KEY_PRIVATE_MAX);
    if (secbuf_grow(store, KEY_PRIVATE_MAX) == NULL)
        return false;
    secbuf_truncate(store, 0);
    return true;
}

static struct span
number_copy(struct span number, struct secbuf *store)
{
    uint8_t *at = number.len == 0 ? NULL : secbuf_grow(store, number.len);

    if (at == NULL)
        return span_of(NULL, 0);
    memcpy(at, number.ptr, number.len);
    return span_of(at, number.len);
}

enum err
key_parts_of(EVP_PKEY *pkey, struct secbuf *store, struct key_parts *out)
{
    struct key *foreign = NULL;
    bool ok = false;
    enum err e;

    *out = (struct key_parts){ .type = KEY_NONE };
    if (!store_init(store) || EVP_PKEY_up_ref(pkey) != 1)
        return ERR_NOMEM;
    e = key_adopt(pkey, &foreign); /* kind, curve, size, public part */
    if (e != ERR_OK)
        return e;
    out->type = foreign->public.type;
    out->curve = foreign->public.curve;
    if (out->type == KEY_RSA)
        ok = parts_of_rsa(pkey, store, out);
    if (out->type == KEY_EC) {
        out->x = number_copy(foreign->public.x, store);
        out->y = number_copy(foreign->public.y, store);
        ok = part_get(pkey, OSSL_PKEY_PARAM_PRIV_KEY, store, &out->d);
    }
    key_free(foreign);
    crypto_hush();
    return ok ? ERR_OK : ERR_SYNTAX;
}

/*
 * The decoded key's numbers go through key_import(): the same checks, and what we keep is built
 * anew. Of EC a name and a number are taken: parameters of a curve that the file brings along,
 * or a point that it adds, do not matter.
 */
static enum err
import_decoded(EVP_PKEY *pkey, enum key_type type, struct key **out)
{
    struct secbuf store = { 0 };
    struct key_parts p;
    enum err e = key_parts_of(pkey, &store, &p);

    if (e == ERR_OK)
        e = p.type == type ? key_import(&p, out) : ERR_SYNTAX;
    secbuf_release(&store);
    return e == ERR_UNSUPPORTED ? ERR_ARG : e;
}

enum err
key_import_plain(enum key_type type, struct span plain, struct key **out)
{
    EVP_PKEY *pkey = NULL;
    enum err e;

    *out = NULL;
    if (type <= KEY_NONE || type >= KEY_TYPE__MAX)
        return ERR_ARG;
    if (type == KEY_OCT)
        return key_import(&(struct key_parts){ .type = type, .k = plain }, out);
    e = key_decode(type, plain, &pkey);
    if (e != ERR_OK)
        return e == ERR_FORMAT ? ERR_SYNTAX : e;
    if (type == KEY_OKP) { /* its public part was computed from the private one */
        e = key_adopt(pkey, out);
        return e == ERR_UNSUPPORTED ? ERR_ARG : e;
    }
    e = import_decoded(pkey, type, out);
    EVP_PKEY_free(pkey);
    return e;
}
