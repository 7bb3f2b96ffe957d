/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - members by name, their values as JSON text. */
#include "auth/profile.h"

#include <stdlib.h>

#include "codec/pack.h"

enum { PROFILE_FORMAT = 1, PROFILE_ROW_MAX = 64 * 1024 };

static struct span
profile_key(struct row_key *k, const struct guid *tid, const struct guid *id)
{
    return row_key_make(k, "pf", tid->text, id->text, NULL);
}

void
profile_release(struct profile *p)
{
    for (unsigned i = 0; i < p->n; i++)
        free(p->at[i].json);
    *p = (struct profile){ 0 };
}

static struct profile_item *
find(struct profile *p, struct span name)
{
    for (unsigned i = 0; i < p->n; i++)
        if (span_is_str(name, p->at[i].name))
            return &p->at[i];
    return NULL;
}

struct span
profile_get(const struct profile *p, const char *name)
{
    for (unsigned i = 0; i < p->n; i++)
        if (strcmp(p->at[i].name, name) == 0)
            return span_str(p->at[i].json);
    return (struct span){ 0 };
}

static void
drop(struct profile *p, struct profile_item *item)
{
    if (item == NULL)
        return;
    free(item->json);
    *item = p->at[--p->n];
}

enum err
profile_set(struct profile *p, struct span name, struct span json)
{
    struct profile_item *item = find(p, name);
    char *text;

    if (json.len == 0) {
        drop(p, item);
        return ERR_OK;
    }
    if (json.len > PROFILE_JSON_MAX || (item == NULL && p->n == PROFILE_ITEMS_MAX))
        return ERR_TOO_LARGE;
    text = malloc(json.len + 1);
    if (text == NULL)
        return ERR_NOMEM;
    if (item == NULL) {
        item = &p->at[p->n];
        *item = (struct profile_item){ .json = NULL };
        if (!span_copy_str(name, item->name, sizeof(item->name))) {
            free(text);
            return ERR_TOO_LARGE;
        }
        p->n++;
    }
    free(item->json);
    memcpy(text, json.ptr, json.len);
    text[json.len] = '\0';
    item->json = text;
    return ERR_OK;
}

enum err
profile_read(struct span payload, struct profile *out)
{
    struct unpack u = unpack_of(payload);
    enum err e = ERR_OK;
    unsigned n;

    *out = (struct profile){ 0 };
    if (unpack_u8(&u) != PROFILE_FORMAT)
        return ERR_FORMAT;
    n = unpack_u16(&u);
    for (unsigned i = 0; e == ERR_OK && i < n && u.err == ERR_OK; i++) {
        struct span name = unpack_bytes(&u, PROFILE_NAME_MAX);
        struct span json = unpack_bytes(&u, PROFILE_JSON_MAX);

        if (u.err == ERR_OK)
            e = profile_set(out, name, json);
    }
    if (e == ERR_OK)
        e = unpack_end(&u);
    if (e == ERR_OK)
        return ERR_OK;
    profile_release(out);
    return e == ERR_NOMEM ? e : ERR_FORMAT;
}

void
profile_write(const struct profile *p, struct sink to)
{
    pack_u8(to, PROFILE_FORMAT);
    pack_u16(to, (uint16_t)p->n);
    for (unsigned i = 0; i < p->n; i++) {
        pack_str(to, p->at[i].name);
        pack_str(to, p->at[i].json);
    }
}

enum err
profile_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
             const struct guid *id, struct profile *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct profile){ 0 };
    e = row_get(rows, view, profile_key(&k, tid, id), &row);
    if (e == ERR_OK)
        e = profile_read(row.payload, out);
    if (e == ERR_OK)
        out->revision = row.revision;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void
profile_store(const struct rows *rows, struct store_write *w, const struct guid *tid,
              const struct guid *id, const struct profile *p)
{
    struct row_key k;
    struct buf b;

    store_write_expect(w, profile_key(&k, tid, id), p->revision);
    if (p->n == 0) {
        if (p->revision != 0)
            profile_delete(w, tid, id);
        return;
    }
    buf_init(&b, PROFILE_ROW_MAX);
    profile_write(p, sink_buf(&b));
    row_put_buf(rows, w, profile_key(&k, tid, id), &b);
}

void
profile_delete(struct store_write *w, const struct guid *tid, const struct guid *id)
{
    struct row_key k;

    store_write_delete(w, profile_key(&k, tid, id));
}
