/* SPDX-License-Identifier: Apache-2.0 */
/* where.c - u8 't', u8 format, u8 flags, serial number, CKA_ID, public half. */
#include "token/where.h"

#include "codec/pack.h"

enum { KIND_TOKEN = 't', FORMAT = 1, FLAG_CIPHER = 1, FLAG_MAC = 2 };

void
where_pack(struct sink k, const struct where *w)
{
    pack_u8(k, KIND_TOKEN);
    pack_u8(k, FORMAT);
    pack_u8(k, (uint8_t)((w->cipher ? FLAG_CIPHER : 0) | (w->mac ? FLAG_MAC : 0)));
    pack_bytes(k, w->serial);
    pack_bytes(k, span_of(w->id, sizeof(w->id)));
    key_public_pack(k, &w->public);
}

enum err
where_unpack(struct span sealed, struct where *out)
{
    struct unpack u = unpack_of(sealed);
    uint8_t kind = unpack_u8(&u), format = unpack_u8(&u), flags = unpack_u8(&u);
    struct where w = { .serial = unpack_bytes(&u, SERIAL_MAX) };
    struct span id = unpack_bytes(&u, TOKEN_ID_BYTES);

    *out = w;
    key_public_unpack(&u, &w.public);
    if (unpack_end(&u) != ERR_OK || kind != KIND_TOKEN || format != FORMAT ||
        flags > (FLAG_CIPHER | FLAG_MAC) || id.len != TOKEN_ID_BYTES)
        return ERR_FORMAT;
    memcpy(w.id, id.ptr, sizeof(w.id));
    w.cipher = (flags & FLAG_CIPHER) != 0;
    w.mac = (flags & FLAG_MAC) != 0;
    *out = w;
    return ERR_OK;
}
