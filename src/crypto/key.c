/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.c - the life of a vault key: adopted, stored, loaded, used, freed.
 *
 * A key that is loaded was checked when it was made or taken in, and its bytes
 * were sealed since; so loading checks kind and size, and does no arithmetic.
 */
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/key_int.h"

enum {
    PRIVATE_OPS = KEY_OP_BIT(KEY_DECRYPT) | KEY_OP_BIT(KEY_UNWRAP) | KEY_OP_BIT(KEY_SIGN),
    /* Measured: key, contexts of an algorithm or two, Montgomery forms. */
    WEIGHT_BASE = 4096,
    WEIGHT_RSA_PER_BIT = 2,
};

static const struct group_row {
    const char *name;
    unsigned bits;
} groups[CURVE__MAX] = {
    [CURVE_P256] = { "prime256v1", 256 },
    [CURVE_P384] = { "secp384r1", 384 },
    [CURVE_P521] = { "secp521r1", 521 },
    [CURVE_P256K] = { "secp256k1", 256 },
};

const char *
key_group_name(enum key_curve c)
{
    bug_on(c <= CURVE_NONE || c >= CURVE_ED25519);
    return groups[c].name;
}

/* A number of pkey, padded to len bytes (0: as long as it is), at numbers + used. */
static bool
number_get(struct key *k, const char *name, size_t used, size_t len, struct span *out)
{
    BIGNUM *bn = NULL;
    bool ok = EVP_PKEY_get_bn_param(k->pkey, name, &bn) == 1;
    size_t n;

    if (ok) {
        n = len > 0 ? len : (size_t)BN_num_bytes(bn);
        ok = n > 0 && n <= sizeof(k->numbers) - used &&
             BN_bn2binpad(bn, k->numbers + used, (int)n) == (int)n;
        *out = span_of(k->numbers + used, n);
    }
    BN_clear_free(bn);
    return ok;
}

static bool
read_rsa(struct key *k)
{
    int bits = EVP_PKEY_get_bits(k->pkey);

    k->public.type = KEY_RSA;
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return false;
    k->public.bits = (unsigned)bits;
    return number_get(k, OSSL_PKEY_PARAM_RSA_N, 0, (size_t)bits / 8, &k->public.n) &&
           number_get(k, OSSL_PKEY_PARAM_RSA_E, (size_t)bits / 8, 0, &k->public.e) &&
           k->public.e.len <= EXPONENT_MAX_BYTES;
}

/* In one question: OpenSSL works the whole key out for each. */
static bool
read_ec(struct key *k)
{
    uint8_t point[1 + 2 * KEY_COORDINATE_MAX];
    char name[64] = "";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name)),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                          sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    enum key_curve c = CURVE_NONE + 1;
    size_t len;

    k->public.type = KEY_EC;
    if (EVP_PKEY_get_params(k->pkey, params) != 1)
        return false;
    while (c < CURVE_ED25519 && !span_is_str(span_str(name), groups[c].name))
        c++;
    if (c == CURVE_ED25519)
        return false;
    len = key_curve_bytes(c);
    if (params[1].return_size != 1 + 2 * len || point[0] != POINT_UNCOMPRESSED)
        return false;
    memcpy(k->numbers, point + 1, 2 * len);
    k->public.curve = c;
    k->public.bits = groups[c].bits;
    k->public.x = span_of(k->numbers, len);
    k->public.y = span_of(k->numbers + len, len);
    return true;
}

static bool
read_okp(struct key *k)
{
    size_t len = key_curve_bytes(CURVE_ED25519);

    k->public.type = KEY_OKP;
    k->public.curve = CURVE_ED25519;
    k->public.bits = 256;
    k->public.x = span_of(k->numbers, len);
    return EVP_PKEY_get_raw_public_key(k->pkey, k->numbers, &len) == 1 &&
           len == k->public.x.len;
}

enum err
key_adopt(EVP_PKEY *pkey, struct key **out)
{
    struct key *k = calloc(1, sizeof(*k));
    bool ok = false;

    *out = NULL;
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return ERR_NOMEM;
    }
    k->pkey = pkey;
    if (EVP_PKEY_is_a(pkey, "RSA") == 1)
        ok = read_rsa(k);
    else if (EVP_PKEY_is_a(pkey, "EC") == 1)
        ok = read_ec(k);
    else if (EVP_PKEY_is_a(pkey, "ED25519") == 1)
        ok = read_okp(k);
    if (!ok) {
        crypto_hush();
        key_free(k);
        return ERR_UNSUPPORTED;
    }
    *out = k;
    return ERR_OK;
}

