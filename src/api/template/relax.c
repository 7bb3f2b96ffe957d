/* SPDX-License-Identifier: Apache-2.0 */
/* relax.c - one pass over the text; nothing is nested. */
#include "api/template/relax.h"

static bool
is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool
is_more(uint8_t c)
{
    return is_word(c) || (c >= '0' && c <= '9');
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes of the comment at the head of s; 0: there is none. One without end takes all. */
static size_t
comment_len(struct span s)
{
    size_t n;

    if (s.len < 2 || s.ptr[0] != '/' || (s.ptr[1] != '/' && s.ptr[1] != '*'))
        return 0;
    if (s.ptr[1] == '/')
        return span_find(s, '\n');
    for (n = 2; n + 1 < s.len; n++)
        if (s.ptr[n] == '*' && s.ptr[n + 1] == '/')
            return n + 2;
    return s.len;
}

static struct span
skip(struct span s)
{
    for (;;) {
        size_t n = s.len > 0 && is_space(s.ptr[0]) ? 1 : comment_len(s);

        if (n == 0)
            return s;
        s = span_tail(s, n);
    }
}

/* A text from its opening quote; returns what is behind the closing one. */
static struct span
put_text(struct span s, struct secbuf *out)
{
    uint8_t quote = s.ptr[0];

    secbuf_put_byte(out, '"');
    for (s = span_tail(s, 1); s.len > 0 && s.ptr[0] != quote; s = span_tail(s, 1)) {
        uint8_t c = s.ptr[0];

        if (c == '\\' && s.len > 1) {
            if (s.ptr[1] != '\'')
                secbuf_put_byte(out, c);
            s = span_tail(s, 1);
            secbuf_put_byte(out, s.ptr[0]);
        } else if (c == '\n') {
            secbuf_put(out, span_str("\\n"));
        } else if (c == '\r') {
            secbuf_put(out, span_str("\\r"));
        } else if (c == '\t') {
            secbuf_put(out, span_str("\\t"));
        } else if (c == '"') {
            secbuf_put(out, span_str("\\\""));
        } else {
            secbuf_put_byte(out, c);
        }
    }
    if (s.len > 0)
        secbuf_put_byte(out, '"');
    return span_tail(s, 1);
}

/* true, false and null are values; any other word is a name. */
static struct span
put_word(struct span s, struct secbuf *out)
{
    struct span word, rest;
    size_t n = 0;
    bool name;

    while (n < s.len && is_more(s.ptr[n]))
        n++;
    word = span_head(s, n);
    rest = skip(span_tail(s, n));
    name = rest.len > 0 && rest.ptr[0] == ':';
    if (name)
        secbuf_put_byte(out, '"');
    secbuf_put(out, word);
    if (name)
        secbuf_put_byte(out, '"');
    return rest;
}

static struct span
put_number(struct span s, struct secbuf *out)
{
    size_t n = 1;

    while (n < s.len &&
           (is_more(s.ptr[n]) || s.ptr[n] == '.' || s.ptr[n] == '+' || s.ptr[n] == '-'))
        n++;
    secbuf_put(out, span_head(s, n));
    return span_tail(s, n);
}

void
relax_json(struct span text, struct secbuf *out)
{
    struct span s = skip(text);

    while (s.len > 0 && out->err == ERR_OK) {
        uint8_t c = s.ptr[0];

        if (c == '"' || c == '\'') {
            s = put_text(s, out);
        } else if (is_word(c)) {
            s = put_word(s, out);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            s = put_number(s, out);
        } else {
            s = skip(span_tail(s, 1));
            if (c != ',' || s.len == 0 || (s.ptr[0] != '}' && s.ptr[0] != ']'))
                secbuf_put_byte(out, c);
        }
        s = skip(s);
    }
}
