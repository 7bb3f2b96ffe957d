/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - what may be asked of the keeper, and how it is said.
 *
 * Private keys and the root key exist in the keeper only. Everyone else holds
 * wrapped keys: bytes sealed under the root key whose associated data binds
 * purpose and id (docs/formats/seal.md). A question carries the wrapped key it
 * needs; the keeper unwraps, works, and answers with results only.
 *
 * Which role may ask what, and with how many bytes, stands in one table in
 * keeper/grants.c. Each question has a pack function here (used by askers) and
 * an unpack function (used by keeper/serve.c). Unpacked structs borrow from
 * the payload.
 *
 * Answers: status of the ipc message; payload as said at each question.
 */
#ifndef KEEPER_ASK_H
#define KEEPER_ASK_H

#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/sink.h"
#include "base/span.h"

enum {
    ROOT_ID_BYTES = 8,
    WRAPPED_MAX = 8 * 1024,
    SEAL_OVERHEAD = 64,
    SIGNATURE_MAX = 1024,
    KEY_ID_MAX = 127,
    /* What fields may hold; who composes a question keeps to these. */
    ASK_PLAIN_MAX = 512 * 1024,  /* a value, plain or sealed */
    ASK_MESSAGE_MAX = 96 * 1024, /* what is to be signed; a release with the largest policy */
    ASK_LABEL_MAX = 64,          /* version of an object, or label of the backup format */
    QUESTION_MAX = 1024 * 1024,  /* any question; a longer one ends the link */
};

enum keeper_op {
    KEEPER_HELLO = 1,      /* state, integrity key */
    KEEPER_KEY_NEW,        /* a new symmetric key, wrapped */
    KEEPER_KEY_REWRAP,     /* the same key under the newest root key */
    KEEPER_SEAL,           /* plaintext -> sealed row */
    KEEPER_OPEN,           /* sealed row -> plaintext */
    KEEPER_TRANSFER,       /* sealed under one key -> sealed under another */
    KEEPER_SIGNKEY_NEW,    /* a new signing key: wrapped private, public in the clear */
    KEEPER_SIGN,           /* signature over bytes */
    KEEPER_PASSWORD_HASH,  /* password -> scrypt record; slow pool */
    KEEPER_PASSWORD_CHECK, /* record and password -> status; slow pool */
    KEEPER_CA_NEW,         /* CA key wrapped, CA certificate DER */
    KEEPER_LEAF_NEW,       /* leaf key wrapped, leaf certificate DER */
    KEEPER_TLS_IMPORT,     /* the operator's own TLS key (PEM) -> wrapped */
    KEEPER_ROOT_STATE,     /* ids of the root keys it holds */
    KEEPER_KEYPAIR_NEW,    /* keys of users: keeper/ask_key.h */
    KEEPER_KEYPAIR_IMPORT,
    KEEPER_KEYPAIR_BYOK,
    KEEPER_KEY_USE,
    KEEPER_KEY_RELEASE,
    KEEPER_KEY_DESTROY,
    KEEPER_KEYPAIR_COPY,
    KEEPER_CERT_IMPORT, /* keys with certificates: keeper/ask_cert.h */
    KEEPER_CERT_SECRET,
    KEEPER_STATS, /* figures for the metrics page: keeper/stats.h */
    KEEPER_OP__MAX,
};

/* What a wrapped key is for; part of its associated data, so none stands in for another. */
enum key_purpose {
    PURPOSE_VAULT = 1, /* id: vault GUID; AES-256 master of one vault */
    PURPOSE_BACKUP,    /* id: subscription GUID; AES-256 for object backups */
    PURPOSE_INTEGRITY, /* id: "rows"; HMAC-SHA256 key of the row integrity check */
    PURPOSE_TOKEN,     /* id: kid; RSA-2048, signs access tokens */
    PURPOSE_AUDIT,     /* id: kid; Ed25519, signs audit checkpoints */
    PURPOSE_CA,        /* id: "ca" + serial; P-256 */
    PURPOSE_TLS,       /* id: serial; P-256 (or the operator's own kind) */
    PURPOSE_RELEASE,   /* id: kid; RSA-2048 with a certificate, signs released keys */
    PURPOSE__MAX,
};

/* A wrapped key as stored and asked with. */
struct wrapped {
    enum key_purpose purpose;
    struct span id;    /* <= KEY_ID_MAX */
    struct span bytes; /* <= WRAPPED_MAX */
};
void wrapped_pack(struct sink k, const struct wrapped *w);

/* What a sealed row is bound to (design section 2). For backups: vault = subscription GUID,
 * kind as of the object, name and version as packed by the backup. */
enum object_kind { KIND_SECRET = 1, KIND_KEY, KIND_CERTIFICATE };
struct object_id {
    struct guid vault;
    enum object_kind kind;
    struct span name;    /* upper-cased, <= MAX_OBJECT_NAME */
    struct span version; /* VERSION_LEN hex digits; or a label of the backup format */
};

/* KEEPER_HELLO. question: wrapped integrity key, or empty bytes before there is one.
 * answer: 32 bytes of integrity key, or nothing. ERR_SEALED, ERR_WRONG_KEY, ERR_INTEGRITY. */
void keeper_pack_hello(struct sink k, const struct wrapped *integrity);

