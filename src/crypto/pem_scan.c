/* SPDX-License-Identifier: Apache-2.0 */
/* pem_scan.c - finds blocks by their lines; decodes in small pieces that are wiped. */
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/pem_int.h"

enum { GROUP = 4, PIECE = 64, LABEL_MAX = 64 };

#define BEGIN  "-----BEGIN "
#define END    "-----END "
#define DASHES "-----"

/* Index of what in s, or s.len. */
static size_t
find(struct span s, const char *what)
{
    struct span w = span_str(what);

    for (size_t i = 0; i + w.len <= s.len;) {
        size_t next = i + span_find(span_tail(s, i), w.ptr[0]);

        if (next + w.len > s.len)
            break;
        if (span_has_prefix(span_tail(s, next), w))
            return next;
        i = next + 1;
    }
    return s.len;
}

bool
pem_is_likely(struct span text)
{
    return find(text, BEGIN) < text.len;
}

/* "Proc-Type: 4,ENCRYPTED" and more, up to an empty line (RFC 1421 4.6). */
static void
cut_headers(struct pem_block *b)
{
    size_t colon = span_find(b->body, ':'), end;

    if (colon == b->body.len)
        return;
    b->encrypted = find(b->body, "ENCRYPTED") < b->body.len;
    end = find(b->body, "\n\n");
    if (end == b->body.len)
        end = find(b->body, "\n\r\n");
    b->body = span_tail(b->body, end);
}

enum err
pem_next(struct span *text, struct pem_block *out)
{
    size_t at = find(*text, BEGIN);
    struct span rest;

    *out = (struct pem_block){ .encrypted = false };
    if (at == text->len)
        return ERR_NOT_FOUND;
    rest = span_tail(*text, at + sizeof(BEGIN) - 1);
    out->label = span_head(rest, find(rest, DASHES));
    if (out->label.len == 0 || out->label.len > LABEL_MAX ||
        span_find(out->label, '\n') < out->label.len)
        return ERR_SYNTAX;
    rest = span_tail(rest, out->label.len + sizeof(DASHES) - 1);
    out->body = span_head(rest, find(rest, END));
    rest = span_tail(rest, out->body.len + sizeof(END) - 1);
    if (!span_has_prefix(rest, out->label) ||
        !span_has_prefix(span_tail(rest, out->label.len), span_str(DASHES)))
        return ERR_SYNTAX;
    *text = span_tail(rest, out->label.len + sizeof(DASHES) - 1);
    cut_headers(out);
    return ERR_OK;
}

bool
pem_is_certificate(const struct pem_block *b)
{
    return !b->encrypted &&
           (span_is_str(b->label, "CERTIFICATE") || span_is_str(b->label, "X509 CERTIFICATE"));
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next PIECE characters at most, padded to a whole group. */
static size_t
take_piece(struct span *text, uint8_t piece[static PIECE], bool *padded)
{
    size_t n = 0;

    while (n < PIECE && text->len > 0) {
        uint8_t c = text->ptr[0];

        *text = span_tail(*text, 1);
        if (is_space(c))
            continue;
        *padded = *padded || c == '=';
        piece[n++] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    while (n % GROUP > 1) {
        *padded = true;
        piece[n++] = '=';
    }
    return n;
}

enum err
pem_base64(struct span text, struct sink out)
{
    uint8_t piece[PIECE];
    bool padded = false;
    enum err e = ERR_OK;
    size_t n;

    while (text.len > 0 && e == ERR_OK) {
        bool was_padded = padded;

        n = take_piece(&text, piece, &padded);
        if (n > 0)
            e = was_padded ? ERR_SYNTAX : b64_get(span_of(piece, n), out);
    }
    wipe(piece, sizeof(piece));
    return e;
}
