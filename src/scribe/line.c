/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - links are written and read at the end of a line, so that reading
 * one needs no JSON parser and admits one spelling only.
 */
#include "scribe/line.h"

#include "codec/b64.h"
#include "crypto/digest.h"

void
line_put(struct buf *out, struct span record, const struct line_link *link)
{
    char room[I64_TEXT_MAX];

    bug_on(record.len < 2 || record.ptr[record.len - 1] != '}');
    buf_put(out, span_head(record, record.len - 1));
    buf_put_str(out, ",\"seq\":");
    buf_put(out, span_of_u64(link->seq, room));
    buf_put_str(out, ",\"rev\":");
    buf_put(out, span_of_u64(link->rev, room));
    buf_put_str(out, ",\"prev\":\"");
    b64url_put(sink_buf(out), span_of(link->prev, sizeof(link->prev)));
    buf_put_str(out, "\"}\n");
}

/* Takes text off the end of *s if it stands there. */
static bool
take_back(struct span *s, const char *text)
{
    struct span t = span_str(text);

    if (s->len < t.len || !span_is_equal(span_tail(*s, s->len - t.len), t))
        return false;
    s->len -= t.len;
    return true;
}

static bool
take_number_back(struct span *s, uint64_t *out)
{
    size_t digits = 0;
    struct span number;

    while (digits < s->len && s->ptr[s->len - 1 - digits] >= '0' &&
           s->ptr[s->len - 1 - digits] <= '9')
        digits++;
    number = span_tail(*s, s->len - digits);
    if (digits > 1 && number.ptr[0] == '0')
        return false;
    s->len -= digits;
    return span_get_u64(number, out);
}

static bool
take_hash_back(struct span *s, uint8_t out[static LINE_HASH_LEN])
{
    struct buf raw;
    bool ok;

    if (s->len < LINE_HASH_TEXT)
        return false;
    buf_init(&raw, LINE_HASH_LEN);
    ok = b64url_get(span_tail(*s, s->len - LINE_HASH_TEXT), sink_buf(&raw)) == ERR_OK &&
         raw.len == LINE_HASH_LEN;
    if (ok)
        memcpy(out, raw.ptr, LINE_HASH_LEN);
    buf_release(&raw);
    s->len -= LINE_HASH_TEXT;
    return ok;
}

enum err
line_parse(struct span line, struct line_link *out)
{
    struct span s = line;
    bool ok = take_back(&s, "\"}") && take_hash_back(&s, out->prev) &&
              take_back(&s, ",\"prev\":\"") && take_number_back(&s, &out->rev) &&
              take_back(&s, ",\"rev\":") && take_number_back(&s, &out->seq) &&
              take_back(&s, ",\"seq\":");

    if (ok && s.len > 1 && s.ptr[0] == '{' && out->seq > 0)
        return ERR_OK;
    *out = (struct line_link){ 0 };
    return ERR_FORMAT;
}

enum err
line_hash(struct span line, uint8_t out[static LINE_HASH_LEN])
{
    return digest_sha256(line, out);
}
