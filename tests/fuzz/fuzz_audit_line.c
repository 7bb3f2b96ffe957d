/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_audit_line.c - the same bytes as a record to be chained, and as a line
 * of a log to be verified. A record that is accepted becomes one line, which
 * is read back and whose chain members a JSON reader sees too. A line that is
 * accepted is spelled as we would spell it.
 */
#include <stdlib.h>

#include "base/secbuf.h"
#include "codec/jsn.h"
#include "scribe/chain.h"
#include "scribe/checkpoint.h"
#include "scribe/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
setup_once(void)
{
    static bool done;

    if (done)
        return;
    if (secmem_init(4 * 1024 * 1024) != ERR_OK)
        abort();
    jsn_setup();
    done = true;
}

/* Duplicate members and escapes that mean no character are the JSON reader's to refuse. */
static void
check_as_json(struct span line, int64_t seq)
{
    struct jsn *root = NULL;
    struct span prev;
    int64_t got;

    if (jsn_parse(line, &root) != ERR_OK)
        return;
    if (!jsn_is_object(root) || jsn_get_i64(root, "seq", &got) != JSN_OK || got != seq ||
        jsn_get_str(root, "prev", &prev) != JSN_OK || prev.len != LINE_HASH_TEXT)
        abort();
    jsn_free(root);
}

static void
try_record(struct span record)
{
    struct chain c = { .seq = 41, .rev = 7 }, reader = c;
    struct span line, category;
    struct buf out;

    if (record_check(record) != ERR_OK)
        return;
    buf_init(&out, LINE_MAX_LEN);
    if (chain_add(&c, record, 9, &out) != ERR_OK)
        abort();
    line = span_head(buf_span(&out), out.len - 1);
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] < 0x20)
            abort();
    if (chain_follow(&reader, line) != ERR_OK || reader.seq != 42 || reader.rev != 9 ||
        record_category(line, &category) != ERR_OK ||
        span_is_str(category, RECORD_CHECKPOINT) || span_is_str(category, RECORD_NOTICE))
        abort();
    check_as_json(line, 42);
    buf_release(&out);
}

static void
try_line(struct span line)
{
    struct checkpoint_line cp;
    struct line_link link;
    struct buf out;
    uint64_t seq;
    size_t at;

    if (checkpoint_read(line, &cp) == ERR_OK &&
        (!checkpoint_read_seq(line, &seq) || seq != cp.what.seq))
        abort();
    if (line.len > LINE_MAX_LEN || line_parse(line, &link) != ERR_OK)
        return;
    /* Back to the record: the link begins at the last seq. */
    at = line.len;
    while (at > 0 && !span_has_prefix(span_tail(line, at), span_str(",\"seq\":")))
        at--;
    buf_init(&out, 2 * LINE_MAX_LEN);
    buf_put(&out, span_head(line, at));
    buf_put_byte(&out, '}');
    if (out.len >= 2) {
        struct buf again;

        buf_init(&again, 2 * LINE_MAX_LEN);
        line_put(&again, buf_span(&out), &link);
        if (again.len != line.len + 1 ||
            !span_is_equal(span_head(buf_span(&again), line.len), line))
            abort();
        buf_release(&again);
    }
    buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    setup_once();
    try_record(span_of(data, len));
    try_line(span_of(data, len));
    return 0;
}
