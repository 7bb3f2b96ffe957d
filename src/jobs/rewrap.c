/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrap.c - the fence first, then one loop over each place where wrapped keys lie.
 *
 * A key is taken out of its row, rewrapped by the keeper, and put back with
 * the row's revision as precondition: a vault that changes meanwhile gives
 * ERR_CONFLICT and is read again.
 *
 * A key that was wrapped before the keeper took the next root key, but is
 * committed only after the loops have passed, would be lost with the old root.
 * So the first commit moves row k/root, on whose revision every write of a
 * fresh key depends: what is committed before it is seen by the loops, what
 * comes after it is refused.
 */
#include "jobs/rewrap.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/syskey.h"
#include "vault/vault_deleted.h"

enum { KEYS_PER_SCAN = 64, TRIES = 10, WRAPPED_ROOT_AT = 1 };

struct names {
    struct buf keys; /* packed: u32 length and bytes */
    struct buf last;
    size_t n;
};

static bool
note_name(void *arg, const struct store_row *row)
{
    struct names *names = arg;

    pack_bytes(sink_buf(&names->keys), row->key);
    buf_clear(&names->last);
    buf_put(&names->last, row->key);
    names->n++;
    return names->keys.err == ERR_OK;
}

static bool
is_newest(struct span wrapped, struct span newest)
{
    struct span id = span_head(span_tail(wrapped, WRAPPED_ROOT_AT), newest.len);

    return newest.len > 0 && span_is_equal(id, newest);
}

static enum err
ask_rewrap(struct desk *d, const struct wrapped *key, struct buf *out)
{
    struct secbuf question, answer;
    struct unpack u;
    enum err e;

    secbuf_init(&question, WRAPPED_MAX + 1024);
    secbuf_init(&answer, WRAPPED_MAX + 64);
    keeper_pack_key_rewrap(sink_sec(&question), key);
    e = desk_ask(d, KEEPER_KEY_REWRAP, &question, &answer);
    if (e == ERR_OK) {
        u = unpack_of(secbuf_span(&answer));
        buf_put(out, unpack_bytes(&u, WRAPPED_MAX));
        e = unpack_end(&u);
    }
    secbuf_release(&answer);
    secbuf_release(&question);
    return e == ERR_OK ? out->err : e;
}

static enum err
put_back(struct desk *d, struct store_write *w, unsigned *done)
{
    struct desk_deed deed = { .operation = "KeyRewrap" };
    enum err e = desk_commit(d, w, &deed);

    if (e == ERR_OK)
        ++*done;
    return e;
}

static enum err
rewrap_integrity(struct desk *d, struct store_view *view, struct store_write *w,
                 struct span newest)
{
    struct wrapped key = { .purpose = PURPOSE_INTEGRITY, .id = span_str("rows") };
    struct store_row row;
    struct buf fresh;
    enum err e;

    e = store_get(view, span_str("k/integrity"), &row);
    if (e != ERR_OK || is_newest(row.value, newest))
        return e;
    buf_init(&fresh, WRAPPED_MAX);
    key.bytes = row.value;
    e = ask_rewrap(d, &key, &fresh);
    if (e == ERR_OK) {
        store_write_expect(w, row.key, row.revision);
        store_write_put(w, span_str("k/integrity"), buf_span(&fresh));
    }
    buf_release(&fresh);
    return e;
}

static enum err
rewrap_syskey(struct desk *d, struct store_view *view, struct span key, struct store_write *w,
              struct span newest)
{
    struct wrapped old;
    struct syskey row;
    uint64_t revision;
    struct buf fresh;
    enum err e;

    e = syskey_get(d->rows, view, key, &row, &revision);
    if (e != ERR_OK || is_newest(row.wrapped, newest))
        return e;
    buf_init(&fresh, WRAPPED_MAX);
    old = syskey_wrapped(&row);
    e = ask_rewrap(d, &old, &fresh);
    if (e == ERR_OK) {
        row.wrapped = buf_span(&fresh);
        syskey_put(d->rows, w, key, &row, revision);
    }
    buf_release(&fresh);
    return e;
}

/* ERR_OK and *changed, or nothing to do. */
static enum err
rewrap_key_of(struct desk *d, struct vault *v, struct span newest, bool *changed)
{
    struct wrapped old = vault_key(v);
    struct buf fresh;
    enum err e;

    *changed = false;
    if (is_newest(old.bytes, newest))
        return ERR_OK;
    buf_init(&fresh, WRAPPED_MAX);
    e = ask_rewrap(d, &old, &fresh);
    if (e == ERR_OK)
        e = vault_set_key(v, buf_span(&fresh));
    *changed = e == ERR_OK;
    buf_release(&fresh);
    return e;
}

static enum err
rewrap_vault(struct desk *d, struct store_view *view, struct span name, struct store_write *w,
             struct span newest)
{
    struct vault *v;
    bool changed;
    enum err e = vault_load(d->rows, view, name, &v);

    if (e != ERR_OK)
        return e;
    e = rewrap_key_of(d, v, newest, &changed);
    if (changed)
        vault_store(d->rows, w, v, v->revision);
    vault_unref(v);
    return e;
}

static enum err
rewrap_deleted_vault(struct desk *d, struct store_view *view, struct span name,
                     struct store_write *w, struct span newest)
{
    struct deleted_vault v;
    bool changed;
    enum err e = deleted_vault_load(d->rows, view, name, &v);

    if (e != ERR_OK)
        return e;
    e = rewrap_key_of(d, v.vault, newest, &changed);
    if (changed)
        deleted_vault_store(d->rows, w, &v);
    deleted_vault_release(&v);
    return e;
}

