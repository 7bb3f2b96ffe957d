/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_record.c - the reader of packed bytes: store rows, ipc, backup blobs.
 *
 * The input's first byte is the length of a script, then come the script (what
 * to read in which order) and the record. What was read, written again, must be
 * the bytes that were read; a reader that failed gives nothing any more.
 */
#include <stdint.h>

#include "base/buf.h"
#include "codec/b64.h"
#include "codec/isotime.h"
#include "codec/pack.h"

enum { BOUND = 16 * 1024 * 1024, STEPS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
copy_step(struct unpack *u, unsigned step, struct sink k)
{
    char text[64];
    struct span s;

    switch (step % STEPS) {
    case 0:
        pack_u8(k, unpack_u8(u));
        break;
    case 1:
        pack_u16(k, unpack_u16(u));
        break;
    case 2:
        pack_u32(k, unpack_u32(u));
        break;
    case 3:
        pack_i64(k, unpack_i64(u));
        break;
    case 4:
        s = unpack_bytes(u, step * 64u);
        must(s.len <= step * 64u);
        pack_bytes(k, s);
        break;
    case 5:
        unpack_str(u, text, sizeof(text));
        must(strlen(text) < sizeof(text));
        pack_str(k, text);
        break;
    }
}

/* Whatever was decoded from text is written as text that decodes to the same. */
static void
check_texts(struct span text)
{
    struct buf bytes, again;
    int64_t t, back;

    buf_init(&bytes, BOUND);
    buf_init(&again, BOUND);
    if (b64url_get(text, sink_buf(&bytes)) == ERR_OK) {
        b64url_put(sink_buf(&again), buf_span(&bytes));
        must(span_has_prefix(text, buf_span(&again))); /* but for padding */
    }
    buf_clear(&bytes);
    buf_clear(&again);
    if (b64_get(text, sink_buf(&bytes)) == ERR_OK) {
        b64_put(sink_buf(&again), buf_span(&bytes));
        must(span_is_equal(text, buf_span(&again)));
    }
    buf_clear(&bytes);
    buf_clear(&again);
    if (hex_get(text, sink_buf(&bytes)) == ERR_OK) {
        hex_put(sink_buf(&again), buf_span(&bytes));
        must(span_is_equal_nocase(text, buf_span(&again)));
    }
    if (isotime_get(text, &t) == ERR_OK) {
        char out[ISOTIME_MAX];

        isotime_put(t, out);
        must(isotime_get(span_str(out), &back) == ERR_OK);
        /* An offset may lead out of the years that are written. */
        must(back == t || t < -62135596800 || t > 253402300799);
    }
    buf_release(&bytes);
    buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span all = span_of(data, len), script, record;
    struct unpack u;
    struct buf again;

    check_texts(all);
    if (len == 0)
        return 0;
    script = span_head(span_tail(all, 1), data[0]);
    record = span_tail(all, 1 + script.len);
    u = unpack_of(record);
    buf_init(&again, BOUND);
    for (size_t i = 0; i < script.len && u.err == ERR_OK; i++) {
        size_t before = again.len;

        copy_step(&u, script.ptr[i], sink_buf(&again));
        if (u.err != ERR_OK)
            again.len = before;
    }
    must(span_has_prefix(record, buf_span(&again)));
    if (u.err == ERR_OK) {
        must(again.len + u.rest.len == record.len);
    } else {
        must(u.rest.len == 0 && unpack_u8(&u) == 0 && unpack_end(&u) == ERR_FORMAT);
    }
    buf_release(&again);
    return 0;
}
