/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_cert.h - what may be asked about keys that have certificates.
 *
 * A certificate's key is a key like others (keeper/ask_key.h): it is made with
 * KEEPER_KEYPAIR_NEW, it signs its certificates and requests with KEEPER_KEY_USE
 * (crypto/cert_spec.h composes what is signed), it is renewed with the same
 * bytes by KEEPER_KEYPAIR_COPY. Two things need its private bytes beside
 * certificates, and are done where those are: taking in a file, and writing the
 * value of the linked secret.
 */
#ifndef KEEPER_ASK_CERT_H
#define KEEPER_ASK_CERT_H

#include "crypto/cert_file.h"
#include "keeper/ask_key.h"

/*
 * KEEPER_CERT_IMPORT. text: PEM or base64 of PKCS#12 as the client sent it (CERT_FILE_MAX at
 * most, password CERT_FILE_PASSWORD_MAX: to be checked before asking, else ERR_ARG). The key is
 * kept at place; place->sealed is empty. Asked of the place's home: the token process takes
 * keys into the token (never in_secret). Slow: a queue of its own, ERR_BUSY when it is full.
 * Holds secrets: k is a secbuf's. answer: cert_import_answer_read(). Errors of cert_file_read()
 * and key_import(). Whether a certificate is of the key, and the order, is the asker's business
 * (crypto/cert_chain.h): nothing is kept here yet.
 */
void keeper_pack_cert_import(struct sink k, const struct key_place *place, enum cert_form form,
                             struct span text, struct span password);
struct cert_import_answer {
    struct keypair_answer key;
    struct span certs[CERT_CHAIN_MAX]; /* DER, in the file's order */
    size_t count;
};
/* Borrows. ERR_PROTOCOL. */
MUST_CHECK enum err cert_import_answer_read(struct span payload,
                                            struct cert_import_answer *out);

/*
 * KEEPER_CERT_SECRET. The sealed value of the secret of a certificate, ready for its row: as
 * cert_file_write() writes it, form PFX or PEM. Always asked of the keeper, never of the token
 * process.
 *
 * place: the key's. With sealed bytes the private key is in the value: ERR_DENIED if it was not
 * made with in_secret. Without: the certificates alone (not exportable, or in a token).
 * secret: KIND_SECRET, in the same vault, of the same name and version as place, or ERR_DENIED.
 * chain: DER, leaf first, 1 to CERT_CHAIN_MAX, each CERT_MAX at most, together
 * CERT_CHAIN_BYTES_MAX.
 *
 * answer: the sealed bytes, nothing around them. Errors of cert_file_write();
 * ERR_VALUE_TOO_LARGE: the value has more than MAX_SECRET_CHARS characters.
 */
void keeper_pack_cert_secret(struct sink k, const struct key_place *place,
                             const struct object_id *secret, enum cert_form form,
                             const struct span *chain, size_t count);

/* The keeper's side. */
void cert_import_answer_put(struct sink k, const struct span *certs, size_t count);

#endif /* KEEPER_ASK_CERT_H */
