/* SPDX-License-Identifier: Apache-2.0 */
/* code.c - rows of codes, and the proof of possession that goes with them. */
#include "auth/code.h"

#include "base/wipe.h"
#include "codec/b64.h"
#include "codec/pack.h"
#include "crypto/digest.h"

enum { CODE_FORMAT = 1, CODE_ROW_MAX = 4096, VERIFIER_MIN = 43, VERIFIER_MAX = 128 };

static void
put(const struct rows *rows, struct store_write *w, const struct code *c, uint64_t expect)
{
    struct row_key k;
    struct span key = row_key_make(&k, "ac", c->id.text, NULL);
    struct buf b;
    struct sink to;

    buf_init(&b, CODE_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, CODE_FORMAT);
    pack_i64(to, c->good_until + CODE_MEMORY);
    pack_i64(to, c->issued);
    pack_i64(to, c->auth_time);
    pack_str(to, c->appid.text);
    pack_str(to, c->tid.text);
    pack_str(to, c->oid.text);
    pack_str(to, c->redirect);
    pack_str(to, c->challenge);
    pack_str(to, c->scope);
    pack_str(to, c->nonce);
    pack_str(to, c->family.text);
    store_write_expect(w, key, expect);
    row_put_buf(rows, w, key, &b);
}

enum err
code_new(const struct rows *rows, struct store_write *w, struct code *c, int64_t now,
         struct secbuf *text)
{
    enum err e = ticket_new(text, &c->id);

    if (e != ERR_OK)
        return e;
    c->good_until = now + CODE_LIFETIME;
    c->family = (struct guid){ "" };
    put(rows, w, c, 0);
    return ERR_OK;
}

enum err
code_load(const struct rows *rows, struct store_view *view, struct span text, struct code *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct code){ .issued = 0 };
    e = ticket_read(text, &out->id);
    if (e == ERR_OK)
        e = row_get(rows, view, row_key_make(&k, "ac", out->id.text, NULL), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != CODE_FORMAT)
        return ERR_FORMAT;
    out->good_until = unpack_i64(&u) - CODE_MEMORY;
    out->issued = unpack_i64(&u);
    out->auth_time = unpack_i64(&u);
    unpack_str(&u, out->appid.text, sizeof(out->appid.text));
    unpack_str(&u, out->tid.text, sizeof(out->tid.text));
    unpack_str(&u, out->oid.text, sizeof(out->oid.text));
    unpack_str(&u, out->redirect, sizeof(out->redirect));
    unpack_str(&u, out->challenge, sizeof(out->challenge));
    unpack_str(&u, out->scope, sizeof(out->scope));
    unpack_str(&u, out->nonce, sizeof(out->nonce));
    unpack_str(&u, out->family.text, sizeof(out->family.text));
    return unpack_end(&u);
}

void
code_use(const struct rows *rows, struct store_write *w, const struct code *c,
         const struct guid *family)
{
    struct code used = *c;

    used.family = *family;
    put(rows, w, &used, c->revision);
}

static bool
is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

enum err
code_verifier_fits(struct span verifier, const char *challenge, bool *fits)
{
    uint8_t hash[SHA256_LEN];
    struct buf text;
    enum err e;

    *fits = false;
    if (verifier.len < VERIFIER_MIN || verifier.len > VERIFIER_MAX)
        return ERR_OK;
    for (size_t i = 0; i < verifier.len; i++)
        if (!is_unreserved(verifier.ptr[i]))
            return ERR_OK;
    e = digest_sha256(verifier, hash);
    if (e != ERR_OK)
        return e;
    buf_init(&text, 64);
    b64url_put(sink_buf(&text), span_of(hash, sizeof(hash)));
    e = text.err;
    *fits = e == ERR_OK && ct_equal(buf_span(&text), span_str(challenge));
    buf_release(&text);
    return e;
}

bool
code_challenge_is_ok(struct span challenge)
{
    if (challenge.len != MAX_CHALLENGE)
        return false;
    for (size_t i = 0; i < challenge.len; i++)
        if (!is_unreserved(challenge.ptr[i]) || challenge.ptr[i] == '.' ||
            challenge.ptr[i] == '~')
            return false;
    return true;
}
