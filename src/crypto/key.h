/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - a key that users keep in a vault: made, taken in, used.
 *
 * RSA 2048, 3072, 4096; EC P-256, P-384, P-521, P-256K; Ed25519; oct of 128, 192, 256 bits
 * (imported oct keys for HMAC: 8 to 512 bytes). Private bytes leave this room only into a
 * secbuf. Used in the keeper alone.
 *
 * Threads: a struct key keeps prepared contexts and belongs to one thread at a time;
 * key_new() may run on any thread.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secbuf.h"
#include "base/sink.h"
#include "base/span.h"
#include "codec/pack.h"
#include "crypto/key_alg.h"

enum {
    KEY_MODULUS_MAX = 512,   /* RSA-4096 */
    KEY_COORDINATE_MAX = 66, /* P-521 */
    KEY_OCT_MAX = 512,
    KEY_PRIVATE_MAX = 4 * 1024,          /* key_put_private() at most */
    KEY_PUBLIC_MAX = 1200,               /* key_public_pack() at most */
    KEY_PART_MAX = KEY_MODULUS_MAX + 16, /* one of key_parts; writers add leading zeros */
    GCM_IV_BYTES = 12,
    GCM_TAG_BYTES = 16,
    CBC_IV_BYTES = 16,
    KEY_INPUT_MAX = 64 * 1024, /* what encrypt and decrypt of oct keys take */
};

struct key; /* opaque; see key_free() */

struct key_spec {
    enum key_type type;
    enum key_curve curve; /* EC, OKP */
    unsigned bits;        /* RSA, oct */
    uint64_t exponent;    /* RSA: 0 = 65537; odd, 3 .. 2^32-1 */
};

/* What everybody may know of a key. RSA: n, e without leading zeros. EC: x, y as long as the
 * field. OKP: x. oct: nothing but its size. */
struct key_public {
    enum key_type type;
    enum key_curve curve;
    unsigned bits; /* of modulus, field or secret */
    struct span n, e, x, y;
};
void key_public_pack(struct sink k, const struct key_public *p);
/* Borrows from u's bytes; every length and the fit of type, curve and bits are checked. */
void key_public_unpack(struct unpack *u, struct key_public *out);
/* Do type, curve, bits and every length fit, as key_public_unpack() wants them? Of numbers only
 * what shows at a glance. To be asked of what a client sent. */
bool key_public_is_ok(const struct key_public *p);
/* Are they one key? Never, if there is none. */
bool key_public_is_same(const struct key_public *a, const struct key_public *b);

/* A private key as a JWK has it, big-endian; empty spans are absent members. */
struct key_parts {
    enum key_type type;
    enum key_curve curve;
    struct span n, e, d, p, q, dp, dq, qi; /* RSA: all are needed */
    struct span x, y;                      /* with d: EC; x with d: OKP */
    struct span k;                         /* oct */
};
void key_parts_pack(struct sink k, const struct key_parts *p);
void key_parts_unpack(struct unpack *u, struct key_parts *out);
/* Is no part longer than key_parts_unpack takes? To be asked of what a client sent. */
bool key_parts_fit(const struct key_parts *p);

/* Makes a key and checks it against itself (sign and verify, or encrypt and decrypt).
 * RSA takes 50 ms to some seconds. ERR_ARG (a spec we do not make), ERR_CRYPTO, ERR_NOMEM. */
MUST_CHECK enum err key_new(const struct key_spec *spec, struct key **out);
/* The same, given up soon after *stop became true: ERR_AGAIN. */
MUST_CHECK enum err key_new_until(const struct key_spec *spec, const atomic_bool *stop,
                                  struct key **out);
/*
 * From its parts. ERR_ARG: a member missing, a size or curve we do not keep, a public
 * exponent out of bounds; ERR_SYNTAX: the parts do not belong together (pairwise check),
 * a point off its curve. ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err key_import(const struct key_parts *parts, struct key **out);
/* From PKCS#8 DER (RSA, EC, OKP) or raw bytes (oct), as BYOK blobs carry them. Errors as
 * key_import(); ERR_SYNTAX also for what is no PKCS#8. */