enum err
key_adopt_oct(struct span bytes, struct key **out)
{
    struct key *k;

    *out = NULL;
    if (bytes.len < OCT_MIN || bytes.len > KEY_OCT_MAX)
        return ERR_UNSUPPORTED;
    k = calloc(1, sizeof(*k));
    if (k == NULL)
        return ERR_NOMEM;
    k->public.type = KEY_OCT;
    k->public.bits = (unsigned)bytes.len * 8;
    secbuf_init(&k->secret, KEY_OCT_MAX);
    secbuf_put(&k->secret, bytes);
    if (k->secret.err != ERR_OK) {
        key_free(k);
        return ERR_NOMEM;
    }
    *out = k;
    return ERR_OK;
}

EVP_PKEY *
key_build(const char *type, int selection, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params); /* wipes what came from secure numbers */
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *
public_rsa(const struct key_public *p)
{
    BIGNUM *n = BN_bin2bn(p->n.ptr, (int)p->n.len, NULL);
    BIGNUM *e = BN_bin2bn(p->e.ptr, (int)p->e.len, NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (bld != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        pkey = key_build("RSA", EVP_PKEY_PUBLIC_KEY, bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return pkey;
}

static EVP_PKEY *
public_ec(const struct key_public *p)
{
    uint8_t point[1 + 2 * KEY_COORDINATE_MAX] = { POINT_UNCOMPRESSED };
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    memcpy(point + 1, p->x.ptr, p->x.len);
    memcpy(point + 1 + p->x.len, p->y.ptr, p->y.len);
    if (bld != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                        key_group_name(p->curve), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         1 + 2 * p->x.len) == 1)
        pkey = key_build("EC", EVP_PKEY_PUBLIC_KEY, bld);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

enum err
key_from_public(const struct key_public *p, struct key **out)
{
    EVP_PKEY *pkey;
    enum err e;

    *out = NULL;
    if (!key_public_is_ok(p) || p->type == KEY_OCT)
        return ERR_ARG;
    if (p->type == KEY_RSA)
        pkey = public_rsa(p);
    else if (p->type == KEY_EC)
        pkey = public_ec(p);
    else
        pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, p->x.ptr, p->x.len);
    crypto_hush();
    if (pkey == NULL)
        return ERR_SYNTAX;
    e = key_adopt(pkey, out);
    if (e == ERR_OK)
        (*out)->is_public = true;
    return e == ERR_UNSUPPORTED ? ERR_ARG : e;
}

static void
ready_free(enum key_type type, union key_ready r)
{
    switch (type) {
    case KEY_RSA:
    case KEY_EC:
        EVP_PKEY_CTX_free(r.pkey);
        break;
    case KEY_OKP:
        EVP_MD_CTX_free(r.md);
        break;
    case KEY_OCT:
        EVP_CIPHER_CTX_free(r.cipher);
        break;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
}

void
key_free(struct key *k)
{
    if (k == NULL)
        return;
    for (size_t a = 0; a < KEY_ALG__MAX; a++)
        for (size_t w = 0; w < WAY__MAX; w++)
            ready_free(k->public.type, k->ready[a][w]);
    EVP_PKEY_free(k->pkey);
    secbuf_release(&k->secret);
    free(k);
}

bool
key_memory_is_short(size_t len)
{
    void *probe = OPENSSL_secure_malloc(len);

    OPENSSL_secure_free(probe);
    crypto_hush();
    return probe == NULL;
}

/* SEQUENCE { INTEGER 0 or 1, SEQUENCE ... (RFC 5958 2). The decoder would take the older forms
 * of RSA and EC keys too, which begin otherwise. */
static bool
looks_like_pkcs8(struct span der)
{
    size_t at = 2;

    if (der.len < 2 || der.ptr[0] != 0x30)
        return false;
    if ((der.ptr[1] & 0x80) != 0)
        at += der.ptr[1] & 0x7f;
    return der.len > at + 4 && der.ptr[at] == 0x02 && der.ptr[at + 1] == 1 &&
           der.ptr[at + 2] <= 1 && der.ptr[at + 3] == 0x30;
}

/* A decoder of one kind of key: a foreign file cannot make it compute with the parameters of
 * another (a DH or DSA key of 16,000 bits would cost seconds). */
enum err
key_decode(enum key_type type, struct span der, EVP_PKEY **out)
{
    static const enum decoder decoders[KEY_TYPE__MAX] = {
        [KEY_RSA] = DECODER_RSA,
        [KEY_EC] = DECODER_EC,
        [KEY_OKP] = DECODER_OKP,
    };
    enum err e;

    *out = NULL;
    bug_on(decoders[type] == DECODER_PRIVATE);
    if (der.len > KEY_PRIVATE_MAX || !looks_like_pkcs8(der))
        return ERR_FORMAT;
    e = crypto_decode(decoders[type], der, out);
    if (e != ERR_FORMAT)
        return e;
    return key_memory_is_short(der.len) ? ERR_NOMEM : ERR_FORMAT;
}

enum err
key_load(struct span bytes, struct key **out)
{
    struct unpack u = unpack_of(bytes);
    unsigned format = unpack_u8(&u), type = unpack_u8(&u), curve = unpack_u8(&u);
    EVP_PKEY *pkey;
    enum err e;

    *out = NULL;
    if (u.err != ERR_OK || format != KEY_FORMAT || type == KEY_NONE || type >= KEY_TYPE__MAX)
        return ERR_FORMAT;
    if (type == KEY_OCT) {
        e = key_adopt_oct(u.rest, out);
    } else {
        e = key_decode((enum key_type)type, u.rest, &pkey);
        if (e == ERR_OK)
            e = key_adopt(pkey, out);
    }
    if (e == ERR_OK && ((*out)->public.type != type || (*out)->public.curve != curve)) {
        key_free(*out);
        *out = NULL;
        e = ERR_FORMAT;
    }
    return e == ERR_UNSUPPORTED ? ERR_FORMAT : e;
}

enum err
key_put_plain(const struct key *k, struct secbuf *out)
{
    if (k->is_public)
        return ERR_ARG;
    if (k->pkey != NULL)
        return crypto_put_pkcs8(k->pkey, out);
    secbuf_put(out, secbuf_span(&k->secret));
    return out->err;
}

enum err
key_put_private(const struct key *k, struct secbuf *out)
{
    if (k->is_public)
        return ERR_ARG;
    secbuf_put_byte(out, KEY_FORMAT);
    secbuf_put_byte(out, (uint8_t)k->public.type);
    secbuf_put_byte(out, (uint8_t)k->public.curve);
    return key_put_plain(k, out);
}

const struct key_public *
key_public(const struct key *k)
{
    return &k->public;
}

size_t
key_weight(const struct key *k)
{
    return WEIGHT_BASE + (k->public.type == KEY_RSA ? k->public.bits * WEIGHT_RSA_PER_BIT : 0);
}

enum err
key_use(struct key *k, const struct key_use *u, struct secbuf *value, struct key_result *out)
{
    if (!key_is_proved(k->public.type, k->public.curve)) {
        *out = (struct key_result){ .has_iv_tag = false };
        return ERR_CRYPTO;
    }
    return key_use_unproved(k, u, value, out);
}

enum err
key_use_unproved(struct key *k, const struct key_use *u, struct secbuf *value,
                 struct key_result *out)
{
    const struct key_public *p = &k->public;
    size_t had = value->len;
    enum err e = ERR_ARG;

    *out = (struct key_result){ .has_iv_tag = false };
    if (u->bytes.len > KEY_INPUT_MAX || u->aad.len > KEY_INPUT_MAX ||
        !key_alg_fits(u->alg, u->op, p->type, p->curve, p->bits) ||
        (k->is_public && (PRIVATE_OPS & KEY_OP_BIT(u->op)) != 0))
        return ERR_ARG;
    switch (p->type) {
    case KEY_RSA:
        e = key_rsa_use(k, u, value);
        break;
    case KEY_EC:
        e = key_ec_use(k, u, value);
        break;
    case KEY_OKP:
        e = key_okp_use(k, u, value);
        break;
    case KEY_OCT:
        e = key_oct_use(k, u, value, out);
        break;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    if (e != ERR_OK)
        secbuf_truncate(value, had);
    return e;
}
