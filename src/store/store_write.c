/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_write.c - composing a write, and reading one that may come from anybody.
 *
 * An entry is: u8 kind | u16 key length | key | then by kind
 *   expect  u64 revision
 *   put     u32 value length | value
 *   delete  nothing
 * big-endian; entries follow each other without anything before or after.
 */
#include "base/limits.h"
#include "store/store_int.h"

/* Leaves room in an ipc message for what travels with the write. */
enum { WRITE_MAX = MAX_IPC_MESSAGE - 64 * 1024 };

void
store_write_init(struct store_write *w)
{
    buf_init(&w->bytes, WRITE_MAX);
    w->count = 0;
}

void
store_write_release(struct store_write *w)
{
    buf_release(&w->bytes);
    w->count = 0;
}

void
store_write_clear(struct store_write *w)
{
    buf_clear(&w->bytes);
    w->count = 0;
}

static void
put_be(struct buf *b, uint64_t v, unsigned bytes)
{
    uint8_t out[8];

    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    buf_put(b, span_of(out, bytes));
}

static void
put_head(struct store_write *w, enum store_entry_kind kind, struct span key)
{
    if (w->bytes.err != ERR_OK)
        return;
    if (key.len == 0 || key.len > MAX_STORE_KEY) {
        w->bytes.err = ERR_ARG;
        return;
    }
    if (w->count >= MAX_COMMIT_KEYS) {
        w->bytes.err = ERR_TOO_LARGE;
        return;
    }
    w->count++;
    buf_put_byte(&w->bytes, (uint8_t)kind);
    put_be(&w->bytes, key.len, 2);
    buf_put(&w->bytes, key);
}

void
store_write_expect(struct store_write *w, struct span key, uint64_t revision)
{
    put_head(w, STORE_EXPECT, key);
    put_be(&w->bytes, revision, 8);
}

void
store_write_put(struct store_write *w, struct span key, struct span value)
{
    if (value.len > MAX_STORE_VALUE && w->bytes.err == ERR_OK)
        w->bytes.err = ERR_TOO_LARGE;
    put_head(w, STORE_PUT, key);
    put_be(&w->bytes, value.len, 4);
    buf_put(&w->bytes, value);
}

void
store_write_delete(struct store_write *w, struct span key)
{
    put_head(w, STORE_DELETE, key);
}

bool
store_write_is_empty(const struct store_write *w)
{
    return w->count == 0;
}

enum err
store_write_err(const struct store_write *w)
{
    return w->bytes.err;
}

/* Takes a number off the head; false if it is not all there. */
static bool
take_be(struct span *s, unsigned bytes, uint64_t *out)
{
    *out = 0;
    if (s->len < bytes)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        *out = *out << 8 | s->ptr[i];
    *s = span_tail(*s, bytes);
    return true;
}

static bool
take_span(struct span *s, uint64_t len, struct span *out)
{
    if (len > s->len)
        return false;
    *out = span_head(*s, (size_t)len);
    *s = span_tail(*s, (size_t)len);
    return true;
}

static enum err
entry_read(struct span *s, struct store_entry *out)
{
    uint64_t kind, len;

    *out = (struct store_entry){ 0 };
    if (!take_be(s, 1, &kind) || kind < STORE_EXPECT || kind > STORE_DELETE)
        return ERR_FORMAT;
    out->kind = (enum store_entry_kind)kind;
    if (!take_be(s, 2, &len) || len == 0 || !take_span(s, len, &out->key))
        return ERR_FORMAT;
    if (len > MAX_STORE_KEY)
        return ERR_TOO_LARGE;
    switch (out->kind) {
    case STORE_EXPECT:
        return take_be(s, 8, &out->revision) ? ERR_OK : ERR_FORMAT;
    case STORE_PUT:
        if (!take_be(s, 4, &len) || !take_span(s, len, &out->value))
            return ERR_FORMAT;
        return len > MAX_STORE_VALUE ? ERR_TOO_LARGE : ERR_OK;
    case STORE_DELETE:
        return ERR_OK;
    }
    return ERR_FORMAT;
}

struct store_entry
store_entry_take(struct span *packed)
{
    struct store_entry entry;
    enum err e = entry_read(packed, &entry);

    bug_on(e != ERR_OK);
    return entry;
}

enum err
store_packed_check(struct span packed)
{
    struct store_entry entry;

    for (unsigned n = 0; !span_is_empty(packed); n++) {
        enum err e = entry_read(&packed, &entry);

        if (e != ERR_OK)
            return e;
        if (n >= MAX_COMMIT_KEYS)
            return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

enum err
store_write_keys(struct span packed, store_key_fn fn, void *arg)
{
    if (store_packed_check(packed) != ERR_OK)
        return ERR_FORMAT;
    while (!span_is_empty(packed)) {
        struct store_entry entry = store_entry_take(&packed);
        enum err e;

        if (entry.kind == STORE_EXPECT)
            continue;
        e = fn(arg, entry.key);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

enum err
store_write_rows(struct span packed, store_row_fn fn, void *arg)
{
    bool goes_on = true;

    if (store_packed_check(packed) != ERR_OK)
        return ERR_FORMAT;
    while (goes_on && !span_is_empty(packed)) {
        struct store_entry entry = store_entry_take(&packed);
        struct store_row row = { .key = entry.key, .value = entry.value };

        if (entry.kind == STORE_PUT)
            goes_on = fn(arg, &row);
    }
    return ERR_OK;
}

void
store_write_append(struct store_write *w, const struct store_write *more)
{
    if (w->bytes.err == ERR_OK && more->bytes.err != ERR_OK)
        w->bytes.err = more->bytes.err;
    if (w->bytes.err == ERR_OK && w->count + more->count > MAX_COMMIT_KEYS)
        w->bytes.err = ERR_TOO_LARGE;
    if (w->bytes.err != ERR_OK)
        return;
    buf_put(&w->bytes, buf_span(&more->bytes));
    w->count += more->count;
}
