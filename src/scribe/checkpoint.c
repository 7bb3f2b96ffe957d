/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.c - written and read in one spelling, member by member, so that
 * reading a million lines for their checkpoints needs no JSON tree.
 */
#include "scribe/checkpoint.h"

#include "base/clock.h"
#include "codec/b64.h"
#include "codec/jsw.h"
#include "keeper/ask.h"
#include "scribe/record.h"

struct checkpoint
checkpoint_of(const struct chain *c)
{
    struct checkpoint cp = { .seq = c->seq, .count = c->seq - c->signed_seq };

    memcpy(cp.head, c->hash, sizeof(cp.head));
    isotime_put_100ns(clock_now_100ns(), cp.time);
    return cp;
}

void
checkpoint_put_text(const struct checkpoint *c, struct buf *out)
{
    buf_put_str(out, "keyhold audit checkpoint v1\n");
    buf_put_fmt(out, "seq %llu\ncount %llu\ntime %s\nhead ", (unsigned long long)c->seq,
                (unsigned long long)c->count, c->time);
    b64url_put(sink_buf(out), span_of(c->head, sizeof(c->head)));
    buf_put_byte(out, '\n');
}

void
checkpoint_put_record(const struct checkpoint *c, struct span kid, struct span signature,
                      struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_str(&w, "time", c->time);
    jsw_str(&w, "category", RECORD_CHECKPOINT);
    jsw_str(&w, "operationName", "AuditCheckpoint");
    jsw_object(&w, "properties");
    jsw_i64(&w, "seq", (int64_t)c->seq);
    jsw_i64(&w, "count", (int64_t)c->count);
    jsw_b64url(&w, "head", span_of(c->head, sizeof(c->head)));
    jsw_span(&w, "kid", kid);
    jsw_str(&w, "alg", "Ed25519");
    jsw_b64url(&w, "signature", signature);
    jsw_end(&w);
    jsw_end(&w);
}

/* Reading: what is left of the line; ptr NULL after the first thing that was not as expected.
 */
static void
expect(struct span *s, const char *text)
{
    struct span t = span_str(text);

    if (s->ptr == NULL || !span_has_prefix(*s, t))
        *s = (struct span){ 0 };
    else
        *s = span_tail(*s, t.len);
}

/* What stands before the next `end`. */
static struct span
until(struct span *s, uint8_t end)
{
    size_t at = span_find(*s, end);
    struct span value = span_head(*s, at);

    if (s->ptr == NULL || at == s->len) {
        *s = (struct span){ 0 };
        return *s;
    }
    *s = span_tail(*s, at);
    return value;
}

static uint64_t
number(struct span *s, uint8_t end)
{
    uint64_t v = 0;

    if (!span_get_u64(until(s, end), &v))
        *s = (struct span){ 0 };
    return v;
}

static size_t
bytes(struct span *s, uint8_t *out, size_t max)
{
    struct span text = until(s, '"');
    struct buf raw;
    size_t len = 0;

    buf_init(&raw, max);
    if (b64url_get(text, sink_buf(&raw)) != ERR_OK || raw.len == 0)
        *s = (struct span){ 0 };
    else {
        len = raw.len;
        memcpy(out, raw.ptr, len);
    }
    buf_release(&raw);
    return len;
}

static const char prefix[] = "{\"time\":\"";
static const char kind[] = "\",\"category\":\"" RECORD_CHECKPOINT "\",\"operationName\":";

static struct span
read_time(struct span line, char time[static ISOTIME_MAX])
{
    struct span s = line;

    expect(&s, prefix);
    if (!span_copy_str(until(&s, '"'), time, ISOTIME_MAX))
        s = (struct span){ 0 };
    expect(&s, kind);
    expect(&s, "\"AuditCheckpoint\",\"properties\":{\"seq\":");
    return s;
}

bool
checkpoint_read_seq(struct span line, uint64_t *seq)
{
    char time[ISOTIME_MAX];
    struct span s = read_time(line, time);

    *seq = number(&s, ',');
    return s.ptr != NULL;
}

enum err
checkpoint_read(struct span line, struct checkpoint_line *out)
{
    struct span category, s;

    *out = (struct checkpoint_line){ 0 };
    if (record_category(line, &category) != ERR_OK)
        return ERR_FORMAT;
    if (!span_is_str(category, RECORD_CHECKPOINT))
        return ERR_NOT_FOUND;
    s = read_time(line, out->what.time);
    out->what.seq = number(&s, ',');
    expect(&s, ",\"count\":");
    out->what.count = number(&s, ',');
    expect(&s, ",\"head\":\"");
    if (bytes(&s, out->what.head, LINE_HASH_LEN) != LINE_HASH_LEN)
        s = (struct span){ 0 };
    expect(&s, "\",\"kid\":\"");
    out->kid = until(&s, '"');
    expect(&s, "\",\"alg\":\"Ed25519\",\"signature\":\"");
    out->signature_len = bytes(&s, out->signature, CHECKPOINT_SIG_MAX);
    expect(&s, "\"},\"seq\":");
    if (s.ptr != NULL)
        return ERR_OK;
    *out = (struct checkpoint_line){ 0 };
    return ERR_FORMAT;
}
