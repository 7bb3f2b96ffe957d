/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.c - a row for each name that somebody failed with lately. */
#include "auth/attempts.h"

#include "auth/principal.h"
#include "codec/b64.h"
#include "codec/pack.h"

enum { ATTEMPTS_FORMAT = 1, FORGET_AFTER = 24 * 3600 };

static enum err
make_key(const struct rows *rows, const char *kind, const struct guid *tid, struct span name,
         struct row_key *k)
{
    char low[MAX_UPN + 1] = "", text[2 * ROW_TAG_LEN + 1];
    uint8_t mac[ROW_TAG_LEN];
    struct span parts[3];
    struct buf hex;
    enum err e;

    (void)span_copy_str(span_head(name, MAX_UPN), low, sizeof(low));
    for (char *p = low; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    parts[0] = span_str(kind);
    parts[1] = span_str(tid->text);
    parts[2] = span_str(low);
    e = rows_mac(rows, "sign-in attempts", parts, 3, mac);
    if (e != ERR_OK)
        return e;
    buf_init(&hex, sizeof(text));
    hex_put(sink_buf(&hex), span_of(mac, sizeof(mac)));
    e = hex.err;
    if (e == ERR_OK && span_copy_str(buf_span(&hex), text, sizeof(text)))
        (void)row_key_make(k, "lo", tid->text, text, NULL);
    buf_release(&hex);
    return e;
}

static struct span
key_span(const struct attempts *a)
{
    return span_of(a->key.text, a->key.len);
}

enum err
attempts_load(const struct rows *rows, struct store_view *view, const char *kind,
              const struct guid *tid, struct span name, int64_t now, struct attempts *out)
{
    struct unpack u;
    int64_t expires;
    struct row row;
    enum err e;

    memset(out, 0, sizeof(*out));
    e = make_key(rows, kind, tid, name, &out->key);
    if (e != ERR_OK)
        return e;
    e = row_get(rows, view, key_span(out), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != ATTEMPTS_FORMAT)
        return ERR_FORMAT;
    expires = unpack_i64(&u);
    out->failures = unpack_u32(&u);
    out->until = unpack_i64(&u);
    if (unpack_end(&u) != ERR_OK)
        return ERR_FORMAT;
    if (now >= expires)
        out->failures = 0;
    return ERR_OK;
}

bool
attempts_is_resting(const struct attempts *a, int64_t now)
{
    return a->failures >= ATTEMPTS_FREE && now < a->until;
}

void
attempts_fail(const struct rows *rows, struct store_write *w, const struct attempts *a,
              int64_t now)
{
    uint32_t failures = a->failures < UINT32_MAX ? a->failures + 1 : a->failures;
    uint32_t over = failures < ATTEMPTS_FREE ? 0 : failures - ATTEMPTS_FREE;
    int64_t rest = over > 6 ? ATTEMPTS_REST_MAX : (int64_t)ATTEMPTS_REST << over;
    struct buf b;

    if (rest > ATTEMPTS_REST_MAX)
        rest = ATTEMPTS_REST_MAX;
    buf_init(&b, 64);
    pack_u8(sink_buf(&b), ATTEMPTS_FORMAT);
    pack_i64(sink_buf(&b), now + FORGET_AFTER);
    pack_u32(sink_buf(&b), failures);
    pack_i64(sink_buf(&b), failures < ATTEMPTS_FREE ? 0 : now + rest);
    store_write_expect(w, key_span(a), a->revision);
    row_put_buf(rows, w, key_span(a), &b);
}

void
attempts_pass(struct store_write *w, const struct attempts *a)
{
    store_write_expect(w, key_span(a), a->revision);
    if (a->revision != 0)
        store_write_delete(w, key_span(a));
}
