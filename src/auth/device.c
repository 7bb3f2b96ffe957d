/* SPDX-License-Identifier: Apache-2.0 */
/* device.c - two rows a code pair. */
#include "auth/device.h"

#include "base/rand.h"
#include "codec/pack.h"

enum { DEVICE_FORMAT = 1, DEVICE_ROW_MAX = 2048, DEVICE_MEMORY = 3600 };

/* No vowels, so no words; nothing that looks like something else. 20^8 of them. */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

static struct span
key_of(struct row_key *k, const struct device *d)
{
    return row_key_make(k, "dc", d->id.text, NULL);
}

static void
put(const struct rows *rows, struct store_write *w, const struct device *d, uint64_t expect)
{
    struct row_key k;
    struct buf b;
    struct sink to;

    buf_init(&b, DEVICE_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, DEVICE_FORMAT);
    pack_i64(to, d->good_until + DEVICE_MEMORY);
    pack_u8(to, (uint8_t)d->state);
    pack_str(to, d->user_code.text);
    pack_str(to, d->appid.text);
    pack_str(to, d->tid.text);
    pack_str(to, d->oid.text);
    pack_i64(to, d->polled);
    pack_i64(to, d->issued);
    pack_i64(to, d->auth_time);
    pack_str(to, d->family.text);
    pack_str(to, d->scope);
    store_write_expect(w, key_of(&k, d), expect);
    row_put_buf(rows, w, key_of(&k, d), &b);
}

enum err
device_new(const struct rows *rows, struct store_write *w, struct device *d, int64_t now,
           struct secbuf *device_code, char user_code[static USER_CODE_LEN + 1])
{
    struct row_key k;
    struct span key;
    struct buf b;
    enum err e;

    for (size_t i = 0; i < USER_CODE_LEN; i++)
        user_code[i] = letters[rand_below(sizeof(letters) - 1)];
    user_code[USER_CODE_LEN] = '\0';
    e = ticket_new(device_code, &d->id);
    if (e == ERR_OK)
        e = ticket_hash(span_str(user_code), &d->user_code);
    if (e != ERR_OK)
        return e;
    d->state = DEVICE_PENDING;
    d->good_until = now + DEVICE_LIFETIME;
    put(rows, w, d, 0);
    key = row_key_make(&k, "du", d->user_code.text, NULL);
    buf_init(&b, 256);
    pack_u8(sink_buf(&b), DEVICE_FORMAT);
    pack_i64(sink_buf(&b), d->good_until);
    pack_str(sink_buf(&b), d->id.text);
    store_write_expect(w, key, 0);
    row_put_buf(rows, w, key, &b);
    return ERR_OK;
}

static enum err
load(const struct rows *rows, struct store_view *view, struct device *d)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    uint8_t state;
    enum err e = row_get(rows, view, key_of(&k, d), &row);

    if (e != ERR_OK)
        return e;
    d->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != DEVICE_FORMAT)
        return ERR_FORMAT;
    d->good_until = unpack_i64(&u) - DEVICE_MEMORY;
    state = unpack_u8(&u);
    if (state == 0 || state >= DEVICE__MAX)
        return ERR_FORMAT;
    d->state = (enum device_state)state;
    unpack_str(&u, d->user_code.text, sizeof(d->user_code.text));
    unpack_str(&u, d->appid.text, sizeof(d->appid.text));
    unpack_str(&u, d->tid.text, sizeof(d->tid.text));
    unpack_str(&u, d->oid.text, sizeof(d->oid.text));
    d->polled = unpack_i64(&u);
    d->issued = unpack_i64(&u);
    d->auth_time = unpack_i64(&u);
    unpack_str(&u, d->family.text, sizeof(d->family.text));
    unpack_str(&u, d->scope, sizeof(d->scope));
    return unpack_end(&u);
}

enum err
device_load(const struct rows *rows, struct store_view *view, struct span device_code,
            struct device *out)
{
    enum err e;

    *out = (struct device){ .polled = 0 };
    e = ticket_read(device_code, &out->id);
    return e == ERR_OK ? load(rows, view, out) : e;
}

/* Letters alone, in upper case; false if it cannot be a code. */
static bool
normalise(struct span typed, char out[static USER_CODE_LEN + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < typed.len; i++) {
        uint8_t c = typed.ptr[i];

        if (c == ' ' || c == '-')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 32);
        if (c < 'A' || c > 'Z' || n == USER_CODE_LEN)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return n == USER_CODE_LEN;
}

enum err
device_find(const struct rows *rows, struct store_view *view, struct span user_code,
            struct device *out)
{
    char text[USER_CODE_LEN + 1];
    struct ticket_id hash;
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct device){ .polled = 0 };
    if (!normalise(user_code, text))
        return ERR_NOT_FOUND;
    e = ticket_hash(span_str(text), &hash);
    if (e == ERR_OK)
        e = row_get(rows, view, row_key_make(&k, "du", hash.text, NULL), &row);
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != DEVICE_FORMAT)
        return ERR_FORMAT;
    (void)unpack_i64(&u);
    unpack_str(&u, out->id.text, sizeof(out->id.text));
    if (unpack_end(&u) != ERR_OK)
        return ERR_FORMAT;
    return load(rows, view, out);
}

void
device_store(const struct rows *rows, struct store_write *w, const struct device *d)
{
    struct row_key k;

    put(rows, w, d, d->revision);
    if (d->state != DEVICE_PENDING)
        store_write_delete(w, row_key_make(&k, "du", d->user_code.text, NULL));
}
