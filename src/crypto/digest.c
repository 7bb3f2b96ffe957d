/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c - SHA-1 and SHA-2 over fetched EVP digests. */
#include "crypto/digest.h"

#include <stdlib.h>

#include "crypto/crypto_int.h"

struct digest {
    EVP_MD_CTX *ctx;
    enum digest_alg alg;
    bool failed;
};

size_t
digest_len(enum digest_alg alg)
{
    static const size_t lens[DIGEST__MAX] = { SHA1_LEN, SHA256_LEN, SHA384_LEN, SHA512_LEN };

    bug_on((unsigned)alg >= DIGEST__MAX);
    return lens[alg];
}

enum err
digest_make(enum digest_alg alg, struct span bytes, uint8_t *out)
{
    struct crypto_thread *t = crypto_thread();

    bug_on((unsigned)alg >= DIGEST__MAX);
    if (t == NULL)
        return ERR_CRYPTO;
    if (EVP_DigestInit_ex2(t->md, crypto_algs()->md[alg], NULL) != 1 ||
        EVP_DigestUpdate(t->md, bytes.ptr, bytes.len) != 1 ||
        EVP_DigestFinal_ex(t->md, out, NULL) != 1)
        return crypto_fail("digest");
    return ERR_OK;
}

enum err
digest_sha1(struct span bytes, uint8_t out[static SHA1_LEN])
{
    return digest_make(DIGEST_SHA1, bytes, out);
}

enum err
digest_sha256(struct span bytes, uint8_t out[static SHA256_LEN])
{
    return digest_make(DIGEST_SHA256, bytes, out);
}

enum err
digest_sha384(struct span bytes, uint8_t out[static SHA384_LEN])
{
    return digest_make(DIGEST_SHA384, bytes, out);
}

enum err
digest_sha512(struct span bytes, uint8_t out[static SHA512_LEN])
{
    return digest_make(DIGEST_SHA512, bytes, out);
}

enum err
digest_new(enum digest_alg alg, struct digest **out)
{
    const struct crypto_algs *algs = crypto_algs();
    struct digest *d;

    *out = NULL;
    bug_on((unsigned)alg >= DIGEST__MAX);
    if (algs == NULL)
        return ERR_CRYPTO;
    d = calloc(1, sizeof(*d));
    if (d == NULL)
        return ERR_NOMEM;
    d->alg = alg;
    d->ctx = EVP_MD_CTX_new();
    if (d->ctx == NULL || EVP_DigestInit_ex2(d->ctx, algs->md[alg], NULL) != 1) {
        digest_free(d);
        return crypto_fail("digest");
    }
    *out = d;
    return ERR_OK;
}

void
digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void
digest_put(struct digest *d, struct span bytes)
{
    if (EVP_DigestUpdate(d->ctx, bytes.ptr, bytes.len) != 1)
        d->failed = true;
}

enum err
digest_end(struct digest *d, uint8_t *out)
{
    bool bad = d->failed || EVP_DigestFinal_ex(d->ctx, out, NULL) != 1;

    d->failed = EVP_DigestInit_ex2(d->ctx, crypto_algs()->md[d->alg], NULL) != 1;
    return bad ? crypto_fail("digest") : ERR_OK;
}