MUST_CHECK enum err key_import_plain(enum key_type type, struct span plain, struct key **out);
/* From what key_put_private() wrote. ERR_FORMAT, ERR_NOMEM. */
MUST_CHECK enum err key_load(struct span bytes, struct key **out);
/* The public half alone: encrypts, wraps and verifies; everything else is ERR_ARG. No keeper
 * is needed for these. p: as key_public_unpack() accepts it, not oct (ERR_ARG). ERR_SYNTAX: a
 * point off its curve. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err key_from_public(const struct key_public *p, struct key **out);
void key_free(struct key *k); /* wipes; NULL is allowed */

/* Appends the whole key in our own format (u8 format, u8 type, u8 curve, PKCS#8 or raw).
 * ERR_ARG: there is no private half. ERR_NOMEM, ERR_TOO_LARGE, ERR_CRYPTO. */
MUST_CHECK enum err key_put_private(const struct key *k, struct secbuf *out);
/* Appends what BYOK and release transport: PKCS#8 DER, or the raw bytes of oct. Errors the
 * same. */
MUST_CHECK enum err key_put_plain(const struct key *k, struct secbuf *out);
/* Borrowed from k. */
const struct key_public *key_public(const struct key *k);
/* What it costs to keep, roughly, in bytes. */
size_t key_weight(const struct key *k);

/* One operation. Which members count depends on operation and algorithm:
 *   encrypt       bytes; iv (CBC); aad (GCM)       -> value; GCM also iv, tag
 *   decrypt       bytes; iv; aad, tag (GCM)        -> value
 *   wrap, unwrap  bytes                            -> value
 *   sign          bytes (digest)                   -> value (signature)
 *   verify        bytes (digest), signature        -> nothing; ERR_DENIED when it is wrong
 */
struct key_use {
    enum key_op op;
    enum key_alg alg;
    struct span bytes, signature, iv, aad, tag;
};
struct key_result {
    uint8_t iv[GCM_IV_BYTES]; /* GCM encrypt only */
    uint8_t tag[GCM_TAG_BYTES];
    bool has_iv_tag;
};
/*
 * Appends the value to `value`. ERR_ARG: algorithm and key do not fit, or a length is wrong;
 * ERR_SYNTAX: decryption or unwrapping failed - one answer, and for RSA1_5 the same work,
 * whatever the cause (implicit rejection must not be visible: RFC 8017 7.2.2 note, RFC
 * 3218 2.3.2). ERR_DENIED: verify said no. ERR_CRYPTO (also: its self-test failed), ERR_NOMEM.
 */
MUST_CHECK enum err key_use(struct key *k, const struct key_use *u, struct secbuf *value,
                            struct key_result *out);

/*
 * Key transport for BYOK and release (data-plane.md C4, C8.3): ciphertext =
 * RSAES-OAEP(ephemeral AES-256 key) | AES-KWP(plain key, RFC 5649).
 */
enum key_transport { TRANSPORT_CKM_RSA_AES, TRANSPORT_RSA_AES_256, TRANSPORT_RSA_AES_384 };
/* recipient: an RSA public key of a size that we keep. Appends. plain: 1 to KEY_PRIVATE_MAX
 * bytes. ERR_ARG, ERR_CRYPTO, ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err key_transport_wrap(enum key_transport t, const struct key_public *recipient,
                                       struct span plain, struct buf *ciphertext);
/* kek: an RSA key of ours, else ERR_ARG. Appends. ERR_SYNTAX for anything that does not open,
 * with the same work whichever of the two parts is bad. */
MUST_CHECK enum err key_transport_unwrap(enum key_transport t, struct key *kek,
                                         struct span ciphertext, struct secbuf *plain);

/* Known answers for every algorithm of key_alg.h, now; else before the first use of each kind
 * of key (crypto_selftest()). ERR_CRYPTO. */
MUST_CHECK enum err key_selftest(void);

#endif /* CRYPTO_KEY_H */
