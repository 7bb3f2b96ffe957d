/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - a JSON checker without a tree and without allocation.
 *
 * It runs over every record of every request, which is why it is not the
 * reader in codec/: nothing is kept but the category. Recursion is bounded by
 * MAX_JSON_DEPTH. Space between tokens is the only white space allowed, since
 * a record is one line.
 */
#include "scribe/record.h"

#include "base/limits.h"
#include "codec/jsplain.h"
#include "scribe/ask.h"

struct scan {
    const uint8_t *p;
    const uint8_t *end;
    struct span category; /* last one seen at the top */
    bool own;             /* a category of the scribe's, or a chain member, was seen */
};

static bool scan_value(struct scan *s, unsigned depth);

static void
skip_space(struct scan *s)
{
    while (s->p < s->end && *s->p == ' ')
        s->p++;
}

static bool
take(struct scan *s, char c)
{
    if (s->p >= s->end || *s->p != (uint8_t)c)
        return false;
    s->p++;
    return true;
}

static bool
take_word(struct scan *s, const char *word)
{
    struct span w = span_str(word);

    if (!span_has_prefix(span_of(s->p, (size_t)(s->end - s->p)), w))
        return false;
    s->p += w.len;
    return true;
}

/* One UTF-8 sequence of two to four bytes (RFC 3629 4): no overlongs, no surrogates. */
static bool
take_utf8(struct scan *s)
{
    uint8_t c = *s->p, lo = 0x80, hi = 0xbf;
    unsigned more;

    if (c >= 0xc2 && c <= 0xdf)
        more = 1;
    else if (c >= 0xe0 && c <= 0xef)
        more = 2;
    else if (c >= 0xf0 && c <= 0xf4)
        more = 3;
    else
        return false;
    if (c == 0xe0)
        lo = 0xa0;
    else if (c == 0xed)
        hi = 0x9f;
    else if (c == 0xf0)
        lo = 0x90;
    else if (c == 0xf4)
        hi = 0x8f;
    for (s->p++; more > 0; more--, s->p++, lo = 0x80, hi = 0xbf)
        if (s->p >= s->end || *s->p < lo || *s->p > hi)
            return false;
    return true;
}

static bool
is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
take_escape(struct scan *s)
{
    uint8_t c;

    if (s->p >= s->end)
        return false;
    c = *s->p++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    if (s->end - s->p < 4)
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (!is_hex(*s->p++))
            return false;
    return true;
}

/* raw: what stands between the quotation marks. */
static bool
scan_string(struct scan *s, struct span *raw, bool *escaped)
{
    const uint8_t *from;

    *escaped = false;
    if (!take(s, '"'))
        return false;
    from = s->p;
    for (s->p += jsplain_len(s->p, s->end); s->p < s->end && *s->p != '"';
         s->p += jsplain_len(s->p, s->end)) {
        if (*s->p == '\\') {
            *escaped = true;
            s->p++;
            if (!take_escape(s))
                return false;
        } else if (*s->p < 0x20 || !take_utf8(s)) {
            return false;
        }
    }
    *raw = span_of(from, (size_t)(s->p - from));
    return take(s, '"');
}

static bool
take_digits(struct scan *s)
{
    const uint8_t *from = s->p;

    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p > from;
}

static bool
scan_number(struct scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        return take_digits(s);
    }
    return true;
}

static bool
is_chain_name(struct span name)
{
    return span_is_str(name, "seq") || span_is_str(name, "rev") || span_is_str(name, "prev");
}

/* A member of the outermost object. Escapes could hide a name or a category from us. */
static bool
scan_top_member(struct scan *s, struct span name, bool escaped)
{
    struct span value;

    if (escaped)
        return false;
    if (is_chain_name(name))
        s->own = true;
    if (!span_is_str(name, "category"))
        return scan_value(s, 2);
    if (!scan_string(s, &value, &escaped) || escaped)
        return false;
    s->category = value;
    if (span_is_str(value, RECORD_CHECKPOINT) || span_is_str(value, RECORD_NOTICE))
        s->own = true;
    return true;
}

/* Behind the opening brace; depth of this object, 1 at the top. */
static bool
scan_members(struct scan *s, unsigned depth)
{
    struct span name;
    bool escaped;

    skip_space(s);
    if (take(s, '}'))
        return depth > 1; /* chain members need one before them */
    do {
        skip_space(s);
        if (!scan_string(s, &name, &escaped))
            return false;
        skip_space(s);
        if (!take(s, ':'))
            return false;
        skip_space(s);
        if (depth == 1 ? !scan_top_member(s, name, escaped) : !scan_value(s, depth + 1))
            return false;
        skip_space(s);
    } while (take(s, ','));
    return take(s, '}');
}

static bool
scan_elements(struct scan *s, unsigned depth)
{
    skip_space(s);
    if (take(s, ']'))
        return true;
    do {
        skip_space(s);
        if (!scan_value(s, depth + 1))
            return false;
        skip_space(s);
    } while (take(s, ','));
    return take(s, ']');
}

/* depth: how deep an object or array that begins here would be. */
static bool
scan_value(struct scan *s, unsigned depth)
{
    struct span raw;
    bool escaped;

    if (s->p >= s->end || depth > MAX_JSON_DEPTH)
        return false;
    switch (*s->p) {
    case '{':
        s->p++;
        return scan_members(s, depth);
    case '[':
        s->p++;
        return scan_elements(s, depth);
    case '"':
        return scan_string(s, &raw, &escaped);
    case 't':
        return take_word(s, "true");
    case 'f':
        return take_word(s, "false");
    case 'n':
        return take_word(s, "null");
    default:
        return scan_number(s);
    }
}

static bool
scan_record(struct scan *s)
{
    return take(s, '{') && scan_members(s, 1) && s->p == s->end;
}

enum err
record_category(struct span text, struct span *out)
{
    struct scan s = { .p = text.ptr, .end = text.ptr + text.len };

    *out = (struct span){ 0 };
    if (span_is_empty(text) || !scan_record(&s))
        return ERR_SYNTAX;
    *out = s.category;
    return ERR_OK;
}

enum err
record_check(struct span record)
{
    struct scan s = { .p = record.ptr, .end = record.ptr + record.len };

    if (record.len > AUDIT_RECORD_MAX)
        return ERR_TOO_LARGE;
    if (span_is_empty(record) || !scan_record(&s))
        return ERR_SYNTAX;
    return s.own ? ERR_DENIED : ERR_OK;
}
