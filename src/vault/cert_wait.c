/* SPDX-License-Identifier: Apache-2.0 */
/* cert_wait.c - rows cw/, ce/, ea/, hc/. */
#include "vault/cert_wait.h"

#include "base/log.h"
#include "codec/pack.h"

enum {
    WAIT_FORMAT = 1,
    ERRAND_FORMAT = 2,
    ACCOUNT_FORMAT = 1,
    CHALLENGE_FORMAT = 1,
    WAIT_ROW_MAX = 1024,
    ERRAND_WHY_MAX = 1024,
    ERRAND_ROW_MAX = 2 * WAIT_URL_MAX + ERRAND_WHY_MAX + 256,
    ACCOUNT_ROW_MAX = 2 * WAIT_URL_MAX + KEY_SEALED_MAX + KEY_PUBLIC_MAX + 256,
};
#define ACCOUNT_LABEL "acme-account"

/* ---------------------------------------------------------------------- the list */

static struct span
wait_key(struct row_key *k, const struct guid *vault, const char *name)
{
    return row_key_make(k, "cw", vault->text, name, NULL);
}

void
cert_wait_put(const struct vault_at *at, struct store_write *w, const char *name,
              const struct hex32 *request)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, WAIT_ROW_MAX);
    pack_u8(sink_buf(&b), WAIT_FORMAT);
    pack_str(sink_buf(&b), at->vault->name);
    pack_str(sink_buf(&b), at->vault->id.text);
    pack_str(sink_buf(&b), name);
    pack_str(sink_buf(&b), request->text);
    row_put_buf(at->rows, w, wait_key(&k, &at->vault->id, name), &b);
}

void
cert_wait_drop(const struct vault_at *at, struct store_write *w, const char *name)
{
    struct row_key k;

    store_write_delete(w, wait_key(&k, &at->vault->id, name));
}

enum err
cert_wait_payload_read(struct span payload, struct cert_wait *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);
    struct span id, name, request;

    *out = (struct cert_wait){ .vault = "" };
    unpack_str(&u, out->vault, sizeof(out->vault));
    id = unpack_bytes(&u, GUID_LEN);
    name = unpack_bytes(&u, MAX_OBJECT_NAME);
    request = unpack_bytes(&u, HEX32_LEN);
    if (format != WAIT_FORMAT || u.err != ERR_OK || !guid_parse(id, &out->vault_id) ||
        !object_name_parse(name, &out->name) || !hex32_parse(request, &out->request))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
cert_wait_read(const struct rows *rows, const struct store_row *sr, struct cert_wait *out)
{
    struct row row;
    enum err e = row_check(rows, sr, &row);

    return e == ERR_OK ? cert_wait_payload_read(row.payload, out) : e;
}

enum err
cert_wait_stands(const struct rows *rows, struct store_view *view, const struct cert_wait *wait,
                 bool *out)
{
    struct cert_wait now;
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, wait_key(&k, &wait->vault_id, wait->name.key), &row);

    *out = false;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = cert_wait_payload_read(row.payload, &now);
    *out = e == ERR_OK && strcmp(now.request.text, wait->request.text) == 0;
    return e;
}

/* -------------------------------------------------------------------------- errands */

static struct span
errand_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, "ce", at->vault->id.text, name, NULL);
}

enum err
cert_errand_read(struct span payload, struct cert_errand *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);

    *out = (struct cert_errand){ .tries = 0 };
    if (!hex32_parse(unpack_bytes(&u, HEX32_LEN), &out->request) || format < 1 ||
        format > ERRAND_FORMAT)
        return ERR_FORMAT;
    out->tries = unpack_u32(&u);
    out->next = unpack_i64(&u);
    out->url = unpack_bytes(&u, WAIT_URL_MAX);
    out->why = unpack_bytes(&u, ERRAND_WHY_MAX);
    if (format > 1) {
        out->asked = unpack_bytes(&u, WAIT_URL_MAX);
        out->begun = unpack_i64(&u);
    }
    return unpack_end(&u);
}

enum err
cert_errand_get(const struct vault_at *at, const char *name, struct cert_errand *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(at->rows, at->view, errand_key(&k, at, name), &row);

    *out = (struct cert_errand){ .tries = 0 };
    if (e != ERR_OK)
        return e;
    e = cert_errand_read(row.payload, out);
    out->revision = row.revision;
    return e;
}

void
cert_errand_put(const struct vault_at *at, struct store_write *w, const char *name,
                const struct cert_errand *e)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, ERRAND_ROW_MAX);
    pack_u8(sink_buf(&b), ERRAND_FORMAT);
    pack_str(sink_buf(&b), e->request.text);
    pack_u32(sink_buf(&b), e->tries);
    pack_i64(sink_buf(&b), e->next);
    pack_bytes(sink_buf(&b), e->url);
    pack_bytes(sink_buf(&b), span_head(e->why, ERRAND_WHY_MAX));
    pack_bytes(sink_buf(&b), e->asked);
    pack_i64(sink_buf(&b), e->begun);
    row_put_buf(at->rows, w, errand_key(&k, at, name), &b);
}

