/* SPDX-License-Identifier: Apache-2.0 */
/* fence.c - a row whose revision alone says something. */
#include "vault/fence.h"

/* False: the id is too long for a key. */
static bool
make_key(struct row_key *k, struct span id)
{
    bug_on(id.len == 0 || id.ptr[0] != '/');
    if (id.len > MAX_FENCE_ID)
        return false;
    memcpy(k->text, "fe", 2);
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        k->text[2 + i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
    }
    k->len = 2 + id.len;
    k->text[k->len] = '\0';
    return true;
}

void
fence_touch(const struct rows *rows, struct store_write *w, struct span id)
{
    static const uint8_t format = 1;
    struct row_key k;

    if (make_key(&k, id))
        row_put(rows, w, span_of(k.text, k.len), span_of(&format, 1));
    else if (w->bytes.err == ERR_OK)
        w->bytes.err = ERR_TOO_LARGE;
}

static bool
drop_row(void *arg, const struct store_row *sr)
{
    struct store_write *w = arg;

    store_write_delete(w, sr->key);
    return store_write_err(w) == ERR_OK;
}

enum err
fence_take(struct store_view *view, struct store_write *w, struct span id)
{
    struct store_row row = { .revision = 0 };
    struct row_key k;
    enum err e;

    if (!make_key(&k, id))
        return ERR_TOO_LARGE;
    e = store_get(view, span_of(k.text, k.len), &row);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    store_write_expect(w, span_of(k.text, k.len), e == ERR_OK ? row.revision : 0);
    store_write_delete(w, span_of(k.text, k.len));
    if (k.len == MAX_STORE_KEY)
        return ERR_OK; /* nothing fits below */
    k.text[k.len++] = '/';
    k.text[k.len] = '\0';
    return store_scan(view, span_of(k.text, k.len), (struct span){ 0 }, SIZE_MAX, drop_row, w);
}
