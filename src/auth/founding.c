/* SPDX-License-Identifier: Apache-2.0 */
/* founding.c - two small rows, written once. */
#include "auth/founding.h"

#include "codec/pack.h"

enum { FOUNDING_FORMAT = 1 };

enum err
tenant_default(const struct rows *rows, struct store_view *view, struct guid *out)
{
    struct row row;
    enum err e;

    out->text[0] = '\0';
    e = row_get(rows, view, span_str("f/tenant"), &row);
    if (e != ERR_OK)
        return e;
    return guid_parse(row.payload, out) ? ERR_OK : ERR_FORMAT;
}

void
founding_put(const struct rows *rows, struct store_write *w, const struct guid *tenant,
             int64_t now)
{
    struct guid id = guid_new();
    struct buf payload;

    buf_init(&payload, 256);
    pack_u8(sink_buf(&payload), FOUNDING_FORMAT);
    pack_str(sink_buf(&payload), id.text);
    pack_i64(sink_buf(&payload), now);
    store_write_expect(w, span_str("f/format"), 0);
    row_put(rows, w, span_str("f/format"), buf_span(&payload));
    row_put(rows, w, span_str("f/tenant"), span_str(tenant->text));
    if (payload.err != ERR_OK)
        w->bytes.err = payload.err;
    buf_release(&payload);
}