/* KEEPER_KEY_NEW. purposes VAULT, BACKUP, INTEGRITY. answer: u32 length + wrapped bytes. */
void keeper_pack_key_new(struct sink k, enum key_purpose purpose, struct span id);

/* KEEPER_KEY_REWRAP, any purpose. answer: wrapped bytes (u32 length first). */
void keeper_pack_key_rewrap(struct sink k, const struct wrapped *key);

/* KEEPER_SEAL. key: PURPOSE_VAULT. answer: the sealed bytes, nothing around them. */
void keeper_pack_seal(struct sink k, const struct wrapped *key, const struct object_id *id,
                      struct span plain);
/* In place of a version: what the password of an issuer is sealed to. The clerk opens these,
 * and no other. */
#define ISSUER_PASSWORD "issuer-password"
/* KEEPER_OPEN. answer: the plaintext, nothing around it. ERR_INTEGRITY, ERR_FORMAT.
 * Both: KIND_SECRET only, what is sealed as a key is not opened for anybody (keeper/ask_key.h).
 * All three: ERR_DENIED when id.vault is not the key's own id. */
void keeper_pack_open(struct sink k, const struct wrapped *key, const struct object_id *id,
                      struct span sealed);
/* KEEPER_TRANSFER. VAULT -> BACKUP (backup) or BACKUP -> VAULT (restore); of the same kind.
 * answer: the bytes sealed anew, nothing around them. */
void keeper_pack_transfer(struct sink k, const struct wrapped *from,
                          const struct object_id *from_id, struct span sealed,
                          const struct wrapped *to, const struct object_id *to_id);

enum sign_alg {
    SIGN_RS256 = 1,
    SIGN_ES256,
    SIGN_ED25519,
    SIGN_RSA_PSS,
    SIGN_RSA_PKCS1,
    SIGN_ECDSA,
    SIGN_ALG__MAX
};
enum sign_digest { SIGN_DIGEST_NONE, SIGN_SHA256, SIGN_SHA384, SIGN_SHA512, SIGN_DIGEST__MAX };

/* KEEPER_SIGNKEY_NEW. purposes TOKEN, AUDIT, TLS, RELEASE; the kind of key follows from the
 * purpose. answer: pack_bytes(wrapped), pack_bytes(SPKI DER), pack_bytes(self-signed
 * certificate DER; TOKEN and RELEASE, else empty). */
void keeper_pack_signkey_new(struct sink k, enum key_purpose purpose, struct span id);

/* KEEPER_SIGN. RS256, ES256 (r||s), ED25519 hash the bytes themselves (digest NONE).
 * RSA_PSS, RSA_PKCS1, ECDSA (DER) take a digest that the asker made, for TLS.
 * Purpose and algorithm must fit: TOKEN and RELEASE sign RS256 only, AUDIT ED25519 only.
 * answer: the signature. */
void keeper_pack_sign(struct sink k, const struct wrapped *key, enum sign_alg alg,
                      enum sign_digest digest, struct span bytes);

/* KEEPER_PASSWORD_HASH. answer: the record (printable, "$scrypt$..."), nothing around it. */
void keeper_pack_password_hash(struct sink k, struct span password);
/* KEEPER_PASSWORD_CHECK. answer: empty; status ERR_OK or ERR_BAD_SECRET. */
void keeper_pack_password_check(struct sink k, struct span record, struct span password);

/* KEEPER_CA_NEW. domain: permitted DNS subtree (name constraint), next to localhost and the
 * loopback addresses. answer: pack_bytes(wrapped), pack_bytes(certificate DER). */
void keeper_pack_ca_new(struct sink k, struct span id, struct span domain, int64_t not_before,
                        int64_t not_after);
/* KEEPER_LEAF_NEW. names: DNS names and IP addresses, comma-separated.
 * answer: pack_bytes(wrapped leaf key), pack_bytes(leaf certificate DER). */
void keeper_pack_leaf_new(struct sink k, const struct wrapped *ca, struct span ca_der,
                          struct span id, struct span names, int64_t not_before,
                          int64_t not_after);
/* KEEPER_TLS_IMPORT. answer: pack_bytes(wrapped), pack_bytes(SPKI DER). */
void keeper_pack_tls_import(struct sink k, struct span id, struct span pem);

/* KEEPER_ROOT_STATE. question: empty.
 * answer: pack_bytes(root key id), pack_bytes(next root key id or empty). */

/* KEEPER_STATS. question: empty. answer: keeper_stats_pack(). */

/* The keeper's side: one reader per question; every field is bounded. */
struct keeper_question {
    struct wrapped key;  /* or from */
    struct object_id id; /* or from_id */
    struct wrapped to;
    struct object_id to_id;
    enum key_purpose purpose;
    enum sign_alg alg;
    enum sign_digest digest;
    struct span name;   /* id of a key to be made */
    struct span bytes;  /* plaintext, sealed bytes, message, password, PEM, CA certificate */
    struct span record; /* scrypt record */
    struct span domain; /* or the list of names */
    int64_t not_before, not_after;
};
/* ERR_PROTOCOL: no such question; ERR_ARG: it is one, but a field is too long or out of range.
 */
MUST_CHECK enum err keeper_unpack(enum keeper_op op, struct span payload,
                                  struct keeper_question *out);

#endif /* KEEPER_ASK_H */
