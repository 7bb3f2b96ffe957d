/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn.c - text to Name. Strings are encoded as Windows, and so Azure, does it:
 * PrintableString where that holds the value, UTF8String otherwise.
 */
#include "crypto/dn.h"

#include "crypto/cert_spec.h"
#include "crypto/der_int.h"
#include "crypto/dn_int.h"
#include "crypto/utf8_int.h"

/* One attribute, ready as DER; rdn counts the names it is part of. */
struct part {
    size_t begin, len, rdn;
};

struct reading {
    struct span rest;
    struct buf values; /* DER of attributes, one after the other */
    struct buf value;  /* the value at hand, UTF-8 */
    struct part parts[DN_PARTS_MAX];
    size_t count, rdn;
};

/* What is printed comes first; then other spellings that are read. */
static const struct dn_type types[] = {
    { "CN", "2.5.4.3", DN_DIRECTORY },
    { "O", "2.5.4.10", DN_DIRECTORY },
    { "OU", "2.5.4.11", DN_DIRECTORY },
    { "C", "2.5.4.6", DN_COUNTRY },
    { "L", "2.5.4.7", DN_DIRECTORY },
    { "S", "2.5.4.8", DN_DIRECTORY },
    { "E", "1.2.840.113549.1.9.1", DN_IA5 },
    { "DC", "0.9.2342.19200300.100.1.25", DN_IA5 },
    { "SERIALNUMBER", "2.5.4.5", DN_PRINTABLE },
    { "T", "2.5.4.12", DN_DIRECTORY },
    { "G", "2.5.4.42", DN_DIRECTORY },
    { "SN", "2.5.4.4", DN_DIRECTORY },
    { "I", "2.5.4.43", DN_DIRECTORY },
    { "STREET", "2.5.4.9", DN_DIRECTORY },
    { "POSTALCODE", "2.5.4.17", DN_DIRECTORY },
    { "DNQUALIFIER", "2.5.4.46", DN_PRINTABLE },
    { "UID", "0.9.2342.19200300.100.1.1", DN_DIRECTORY },
    { "ST", "2.5.4.8", DN_DIRECTORY },
    { "EMAILADDRESS", "1.2.840.113549.1.9.1", DN_IA5 },
    { "EMAIL", "1.2.840.113549.1.9.1", DN_IA5 },
    { "TITLE", "2.5.4.12", DN_DIRECTORY },
    { "GN", "2.5.4.42", DN_DIRECTORY },
    { "GIVENNAME", "2.5.4.42", DN_DIRECTORY },
    { "SURNAME", "2.5.4.4", DN_DIRECTORY },
    { "INITIALS", "2.5.4.43", DN_DIRECTORY },
};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

const struct dn_type *
dn_type_of_key(struct span key)
{
    for (size_t i = 0; i < TYPES; i++)
        if (span_is_str_nocase(key, types[i].key))
            return &types[i];
    return NULL;
}

const struct dn_type *
dn_type_of_oid(struct span dotted)
{
    for (size_t i = 0; i < TYPES; i++)
        if (span_is_str(dotted, types[i].oid))
            return &types[i];
    return NULL;
}

static bool
is_special(uint8_t c)
{
    return c != 0 && strchr(",;+=\"<>#\\ ", c) != NULL;
}

static struct span
skip_spaces(struct span s)
{
    while (s.len > 0 && s.ptr[0] == ' ')
        s = span_tail(s, 1);
    return s;
}

static struct span
trim(struct span s)
{
    s = skip_spaces(s);
    while (s.len > 0 && s.ptr[s.len - 1] == ' ')
        s = span_head(s, s.len - 1);
    return s;
}

static bool
is_end_of_value(struct span s)
{
    return s.len == 0 || s.ptr[0] == ',' || s.ptr[0] == ';' || s.ptr[0] == '+';
}

/* After the opening quote; "" is a quote. */
static bool
read_quoted(struct reading *r)
{
    for (;;) {
        size_t len = span_find(r->rest, '"');

        if (len == r->rest.len)
            return false;
        buf_put(&r->value, span_head(r->rest, len));
        r->rest = span_tail(r->rest, len + 1);
        if (r->rest.len == 0 || r->rest.ptr[0] != '"')
            break;
        buf_put_byte(&r->value, '"');
        r->rest = span_tail(r->rest, 1);
    }
    r->rest = skip_spaces(r->rest);
    return is_end_of_value(r->rest);
}

static bool
read_plain(struct reading *r)
{
    size_t kept = 0; /* up to the last character that is no space, or was escaped */

    if (r->rest.len > 0 && r->rest.ptr[0] == '#')
        return false; /* RFC 4514's hexadecimal form: nobody needs it to ask for a name */
    while (!is_end_of_value(r->rest)) {
        uint8_t c = r->rest.ptr[0];
        bool escaped = c == '\\' && r->rest.len > 1 && is_special(r->rest.ptr[1]);

        if (escaped)
            c = r->rest.ptr[1];
        else if (c == '"')
            return false;
        buf_put_byte(&r->value, c);
        if (escaped || c != ' ')
            kept = r->value.len;
        r->rest = span_tail(r->rest, escaped ? 2 : 1);
    }
    r->value.len = kept;
    return true;
}

