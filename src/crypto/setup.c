/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.c - OpenSSL for processes that hold private keys: freed memory is
 * wiped, private numbers live in OpenSSL's own locked heap.
 */
#include "crypto/setup.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/wipe.h"
#include "crypto/crypto_int.h"

enum { SECURE_MIN_BLOCK = 32 };

static void *
wiping_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(len);
}

static void
wiping_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    if (p == NULL)
        return;
    wipe(p, malloc_usable_size(p));
    free(p);
}

/* Never realloc(): it may leave the old bytes behind. */
static void *
wiping_realloc(void *p, size_t len, const char *file, int line)
{
    size_t had = p == NULL ? 0 : malloc_usable_size(p);
    void *q;

    if (len == 0) {
        wiping_free(p, file, line);
        return NULL;
    }
    if (p != NULL && len <= had && len >= had / 2)
        return p;
    q = malloc(len);
    if (q == NULL || p == NULL)
        return q;
    memcpy(q, p, had < len ? had : len);
    wiping_free(p, file, line);
    return q;
}

enum err
crypto_setup(void)
{
    return crypto_algs() == NULL ? ERR_CRYPTO : ERR_OK;
}

bool
crypto_wipe_freed(void)
{
    static bool done;

    if (!done)
        done = CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free) == 1;
    return done;
}

enum err
crypto_setup_private(size_t secure_len)
{
    if (!crypto_wipe_freed())
        log_warn("crypto: OpenSSL was in use already; what it frees is not wiped");
    if (CRYPTO_secure_malloc_init(secure_len, SECURE_MIN_BLOCK) != 1) {
        log_error("crypto: cannot lock %zu bytes for private keys; raise RLIMIT_MEMLOCK",
                  secure_len);
        return ERR_NOMEM;
    }
    return crypto_setup();
}