void
cert_errand_drop(const struct vault_at *at, struct store_write *w, const char *name)
{
    struct row_key k;

    store_write_delete(w, errand_key(&k, at, name));
}

/* ------------------------------------------------------------------------- accounts */

static struct span
account_key(struct row_key *k, const struct vault_at *at, const char *issuer)
{
    return row_key_make(k, "ea", at->vault->id.text, issuer, NULL);
}

enum err
directory_account_read(struct span payload, struct directory_account_row *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct directory_account_row){ .revision = 0 };
    if (unpack_u8(&u) != ACCOUNT_FORMAT)
        return ERR_FORMAT;
    out->directory = unpack_bytes(&u, WAIT_URL_MAX);
    out->url = unpack_bytes(&u, WAIT_URL_MAX);
    out->sealed = unpack_bytes(&u, KEY_SEALED_MAX);
    key_public_unpack(&u, &out->public);
    return unpack_end(&u);
}

enum err
directory_account_get(const struct vault_at *at, const char *issuer,
                      struct directory_account_row *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(at->rows, at->view, account_key(&k, at, issuer), &row);

    *out = (struct directory_account_row){ .revision = 0 };
    if (e != ERR_OK)
        return e;
    e = directory_account_read(row.payload, out);
    out->revision = row.revision;
    return e;
}

void
directory_account_put(const struct vault_at *at, struct store_write *w, const char *issuer,
                      const struct directory_account_row *a)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, ACCOUNT_ROW_MAX);
    pack_u8(sink_buf(&b), ACCOUNT_FORMAT);
    pack_bytes(sink_buf(&b), a->directory);
    pack_bytes(sink_buf(&b), a->url);
    pack_bytes(sink_buf(&b), a->sealed);
    key_public_pack(sink_buf(&b), &a->public);
    row_put_buf(at->rows, w, account_key(&k, at, issuer), &b);
}

struct key_place
directory_account_place(const struct vault *v, const char *issuer, struct span sealed)
{
    return (struct key_place){ .vault = vault_key(v),
                               .id = { .vault = v->id,
                                       .kind = KIND_KEY,
                                       .name = span_str(issuer),
                                       .version = span_str(ACCOUNT_LABEL) },
                               .sealed = sealed };
}

/* ----------------------------------------------------------------------- challenges */

bool
challenge_token_is_ok(struct span token)
{
    for (size_t i = 0; i < token.len; i++) {
        uint8_t c = token.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return token.len >= CHALLENGE_TOKEN_MIN && token.len <= CHALLENGE_TOKEN_MAX;
}

static struct span
challenge_key(struct row_key *k, struct span token)
{
    char text[CHALLENGE_TOKEN_MAX + 1];

    bug_on(!challenge_token_is_ok(token) || !span_copy_str(token, text, sizeof(text)));
    return row_key_make(k, "hc", text, NULL);
}

void
challenge_put(const struct rows *rows, struct store_write *w, struct span token,
              struct span answer, int64_t expires)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, CHALLENGE_ANSWER_MAX + 64);
    pack_u8(sink_buf(&b), CHALLENGE_FORMAT);
    pack_i64(sink_buf(&b), expires);
    pack_bytes(sink_buf(&b), answer);
    row_put_buf(rows, w, challenge_key(&k, token), &b);
}

void
challenge_drop(struct store_write *w, struct span token)
{
    struct row_key k;

    store_write_delete(w, challenge_key(&k, token));
}

enum err
challenge_read(struct span payload, int64_t *expires, struct span *out)
{
    struct unpack u = unpack_of(payload);

    *expires = 0;
    *out = (struct span){ 0 };
    if (unpack_u8(&u) != CHALLENGE_FORMAT)
        return ERR_FORMAT;
    *expires = unpack_i64(&u);
    *out = unpack_bytes(&u, CHALLENGE_ANSWER_MAX);
    return unpack_end(&u);
}

enum err
challenge_get(const struct rows *rows, struct store_view *view, struct span token, int64_t now,
              struct span *out)
{
    struct row_key k;
    struct row row;
    int64_t expires;
    enum err e;

    *out = (struct span){ 0 };
    if (!challenge_token_is_ok(token))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, challenge_key(&k, token), &row);
    if (e == ERR_OK)
        e = challenge_read(row.payload, &expires, out);
    return e == ERR_OK && now >= expires ? ERR_NOT_FOUND : e;
}
