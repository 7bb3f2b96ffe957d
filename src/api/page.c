/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - u8 format | position | tag, as base64url, is a skip token.
 *
 * The position may be the name of something that the caller is not shown, so it is masked: with
 * a stream made from its tag, which is a different one for every position and list.
 */
#include "api/page.h"

#include "base/wipe.h"
#include "codec/b64.h"

enum { TOKEN_FORMAT = 2, TOKEN_MAX = 1 + MAX_OBJECT_NAME + ROW_TAG_LEN, PATH_MAX_LEN = 255 };

/* Bound to vault and collection; the path counts without case, as names do. */
static enum err
token_tag(const struct rows *rows, const struct guid *vault, const char *path,
          struct span position, uint8_t out[static ROW_TAG_LEN])
{
    char low[PATH_MAX_LEN + 1];
    size_t n = 0;

    for (; path[n] != '\0' && n < PATH_MAX_LEN; n++)
        low[n] = path[n] >= 'A' && path[n] <= 'Z' ? (char)(path[n] + 32) : path[n];
    return rows_mac(rows, "keyhold page v1",
                    (const struct span[]){ span_str(vault->text), span_of(low, n), position },
                    3, out);
}

/* Masks or unmasks bytes in place. */
static enum err
mask(const struct rows *rows, const uint8_t tag[static ROW_TAG_LEN], uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += ROW_TAG_LEN) {
        uint8_t block[ROW_TAG_LEN], counter = (uint8_t)(at / ROW_TAG_LEN);
        struct span parts[] = { span_of(tag, ROW_TAG_LEN), span_of(&counter, 1) };
        enum err e = rows_mac(rows, "keyhold page mask v1", parts, 2, block);

        if (e != ERR_OK)
            return e;
        for (size_t i = 0; i < ROW_TAG_LEN && at + i < len; i++)
            bytes[at + i] ^= block[i];
    }
    return ERR_OK;
}

enum err
skiptoken_put(const struct rows *rows, const struct guid *vault, const char *path,
              const char *position, struct sink k)
{
    uint8_t tag[ROW_TAG_LEN];
    struct buf b;
    enum err e;

    e = token_tag(rows, vault, path, span_str(position), tag);
    if (e != ERR_OK)
        return e;
    buf_init(&b, TOKEN_MAX);
    buf_put_byte(&b, TOKEN_FORMAT);
    buf_put_str(&b, position);
    if (b.err == ERR_OK)
        e = mask(rows, tag, b.ptr + 1, b.len - 1);
    buf_put(&b, span_of(tag, sizeof(tag)));
    if (e == ERR_OK)
        e = b.err;
    if (e == ERR_OK)
        b64url_put(k, buf_span(&b));
    buf_release(&b);
    return e;
}

enum err
skiptoken_get(const struct rows *rows, const struct guid *vault, const char *path,
              struct span text, char position[static MAX_OBJECT_NAME + 1])
{
    uint8_t tag[ROW_TAG_LEN];
    struct span at, sent;
    struct buf b;
    enum err e;

    position[0] = '\0';
    buf_init(&b, TOKEN_MAX);
    e = b64url_get(text, sink_buf(&b));
    if (e != ERR_OK || b.len <= 1 + ROW_TAG_LEN || b.ptr[0] != TOKEN_FORMAT) {
        e = e == ERR_NOMEM ? ERR_NOMEM : ERR_BAD_PAGE;
        goto out;
    }
    at = span_of(b.ptr + 1, b.len - 1 - ROW_TAG_LEN);
    sent = span_of(b.ptr + 1 + at.len, ROW_TAG_LEN);
    e = mask(rows, sent.ptr, b.ptr + 1, at.len);
    if (e == ERR_OK)
        e = token_tag(rows, vault, path, at, tag);
    if (e != ERR_OK)
        goto out;
    if (!ct_equal(span_of(tag, sizeof(tag)), sent) ||
        !span_copy_str(at, position, MAX_OBJECT_NAME + 1))
        e = ERR_BAD_PAGE;
out:
    buf_release(&b);
    return e;
}

enum err
page_read(const struct exchange *x, const char *path, struct page *out, const char **what)
{
    struct span text;
    uint64_t max = PAGE_MAX;
    enum err e;

    *out = (struct page){ 0 };
    *what = "maxresults";
    if (http_request_param(x->req, "maxresults", &text)) {
        if (!span_get_u64(text, &max) || max == 0 || max > PAGE_MAX)
            return ERR_BAD_PAGE;
        out->has_max = true;
    }
    out->list.max = (unsigned)max;
    *what = "$skiptoken";
    if (!http_request_param(x->req, "$skiptoken", &text) || text.len == 0)
        return ERR_OK;
    e = skiptoken_get(x->rows, &x->vault->id, path, text, out->after);
    out->list.after = span_str(out->after);
    return e;
}

/* A query value: unreserved characters as they are, others escaped (RFC 3986 2.3). */
void
url_put_escaped(struct buf *b, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            buf_put_byte(b, c);
        else
            buf_put_fmt(b, "%%%02X", c);
    }
}

enum err
page_put_link(const struct exchange *x, const char *path, const struct page *p, struct jsw *w)
{
    struct span pending;
    struct buf b;
    enum err e;

    if (!p->list.more) {
        jsw_null(w, "nextLink");
        return ERR_OK;
    }
    buf_init(&b, 4096);
    buf_put_str(&b, "https://");
    buf_put(&b, x->req->host);
    /* WIRE: unlike ids, nextLink spells port 443 too; the '$' is not escaped. */
    buf_put_fmt(&b, ":%u%s?api-version=", x->req->port, path);
    url_put_escaped(&b, x->version_text);
    buf_put_str(&b, "&$skiptoken=");
    e = skiptoken_put(x->rows, &x->vault->id, path, p->list.last, sink_buf(&b));
    if (p->has_max)
        buf_put_fmt(&b, "&maxresults=%u", p->list.max);
    if (http_request_param(x->req, "includePending", &pending) &&
        span_is_str_nocase(pending, "true"))
        buf_put_str(&b, "&includePending=true");
    if (e == ERR_OK)
        e = b.err;
    if (e == ERR_OK)
        jsw_span(w, "nextLink", buf_span(&b));
    buf_release(&b);
    return e;
}
