/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_body.h - request bodies about keys: KeyCreate, KeyImport, KeyUpdate
 * (data-plane.md C2, C4, C6).
 *
 * What the vault and the api-version allow is checked here too; whether the
 * parts of an imported key belong together is the provider's to say.
 */
#ifndef API_DATA_KEY_BODY_H
#define API_DATA_KEY_BODY_H

#include "api/data/key_fail.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "vault/key.h"

enum { KEY_TAG_CHARS = 256 };

enum key_body_kind { KEY_BODY_CREATE, KEY_BODY_IMPORT, KEY_BODY_UPDATE };

/* Everything borrows from root, bytes and policy. */
struct key_body {
    struct jsn *root;
    struct secbuf bytes;         /* decoded private parts */
    struct buf policy;           /* the release policy in canonical form */
    struct object_change change; /* attributes and tags */

    bool hsm;
    struct key_spec spec;   /* create */
    struct key_parts parts; /* import; type and curve in spec as well */
    struct span byok;       /* import: key_hsm as sent; empty if the parts came in the clear */

    bool has_ops;
    unsigned nops;
    enum key_op ops[KEY_OPS_MAX];
    bool has_exportable, exportable;
    struct release_policy release;

    char why[KEY_WHY_MAX]; /* the words that the error's text needs; on failure too */
};

/*
 * x: version, vault and body. The caller releases b, whatever the answer.
 * ERR_BAD_BODY     does not bind
 * ERR_KEY_TYPE     why: the kty
 * ERR_KEY_SIZE, ERR_BAD_PARAMETER   why: the whole text
 * ERR_NOMEM
 */
MUST_CHECK enum err key_body_read(const struct exchange *x, enum key_body_kind kind,
                                  struct key_body *b);
void key_body_release(struct key_body *b);

/*
 * Sets the operations of d, which is of type t: those of the body, or the defaults.
 * ERR_BAD_PARAMETER with b->why. d has hsm and exportable.
 */
MUST_CHECK enum err key_body_ops(struct key_body *b, enum key_type t, struct key_detail *d);

/*
 * A transported key (C4): what key_hsm holds. ERR_BAD_PARAMETER with why.
 */
struct byok_blob {
    struct secbuf text; /* backs root */
    struct jsn *root;
    struct span kid; /* id of the key-exchange key, as the blob says */
    struct secbuf ciphertext;
};
MUST_CHECK enum err byok_blob_read(struct span key_hsm, struct byok_blob *out,
                                   char why[static KEY_WHY_MAX]);
void byok_blob_release(struct byok_blob *b);

#endif /* API_DATA_KEY_BODY_H */
