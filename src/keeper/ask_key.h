/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_key.h - what may be asked about keys that users keep in vaults.
 *
 * Two processes answer these questions, with one table of operations each
 * (struct key_provider): the keeper, whose keys lie sealed in the store, and the
 * token process, whose keys lie in a PKCS#11 token and whose "sealed" bytes
 * only say where. Askers need not know which is which, but for the link.
 *
 * The question names the vault's wrapped key, and the object to which the key
 * is sealed; the token process reads only the object.
 *
 * Every question has its pack function here; keeper_unpack_key() reads them all.
 */
#ifndef KEEPER_ASK_KEY_H
#define KEEPER_ASK_KEY_H

#include "crypto/cert_file.h"
#include "crypto/key.h"
#include "keeper/ask.h"

enum {
    KEY_SEALED_MAX = 1 + KEY_PRIVATE_MAX + SEAL_OVERHEAD,
    /* One field that a client fills. More than any key takes, so that most of what is too long
     * is refused by the provider, with a status of its own. */
    KEY_FIELD_MAX = KEY_INPUT_MAX + 1024,
    KEY_USE_BYTES_MAX = 2 * KEY_INPUT_MAX + 4096, /* all fields of one use together */
    KEY_PLACE_MAX = WRAPPED_MAX + KEY_ID_MAX + MAX_OBJECT_NAME + GUID_LEN + ASK_LABEL_MAX +
                    KEY_SEALED_MAX + 64, /* as packed */
};

/* Which provider keeps the private part. Stored in rows: never renumber. */
enum key_home { HOME_SOFTWARE = 1, HOME_TOKEN = 2, HOME__MAX };

/* A key in its place. */
struct key_place {
    struct wrapped vault; /* PURPOSE_VAULT */
    struct object_id id;  /* KIND_KEY; or KIND_CERTIFICATE's linked key, of KIND_KEY too */
    struct span sealed;   /* <= KEY_SEALED_MAX; empty for a key to be */
    /* Of a key to be, sealed along with it: may it ever be released; may it ever stand in the
     * secret of its certificate (keeper/ask_cert.h)? */
    bool exportable, in_secret;
};

/* KEEPER_KEYPAIR_NEW. place->sealed is empty. RSA: slow, or from the stock of ready-made ones.
 * answer: pack_bytes(sealed), then key_public_pack().
 * ERR_ARG, ERR_BUSY (too many are being made), ERR_UNSUPPORTED (the token cannot). */
void keeper_pack_keypair_new(struct sink k, const struct key_place *place,
                             const struct key_spec *spec);
/* KEEPER_KEYPAIR_IMPORT. answer as above. Errors of key_import(). Holds secrets: k is a
 * secbuf's.
 */
void keeper_pack_keypair_import(struct sink k, const struct key_place *place,
                                const struct key_parts *parts);
/* KEEPER_KEYPAIR_BYOK: a transported key (TRANSPORT_CKM_RSA_AES) is opened with kek and kept at
 * place; both in the same vault. answer as above. ERR_SYNTAX: does not open, or holds no such
 * key. */
void keeper_pack_keypair_byok(struct sink k, const struct key_place *kek,
                              const struct key_place *place, enum key_type type,
                              struct span ciphertext);
/* KEEPER_KEY_USE. answer: pack_u8(has iv and tag), [12 bytes iv, 16 bytes tag], then the value
 * to the end. Verify: empty answer, status ERR_OK or ERR_DENIED. Errors of key_use();
 * ERR_INTEGRITY, ERR_FORMAT; ERR_NOT_FOUND: the token does not hold the key any more. */
void keeper_pack_key_use(struct sink k, const struct key_place *place, const struct key_use *u);
/* KEEPER_KEY_RELEASE: HOME_SOFTWARE only. answer: the ciphertext. ERR_DENIED: it was not made
 * exportable, whatever its row says by now. */
void keeper_pack_key_release(struct sink k, const struct key_place *place,
                             enum key_transport transport, const struct key_public *recipient);
/* KEEPER_KEY_DESTROY: HOME_TOKEN only; the clerk asks it after a purge. answer: empty;
 * ERR_OK also if there is no such key. */
void keeper_pack_key_destroy(struct sink k, const struct key_place *place);

/* KEEPER_KEYPAIR_COPY: the same key as another version of the same object (reuse_key). What it
 * may be released as stays as it was made; place->exportable and in_secret are not read.
 * answer: as KEEPER_KEYPAIR_NEW. ERR_DENIED: another vault or name. */
void keeper_pack_keypair_copy(struct sink k, const struct key_place *from,
                              const struct key_place *place);

/* The answer to NEW, IMPORT, BYOK and COPY; borrows. ERR_PROTOCOL. */
struct keypair_answer {
    struct span sealed;
    struct key_public public;
};
MUST_CHECK enum err keypair_answer_read(struct span payload, struct keypair_answer *out);
void keypair_answer_pack(struct sink k, struct span sealed, const struct key_public *public);
/* The answer to USE; borrows. ERR_PROTOCOL. */
struct key_use_answer {
    bool has_iv_tag;
    struct span iv, tag, value;
};
MUST_CHECK enum err key_use_answer_read(struct span payload, struct key_use_answer *out);
void key_use_answer_pack(struct sink k, const struct key_result *r, struct span value);

struct key_question {
    struct key_place place;
    struct key_place kek; /* COPY: from */
    struct key_spec spec;
    struct key_parts parts;
    struct key_use use;
    enum key_type type;
    enum key_transport transport;
    struct key_public recipient;
    struct span ciphertext;
    /* keeper/ask_cert.h */
    struct span file, password;
    enum cert_form form;
    struct object_id secret;
    struct span chain[CERT_CHAIN_MAX];
    size_t chain_count;
};
/* Is it one of the questions above, or of keeper/ask_cert.h? */
bool keeper_op_is_key(enum keeper_op op);
/* ERR_PROTOCOL: no such question; ERR_ARG: one with a field that is too long or out of range,
 * or with sealed bytes where there are none, or without. Borrows from payload. */
MUST_CHECK enum err keeper_unpack_key(enum keeper_op op, struct span payload,
                                      struct key_question *out);

#endif /* KEEPER_ASK_KEY_H */
