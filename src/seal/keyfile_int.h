/* SPDX-License-Identifier: Apache-2.0 */
/* keyfile_int.h - the words of the formats, for the reader and the writer. */
#ifndef SEAL_KEYFILE_INT_H
#define SEAL_KEYFILE_INT_H

#include "crypto/aead.h"
#include "seal/root.h"

#define KEYFILE_MAGIC "keyhold-root-key-v1"
#define SEALED_MAGIC  "keyhold-sealed-root-v1"

enum {
    SEALED_LEN = AEAD_NONCE_LEN + ROOT_KEY_LEN + AEAD_TAG_LEN,
    SEALED_SALT_LEN = 16,
    SEALED_SALT_MAX = 64,
    SEALED_LOG_N = 16, /* 64 MiB, once per start: dearer than a client's password */
};

#endif /* SEAL_KEYFILE_INT_H */
