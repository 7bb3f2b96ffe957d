/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_key_import.c - any bytes as a foreign private key.
 *
 * First byte: its low bit says parts (as between processes) or a plain key
 * (PKCS#8, raw), the next two which type of plain key. What is taken in must
 * say what it is, sign, and come back from its stored form as the same key.
 */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const struct key *k)
{
    struct secbuf stored, again;
    struct buf was, is;
    struct key *back = NULL;

    secbuf_init(&stored, KEY_PRIVATE_MAX);
    secbuf_init(&again, KEY_PRIVATE_MAX);
    buf_init(&was, KEY_PUBLIC_MAX);
    buf_init(&is, KEY_PUBLIC_MAX);
    if (key_put_private(k, &stored) != ERR_OK ||
        key_load(secbuf_span(&stored), &back) != ERR_OK ||
        key_put_private(back, &again) != ERR_OK ||
        !span_is_equal(secbuf_span(&stored), secbuf_span(&again)))
        abort();
    key_public_pack(sink_buf(&was), key_public(k));
    key_public_pack(sink_buf(&is), key_public(back));
    if (was.err != ERR_OK || !span_is_equal(buf_span(&was), buf_span(&is)))
        abort();
    key_free(back);
    secbuf_release(&stored);
    secbuf_release(&again);
    buf_release(&was);
    buf_release(&is);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const enum key_type types[] = { KEY_RSA, KEY_EC, KEY_OKP, KEY_OCT };
    static bool ready;
    struct key_parts parts;
    struct key *k = NULL;
    struct unpack u;
    enum err e;

    if (!ready && secmem_init(1024 * 1024) != ERR_OK)
        abort();
    ready = true;
    if (len == 0)
        return 0;
    if ((data[0] & 1) != 0) {
        e = key_import_plain(types[data[0] >> 1 & 3], span_of(data + 1, len - 1), &k);
    } else {
        u = unpack_of(span_of(data + 1, len - 1));
        key_parts_unpack(&u, &parts);
        e = unpack_end(&u);
        if (e != ERR_OK)
            return 0;
        e = key_import(&parts, &k);
    }
    if (e == ERR_OK)
        check(k);
    else if ((e != ERR_ARG && e != ERR_SYNTAX) || k != NULL)
        abort();
    key_free(k);
    return 0;
}
