/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - details and values of secrets. */
#include "vault/secret.h"

/* What the first byte of a detail says; no detail at all: no content type. */
enum { DETAIL_TYPE = 1 };

enum err
secret_detail_read(struct span detail, struct secret_detail *out)
{
    *out = (struct secret_detail){ 0 };
    if (span_is_empty(detail))
        return ERR_OK;
    if (detail.ptr[0] != DETAIL_TYPE || detail.len > SECRET_DETAIL_MAX)
        return ERR_FORMAT;
    out->has_type = true;
    out->content_type = span_tail(detail, 1);
    return ERR_OK;
}

bool
secret_detail_set(struct object_change *c, struct span content_type,
                  uint8_t room[static SECRET_DETAIL_MAX])
{
    if (content_type.len > MAX_CONTENT_TYPE_BYTES)
        return false;
    room[0] = DETAIL_TYPE;
    if (content_type.len > 0)
        memcpy(room + 1, content_type.ptr, content_type.len);
    c->has_detail = true;
    c->detail = span_of(room, 1 + content_type.len);
    return true;
}

void
secret_ask_open(const struct vault_at *at, const struct object *o, struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id id = object_id_of(&at->vault->id, KIND_SECRET, o->head.name.key, &o->v.id);

    keeper_pack_open(k, &key, &id, o->v.sealed);
}

void
secret_ask_seal(const struct vault_at *at, const struct object_name *name,
                const struct hex32 *id, struct span value, struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id oid = object_id_of(&at->vault->id, KIND_SECRET, name->key, id);

    keeper_pack_seal(k, &key, &oid, value);
}
