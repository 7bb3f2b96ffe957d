/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_key_load.c - any bytes as a stored key, and as a packed public half.
 *
 * Stored keys are sealed; this is what stands behind the seal. Nothing is checked of
 * what loads but its kind: using it may fail, and must not crash.
 */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
try_all(struct key *k)
{
    static const uint8_t bytes[64] = { 1 };
    const struct key_public *p = key_public(k);

    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        for (enum key_op op = KEY_ENCRYPT; op <= KEY_UNWRAP; op++) {
            unsigned digest = key_alg_info(a)->digest_len;
            struct key_use u = { .op = op,
                                 .alg = a,
                                 .bytes = { bytes, digest != 0 ? digest : 32 },
                                 .iv = { bytes, 16 },
                                 .signature = { bytes, p->type == KEY_RSA ? p->n.len : 64 } };
            struct key_result result;
            struct secbuf value;

            if (!key_alg_fits(a, op, p->type, p->curve, p->bits))
                continue;
            secbuf_init(&value, 4096);
            (void)!key_use(k, &u, &value, &result);
            secbuf_release(&value);
        }
}

static void
try_public(struct span bytes)
{
    struct unpack u = unpack_of(bytes);
    struct key_public p;
    struct key *k = NULL;
    struct buf again;

    key_public_unpack(&u, &p);
    if (unpack_end(&u) != ERR_OK)
        return;
    buf_init(&again, KEY_PUBLIC_MAX);
    key_public_pack(sink_buf(&again), &p);
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), bytes))
        abort();
    buf_release(&again);
    if (key_from_public(&p, &k) == ERR_OK)
        try_all(k);
    key_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span bytes = { data, len };
    static bool ready;
    struct key *k = NULL;
    enum err e;

    if (!ready && secmem_init(1024 * 1024) != ERR_OK)
        abort();
    ready = true;
    e = key_load(bytes, &k);
    if (e == ERR_OK)
        try_all(k);
    else if (e != ERR_FORMAT || k != NULL)
        abort();
    key_free(k);
    try_public(bytes);
    return 0;
}
