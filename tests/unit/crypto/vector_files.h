/* SPDX-License-Identifier: Apache-2.0 */
/* vector_files.h - the files of Debian's python3-cryptography-vectors, one after the other. */
#ifndef TEST_CRYPTO_VECTOR_FILES_H
#define TEST_CRYPTO_VECTOR_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/cert_chain.h"
#include "vectors.h"

#define X509_VECTORS "/usr/lib/python3/dist-packages/cryptography_vectors/x509"
#define PKITS        X509_VECTORS "/PKITS_data"

enum { VECTOR_MAX = 1024 * 1024, VECTOR_FILES_MAX = 1024 };

/* Names of the files in a directory that end so, in order. */
struct vector_names {
    char *name[VECTOR_FILES_MAX];
    size_t count;
};

static inline bool
ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), e = strlen(end);

    return n >= e && strcmp(name + n - e, end) == 0;
}

static inline int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* False: there is no such directory. */
static inline bool
vector_names(const char *dir, const char *end, struct vector_names *out)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    out->count = 0;
    if (d == NULL)
        return false;
    while ((entry = readdir(d)) != NULL) {
        if (!ends_with(entry->d_name, end))
            continue;
        assert_true(out->count < VECTOR_FILES_MAX);
        out->name[out->count] = strdup(entry->d_name);
        assert_non_null(out->name[out->count++]);
    }
    assert_int_equal(closedir(d), 0);
    qsort(out->name, out->count, sizeof(out->name[0]), by_name);
    return true;
}

static inline void
vector_names_release(struct vector_names *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->name[i]);
    v->count = 0;
}

/* Appends the file. */
static inline void
vector_read(const char *dir, const char *name, struct buf *out)
{
    uint8_t bytes[4096];
    char path[512];
    size_t n;
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
        buf_put(out, span_of(bytes, n));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(out->err, ERR_OK);
}

/* One certificate in DER, or the first of those in PEM. */
static inline enum err
vector_cert(const char *dir, const char *name, struct cert **out)
{
    struct cert_bag bag = { .count = 0 };
    struct buf bytes;
    enum err e;

    *out = NULL;
    buf_init(&bytes, VECTOR_MAX);
    vector_read(dir, name, &bytes);
    e = cert_bag_add(&bag, buf_span(&bytes));
    if (e == ERR_OK)
        e = cert_new(cert_der(bag.certs[0]), out);
    cert_bag_release(&bag);
    buf_release(&bytes);
    return e;
}

#endif /* TEST_CRYPTO_VECTOR_FILES_H */
