/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_file.h - certificates with their private key as files: PKCS#12 and PEM,
 * read and written. In the keeper alone: what is read is anybody's, what it
 * holds is secret.
 *
 * Read: PKCS#12 (RFC 7292, BER too) with PBES2 (PBKDF2 with HMAC of SHA-1 and SHA-2, AES and
 * 3DES in CBC) and the PBE schemes with SHA-1 and 3DES or RC2 (RC2 only where OpenSSL's legacy
 * provider is installed); PEM with an unencrypted key in PKCS#8, PKCS#1 or SEC 1, CRLF too.
 * What may be in it is bounded, and so is what it may cost: see CERT_FILE_*.
 */
#ifndef CRYPTO_CERT_FILE_H
#define CRYPTO_CERT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "crypto/cert_chain.h"
#include "crypto/key.h"

enum {
    /* What becomes of it must fit into a secret of 25,600 characters. */
    CERT_FILE_MAX = 128 * 1024,         /* text, as it is read */
    CERT_FILE_PASSWORD_MAX = 1024,      /* bytes of UTF-8 */
    CERT_FILE_ELEMENTS_MAX = 4096,      /* BER elements in one piece of it */
    CERT_FILE_DEPTH_MAX = 24,           /* of BER; bags within bags: 4 */
    CERT_FILE_KEYS_MAX = 8,             /* private keys that are looked at */
    CERT_FILE_ITERATIONS_MAX = 1000000, /* of one derivation */
    CERT_FILE_WORK_MAX = 4000000,       /* iterations of all of them together */
    CERT_PFX_ITERATIONS = 1,            /* ours have an empty password: nothing to slow down */
};

/* Packed in questions. */
enum cert_form { CERT_FORM_ANY, CERT_FORM_PFX, CERT_FORM_PEM, CERT_FORM__MAX };

struct cert_file {
    struct key_parts parts; /* borrows from numbers; what key_import() makes of them, it says */
    struct secbuf numbers;
    struct span certs[CERT_CHAIN_MAX]; /* DER, in the file's order; borrow from ders */
    size_t count;
    struct buf ders;
};

/* Before confinement: loads what reading needs (the legacy provider: without it, a line in the
 * log, and RC2 is ERR_CERT_ENCRYPTED). Once per process; else at the first file. */
void cert_file_setup(void);

/*
 * text: PEM, or base64 of PKCS#12 (line ends and missing padding do not matter). ANY: PEM if
 * there is a "-----BEGIN " in it. password: UTF-8; ignored with PEM.
 * out is set on every path; to be released after ERR_OK only.
 *
 * ERR_SYNTAX          neither PEM nor PKCS#12, or not of the form asked for; damaged
 * ERR_CERT_PASSWORD   the password does not open it
 * ERR_CERT_ENCRYPTED  encrypted as we do not read it: an encrypted PEM key, RC2 without the
 *                     provider, RC4, scrypt
 * ERR_CERT_NO_KEY     it holds no private key
 * ERR_CERT_KEYS       it holds several different ones
 * ERR_CERT_NONE       it holds no certificate
 * ERR_ARG             a key of a kind, curve or size that is not kept
 * ERR_TOO_LARGE       beyond one of the bounds above, or more than CERT_CHAIN_MAX certificates
 * ERR_NOMEM, ERR_CRYPTO
 */
MUST_CHECK enum err cert_file_read(struct span text, struct span password, enum cert_form form,
                                   struct cert_file *out);
void cert_file_release(struct cert_file *f); /* wipes */

/*
 * The value of a certificate's secret (data-plane.md D5), appended. key may be NULL: the
 * certificates alone. chain: DER, leaf first, at least one.
 * PFX: base64 of PKCS#12, empty password, 3DES and HMAC-SHA1, localKeyID, no friendlyName.
 * PEM: the PKCS#8 block, then the certificates' blocks.
 * ERR_FORMAT (chain), ERR_CERT_MISMATCH (chain[0] is not of the key), ERR_TOO_LARGE, ERR_NOMEM,
 * ERR_CRYPTO.
 */
MUST_CHECK enum err cert_file_write(enum cert_form form, const struct key *key,
                                    const struct span *chain, size_t count,
                                    struct secbuf *text);

#endif /* CRYPTO_CERT_FILE_H */
