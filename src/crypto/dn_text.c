/* SPDX-License-Identifier: Apache-2.0 */
/* dn_text.c - Name to text. A value that is no plain text is shown as its bytes. */
#include "codec/b64.h"
#include "crypto/der_int.h"
#include "crypto/dn.h"
#include "crypto/dn_int.h"
#include "crypto/utf8_int.h"

/* Characters of so many bytes each, big-endian; two bytes may be half of a pair (UTF-16). */
static bool
put_wide(struct span s, size_t width, struct buf *out)
{
    while (s.len >= width) {
        uint32_t c = 0;

        for (size_t i = 0; i < width; i++)
            c = c << 8 | s.ptr[i];
        s = span_tail(s, width);
        if (width == 2 && c >= 0xd800 && c < 0xdc00 && s.len >= 2 &&
            (s.ptr[0] & 0xfc) == 0xdc) {
            c = 0x10000 + ((c & 0x3ff) << 10 | (s.ptr[0] & 3u) << 8 | s.ptr[1]);
            s = span_tail(s, 2);
        }
        if (!utf8_put(out, c))
            return false;
    }
    return s.len == 0;
}

/* As UTF-8; false: no string. T61String is taken for Latin-1, as everybody does. */
static bool
put_string(const struct der_value *v, struct buf *out)
{
    switch (v->tag) {
    case DER_UTF8_STRING:
        buf_put(out, v->content);
        return true;
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_T61_STRING:
        return put_wide(v->content, 1, out);
    case DER_BMP_STRING:
        return put_wide(v->content, 2, out);
    case DER_UNIVERSAL_STRING:
        return put_wide(v->content, 4, out);
    default:
        return false;
    }
}

static bool
needs_quotes(struct span s)
{
    if (s.len == 0 || s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ' || s.ptr[0] == '#')
        return true;
    for (size_t i = 0; i < s.len; i++)
        if (strchr(",;+=\"<>", s.ptr[i]) != NULL ||
            (s.ptr[i] == '\\' && (i + 1 == s.len || strchr("#\\ ", s.ptr[i + 1]) != NULL)))
            return true;
    return false;
}

static void
put_quoted(struct span s, struct buf *text)
{
    buf_put_byte(text, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            buf_put_byte(text, '"');
        buf_put_byte(text, s.ptr[i]);
    }
    buf_put_byte(text, '"');
}

static void
put_value(const struct der_value *v, struct buf *value, struct buf *text)
{
    buf_clear(value);
    if (!put_string(v, value) || !utf8_is_plain(buf_span(value))) {
        buf_put_byte(text, '#');
        hex_put(sink_buf(text), v->whole);
    } else if (needs_quotes(buf_span(value))) {
        put_quoted(buf_span(value), text);
    } else {
        buf_put(text, buf_span(value));
    }
}

static bool
put_key(struct span oid, struct buf *text)
{
    const struct dn_type *type;
    struct buf dotted;
    bool ok;

    buf_init(&dotted, 1024);
    ok = der_oid_text(oid, &dotted);
    type = ok ? dn_type_of_oid(buf_span(&dotted)) : NULL;
    if (type != NULL) {
        buf_put_str(text, type->key);
    } else {
        buf_put_str(text, "OID.");
        buf_put(text, buf_span(&dotted));
    }
    buf_release(&dotted);
    return ok;
}

static enum err
put_rdn(struct span set, struct buf *value, struct buf *text)
{
    struct span part, oid;
    struct der_value v;

    for (bool first = true; set.len > 0; first = false) {
        if (!der_take_tag(&set, DER_SEQUENCE, &part) || !der_take_tag(&part, DER_OID, &oid) ||
            !der_take(&part, &v) || part.len > 0)
            return ERR_FORMAT;
        if (!first)
            buf_put_str(text, " + ");
        if (!put_key(oid, text))
            return ERR_FORMAT;
        buf_put_byte(text, '=');
        put_value(&v, value, text);
    }
    return value->err;
}

enum err
dn_to_text(struct span der, struct buf *text)
{
    struct span name, set;
    struct buf value;
    enum err e = ERR_OK;

    if (!der_take_tag(&der, DER_SEQUENCE, &name) || der.len > 0)
        return ERR_FORMAT;
    buf_init(&value, DN_TEXT_MAX);
    for (bool first = true; name.len > 0 && e == ERR_OK; first = false) {
        if (!first)
            buf_put_str(text, ", ");
        e = !der_take_tag(&name, DER_SET, &set) || set.len == 0 ? ERR_FORMAT
                                                                : put_rdn(set, &value, text);
    }
    buf_release(&value);
    return e == ERR_OK ? text->err : e;
}
