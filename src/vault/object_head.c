/* SPDX-License-Identifier: Apache-2.0 */
/* object_head.c - rows sn/<vault>/<NAME>, sd/<vault>/<NAME>, and those of the other kinds. */
#include "vault/object_head.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/object_kind.h"

enum { HEAD_FORMAT = 1, HEAD_ROW_MAX = 1024 };
enum head_flag {
    HEAD_MANAGED = 1 << 0,
    HEAD_PURGING = 1 << 1,
    HEAD_TIMED = 1 << 2, /* times of actions follow */
    HEAD_AHEAD = 1 << 3, /* a version newer than the current one follows */
    HEAD_ALL_FLAGS = (1 << 4) - 1
};

static struct span
head_key(struct row_key *k, const struct vault_at *at, enum head_state state, const char *key)
{
    const struct object_kind_info *kind = object_kind_info(at->kind);

    return row_key_make(k, state == HEAD_LIVE ? kind->live_prefix : kind->gone_prefix,
                        at->vault->id.text, key, NULL);
}

static bool
newest_read(struct unpack *u, struct hex32 *out)
{
    char text[HEX32_LEN + 1];

    unpack_str(u, text, sizeof(text));
    out->text[0] = '\0';
    return u->err != ERR_OK || text[0] == '\0' || hex32_parse(span_str(text), out);
}

enum err
object_head_read(struct span payload, struct object_head *out)
{
    struct unpack u = unpack_of(payload);
    char version[HEX32_LEN + 1];
    unsigned flags;

    *out = (struct object_head){ 0 };
    if (unpack_u8(&u) != HEAD_FORMAT)
        return ERR_FORMAT;
    if (!object_name_parse(unpack_bytes(&u, MAX_OBJECT_NAME), &out->name))
        return ERR_FORMAT;
    unpack_str(&u, version, sizeof(version));
    out->generation = unpack_u64(&u);
    flags = unpack_u8(&u);
    out->managed = (flags & HEAD_MANAGED) != 0;
    out->purging = (flags & HEAD_PURGING) != 0;
    out->deleted = unpack_i64(&u);
    out->purge = unpack_i64(&u);
    for (int i = 0; (flags & HEAD_TIMED) != 0 && i < HEAD_ACTIONS; i++) {
        out->due[i] = unpack_i64(&u);
        out->done[i] = unpack_i64(&u);
        if (out->due[i] < 0) /* is part of a key */
            return ERR_FORMAT;
    }
    if (flags > HEAD_ALL_FLAGS)
        return ERR_FORMAT;
    if (u.err == ERR_OK && !hex32_parse(span_str(version), &out->current))
        return ERR_FORMAT;
    out->newest = out->current;
    if ((flags & HEAD_AHEAD) != 0 && !newest_read(&u, &out->newest))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
object_head_get(const struct vault_at *at, enum head_state state, const char *key,
                struct object_head *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct object_head){ 0 };
    e = row_get(at->rows, at->view, head_key(&k, at, state, key), &row);
    if (e != ERR_OK)
        return e;
    e = object_head_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

static bool
is_timed(const struct object_head *h)
{
    for (int i = 0; i < HEAD_ACTIONS; i++)
        if (h->due[i] != 0 || h->done[i] != 0)
            return true;
    return false;
}

void
object_head_put(const struct vault_at *at, struct store_write *w, enum head_state state,
                const struct object_head *h)
{
    bool timed = is_timed(h), ahead = strcmp(h->newest.text, h->current.text) != 0;
    unsigned flags = (h->managed ? HEAD_MANAGED : 0u) | (h->purging ? HEAD_PURGING : 0u) |
                     (timed ? HEAD_TIMED : 0u) | (ahead ? HEAD_AHEAD : 0u);
    struct row_key key;
    struct buf b;
    struct sink k = sink_buf(&b);

    buf_init(&b, HEAD_ROW_MAX);
    pack_u8(k, HEAD_FORMAT);
    pack_str(k, h->name.spelled);
    pack_str(k, h->current.text);
    pack_u64(k, h->generation);
    pack_u8(k, (uint8_t)flags);
    pack_i64(k, h->deleted);
    pack_i64(k, h->purge);
    for (int i = 0; timed && i < HEAD_ACTIONS; i++) {
        pack_i64(k, h->due[i]);
        pack_i64(k, h->done[i]);
    }
    if (ahead)
        pack_str(k, h->newest.text);
    (void)head_key(&key, at, state, h->name.key);
    store_write_expect(w, span_of(key.text, key.len), h->revision);
    row_put_buf(at->rows, w, span_of(key.text, key.len), &b);
}

void
object_head_drop(const struct vault_at *at, struct store_write *w, enum head_state state,
                 const struct object_head *h)
{
    struct row_key k;
    struct span key = head_key(&k, at, state, h->name.key);

    store_write_expect(w, key, h->revision);
    store_write_delete(w, key);
}

void
object_head_expect_none(const struct vault_at *at, struct store_write *w, enum head_state state,
                        const char *key)
{
    struct row_key k;

    store_write_expect(w, head_key(&k, at, state, key), 0);
}