static enum err
rewrap_row(struct desk *d, struct span key, struct span newest, unsigned *done)
{
    struct store_view *view;
    struct store_write w;
    enum err e;

    for (unsigned i = 0; i < TRIES; i++) {
        e = store_begin(d->store, &view);
        if (e != ERR_OK)
            return e;
        store_write_init(&w);
        if (span_is_str(key, SYSKEY_FENCE))
            e = ERR_OK; /* holds no key */
        else if (span_is_str(key, "k/integrity"))
            e = rewrap_integrity(d, view, &w, newest);
        else if (span_has_prefix(key, span_str("k/")))
            e = rewrap_syskey(d, view, key, &w, newest);
        else if (span_has_prefix(key, span_str("vd/")))
            e = rewrap_deleted_vault(d, view, span_tail(key, 3), &w, newest);
        else
            e = rewrap_vault(d, view, span_tail(key, 2), &w, newest);
        if (e == ERR_OK && !store_write_is_empty(&w))
            e = put_back(d, &w, done);
        store_write_release(&w);
        store_end(view);
        if (e == ERR_NOT_FOUND || e == ERR_NO_VAULT)
            return ERR_OK; /* gone meanwhile */
        if (e != ERR_CONFLICT)
            return e;
    }
    return ERR_BUSY;
}

/* Every row below prefix, a page of names at a time: no snapshot is held across questions. */
static enum err
rewrap_below(struct desk *d, const char *prefix, struct span newest, unsigned *done)
{
    struct names names = { 0 };
    struct store_view *view;
    struct unpack u;
    enum err e;

    buf_init(&names.keys, (size_t)KEYS_PER_SCAN * (MAX_STORE_KEY + 8));
    buf_init(&names.last, MAX_STORE_KEY);
    do {
        buf_clear(&names.keys);
        names.n = 0;
        e = store_begin(d->store, &view);
        if (e != ERR_OK)
            break;
        e = store_scan(view, span_str(prefix), buf_span(&names.last), KEYS_PER_SCAN, note_name,
                       &names);
        store_end(view);
        if (e == ERR_OK)
            e = names.keys.err != ERR_OK ? names.keys.err : names.last.err;
        u = unpack_of(buf_span(&names.keys));
        for (size_t i = 0; i < names.n && e == ERR_OK; i++)
            e = rewrap_row(d, unpack_bytes(&u, MAX_STORE_KEY), newest, done);
    } while (e == ERR_OK && names.n == KEYS_PER_SCAN);
    buf_release(&names.last);
    buf_release(&names.keys);
    return e;
}

/* The id of the root key that the keeper wraps with now: the next one while it holds two. */
static enum err
newest_root(struct desk *d, uint8_t id[static ROOT_ID_BYTES], bool *has_next)
{
    struct secbuf answer;
    struct span current, next;
    struct unpack u;
    enum err e;

    *has_next = false;
    secbuf_init(&answer, 256);
    e = desk_ask(d, KEEPER_ROOT_STATE, NULL, &answer);
    if (e == ERR_OK) {
        u = unpack_of(secbuf_span(&answer));
        current = unpack_bytes(&u, ROOT_ID_BYTES);
        next = unpack_bytes(&u, ROOT_ID_BYTES);
        e = unpack_end(&u);
        *has_next = next.len > 0;
        if (*has_next)
            current = next;
        if (e == ERR_OK && current.len != ROOT_ID_BYTES)
            e = ERR_PROTOCOL;
        if (e == ERR_OK)
            memcpy(id, current.ptr, ROOT_ID_BYTES);
    }
    secbuf_release(&answer);
    return e;
}

/* From here on no key under an older root key can be stored. */
static enum err
raise_fence(struct desk *d, struct span newest)
{
    struct desk_deed deed = { .operation = "RootKeyRotate" };
    struct store_view *view;
    struct store_write w;
    struct row row;
    enum err e = store_begin(d->store, &view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = row_get(d->rows, view, span_str(SYSKEY_FENCE), &row);
    if (e == ERR_NOT_FOUND) {
        row = (struct row){ .revision = 0 };
        e = ERR_OK;
    }
    if (e == ERR_OK && !span_is_equal(row.payload, newest)) {
        store_write_expect(&w, span_str(SYSKEY_FENCE), row.revision);
        row_put(d->rows, &w, span_str(SYSKEY_FENCE), newest);
        e = desk_commit(d, &w, &deed);
    }
    store_write_release(&w);
    store_end(view);
    return e;
}

static enum err
rewrap_under(struct desk *d, struct span newest, unsigned *done)
{
    enum err e = raise_fence(d, newest);

    if (e == ERR_OK)
        e = rewrap_below(d, "k/", newest, done);
    if (e == ERR_OK)
        e = rewrap_below(d, "v/", newest, done);
    if (e == ERR_OK)
        e = rewrap_below(d, "vd/", newest, done);
    if (e == ERR_OK)
        log_info("rewrapped %u keys under the newest root key", *done);
    else
        log_error("rewrapping stopped after %u keys: %s", *done, err_text(e));
    return e;
}

enum err
rewrap_all(struct desk *d, unsigned *done)
{
    uint8_t id[ROOT_ID_BYTES];
    bool has_next;
    enum err e;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = newest_root(d, id, &has_next);
    return e == ERR_OK ? rewrap_under(d, span_of(id, sizeof(id)), done) : e;
}

enum err
rewrap_resume(struct desk *d, unsigned *done)
{
    uint8_t id[ROOT_ID_BYTES];
    bool has_next;
    enum err e;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = newest_root(d, id, &has_next);
    if (e != ERR_OK || !has_next)
        return e;
    return rewrap_under(d, span_of(id, sizeof(id)), done);
}
