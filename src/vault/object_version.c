/* SPDX-License-Identifier: Apache-2.0 */
/* object_version.c - rows sv/<vault>/<version>/<NAME>, and those of the other kinds. */
#include "vault/object_version.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/object_kind.h"

enum { VERSION_FORMAT = 2, VERSION_ROW_MAX = OBJECT_META_MAX + SEALED_MAX + 64 };

void
object_meta_pack(struct sink k, const struct object_version *v)
{
    attrs_pack(k, &v->attrs);
    pack_str(k, v->previous.text);
    tags_pack(k, &v->tags);
    pack_bytes(k, v->detail);
}

enum err
object_meta_read(struct span meta, struct object_version *out)
{
    struct unpack u = unpack_of(meta);
    char previous[HEX32_LEN + 1];

    attrs_unpack(&u, &out->attrs);
    unpack_str(&u, previous, sizeof(previous));
    tags_unpack(&u, &out->tags);
    out->detail = unpack_bytes(&u, DETAIL_MAX);
    out->previous.text[0] = '\0';
    if (u.err == ERR_OK && previous[0] != '\0' &&
        !hex32_parse(span_str(previous), &out->previous))
        return ERR_FORMAT;
    return unpack_end(&u);
}

struct hex32
object_version_id(void)
{
    return hex32_new_timed();
}

enum err
object_version_read(struct span payload, struct object_version *out)
{
    struct unpack u = unpack_of(payload);
    char older[HEX32_LEN + 1];
    struct span meta;
    enum err e;

    if (unpack_u8(&u) != VERSION_FORMAT)
        return ERR_FORMAT;
    out->generation = unpack_u64(&u);
    out->older.text[0] = '\0';
    unpack_str(&u, older, sizeof(older));
    meta = unpack_bytes(&u, OBJECT_META_MAX);
    out->sealed = unpack_bytes(&u, SEALED_MAX);
    e = unpack_end(&u);
    if (e == ERR_OK)
        e = object_meta_read(meta, out);
    if (e != ERR_OK || older[0] == '\0')
        return e;
    return hex32_parse(span_str(older), &out->older) ? ERR_OK : ERR_FORMAT;
}

struct span
object_version_key(struct row_key *k, const struct vault_at *at, const char *name,
                   const struct hex32 *id)
{
    return row_key_make(k, object_kind_info(at->kind)->version_prefix, at->vault->id.text,
                        id->text, name, NULL);
}

enum err
object_version_get(const struct vault_at *at, const char *name, const struct hex32 *id,
                   struct object_version *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct object_version){ .id = *id };
    e = row_get(at->rows, at->view, object_version_key(&k, at, name, id), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    e = object_version_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    return e;
}

void
object_version_put(const struct vault_at *at, struct store_write *w, const char *name,
                   const struct object_version *v)
{
    struct row_key key;
    struct buf row, meta;
    struct sink k = sink_buf(&row);

    buf_init(&meta, OBJECT_META_MAX);
    object_meta_pack(sink_buf(&meta), v);
    buf_init(&row, VERSION_ROW_MAX);
    pack_u8(k, VERSION_FORMAT);
    pack_u64(k, v->generation);
    pack_str(k, v->older.text);
    pack_bytes(k, buf_span(&meta));
    pack_bytes(k, v->sealed);
    if (row.err == ERR_OK)
        row.err = meta.err;
    buf_release(&meta);
    (void)object_version_key(&key, at, name, &v->id);
    store_write_expect(w, span_of(key.text, key.len), v->revision);
    row_put_buf(at->rows, w, span_of(key.text, key.len), &row);
}
