/* SPDX-License-Identifier: Apache-2.0 */
/* syskey.c - one small record format for every key that is not a vault's. */
#include "vault/syskey.h"

#include "codec/pack.h"

enum { SYSKEY_FORMAT = 1, SYSKEY_PUB_MAX = 64 * 1024 };

void
syskey_put(const struct rows *rows, struct store_write *w, struct span key,
           const struct syskey *k, uint64_t expect)
{
    struct buf payload;
    struct sink to;

    buf_init(&payload, SYSKEY_PUB_MAX + WRAPPED_MAX + 1024);
    to = sink_buf(&payload);
    pack_u8(to, SYSKEY_FORMAT);
    pack_u8(to, (uint8_t)k->purpose);
    pack_bytes(to, k->id);
    pack_bytes(to, k->wrapped);
    pack_bytes(to, k->pub);
    pack_i64(to, k->not_before);
    pack_i64(to, k->not_after);
    pack_u8(to, k->foreign ? 1 : 0);
    if (payload.err != ERR_OK)
        w->bytes.err = payload.err;
    store_write_expect(w, key, expect);
    row_put(rows, w, key, buf_span(&payload));
    buf_release(&payload);
}

enum err
syskey_read(struct span payload, struct syskey *out)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), purpose = unpack_u8(&u);

    *out = (struct syskey){ 0 };
    if (format != SYSKEY_FORMAT || purpose == 0 || purpose >= PURPOSE__MAX)
        return ERR_FORMAT;
    out->purpose = (enum key_purpose)purpose;
    out->id = unpack_bytes(&u, KEY_ID_MAX);
    out->wrapped = unpack_bytes(&u, WRAPPED_MAX);
    out->pub = unpack_bytes(&u, SYSKEY_PUB_MAX);
    out->not_before = unpack_i64(&u);
    out->not_after = unpack_i64(&u);
    out->foreign = unpack_u8(&u) != 0;
    return unpack_end(&u);
}

enum err
syskey_get(const struct rows *rows, struct store_view *v, struct span key, struct syskey *out,
           uint64_t *revision)
{
    struct row row;
    enum err e;

    *out = (struct syskey){ 0 };
    *revision = 0;
    e = row_get(rows, v, key, &row);
    if (e != ERR_OK)
        return e;
    *revision = row.revision;
    return syskey_read(row.payload, out);
}

struct wrapped
syskey_wrapped(const struct syskey *k)
{
    return (struct wrapped){ .purpose = k->purpose, .id = k->id, .bytes = k->wrapped };
}

/* A wrapped key names its root key behind the format byte (docs/formats/seal.md). */
static struct span
root_of(struct span wrapped)
{
    return span_head(span_tail(wrapped, 1), ROOT_ID_BYTES);
}

void
syskey_fence(const struct rows *rows, struct store_view *v, struct span wrapped,
             struct store_write *w)
{
    uint64_t expect = 0;
    struct row row;
    enum err e = row_get(rows, v, span_str(SYSKEY_FENCE), &row);

    if (e == ERR_OK)
        expect = span_is_equal(row.payload, root_of(wrapped)) ? row.revision
                                                              : UINT64_MAX; /* never */
    else if (e != ERR_NOT_FOUND)
        w->bytes.err = e;
    store_write_expect(w, span_str(SYSKEY_FENCE), expect);
}