static bool
read_value(struct reading *r)
{
    bool ok;

    buf_clear(&r->value);
    r->rest = skip_spaces(r->rest);
    if (r->rest.len > 0 && r->rest.ptr[0] == '"') {
        r->rest = span_tail(r->rest, 1);
        ok = read_quoted(r);
    } else {
        ok = read_plain(r);
    }
    return ok && r->value.len > 0 && utf8_is_plain(buf_span(&r->value));
}

static bool
is_ascii_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_printable(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (!is_ascii_letter(c) && (c < '0' || c > '9') && strchr(" '()+,-./:=?", c) == NULL)
            return false;
    }
    return true;
}

static bool
is_ascii(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* 0: the value cannot be of that form. */
static uint8_t
tag_for(enum dn_form form, struct span value)
{
    switch (form) {
    case DN_DIRECTORY:
        return is_printable(value) ? DER_PRINTABLE_STRING : DER_UTF8_STRING;
    case DN_PRINTABLE:
        return is_printable(value) ? DER_PRINTABLE_STRING : 0;
    case DN_IA5:
        return is_ascii(value) ? DER_IA5_STRING : 0;
    case DN_COUNTRY:
        break;
    }
    return value.len == 2 && is_ascii_letter(value.ptr[0]) && is_ascii_letter(value.ptr[1])
               ? DER_PRINTABLE_STRING
               : 0;
}

/* AttributeTypeAndValue. */
static bool
put_part(struct reading *r, struct span key)
{
    const struct dn_type *type = dn_type_of_key(key);
    struct span oid = key, value = buf_span(&r->value);
    struct part *p = &r->parts[r->count];
    uint8_t tag;
    size_t at;

    if (type != NULL)
        oid = span_str(type->oid);
    else if (key.len > 4 && span_is_str_nocase(span_head(key, 4), "OID."))
        oid = span_tail(key, 4);
    if (type == NULL)
        type = dn_type_of_oid(oid);
    tag = tag_for(type == NULL ? DN_DIRECTORY : type->form, value);
    if (tag == 0)
        return false;
    p->begin = r->values.len;
    p->rdn = r->rdn;
    at = der_open(&r->values, DER_SEQUENCE);
    if (!der_put_oid(&r->values, oid))
        return false;
    der_put(&r->values, tag, value);
    der_close(&r->values, at);
    p->len = r->values.len - p->begin;
    r->count++;
    return true;
}

/* "key = value" and the separator behind it; *more: another one must follow. */
static enum err
read_part(struct reading *r, bool *more)
{
    size_t len = span_find(r->rest, '=');
    struct span key = trim(span_head(r->rest, len));

    if (r->count == DN_PARTS_MAX)
        return ERR_TOO_LARGE;
    if (len == r->rest.len)
        return ERR_SYNTAX;
    r->rest = span_tail(r->rest, len + 1);
    if (!read_value(r) || !put_part(r, key))
        return r->value.err != ERR_OK ? r->value.err : ERR_SYNTAX;
    *more = r->rest.len > 0;
    if (*more && r->rest.ptr[0] != '+')
        r->rdn++;
    r->rest = span_tail(r->rest, 1);
    return ERR_OK;
}

/* The attributes of one RDN in the order of their bytes (X.690 11.6): few, so by insertion. */
static void
sort_rdn(const struct reading *r, struct part *parts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0; k--) {
            struct part *a = &parts[k - 1], *b = &parts[k], kept = *a;

            if (span_compare(span_of(r->values.ptr + a->begin, a->len),
                             span_of(r->values.ptr + b->begin, b->len)) <= 0)
                break;
            *a = *b;
            *b = kept;
        }
}

static void
put_name(struct reading *r, struct buf *der)
{
    size_t name = der_open(der, DER_SEQUENCE);

    for (size_t i = 0; i < r->count;) {
        size_t set = der_open(der, DER_SET), end = i;

        while (end < r->count && r->parts[end].rdn == r->parts[i].rdn)
            end++;
        sort_rdn(r, r->parts + i, end - i);
        for (; i < end; i++)
            buf_put(der, span_of(r->values.ptr + r->parts[i].begin, r->parts[i].len));
        der_close(der, set);
    }
    der_close(der, name);
}

static size_t
count_chars(struct span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += (text.ptr[i] & 0xc0) != 0x80;
    return n;
}

enum err
dn_from_text(struct span text, struct buf *der)
{
    struct reading r = { .rest = skip_spaces(text) };
    bool more = r.rest.len > 0;
    enum err e = ERR_OK;

    if (text.len > DN_CHARS_MAX * 4 || count_chars(text) > DN_CHARS_MAX)
        return ERR_TOO_LARGE;
    buf_init(&r.values, DN_DER_MAX);
    buf_init(&r.value, DN_DER_MAX);
    while (more && e == ERR_OK)
        e = read_part(&r, &more);
    if (e == ERR_OK)
        e = r.values.err;
    if (e == ERR_OK) {
        put_name(&r, der);
        e = der->err;
    }
    buf_release(&r.values);
    buf_release(&r.value);
    return e;
}

enum err
dn_check(struct span text)
{
    struct buf der;
    enum err e;

    buf_init(&der, DN_DER_MAX);
    e = dn_from_text(text, &der);
    buf_release(&der);
    return e;
}
