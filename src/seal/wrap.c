/* SPDX-License-Identifier: Apache-2.0 */
/* wrap.c - wrapped keys: format | root id | nonce | AES-256-GCM(kek, key) | tag. */
#include "seal/wrap.h"

#include "base/rand.h"
#include "codec/pack.h"
#include "crypto/aead.h"
#include "seal/seal_int.h"

enum { HEAD_LEN = 1 + ROOT_ID_LEN, AAD_MAX = 256, ID_MAX = 200 };

/* pack(format, purpose, id) */
static enum err
aad_make(uint8_t purpose, struct span id, struct buf *out)
{
    if (id.len > ID_MAX)
        return ERR_TOO_LARGE;
    buf_init(out, AAD_MAX);
    pack_u8(sink_buf(out), SEAL_FORMAT);
    pack_u8(sink_buf(out), purpose);
    pack_bytes(sink_buf(out), id);
    return out->err;
}

enum err
wrap_seal(const struct root_key *root, uint8_t purpose, struct span id, struct span key,
          struct sink out)
{
    size_t before = sink_len(out);
    struct buf aad = { 0 };
    uint8_t *at;
    enum err e;

    e = aad_make(purpose, id, &aad);
    if (e != ERR_OK)
        goto out;
    at = sink_grow(out, WRAP_OVERHEAD + key.len);
    e = sink_err(out);
    if (at == NULL)
        goto out;
    at[0] = SEAL_FORMAT;
    memcpy(at + 1, root_key_id(root).ptr, ROOT_ID_LEN);
    rand_fill(at + HEAD_LEN, SEAL_NONCE_LEN);
    e = aead_seal(root_key_kek(root), at + HEAD_LEN, buf_span(&aad), key,
                  at + HEAD_LEN + SEAL_NONCE_LEN);
    if (e != ERR_OK)
        sink_cut(out, before);
out:
    buf_release(&aad);
    return e;
}

enum err
wrap_root_id(struct span wrapped, struct span *out)
{
    *out = span_of(NULL, 0);
    if (wrapped.len < WRAP_OVERHEAD || wrapped.ptr[0] != SEAL_FORMAT)
        return ERR_FORMAT;
    *out = span_of(wrapped.ptr + 1, ROOT_ID_LEN);
    return ERR_OK;
}

enum err
wrap_open(const struct root_key *root, uint8_t purpose, struct span id, struct span wrapped,
          struct secbuf *out)
{
    size_t before = out->len;
    struct buf aad = { 0 };
    struct span root_id;
    uint8_t *at;
    enum err e;

    e = wrap_root_id(wrapped, &root_id);
    if (e != ERR_OK)
        return e;
    if (!span_is_equal(root_id, root_key_id(root)))
        return ERR_WRONG_KEY;
    e = aad_make(purpose, id, &aad);
    if (e != ERR_OK)
        goto out;
    at = secbuf_grow(out, wrapped.len - WRAP_OVERHEAD);
    e = out->err;
    if (at == NULL)
        goto out;
    e = aead_open(root_key_kek(root), wrapped.ptr + HEAD_LEN, buf_span(&aad),
                  span_tail(wrapped, HEAD_LEN + SEAL_NONCE_LEN), at);
    if (e != ERR_OK)
        secbuf_truncate(out, before);
out:
    buf_release(&aad);
    return e;
}
