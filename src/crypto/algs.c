/* SPDX-License-Identifier: Apache-2.0 */
/*
 * algs.c - algorithms fetched once and contexts kept per thread.
 *
 * An implicit fetch takes eight locks and a new context several allocations;
 * the hot paths (row integrity, sealing) must pay neither.
 */
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/crypto_int.h"

static struct crypto_algs algs;
static bool algs_ok;
static pthread_once_t algs_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static _Thread_local struct crypto_thread *this_thread;

enum err
crypto_fail(const char *what)
{
    char reasons[512] = "", one[160];
    size_t len = 0;
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        int n;

        ERR_error_string_n(code, one, sizeof(one));
        n = snprintf(reasons + len, sizeof(reasons) - len, "%s%s", len > 0 ? "; " : "", one);
        if (n > 0 && (size_t)n < sizeof(reasons) - len)
            len += (size_t)n;
    }
    log_error("crypto: %s failed: %s", what, len > 0 ? reasons : "no reason given");
    return ERR_CRYPTO;
}

void
crypto_hush(void)
{
    ERR_clear_error();
}

const char *
digest_name(enum digest_alg alg)
{
    static const char *const names[DIGEST__MAX] = {
        [DIGEST_SHA1] = "SHA1",
        [DIGEST_SHA256] = "SHA256",
        [DIGEST_SHA384] = "SHA384",
        [DIGEST_SHA512] = "SHA512",
    };

    bug_on((unsigned)alg >= DIGEST__MAX);
    return names[alg];
}

static void
thread_free(void *arg)
{
    struct crypto_thread *t = arg;

    EVP_MD_CTX_free(t->md);
    EVP_CIPHER_CTX_free(t->gcm);
    for (size_t i = 0; i < DECODER__MAX; i++)
        OSSL_DECODER_CTX_free(t->decoders[i]);
    free(t);
}

/* RFC 3394 and RFC 5649 go by "WRAP" and "WRAP-PAD" in OpenSSL. */
static bool
fetch_aes(void)
{
    static const char *const names[AES_MODE__MAX][AES_SIZES] = {
        [AES_GCM] = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
        [AES_CBC] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
        [AES_KW] = { "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP" },
        [AES_KWP] = { "AES-128-WRAP-PAD", "AES-192-WRAP-PAD", "AES-256-WRAP-PAD" },
    };

    for (size_t m = 0; m < AES_MODE__MAX; m++)
        for (size_t i = 0; i < AES_SIZES; i++) {
            algs.aes[m][i] = EVP_CIPHER_fetch(NULL, names[m][i], NULL);
            if (algs.aes[m][i] == NULL) {
                (void)crypto_fail(names[m][i]);
                return false;
            }
        }
    return true;
}

static void
fetch_all(void)
{
    for (enum digest_alg a = 0; a < DIGEST__MAX; a++) {
        algs.md[a] = EVP_MD_fetch(NULL, digest_name(a), NULL);
        if (algs.md[a] == NULL) {
            (void)crypto_fail(digest_name(a));
            return;
        }
    }
    if (!fetch_aes())
        return;
    algs.gcm = algs.aes[AES_GCM][2];
    algs.scrypt = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    if (algs.scrypt == NULL) {
        (void)crypto_fail("SCRYPT");
        return;
    }
    algs_ok = pthread_key_create(&thread_key, thread_free) == 0;
}

const struct crypto_algs *
crypto_algs(void)
{
    pthread_once(&algs_once, fetch_all);
    return algs_ok ? &algs : NULL;
}

static bool
thread_fill(struct crypto_thread *t)
{
    t->md = EVP_MD_CTX_new();
    t->gcm = EVP_CIPHER_CTX_new();
    if (t->md == NULL || t->gcm == NULL ||
        EVP_CipherInit_ex2(t->gcm, algs.gcm, NULL, NULL, 1, NULL) != 1) {
        (void)crypto_fail("a context for a thread");
        return false;
    }
    return true;
}

struct crypto_thread *
crypto_thread(void)
{
    struct crypto_thread *t = this_thread;

    if (__builtin_expect(t != NULL, 1))
        return t;
    if (crypto_algs() == NULL)
        return NULL;
    t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    if (!thread_fill(t) || pthread_setspecific(thread_key, t) != 0) {
        thread_free(t);
        return NULL;
    }
    this_thread = t;
    return t;
}
