/* SPDX-License-Identifier: Apache-2.0 */
/* key_alg.c - the table of algorithms, and the names of everything a key has. */
#include "crypto/key_alg.h"

#include "base/err.h"

enum {
    ENC_DEC = KEY_OP_BIT(KEY_ENCRYPT) | KEY_OP_BIT(KEY_DECRYPT),
    WRAP_UNWRAP = KEY_OP_BIT(KEY_WRAP) | KEY_OP_BIT(KEY_UNWRAP),
    SIGN_VERIFY = KEY_OP_BIT(KEY_SIGN) | KEY_OP_BIT(KEY_VERIFY),
    ALL_SIX = ENC_DEC | WRAP_UNWRAP | SIGN_VERIFY,
};

/* Shapes of rows; a digest that a scheme does not read is SHA-1, the zero of its enum. */
#define RSA_ENC(n, scheme, digest)                                                             \
    {                                                                                          \
        n, KEY_RSA, CURVE_NONE, 0, scheme, digest, 0, ENC_DEC | WRAP_UNWRAP                    \
    }
#define RSA_SIG(n, scheme, digest, len)                                                        \
    {                                                                                          \
        n, KEY_RSA, CURVE_NONE, 0, scheme, digest, len, SIGN_VERIFY                            \
    }
#define EC_SIG(n, curve, digest, len)                                                          \
    {                                                                                          \
        n, KEY_EC, curve, 0, SCHEME_ECDSA, digest, len, SIGN_VERIFY                            \
    }
#define OCT(n, bits, scheme, ops)                                                              \
    {                                                                                          \
        n, KEY_OCT, CURVE_NONE, bits, scheme, DIGEST_SHA1, 0, ops                              \
    }
#define OCT_MAC(n, digest)                                                                     \
    {                                                                                          \
        n, KEY_OCT, CURVE_NONE, 0, SCHEME_HMAC, digest, 0, SIGN_VERIFY                         \
    }

static const struct key_alg_info algs[KEY_ALG__MAX] = {
    [ALG_RSA1_5] = RSA_ENC("RSA1_5", SCHEME_RSAES_PKCS1, DIGEST_SHA1),
    [ALG_RSA_OAEP] = RSA_ENC("RSA-OAEP", SCHEME_RSAES_OAEP, DIGEST_SHA1),
    [ALG_RSA_OAEP_256] = RSA_ENC("RSA-OAEP-256", SCHEME_RSAES_OAEP, DIGEST_SHA256),
    [ALG_RS256] = RSA_SIG("RS256", SCHEME_RSASSA_PKCS1, DIGEST_SHA256, SHA256_LEN),
    [ALG_RS384] = RSA_SIG("RS384", SCHEME_RSASSA_PKCS1, DIGEST_SHA384, SHA384_LEN),
    [ALG_RS512] = RSA_SIG("RS512", SCHEME_RSASSA_PKCS1, DIGEST_SHA512, SHA512_LEN),
    [ALG_PS256] = RSA_SIG("PS256", SCHEME_RSASSA_PSS, DIGEST_SHA256, SHA256_LEN),
    [ALG_PS384] = RSA_SIG("PS384", SCHEME_RSASSA_PSS, DIGEST_SHA384, SHA384_LEN),
    [ALG_PS512] = RSA_SIG("PS512", SCHEME_RSASSA_PSS, DIGEST_SHA512, SHA512_LEN),
    [ALG_RSNULL] = RSA_SIG("RSNULL", SCHEME_RSASSA_PKCS1_NULL, DIGEST_SHA1, 0),
    [ALG_ES256] = EC_SIG("ES256", CURVE_P256, DIGEST_SHA256, SHA256_LEN),
    [ALG_ES384] = EC_SIG("ES384", CURVE_P384, DIGEST_SHA384, SHA384_LEN),
    [ALG_ES512] = EC_SIG("ES512", CURVE_P521, DIGEST_SHA512, SHA512_LEN),
    [ALG_ES256K] = EC_SIG("ES256K", CURVE_P256K, DIGEST_SHA256, SHA256_LEN),
    [ALG_EDDSA] = { "EdDSA", KEY_OKP, CURVE_ED25519, 0, SCHEME_EDDSA, DIGEST_SHA1, 0,
                    SIGN_VERIFY },
    [ALG_A128GCM] = OCT("A128GCM", 128, SCHEME_GCM, ENC_DEC),
    [ALG_A192GCM] = OCT("A192GCM", 192, SCHEME_GCM, ENC_DEC),
    [ALG_A256GCM] = OCT("A256GCM", 256, SCHEME_GCM, ENC_DEC),
    [ALG_A128CBC] = OCT("A128CBC", 128, SCHEME_CBC, ENC_DEC),
    [ALG_A192CBC] = OCT("A192CBC", 192, SCHEME_CBC, ENC_DEC),
    [ALG_A256CBC] = OCT("A256CBC", 256, SCHEME_CBC, ENC_DEC),
    [ALG_A128CBCPAD] = OCT("A128CBCPAD", 128, SCHEME_CBC_PAD, ENC_DEC),
    [ALG_A192CBCPAD] = OCT("A192CBCPAD", 192, SCHEME_CBC_PAD, ENC_DEC),
    [ALG_A256CBCPAD] = OCT("A256CBCPAD", 256, SCHEME_CBC_PAD, ENC_DEC),
    [ALG_A128KW] = OCT("A128KW", 128, SCHEME_KW, WRAP_UNWRAP),
    [ALG_A192KW] = OCT("A192KW", 192, SCHEME_KW, WRAP_UNWRAP),
    [ALG_A256KW] = OCT("A256KW", 256, SCHEME_KW, WRAP_UNWRAP),
    [ALG_CKM_AES_KW] = OCT("CKM_AES_KEY_WRAP", 0, SCHEME_KW, WRAP_UNWRAP),
    [ALG_CKM_AES_KWP] = OCT("CKM_AES_KEY_WRAP_PAD", 0, SCHEME_KWP, WRAP_UNWRAP),
    [ALG_HS256] = OCT_MAC("HS256", DIGEST_SHA256),
    [ALG_HS384] = OCT_MAC("HS384", DIGEST_SHA384),
    [ALG_HS512] = OCT_MAC("HS512", DIGEST_SHA512),
};

