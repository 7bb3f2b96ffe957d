/* SPDX-License-Identifier: Apache-2.0 */
/* b64_fields.c - room for all, then one after the other. */
#include "api/data/b64_fields.h"

#include "codec/b64.h"

/* Decoded, a text is never longer than this. One byte more, so that "" has an address. */
static size_t
room_of(struct span text)
{
    return text.len / 4 * 3 + 3 + 1;
}

static enum err
reserve(struct secbuf *bytes, size_t len)
{
    if (len > bytes->max)
        return ERR_BAD_BODY;
    if (secbuf_grow(bytes, len) == NULL)
        return bytes->err == ERR_TOO_LARGE ? ERR_BAD_BODY : bytes->err;
    secbuf_clear(bytes);
    return ERR_OK;
}

enum err
b64_fields_read(const struct jsn *obj, const struct b64_field *fields, unsigned n,
                struct secbuf *bytes)
{
    struct span text;
    size_t len = 0;
    enum err e;

    for (unsigned i = 0; i < n; i++) {
        *fields[i].out = (struct span){ 0 };
        switch (jsn_get_str(obj, fields[i].name, &text)) {
        case JSN_WRONG_TYPE:
            return ERR_BAD_BODY;
        case JSN_OK:
            len += room_of(text);
            break;
        case JSN_ABSENT:
            break;
        }
    }
    e = len == 0 ? ERR_OK : reserve(bytes, len);
    for (unsigned i = 0; i < n && e == ERR_OK; i++) {
        size_t at = bytes->len;

        if (jsn_get_str(obj, fields[i].name, &text) != JSN_OK)
            continue;
        e = b64url_get(text, sink_sec(bytes));
        *fields[i].out = span_of(bytes->ptr + at, bytes->len - at);
    }
    return e == ERR_SYNTAX || e == ERR_TOO_LARGE ? ERR_BAD_BODY : e;
}
