/* SPDX-License-Identifier: Apache-2.0 */
/* cert_hint.c - rows ch/ and cq/. */
#include "vault/cert_hint.h"

#include "codec/pack.h"
#include "vault/due.h"

enum {
    HINT_FORMAT = 1,
    HINT_ROW_MAX = HINT_URL_MAX + HINT_ID_MAX + 512,
    LOOK_AGAIN = 24 * 3600, /* at what is deleted: it may be recovered */
};
#define LETTER 'h'

static struct span
hint_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, "ch", at->vault->id.text, name, NULL);
}

/* ------------------------------------------------------------------------ the row */

enum err
cert_hint_read(struct span payload, struct cert_hint *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);

    *out = (struct cert_hint){ .ask = 0 };
    if (!hex32_parse(unpack_bytes(&u, HEX32_LEN), &out->version) || format != HINT_FORMAT)
        return ERR_FORMAT;
    out->issuer = unpack_bytes(&u, MAX_OBJECT_NAME);
    out->directory = unpack_bytes(&u, HINT_URL_MAX);
    out->id = unpack_bytes(&u, HINT_ID_MAX);
    out->ask = unpack_i64(&u);
    out->from = unpack_i64(&u);
    out->until = unpack_i64(&u);
    out->when = unpack_i64(&u);
    if (u.err == ERR_OK && (out->ask < 0 || out->when < 0 || out->until < out->from))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
cert_hint_get(const struct vault_at *at, const char *name, struct cert_hint *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(at->rows, at->view, hint_key(&k, at, name), &row);

    *out = (struct cert_hint){ .ask = 0 };
    return e == ERR_OK ? cert_hint_read(row.payload, out) : e;
}

/* A row that cannot be read leaves its place behind, which the clerk drops when he meets it. */
static void
leave_schedule(const struct vault_at *at, struct store_write *w, const char *name,
               int64_t stays)
{
    struct cert_hint old;

    if (cert_hint_get(at, name, &old) == ERR_OK && old.ask != stays)
        due_drop(at, w, HINT_SCHEDULE, old.ask, LETTER, name);
}

void
cert_hint_put(const struct vault_at *at, struct store_write *w, const char *name,
              const struct cert_hint *h)
{
    struct row_key k;
    struct buf b;

    leave_schedule(at, w, name, h->ask);
    buf_init(&b, HINT_ROW_MAX);
    pack_u8(sink_buf(&b), HINT_FORMAT);
    pack_str(sink_buf(&b), h->version.text);
    pack_bytes(sink_buf(&b), h->issuer);
    pack_bytes(sink_buf(&b), h->directory);
    pack_bytes(sink_buf(&b), h->id);
    pack_i64(sink_buf(&b), h->ask);
    pack_i64(sink_buf(&b), h->from);
    pack_i64(sink_buf(&b), h->until);
    pack_i64(sink_buf(&b), h->when);
    row_put_buf(at->rows, w, hint_key(&k, at, name), &b);
    due_put(at, w, HINT_SCHEDULE, h->ask, LETTER, name);
}

void
cert_hint_drop(const struct vault_at *at, struct store_write *w, const char *name)
{
    struct row_key k;

    leave_schedule(at, w, name, -1);
    store_write_delete(w, hint_key(&k, at, name));
}

/* ----------------------------------------------------------------------- the time */

int64_t
cert_hint_choose(const struct hex32 *version, int64_t from, int64_t until)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a: to scatter, not to hide */
    uint64_t width = (uint64_t)(until - from) + 1;

    bug_on(until < from);
    for (size_t i = 0; i < HEX32_LEN; i++)
        h = (h ^ (uint8_t)version->text[i]) * 1099511628211u;
    return from + (int64_t)((h ^ h >> 32) % width);
}

int64_t
cert_hint_time(const struct cert_hint *h, const struct attrs *a)
{
    int64_t tenth = (a->exp - a->nbf) / 10;
    int64_t soonest = a->created + (tenth < HINT_SOONEST ? tenth : HINT_SOONEST);

    if (h->when == 0 || !a->has_exp || !a->has_nbf)
        return 0;
    return h->when < soonest ? soonest : h->when;
}

/* ----------------------------------------------------------------------- the clerk */

/* Is it about the version that is current? If not, w says what becomes of its rows. */
static enum err
check_current(const struct vault_at *at, int64_t now, struct store_write *w,
              struct cert_hint_due *out)
{
    struct object_head head;
    enum err e = object_head_get(at, HEAD_LIVE, out->name.key, &head);
    const char *name = out->name.key;

    if (e == ERR_OK) {
        out->name = head.name; /* as it is spelled */
        out->stale = strcmp(head.current.text, out->hint.version.text) != 0;
        if (out->stale)
            cert_hint_drop(at, w, name);
        return ERR_OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    out->stale = true;
    e = object_head_get(at, HEAD_DELETED, name, &head);
    if (e == ERR_NOT_FOUND)
        cert_hint_drop(at, w, name);
    if (e == ERR_OK) {
        out->hint.ask = now + LOOK_AGAIN;
        cert_hint_put(at, w, name, &out->hint);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
cert_hint_due_get(const struct rows *rows, struct store_view *view, struct span key,
                  int64_t now, struct store_write *w, struct cert_hint_due *out)
{
    struct vault_at at = { .rows = rows, .view = view, .kind = KIND_CERTIFICATE };
    struct due_row row;
    enum err e;

    *out = (struct cert_hint_due){ .stale = false };
    e = due_get(rows, view, HINT_SCHEDULE, "h", key, now, &row);
    if (e != ERR_OK)
        return e;
    out->name = row.name;
    at.vault = row.vault;
    e = row.vault == NULL ? ERR_NOT_FOUND : cert_hint_get(&at, row.name.key, &out->hint);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && out->hint.ask != row.when)) {
        out->stale = true;
        due_drop_stale(w, key, &row);
        e = ERR_OK;
    } else if (e == ERR_OK)
        e = check_current(&at, now, w, out);
    if (e == ERR_OK && !out->stale)
        out->vault = row.vault;
    else
        vault_unref(row.vault);
    return e == ERR_OK ? store_write_err(w) : e;
}
