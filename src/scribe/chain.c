/* SPDX-License-Identifier: Apache-2.0 */
/* chain.c - one place computes links, so that writing, recovery and verification agree. */
#include "scribe/chain.h"

#include "base/limits.h"
#include "codec/pack.h"

enum err
chain_add(struct chain *c, struct span record, uint64_t rev, struct buf *lines)
{
    struct line_link link = { .seq = c->seq + 1, .rev = rev > c->rev ? rev : c->rev };
    uint8_t hash[LINE_HASH_LEN];
    size_t from = lines->len;
    enum err e;

    memcpy(link.prev, c->hash, sizeof(link.prev));
    line_put(lines, record, &link);
    if (lines->err != ERR_OK)
        return lines->err;
    e = line_hash(span_of(lines->ptr + from, lines->len - from - 1), hash);
    if (e != ERR_OK) {
        lines->len = from;
        return e;
    }
    c->seq = link.seq;
    c->rev = link.rev;
    memcpy(c->hash, hash, sizeof(hash));
    return ERR_OK;
}

static enum err
chain_step(struct chain *c, struct span line, const struct line_link *link)
{
    uint8_t hash[LINE_HASH_LEN];
    enum err e = line_hash(line, hash);

    if (e != ERR_OK)
        return e;
    c->seq = link->seq;
    c->rev = link->rev;
    memcpy(c->hash, hash, sizeof(hash));
    return ERR_OK;
}

enum err
chain_follow(struct chain *c, struct span line)
{
    struct line_link link;
    enum err e = line_parse(line, &link);

    if (e != ERR_OK)
        return e;
    if (link.seq != c->seq + 1 || link.rev < c->rev ||
        !span_is_equal(span_of(link.prev, LINE_HASH_LEN), span_of(c->hash, LINE_HASH_LEN)))
        return ERR_INTEGRITY;
    return chain_step(c, line, &link);
}

enum err
chain_start_at(struct chain *c, struct span line)
{
    struct line_link link;
    enum err e = line_parse(line, &link);

    return e != ERR_OK ? e : chain_step(c, line, &link);
}

void
chain_pack(const struct chain *c, struct buf *row)
{
    struct sink k = sink_buf(row);

    pack_u8(k, CHAIN_ROW_FORMAT);
    pack_u64(k, c->seq);
    pack_u64(k, c->rev);
    pack_u64(k, c->signed_seq);
    pack_bytes(k, span_of(c->hash, sizeof(c->hash)));
}

enum err
chain_unpack(struct span row, struct chain *out)
{
    struct unpack u = unpack_of(span_head(row, CHAIN_ROW_LEN));
    uint8_t format = unpack_u8(&u);
    struct span hash;

    out->seq = unpack_u64(&u);
    out->rev = unpack_u64(&u);
    out->signed_seq = unpack_u64(&u);
    hash = unpack_bytes(&u, LINE_HASH_LEN);
    if (unpack_end(&u) == ERR_OK && format == CHAIN_ROW_FORMAT && hash.len == LINE_HASH_LEN) {
        memcpy(out->hash, hash.ptr, LINE_HASH_LEN);
        return ERR_OK;
    }
    *out = (struct chain){ 0 };
    return ERR_FORMAT;
}

void
chain_pack_pending(struct span lines, struct buf *row)
{
    pack_u8(sink_buf(row), CHAIN_ROW_FORMAT);
    pack_bytes(sink_buf(row), lines);
}

enum err
chain_unpack_pending(struct span row, struct span *lines)
{
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);

    *lines = unpack_bytes(&u, MAX_STORE_VALUE);
    if (unpack_end(&u) == ERR_OK && format == CHAIN_ROW_FORMAT &&
        (lines->len == 0 || lines->ptr[lines->len - 1] == '\n'))
        return ERR_OK;
    *lines = (struct span){ 0 };
    return ERR_FORMAT;
}