static const char *const type_names[KEY_TYPE__MAX] = {
    [KEY_RSA] = "RSA",
    [KEY_EC] = "EC",
    [KEY_OCT] = "oct",
    [KEY_OKP] = "OKP",
};

static const struct curve_row {
    const char *name;
    size_t bytes;
} curves[CURVE__MAX] = {
    [CURVE_P256] = { "P-256", 32 },      [CURVE_P384] = { "P-384", 48 },
    [CURVE_P521] = { "P-521", 66 },      [CURVE_P256K] = { "P-256K", 32 },
    [CURVE_ED25519] = { "Ed25519", 32 },
};

static const char *const op_names[KEY_OP__MAX] = {
    [KEY_ENCRYPT] = "encrypt", [KEY_DECRYPT] = "decrypt", [KEY_SIGN] = "sign",
    [KEY_VERIFY] = "verify",   [KEY_WRAP] = "wrapKey",    [KEY_UNWRAP] = "unwrapKey",
    [KEY_IMPORT] = "import",   [KEY_EXPORT] = "export",
};

const struct key_alg_info *
key_alg_info(enum key_alg a)
{
    bug_on(a <= ALG_NONE || a >= KEY_ALG__MAX);
    return &algs[a];
}

enum key_alg
key_alg_find(struct span name)
{
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        if (span_is_str(name, algs[a].name))
            return a;
    return ALG_NONE;
}

const char *
key_type_name(enum key_type t)
{
    bug_on(t <= KEY_NONE || t >= KEY_TYPE__MAX);
    return type_names[t];
}

enum key_type
key_type_find(struct span name)
{
    for (enum key_type t = KEY_NONE + 1; t < KEY_TYPE__MAX; t++)
        if (span_is_str(name, type_names[t]))
            return t;
    return KEY_NONE;
}

const char *
key_curve_name(enum key_curve c)
{
    bug_on(c <= CURVE_NONE || c >= CURVE__MAX);
    return curves[c].name;
}

enum key_curve
key_curve_find(struct span name)
{
    for (enum key_curve c = CURVE_NONE + 1; c < CURVE__MAX; c++)
        if (span_is_str(name, curves[c].name))
            return c;
    return CURVE_NONE;
}

size_t
key_curve_bytes(enum key_curve c)
{
    bug_on(c <= CURVE_NONE || c >= CURVE__MAX);
    return curves[c].bytes;
}

const char *
key_op_name(enum key_op op)
{
    bug_on((unsigned)op >= KEY_OP__MAX);
    return op_names[op];
}

enum key_op
key_op_find(struct span name)
{
    for (enum key_op op = 0; op < KEY_OP__MAX; op++)
        if (span_is_str(name, op_names[op]))
            return op;
    return KEY_OP__MAX;
}

unsigned
key_type_ops(enum key_type t)
{
    switch (t) {
    case KEY_RSA:
    case KEY_OCT:
        return ALL_SIX;
    case KEY_EC:
    case KEY_OKP:
        return SIGN_VERIFY;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return 0;
}

bool
key_alg_fits(enum key_alg a, enum key_op op, enum key_type type, enum key_curve curve,
             unsigned bits)
{
    const struct key_alg_info *row;

    if (a <= ALG_NONE || a >= KEY_ALG__MAX || (unsigned)op >= KEY_OP__MAX)
        return false;
    row = &algs[a];
    if (row->type != type || row->curve != curve || (row->ops & KEY_OP_BIT(op)) == 0)
        return false;
    if (row->bits != 0)
        return bits == row->bits;
    /* AES whose name does not say its size. */
    if (row->scheme == SCHEME_KW || row->scheme == SCHEME_KWP)
        return bits == 128 || bits == 192 || bits == 256;
    return true;
}
