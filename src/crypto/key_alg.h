/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_alg.h - types, curves, operations and algorithms of vault keys, by their
 * names on the wire (data-plane.md C2, C3, C8; RFC 7518).
 *
 * One table says which algorithm does what with which key. Whoever validates a
 * request and whoever carries it out read the same rows. Constant; any thread.
 */
#ifndef CRYPTO_KEY_ALG_H
#define CRYPTO_KEY_ALG_H

#include <stdbool.h>

#include "base/span.h"
#include "crypto/digest.h"

/* Types and curves are stored by number: never renumber. */
enum key_type { KEY_NONE, KEY_RSA, KEY_EC, KEY_OCT, KEY_OKP, KEY_TYPE__MAX };
enum key_curve {
    CURVE_NONE,
    CURVE_P256,
    CURVE_P384,
    CURVE_P521,
    CURVE_P256K,
    CURVE_ED25519,
    CURVE__MAX
};
/* The six that are done with a key, then the two that only say what may be done with it. */
enum key_op {
    KEY_ENCRYPT,
    KEY_DECRYPT,
    KEY_SIGN,
    KEY_VERIFY,
    KEY_WRAP,
    KEY_UNWRAP,
    KEY_IMPORT,
    KEY_EXPORT,
    KEY_OP__MAX
};
#define KEY_OP_BIT(op) (1u << (op))

enum key_alg {
    ALG_NONE,
    ALG_RSA1_5,
    ALG_RSA_OAEP,
    ALG_RSA_OAEP_256,
    ALG_RS256,
    ALG_RS384,
    ALG_RS512,
    ALG_PS256,
    ALG_PS384,
    ALG_PS512,
    ALG_RSNULL,
    ALG_ES256,
    ALG_ES384,
    ALG_ES512,
    ALG_ES256K,
    ALG_EDDSA,
    ALG_A128GCM,
    ALG_A192GCM,
    ALG_A256GCM,
    ALG_A128CBC,
    ALG_A192CBC,
    ALG_A256CBC,
    ALG_A128CBCPAD,
    ALG_A192CBCPAD,
    ALG_A256CBCPAD,
    ALG_A128KW,
    ALG_A192KW,
    ALG_A256KW,
    ALG_CKM_AES_KW,  /* "CKM_AES_KEY_WRAP": RFC 3394 with the key's own size */
    ALG_CKM_AES_KWP, /* "CKM_AES_KEY_WRAP_PAD": RFC 5649 */
    ALG_HS256,
    ALG_HS384,
    ALG_HS512,
    KEY_ALG__MAX
};

enum key_scheme {
    SCHEME_RSAES_PKCS1,
    SCHEME_RSAES_OAEP,
    SCHEME_RSASSA_PKCS1,
    SCHEME_RSASSA_PKCS1_NULL, /* no DigestInfo */
    SCHEME_RSASSA_PSS,
    SCHEME_ECDSA,
    SCHEME_EDDSA,
    SCHEME_GCM,
    SCHEME_CBC,
    SCHEME_CBC_PAD,
    SCHEME_KW,
    SCHEME_KWP,
    SCHEME_HMAC
};

struct key_alg_info {
    const char *name; /* as on the wire */
    enum key_type type;
    enum key_curve curve; /* the one curve it works with, or CURVE_NONE */
    unsigned bits;        /* the one size of an oct key it works with, or 0 */
    enum key_scheme scheme;
    enum digest_alg digest; /* of the hash or MAC; meaningless elsewhere */
    unsigned digest_len; /* bytes that sign and verify demand; 0: any (RSNULL, EdDSA, HMAC) */
    unsigned ops;        /* KEY_OP_BITs it can do */
};

/* a: not ALG_NONE. */
const struct key_alg_info *key_alg_info(enum key_alg a);
/* Exactly as spelled; ALG_NONE if unknown. */
enum key_alg key_alg_find(struct span name);

/* "RSA", "EC", "oct", "OKP" (without -HSM); KEY_NONE if unknown, exact spelling. */
const char *key_type_name(enum key_type t);
enum key_type key_type_find(struct span name);
/* "P-256", ... "P-256K", "Ed25519". */
const char *key_curve_name(enum key_curve c);
enum key_curve key_curve_find(struct span name);
/* Bytes of a coordinate: 32, 48, 66, 32, 32. */
size_t key_curve_bytes(enum key_curve c);
/* "encrypt", ... "export"; KEY_OP__MAX if unknown. */
const char *key_op_name(enum key_op op);
enum key_op key_op_find(struct span name);

/* All that a key of this type can do (KEY_OP_BITs): RSA six, EC and OKP sign and verify, oct
 * six. import and export are not in it. */
unsigned key_type_ops(enum key_type t);
/* Does the algorithm fit the key and the operation at all? */
bool key_alg_fits(enum key_alg a, enum key_op op, enum key_type type, enum key_curve curve,
                  unsigned bits);

#endif /* CRYPTO_KEY_ALG_H */
