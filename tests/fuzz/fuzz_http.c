/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_http.c - any bytes as a request: the strict scan, the parser behind it,
 * and the chunks of a body. What is accepted has one host and one length, its
 * parts lie within the input, and it does not matter how the bytes were cut.
 *
 * The first byte says how large the cuts are (and whether it is TLS).
 */
#include <stdint.h>
#include <stdlib.h>

#include "http/chunk_int.h"
#include "http/head_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct http_request request;
static struct head_room room;

static void
demand(bool ok)
{
    if (!ok)
        abort();
}

static bool
is_within(struct span s, struct span of)
{
    return s.len == 0 || (of.len > 0 && s.ptr >= of.ptr && s.ptr + s.len <= of.ptr + of.len);
}

static int
scan(struct span in, size_t step, struct head_scan *s)
{
    size_t have = 0;
    int r = HEAD_MORE;

    *s = (struct head_scan){ 0 };
    while (r == HEAD_MORE && have < in.len) {
        have = in.len - have < step ? in.len : have + step;
        r = head_scan(s, span_head(in, have));
    }
    return r;
}

static unsigned
count(const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < request.nheaders; i++)
        n += span_is_str_nocase(request.headers[i].name, name);
    return n;
}

static void
check_text(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        demand((s.ptr[i] >= 0x20 || s.ptr[i] == '\t') && s.ptr[i] != 0x7f);
}

static void
check_host(void)
{
    demand(request.host.len > 0 && request.host.len <= MAX_HOST && request.port > 0);
    for (size_t i = 0; i < request.host.len; i++)
        demand(request.host.ptr[i] > ' ' && request.host.ptr[i] < 0x7f &&
               (request.host.ptr[i] < 'A' || request.host.ptr[i] > 'Z'));
}

static void
check_accepted(struct span head, const struct framing *f)
{
    unsigned hosts = count("host"), lengths = count("content-length"),
             codings = count("transfer-encoding");
    uint64_t length = 0;

    demand(head.len <= MAX_REQUEST_LINE + MAX_HEADER_BYTES + 4);
    demand(hosts == 1 || (hosts == 0 && !f->keep_alive));
    demand(lengths + codings <= 1);
    demand(f->has_length == (lengths == 1) && f->chunked == (codings == 1));
    demand(f->has_length || f->length == 0);
    if (f->has_length)
        demand(span_get_u64(http_request_header(&request, "content-length"), &length) &&
               length == f->length);
    check_host();
    demand(is_within(request.target, head) && request.target.len <= MAX_REQUEST_LINE);
    demand(request.path.len > 0 && request.path.ptr[0] == '/');
    demand(is_within(request.path, head) || is_within(request.path, secbuf_span(&room.path)) ||
           span_is_str(request.path, "/"));
    demand(span_find(request.path, '\0') == request.path.len);
    demand(request.nheaders <= MAX_HEADERS && request.nparams <= MAX_QUERY_PARAMS);
    for (unsigned i = 0; i < request.nheaders; i++) {
        demand(request.headers[i].name.len > 0 && is_within(request.headers[i].name, head) &&
               is_within(request.headers[i].value, head));
        check_text(request.headers[i].name);
        check_text(request.headers[i].value);
    }
    for (unsigned i = 0; i < request.nparams; i++)
        demand(is_within(request.params[i].name, head) ||
               is_within(request.params[i].name, secbuf_span(&room.decoded)));
}

/* State at the end, body bytes found, and raw bytes used up. */
static enum chunk_state
unchunk(struct span raw, size_t step, size_t *body, size_t *used)
{
    struct chunk c = { 0 };

    *body = *used = 0;
    while (*used < raw.len && c.state != CHUNK_DONE && c.state != CHUNK_BAD) {
        struct span part = span_head(span_tail(raw, *used), step), bytes;
        size_t n = chunk_step(&c, part, &bytes);

        demand(n > 0 && n <= part.len && bytes.len <= n && is_within(bytes, part));
        *body += bytes.len;
        *used += n;
    }
    return c.state;
}

static void
check_chunks(struct span raw, size_t step)
{
    size_t body, used, body2, used2;
    enum chunk_state a = unchunk(raw, raw.len, &body, &used),
                     b = unchunk(raw, step, &body2, &used2);

    demand(a == b && body == body2 && used == used2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct head_scan whole, parts;
    struct span in, head;
    struct framing f;
    size_t step;
    int r;

    if (len == 0)
        return 0;
    if (room.decoded.max == 0) {
        if (secmem_init(1u << 20) != ERR_OK)
            abort();
        secbuf_init(&room.decoded, MAX_REQUEST_LINE);
        secbuf_init(&room.path, MAX_REQUEST_LINE);
    }
    step = (size_t)(data[0] & 0x3f) + 1;
    request.is_tls = data[0] >> 7;
    in = span_of(data + 1, len - 1);
    r = scan(in, in.len, &whole);
    /* A line both too long and broken may be refused for either. */
    demand((scan(in, step, &parts) == HEAD_DONE) == (r == HEAD_DONE));
    if (r != HEAD_DONE)
        return 0;
    demand(parts.pos == whole.pos && parts.start == whole.start);
    head = span_tail(span_head(in, whole.pos), whole.start);
    if (head_parse(head, &request, &f, &room) != 0)
        return 0;
    check_accepted(head, &f);
    if (f.chunked)
        check_chunks(span_tail(in, whole.pos), step);
    return 0;
}
