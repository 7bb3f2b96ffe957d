/* SPDX-License-Identifier: Apache-2.0 */
/* due.c - schedule rows, written and read. */
#include "vault/due.h"

#include "codec/pack.h"

enum { DUE_FORMAT = 1, DUE_ROW_MAX = 256 };

void
due_text(int64_t when, char out[static DUE_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    bug_on(when < 0);
    for (unsigned i = 0; i < DUE_TEXT - 1; i++)
        out[i] = digits[(uint64_t)when >> (4 * (DUE_TEXT - 2 - i)) & 15];
    out[DUE_TEXT - 1] = '\0';
}

bool
due_read(struct span rest, int64_t *when)
{
    uint64_t t = 0;

    if (rest.len < DUE_TEXT || rest.ptr[DUE_TEXT - 1] != '/')
        return false;
    for (unsigned i = 0; i < DUE_TEXT - 1; i++) {
        uint8_t c = rest.ptr[i];

        if (c >= '0' && c <= '9')
            t = t << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            t = t << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *when = (int64_t)t;
    return *when >= 0;
}

static struct span
due_key(struct row_key *k, const struct guid *vault, const char *schedule, int64_t when,
        char letter, const char *name)
{
    char letters[2] = { letter, '\0' };
    char text[DUE_TEXT];

    due_text(when, text);
    return row_key_make(k, schedule, text, letters, vault->text, name, NULL);
}

void
due_put(const struct vault_at *at, struct store_write *w, const char *schedule, int64_t when,
        char letter, const char *name)
{
    struct row_key k;
    struct span key = due_key(&k, &at->vault->id, schedule, when, letter, name);
    struct buf b;

    buf_init(&b, DUE_ROW_MAX);
    pack_u8(sink_buf(&b), DUE_FORMAT);
    pack_str(sink_buf(&b), at->vault->name);
    pack_str(sink_buf(&b), name);
    row_put_buf(at->rows, w, key, &b);
}

void
due_drop(const struct vault_at *at, struct store_write *w, const char *schedule, int64_t when,
         char letter, const char *name)
{
    struct row_key k;

    store_write_delete(w, due_key(&k, &at->vault->id, schedule, when, letter, name));
}

/* "<schedule>/<16 hex>/<letter>/..." */
static bool
key_read(struct span key, const char *schedule, struct due_row *out)
{
    size_t at = strlen(schedule) + 1, letter = at + DUE_TEXT;

    if (key.len <= letter + 2 || !span_has_prefix(key, span_str(schedule)) ||
        key.ptr[at - 1] != '/' || !due_read(span_tail(key, at), &out->when) ||
        key.ptr[letter + 1] != '/')
        return false;
    out->letter = (char)key.ptr[letter];
    return true;
}

static enum err
payload_read(struct span payload, char vault[static MAX_VAULT_NAME + 1],
             struct object_name *name)
{
    struct unpack u = unpack_of(payload);

    if (unpack_u8(&u) != DUE_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, vault, MAX_VAULT_NAME + 1);
    if (!object_name_parse(unpack_bytes(&u, MAX_OBJECT_NAME), name))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
due_payload_check(struct span payload)
{
    char vault[MAX_VAULT_NAME + 1];
    struct object_name name;

    return payload_read(payload, vault, &name);
}

/* A vault of the same name that is not the one in the key is another vault. */
static bool
is_the_vault(const struct vault *v, const char *schedule, struct span key,
             const struct due_row *row)
{
    struct row_key k;

    return span_is_equal(due_key(&k, &v->id, schedule, row->when, row->letter, row->name.key),
                         key);
}

enum err
due_get(const struct rows *rows, struct store_view *view, const char *schedule,
        const char *letters, struct span key, int64_t now, struct due_row *out)
{
    char vault_name[MAX_VAULT_NAME + 1];
    struct row row;
    bool asleep;
    enum err e;

    *out = (struct due_row){ .when = 0 };
    if (!key_read(key, schedule, out) || out->letter == '\0' ||
        strchr(letters, out->letter) == NULL)
        return ERR_FORMAT;
    if (out->when > now)
        return ERR_NOT_FOUND;
    e = row_get(rows, view, key, &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    e = payload_read(row.payload, vault_name, &out->name);
    if (e == ERR_OK)
        e = vault_load(rows, view, span_str(vault_name), &out->vault);
    asleep = e == ERR_NO_VAULT;
    if (asleep)
        e = vault_load_deleted(rows, view, span_str(vault_name), &out->vault);
    if (e != ERR_OK)
        return e == ERR_NO_VAULT ? ERR_OK : e;
    if (is_the_vault(out->vault, schedule, key, out) && !asleep)
        return ERR_OK;
    e = is_the_vault(out->vault, schedule, key, out) ? ERR_NO_VAULT : ERR_OK;
    vault_unref(out->vault);
    out->vault = NULL;
    return e;
}

enum err
due_object(const struct vault_at *at, const struct due_row *row, unsigned action,
           struct object *out)
{
    struct object_head head;
    enum err e;

    if (at->vault == NULL)
        return ERR_NOT_FOUND;
    e = object_head_get(at, HEAD_LIVE, row->name.key, &head);
    if (e != ERR_OK)
        return e;
    if (head.due[action] != row->when || head.managed)
        return ERR_NOT_FOUND;
    return object_get_current(at, &head, out);
}

void
due_drop_stale(struct store_write *w, struct span key, const struct due_row *row)
{
    store_write_expect(w, key, row->revision);
    store_write_delete(w, key);
}
