/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsw.c - JSON straight into the output, no tree.
 *
 * Whatever bytes come in, what goes out is JSON in UTF-8: a byte that begins no
 * well-formed sequence becomes U+FFFD. Nesting errors are bugs of the caller.
 */
#include "codec/jsw.h"

#include "codec/b64.h"
#include "codec/jsplain.h"

enum { LEVELS = 32 };

struct jsw
jsw_of(struct sink k)
{
    return (struct jsw){ .sink = k };
}

/* Length of the well-formed UTF-8 sequence at the head of s (Unicode table 3-7); 0 if none. */
static size_t
utf8_len(struct span s)
{
    uint8_t c = s.ptr[0], lo = 0x80, hi = 0xbf;
    size_t len;

    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (s.len < len)
        return 0;
    if (c == 0xe0)
        lo = 0xa0;
    else if (c == 0xed)
        hi = 0x9f;
    else if (c == 0xf0)
        lo = 0x90;
    else if (c == 0xf4)
        hi = 0x8f;
    if (s.ptr[1] < lo || s.ptr[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s.ptr[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static void
put_escape(struct sink k, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[] = "btn?fr"; /* 0x08 to 0x0d; 0x0b has no short form */
    uint8_t text[6] = { '\\', 'u', '0', '0', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15] };
    size_t len = sizeof(text);

    if (c == '"' || c == '\\') {
        text[1] = c;
        len = 2;
    } else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        text[1] = (uint8_t)shorts[c - 0x08];
        len = 2;
    }
    sink_put(k, span_of(text, len));
}

/* ASCII that stands in a string as it is. */
static bool
is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Fewer than eight bytes as a word of eight, some twice or blanks where there are none. */
static inline uint64_t
word_of_few(const uint8_t *p, size_t len)
{
    uint32_t low, high;

    if (len >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + len - 4, 4);
        return (uint64_t)high << 32 | low;
    }
    if (len == 0)
        return UINT64_C(0x2020202020202020);
    return UINT64_C(0x2020202020000000) | (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 |
           p[len - 1];
}

/* How many of the first bytes are plain, in steps of eight. */
static size_t
plain_words(struct span v)
{
    size_t n = 0;

    while (n + sizeof(uint64_t) <= v.len && jsplain_is(jsplain_word(v.ptr + n)))
        n += sizeof(uint64_t);
    return n;
}

static bool
all_plain(struct span v)
{
    if (v.len < sizeof(uint64_t))
        return jsplain_is(word_of_few(v.ptr, v.len));
    return v.len - plain_words(v) < sizeof(uint64_t) &&
           jsplain_is(jsplain_word(v.ptr + v.len - sizeof(uint64_t)));
}

/* Text between quotes; where it ends. */
static uint8_t *
write_quoted(uint8_t *p, struct span v)
{
    *p++ = '"';
    if (v.len > 0)
        memcpy(p, v.ptr, v.len);
    p += v.len;
    *p++ = '"';
    return p;
}

/* Most text is plain and fits. */
static bool
put_plain(struct sink k, struct span v)
{
    uint8_t *p = all_plain(v) ? sink_fit(k, v.len + 2) : NULL;

    if (p == NULL)
        return false;
    (void)write_quoted(p, v);
    return true;
}

static void
put_quoted(struct sink k, struct span v)
{
    size_t run = 0;

    if (put_plain(k, v))
        return;
    sink_put_byte(k, '"');
    while ((run += plain_words(span_tail(v, run))) < v.len) {
        uint8_t c = v.ptr[run];
        size_t len = is_plain(c) ? 1 : c < 0x80 ? 0 : utf8_len(span_tail(v, run));

        if (len > 0) {
            run += len;
            continue;
        }
        sink_put(k, span_head(v, run));
        if (c < 0x80)
            put_escape(k, c);
        else
            sink_put_str(k, "\xef\xbf\xbd");
        v = span_tail(v, run + 1);
        run = 0;
    }
    sink_put(k, v);
    sink_put_byte(k, '"');
}

/* A name that is plain and fits, at once. */
static bool
put_plain_name(struct sink k, bool comma, struct span name)
{
    uint8_t *p = all_plain(name) ? sink_fit(k, name.len + (comma ? 4 : 3)) : NULL;

    if (p == NULL)
        return false;
    if (comma)
        *p++ = ',';
    p = write_quoted(p, name);
    *p = ':';
    return true;
}

/* What stands before a value: a comma, and the name inside an object. */
static void
before(struct jsw *w, const struct span *name)
{
    uint32_t bit = 1u << w->depth;
    bool comma = (w->comma & bit) != 0;

    bug_on(comma && w->depth == 0); /* one root only */
    bug_on((name == NULL) != (w->depth == 0 || (w->array & bit) != 0));
    w->comma |= bit;
    if (name != NULL && put_plain_name(w->sink, comma, *name))
        return;
    if (comma)
        sink_put_byte(w->sink, ',');
    if (name == NULL)
        return;
    put_quoted(w->sink, *name);
    sink_put_byte(w->sink, ':');
}

/* A member whose text is plain, as its name is, and which fits, at once: most of what is
 * written. */
static bool
put_plain_member(struct jsw *w, struct span name, struct span v)
{
    uint32_t bit = 1u << w->depth;
    bool comma = (w->comma & bit) != 0;
    uint8_t *p = NULL;

    if (w->depth > 0 && (w->array & bit) == 0 && all_plain(v))
        p = sink_fit(w->sink, name.len + v.len + (comma ? 6 : 5));
    if (p == NULL)
        return false;
    w->comma |= bit;
    if (comma)
        *p++ = ',';
    p = write_quoted(p, name);
    *p++ = ':';
    (void)write_quoted(p, v);
    return true;
}

static void
before_named(struct jsw *w, const char *name)
{
    struct span s = span_str(name);

    before(w, name == NULL ? NULL : &s);
}

static void
open_level(struct jsw *w, const char *name, bool array)
{
    before_named(w, name);
    w->depth++;
    bug_on(w->depth >= LEVELS);
    w->comma &= ~(1u << w->depth);
    w->array &= ~(1u << w->depth);
    if (array)
        w->array |= 1u << w->depth;
    sink_put_byte(w->sink, array ? '[' : '{');
}

void
jsw_object(struct jsw *w, const char *name)
{
    open_level(w, name, false);
}

void
jsw_array(struct jsw *w, const char *name)
{
    open_level(w, name, true);
}

void
jsw_end(struct jsw *w)
{
    bug_on(w->depth == 0);
    sink_put_byte(w->sink, (w->array & 1u << w->depth) != 0 ? ']' : '}');
    w->depth--;
}

void
jsw_plain(struct jsw *w, struct span name, struct span v)
{
    if (put_plain_member(w, name, v))
        return;
    before(w, &name);
    put_quoted(w->sink, v);
}

void
jsw_text(struct jsw *w, const char *name, struct span v)
{
    if (name != NULL) {
        jsw_member(w, span_str(name), v);
        return;
    }
    before(w, NULL);
    put_quoted(w->sink, v);
}

void
jsw_i64(struct jsw *w, const char *name, int64_t v)
{
    char room[I64_TEXT_MAX];

    before_named(w, name);
    sink_put(w->sink, span_of_i64(v, room));
}

void
jsw_bool(struct jsw *w, const char *name, bool v)
{
    before_named(w, name);
    sink_put_str(w->sink, v ? "true" : "false");
}

void
jsw_null(struct jsw *w, const char *name)
{
    before_named(w, name);
    sink_put_str(w->sink, "null");
}

void
jsw_member(struct jsw *w, struct span name, struct span v)
{
    if (all_plain(name)) {
        jsw_plain(w, name, v);
        return;
    }
    before(w, &name);
    put_quoted(w->sink, v);
}

void
jsw_b64url(struct jsw *w, const char *name, struct span bytes)
{
    before_named(w, name);
    sink_put_byte(w->sink, '"');
    b64url_put(w->sink, bytes);
    sink_put_byte(w->sink, '"');
}

void
jsw_raw(struct jsw *w, const char *name, struct span json)
{
    before_named(w, name);
    sink_put(w->sink, json);
}
