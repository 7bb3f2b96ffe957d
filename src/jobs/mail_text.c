/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_text.c - see mail_text.h. What is put into a header is either ours, a name of
 * an object (letters, digits, '-'), a mailbox that was checked, or base64.
 */
#include "jobs/mail_text.h"

#include <string.h>

#include "codec/b64.h"
#include "codec/isotime.h"
#include "crypto/digest.h"
#include "dial/mailbox.h"

enum {
    DAY = 86400,
    WORD_BYTES = 45, /* of an encoded word, which is 75 characters at most */
    NAME_BYTES_MAX = 512,
    DATE_LEN = 10, /* of RFC 3339's */
};

enum err
mail_tag_make(const struct hex32 *version, struct span address, struct mail_tag *out)
{
    uint8_t digest[SHA256_LEN];
    struct buf b;
    enum err e;

    buf_init(&b, 2048);
    buf_put_str(&b, version->text);
    buf_put(&b, address);
    e = b.err == ERR_OK ? digest_sha256(buf_span(&b), digest) : b.err;
    if (e == ERR_OK)
        memcpy(out->bytes, digest, sizeof(out->bytes));
    buf_release(&b);
    return e;
}

/* ---------------------------------------------------------------------- a name */

/* Bytes of the well-formed character at the front (Unicode 3.9, table 3-7); 0: it is none, or
 * a control. */
static size_t
character_len(struct span s)
{
    uint8_t c = s.len > 0 ? s.ptr[0] : 0;
    uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

    if (c < ' ' || c == 0x7f || len == 0 || len > s.len)
        return 0;
    if (len > 1 && (s.ptr[1] < low || s.ptr[1] > high || (c == 0xc2 && s.ptr[1] < 0xa0)))
        return 0;
    for (size_t i = 2; i < len; i++)
        if (s.ptr[i] < 0x80 || s.ptr[i] > 0xbf)
            return 0;
    return len;
}

static bool
is_clean(struct span name)
{
    while (name.len > 0) {
        size_t len = character_len(name);

        if (len == 0)
            return false;
        name = span_tail(name, len);
    }
    return true;
}

/* Each word holds whole characters (RFC 2047 5), and stands on a line of its own. */
static void
put_words(struct buf *out, struct span name)
{
    while (name.len > 0) {
        size_t n = 0, next = character_len(name);

        while (next > 0 && n + next <= WORD_BYTES) {
            n += next;
            next = character_len(span_tail(name, n));
        }
        buf_put_str(out, "=?utf-8?B?");
        b64_put(sink_buf(out), span_head(name, n));
        buf_put_str(out, "?=\r\n ");
        name = span_tail(name, n);
    }
}

/* --------------------------------------------------------------------- the parts */

static void
put_date(struct buf *out, int64_t now)
{
    char text[ISOTIME_MAX];

    isotime_put_http(now, text); /* "..., 04 Mar 2026 05:06:07 GMT" */
    buf_put(out, span_head(span_str(text), strlen(text) - (sizeof("GMT") - 1)));
    buf_put_str(out, "+0000");
}

static void
put_header(struct buf *out, const struct mail_notice *n, const char *day)
{
    buf_put_str(out, "Date: ");
    put_date(out, n->now);
    buf_put_fmt(out, "\r\nFrom: Keyhold <%s>\r\nTo: ", n->from);
    if (n->to_name.len <= NAME_BYTES_MAX && is_clean(n->to_name))
        put_words(out, n->to_name);
    buf_put_str(out, "<");
    buf_put(out, n->to);
    buf_put_fmt(out, ">\r\nMessage-ID: <expires.%s.", n->version->text);
    hex_put(sink_buf(out), span_of(n->tag.bytes, sizeof(n->tag.bytes)));
    buf_put_fmt(out,
                "@%s>\r\n"
                "Subject: Certificate %s in vault %s expires on %s\r\n"
                "Auto-Submitted: auto-generated\r\n"
                "MIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 7bit\r\n\r\n",
                n->domain, n->name->spelled, n->vault, day);
}

static void
put_how_soon(struct buf *out, int64_t left)
{
    if (left < 0)
        buf_put_str(out, "has expired");
    else if (left < DAY)
        buf_put_str(out, "expires in less than a day");
    else
        buf_put_fmt(out, "expires in %lld day%s", (long long)(left / DAY),
                    left / DAY == 1 ? "" : "s");
}

static void
put_text(struct buf *out, const struct mail_notice *n, const char *when)
{
    int64_t left = n->expires - n->now;

    buf_put_fmt(out, "The certificate %s in the vault %s\r\n", n->name->spelled, n->vault);
    put_how_soon(out, left);
    buf_put_fmt(out,
                ".\r\n\r\n"
                "Vault:       %s\r\n"
                "Certificate: %s\r\n"
                "Version:     %s\r\n"
                "Expires:     %s\r\n"
                "Days left:   %lld\r\n"
                "Link:        %s\r\n\r\n",
                n->vault, n->name->spelled, n->version->text, when,
                (long long)(left < 0 ? 0 : left / DAY), n->link);
    buf_put_str(out, "Whoever is served with it will refuse it from then on. Renew it, or\r\n"
                     "import its successor, before that day; nothing has to be done if its\r\n"
                     "policy renews it, or if it is not used any more.\r\n\r\n"
                     "You are told because you are one of the certificate contacts of the\r\n"
                     "vault. Its administrators can change that list.\r\n");
}

enum err
mail_compose(const struct mail_notice *n, struct buf *out)
{
    char when[ISOTIME_MAX], day[DATE_LEN + 1];

    if (!mailbox_is_ok(n->to))
        return ERR_ARG;
    isotime_put_space(n->expires, when);
    (void)span_copy_str(span_head(span_str(when), DATE_LEN), day, sizeof(day));
    put_header(out, n, day);
    put_text(out, n, when);
    return out->err;
}
