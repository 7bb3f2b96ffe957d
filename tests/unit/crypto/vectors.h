/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors.h - hex for tests, and a walk over a Wycheproof file: every test of
 * every group, with its group. The environment's KEYHOLD_WYCHEPROOF names the directory, or the
 * build's does.
 */
#ifndef TEST_CRYPTO_VECTORS_H
#define TEST_CRYPTO_VECTORS_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "codec/b64.h"

enum { HEX_MAX = 64 * 1024 };

/* The caller releases it. */
static inline struct buf
hex_of(const char *text)
{
    struct buf b;

    buf_init(&b, HEX_MAX);
    assert_int_equal(hex_get(span_str(text), sink_buf(&b)), ERR_OK);
    return b;
}

static inline void
assert_hex(const uint8_t *got, const char *want)
{
    struct buf b = hex_of(want);

    assert_memory_equal(got, b.ptr, b.len);
    buf_release(&b);
}

static inline struct buf
hex_member(const json_t *object, const char *name)
{
    return hex_of(json_string_value(json_object_get(object, name)));
}

typedef void (*wycheproof_fn)(const json_t *group, const json_t *test, bool valid);

/*
 * Runs a Wycheproof file; rows marked acceptable are left out. Gives how many it ran. The
 * project does not carry these files: where they are absent the test says that it is skipped.
 */
static inline size_t
wycheproof_walk(const char *file, wycheproof_fn fn)
{
    const char *folder = getenv("KEYHOLD_WYCHEPROOF");
    char path[512];
    json_t *root, *group, *test;
    size_t i, j, ran = 0;

    (void)snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : KEYHOLD_VECTORS,
                   file);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    json_array_foreach(json_object_get(root, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            const char *result = json_string_value(json_object_get(test, "result"));

            if (span_is_str(span_str(result), "acceptable"))
                continue;
            fn(group, test, span_is_str(span_str(result), "valid"));
            ran++;
        }
    }
    json_decref(root);
    return ran;
}

static inline int
secmem_setup(void **state)
{
    (void)state;
    return secmem_init(1024 * 1024) == ERR_OK ? 0 : -1;
}

static inline int
secmem_teardown(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1; /* a secret was forgotten */
}

#endif /* TEST_CRYPTO_VECTORS_H */
