/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.c - sealed rows: format | nonce | AES-256-GCM | tag, under a key derived
 * for that one object version. The identity that goes into the derivation is
 * the associated data too: either alone would bind the row, both together
 * leave no single mistake that unbinds it.
 *
 * This is on the path of every GET: the identity is packed on the stack and
 * the plaintext is written straight into the caller's secret buffer.
 */
#include "seal/row.h"

#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "seal/seal_int.h"

static const char label[] = "keyhold row v1";

struct identity {
    uint8_t bytes[ROW_ID_MAX];
    size_t len;
};

/* As pack_bytes() writes it: u32 length, big-endian, and the bytes. */
static void
put_part(struct identity *id, struct span s)
{
    uint8_t *at = id->bytes + id->len;

    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(s.len >> (24 - 8 * i));
    if (s.len > 0)
        memcpy(at + 4, s.ptr, s.len);
    id->len += 4 + s.len;
}

static enum err
identity_make(const struct row_id *r, struct identity *out)
{
    if (r->vault.len > ROW_ID_MAX || r->name.len > ROW_ID_MAX || r->version.len > ROW_ID_MAX ||
        r->vault.len + r->name.len + r->version.len > ROW_ID_MAX - 64)
        return ERR_ARG;
    out->len = 0;
    put_part(out, span_str(label));
    put_part(out, r->vault);
    out->bytes[out->len++] = r->kind;
    put_part(out, r->name);
    put_part(out, r->version);
    return ERR_OK;
}

enum err
seal_row_key_new(struct span vault_key, struct seal_row_key **out)
{
    WIPED32 uint8_t prk[32];
    struct mac_key *k = NULL;
    enum err e;

    *out = NULL;
    e = hkdf_extract(vault_key, span_of(NULL, 0), prk);
    if (e == ERR_OK)
        e = mac_key_new(span_of(prk, sizeof(prk)), &k);
    *out =
        (struct seal_row_key *)k; /* a row key is a PRK made into a MAC key, by another name */
    return e;
}

void
seal_row_key_free(struct seal_row_key *k)
{
    mac_key_free((struct mac_key *)k);
}

static enum err
version_key(const struct seal_row_key *k, const struct identity *id, uint8_t key[static 32])
{
    return hkdf_expand((const struct mac_key *)k, span_of(id->bytes, id->len), key, 32);
}

enum err
row_seal(const struct seal_row_key *k, const struct row_id *id, struct span plain,
         struct sink out)
{
    WIPED32 uint8_t key[32];
    size_t before = sink_len(out);
    struct identity ident;
    uint8_t *at;
    enum err e;

    e = identity_make(id, &ident);
    if (e == ERR_OK)
        e = version_key(k, &ident, key);
    if (e != ERR_OK)
        return e;
    at = sink_grow(out, ROW_OVERHEAD + plain.len);
    if (at == NULL)
        return sink_err(out);
    at[0] = SEAL_FORMAT;
    rand_fill(at + 1, SEAL_NONCE_LEN);
    e = aead_seal(key, at + 1, span_of(ident.bytes, ident.len), plain, at + 1 + SEAL_NONCE_LEN);
    if (e != ERR_OK)
        sink_cut(out, before);
    return e;
}

enum err
row_open(const struct seal_row_key *k, const struct row_id *id, struct span sealed,
         struct secbuf *out)
{
    WIPED32 uint8_t key[32];
    size_t before = out->len;
    struct identity ident;
    uint8_t *at;
    enum err e;

    if (sealed.len < ROW_OVERHEAD || sealed.ptr[0] != SEAL_FORMAT)
        return ERR_FORMAT;
    e = identity_make(id, &ident);
    if (e == ERR_OK)
        e = version_key(k, &ident, key);
    if (e != ERR_OK)
        return e;
    at = secbuf_grow(out, sealed.len - ROW_OVERHEAD);
    if (at == NULL)
        return out->err;
    e = aead_open(key, sealed.ptr + 1, span_of(ident.bytes, ident.len),
                  span_tail(sealed, 1 + SEAL_NONCE_LEN), at);
    if (e != ERR_OK)
        secbuf_truncate(out, before);
    return e;
}
