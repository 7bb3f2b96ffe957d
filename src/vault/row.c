/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.c - the tag behind every row's payload.
 *
 * The tag covers the key, so a row copied to another place does not pass. What
 * is authenticated besides rows (skip tokens, backup manifests) begins with a
 * length that no store key can have, so neither can stand in for the other.
 */
#include "vault/row.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/wipe.h"
#include "crypto/mac.h"

struct rows {
    struct mac_key *key;
};

enum err
rows_new(struct span key, struct rows **out)
{
    struct rows *r;
    enum err e;

    *out = NULL;
    if (key.len != ROW_KEY_LEN)
        return ERR_ARG;
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return ERR_NOMEM;
    e = mac_key_new(key, &r->key);
    if (e != ERR_OK) {
        free(r);
        return e;
    }
    *out = r;
    return ERR_OK;
}

void
rows_free(struct rows *r)
{
    if (r == NULL)
        return;
    mac_key_free(r->key);
    free(r);
}

static void
put_u32(uint8_t out[static 4], uint32_t v)
{
    out[0] = (uint8_t)(v >> 24);
    out[1] = (uint8_t)(v >> 16);
    out[2] = (uint8_t)(v >> 8);
    out[3] = (uint8_t)v;
}

static enum err
tag_make(const struct rows *r, struct span key, struct span payload,
         uint8_t out[static MAC_LEN])
{
    uint8_t len[4];
    struct span parts[3] = { { len, sizeof(len) }, key, payload };

    put_u32(len, (uint32_t)key.len);
    return mac_key_make(r->key, parts, 3, out);
}

enum err
rows_mac(const struct rows *r, const char *label, const struct span *parts, size_t n,
         uint8_t out[static ROW_TAG_LEN])
{
    enum { MOST = 8 };
    uint8_t mark[4], lens[MOST + 1][4], tag[MAC_LEN];
    struct span all[2 * (MOST + 1) + 1] = { { mark, sizeof(mark) } };
    size_t k = 1;
    enum err e;

    bug_on(n > MOST);
    put_u32(mark, UINT32_MAX); /* no store key is that long */
    for (size_t i = 0; i <= n; i++) {
        struct span part = i == 0 ? span_str(label) : parts[i - 1];

        put_u32(lens[i], (uint32_t)part.len);
        all[k++] = span_of(lens[i], sizeof(lens[i]));
        all[k++] = part;
    }
    e = mac_key_make(r->key, all, k, tag);
    if (e == ERR_OK)
        memcpy(out, tag, ROW_TAG_LEN);
    return e;
}

void
row_put(const struct rows *r, struct store_write *w, struct span key, struct span payload)
{
    uint8_t tag[MAC_LEN];
    struct buf value;

    buf_init(&value, MAX_STORE_VALUE);
    buf_put(&value, payload);
    if (tag_make(r, key, payload, tag) == ERR_OK)
        buf_put(&value, span_of(tag, ROW_TAG_LEN));
    else
        value.err = value.err == ERR_OK ? ERR_CRYPTO : value.err;
    if (value.err == ERR_OK)
        store_write_put(w, key, buf_span(&value));
    else if (w->bytes.err == ERR_OK)
        w->bytes.err = value.err; /* sticks: an unauthenticated row is never written */
    buf_release(&value);
}

void
row_put_buf(const struct rows *r, struct store_write *w, struct span key, struct buf *payload)
{
    if (payload->err == ERR_OK)
        row_put(r, w, key, buf_span(payload));
    else if (w->bytes.err == ERR_OK)
        w->bytes.err = payload->err;
    buf_release(payload);
}

enum err
row_check(const struct rows *r, const struct store_row *sr, struct row *out)
{
    uint8_t tag[MAC_LEN];
    struct span payload;
    enum err e;

    *out = (struct row){ 0 };
    if (sr->value.len < ROW_TAG_LEN)
        goto bad;
    payload = span_head(sr->value, sr->value.len - ROW_TAG_LEN);
    e = tag_make(r, sr->key, payload, tag);
    if (e != ERR_OK)
        return e;
    if (!ct_equal(span_of(tag, ROW_TAG_LEN), span_tail(sr->value, payload.len)))
        goto bad;
    *out = (struct row){ .payload = payload, .revision = sr->revision };
    return ERR_OK;
bad:
    log_error("row %.*s is not what was written: nothing of it is served", (int)sr->key.len,
              (const char *)sr->key.ptr);
    return ERR_INTEGRITY;
}

enum err
row_get(const struct rows *r, struct store_view *v, struct span key, struct row *out)
{
    struct store_row sr;
    enum err e = store_get(v, key, &sr);

    *out = (struct row){ 0 };
    if (e != ERR_OK)
        return e;
    sr.key = key; /* what was asked, not what an engine says it found */
    return row_check(r, &sr, out);
}

struct span
row_key_make(struct row_key *k, const char *first, ...)
{
    va_list parts;

    k->len = 0;
    va_start(parts, first);
    for (const char *p = first; p != NULL; p = va_arg(parts, const char *)) {
        size_t len = strlen(p), sep = k->len == 0 ? 0 : 1;

        bug_on(k->len + sep + len > MAX_STORE_KEY);
        if (sep == 1)
            k->text[k->len++] = '/';
        memcpy(k->text + k->len, p, len);
        k->len += len;
    }
    va_end(parts);
    k->text[k->len] = '\0';
    return span_of(k->text, k->len);
}
