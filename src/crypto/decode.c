/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - DER to keys. The convenient d2i calls build a decoder for every key
 * (11,000 locks), so each thread keeps one of each kind that it has used.
 */
#include "crypto/crypto_int.h"

static OSSL_DECODER_CTX *
decoder_of(struct crypto_thread *t, enum decoder kind)
{
    static const struct {
        const char *structure;
        const char *type; /* NULL: any */
        int selection;
    } kinds[DECODER__MAX] = {
        [DECODER_PRIVATE] = { "PrivateKeyInfo", NULL, EVP_PKEY_KEYPAIR },
        [DECODER_RSA] = { "PrivateKeyInfo", "RSA", EVP_PKEY_KEYPAIR },
        [DECODER_EC] = { "PrivateKeyInfo", "EC", EVP_PKEY_KEYPAIR },
        [DECODER_OKP] = { "PrivateKeyInfo", "ED25519", EVP_PKEY_KEYPAIR },
        [DECODER_PUBLIC] = { "SubjectPublicKeyInfo", NULL, EVP_PKEY_PUBLIC_KEY },
    };
    OSSL_DECODER_CTX **d = &t->decoders[kind];

    if (*d == NULL)
        *d = OSSL_DECODER_CTX_new_for_pkey(&t->decoded, "DER", kinds[kind].structure,
                                           kinds[kind].type, kinds[kind].selection, NULL, NULL);
    return *d;
}

enum err
crypto_decode(enum decoder kind, struct span der, EVP_PKEY **out)
{
    struct crypto_thread *t = crypto_thread();
    OSSL_DECODER_CTX *d = t == NULL ? NULL : decoder_of(t, kind);
    const unsigned char *p = der.ptr;
    size_t left = der.len;
    int ok;

    *out = NULL;
    if (d == NULL)
        return ERR_NOMEM;
    if (der.len == 0)
        return ERR_FORMAT;
    t->decoded = NULL;
    ok = OSSL_DECODER_from_data(d, &p, &left);
    *out = t->decoded;
    t->decoded = NULL;
    crypto_hush();
    if (ok == 1 && *out != NULL && left == 0)
        return ERR_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    return ERR_FORMAT;
}
