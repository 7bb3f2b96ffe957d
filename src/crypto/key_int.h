/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_int.h - the inside of a vault key, shared by the key_*.c files.
 *
 * A key prepares a context the first time an algorithm is used with it and
 * keeps it: what follows pays for no fetch, no set-up and no key schedule.
 */
#ifndef CRYPTO_KEY_INT_H
#define CRYPTO_KEY_INT_H

#include <openssl/param_build.h>

#include "crypto/crypto_int.h"
#include "crypto/key.h"

enum {
    KEY_FORMAT = 1,
    EXPONENT_MAX_BYTES = 8,
    RSA_E_DEFAULT = 65537,
    OCT_MIN = 8, /* bytes */
    RSA_MIN_PAD = 11,
    POINT_UNCOMPRESSED = 4, /* SEC 1 2.3.3 */
};

/* Two directions of an algorithm: sign, decrypt, unwrap; verify, encrypt, wrap. */
enum key_way { WAY_PRIVATE, WAY_PUBLIC, WAY__MAX };

/* pkey of RSA and EC, md of OKP, cipher of oct. */
union key_ready {
    EVP_PKEY_CTX *pkey;
    EVP_MD_CTX *md;
    EVP_CIPHER_CTX *cipher;
};

struct key {
    struct key_public public; /* its spans lie in numbers */
    EVP_PKEY *pkey;           /* NULL: oct */
    bool is_public;           /* there is no private half */
    struct secbuf secret;     /* oct */
    union key_ready ready[KEY_ALG__MAX][WAY__MAX];
    uint8_t numbers[KEY_MODULUS_MAX + EXPONENT_MAX_BYTES];
};

/* OpenSSL's name of a curve that is not Ed25519. */
const char *key_group_name(enum key_curve c);

/* Adopts pkey, also on failure; reads its public part. ERR_UNSUPPORTED: none of the kinds and
 * sizes that we keep; ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err key_adopt(EVP_PKEY *pkey, struct key **out);
/* From named numbers; selection: EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY. NULL: OpenSSL said
 * no (its reasons are queued). */
EVP_PKEY *key_build(const char *type, int selection, OSSL_PARAM_BLD *bld);
/* After a failure, whose reasons OpenSSL may not tell: could its locked heap of private
 * numbers, which is a small one, not have held len bytes more? Empties its queue. */
bool key_memory_is_short(size_t len);
/* bytes are copied: OCT_MIN to KEY_OCT_MAX of them, else ERR_UNSUPPORTED. ERR_NOMEM. */
MUST_CHECK enum err key_adopt_oct(struct span bytes, struct key **out);
/* Does one thing with the key and undoes it. ERR_CRYPTO. */
MUST_CHECK enum err key_pairwise(struct key *k);

/* PKCS#8 DER of one kind of key (RSA, EC, OKP) in a decoder that the thread keeps. Checks
 * the encoding only. ERR_FORMAT, ERR_NOMEM. */
MUST_CHECK enum err key_decode(enum key_type type, struct span der, EVP_PKEY **out);

/* The numbers of a private key, RSA or EC; they lie in store, which is begun here and released
 * by the caller on every path. Nothing is checked but kind and size. ERR_UNSUPPORTED (none that
 * we keep), ERR_SYNTAX (numbers are missing, or it is of another kind), ERR_NOMEM. */
MUST_CHECK enum err key_parts_of(EVP_PKEY *pkey, struct secbuf *store, struct key_parts *out);

/* Known answers before the first use of a kind of key, where crypto_selftest() was called:
 * these are demanded, and hold. Each sees to its own log line. */
void key_selftest_demand(void);
bool key_is_proved(enum key_type type, enum key_curve curve);
/* key_use() for who proves it. */
MUST_CHECK enum err key_use_unproved(struct key *k, const struct key_use *u,
                                     struct secbuf *value, struct key_result *out);

/* key_use() of each type, after algorithm, operation and key were found to fit. What they
 * append before they fail, key_use() cuts off. */
MUST_CHECK enum err key_rsa_use(struct key *k, const struct key_use *u, struct secbuf *value);
MUST_CHECK enum err key_ec_use(struct key *k, const struct key_use *u, struct secbuf *value);
MUST_CHECK enum err key_okp_use(struct key *k, const struct key_use *u, struct secbuf *value);
MUST_CHECK enum err key_oct_use(struct key *k, const struct key_use *u, struct secbuf *value,
                                struct key_result *out);

/* For transport: a context for RSAES-OAEP with MGF1 of the same digest, encrypting or
 * decrypting. NULL (logged). */
EVP_PKEY_CTX *key_oaep_ctx(EVP_PKEY *pkey, enum digest_alg digest, bool encrypt);
/* RFC 5649 with a key of 32 bytes; appends. in: 1 to KEY_PRIVATE_MAX bytes; what is unwrapped
 * a multiple of 8, 16 at least. ERR_SYNTAX (it does not open), ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err key_kwp(const uint8_t kek[static 32], bool wrap, struct span in,
                            struct secbuf *out);

#endif /* CRYPTO_KEY_INT_H */
