/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_list.c - pages over the heads of a kind, and over the versions of one.
 *
 * The scan of heads only copies keys; rows are read after it, one by one, since an
 * engine need not allow reading inside a scan.
 */
#include "vault/object_list.h"

#include "vault/object_chain.h"

struct key_scan {
    size_t prefix_len;
    unsigned n;
    char key[PAGE_MAX + 1][MAX_OBJECT_NAME + 1];
};

static bool
note_key(void *arg, const struct store_row *row)
{
    struct key_scan *s = arg;
    struct span rest = span_tail(row->key, s->prefix_len);

    /* Anything longer is none of our keys: reading it would fail, and be told. */
    (void)span_copy_str(span_head(rest, MAX_OBJECT_NAME), s->key[s->n], sizeof(s->key[0]));
    s->n++;
    return s->n <= PAGE_MAX;
}

/* Up to max + 1 keys behind prefix; the one too many says that another page follows. */
static enum err
scan_keys(const struct vault_at *at, struct span prefix, struct list_page *page,
          struct key_scan *out)
{
    struct row_key k;
    struct span after = { 0 };
    enum err e;

    bug_on(page->max == 0 || page->max > PAGE_MAX || page->after.len > MAX_OBJECT_NAME);
    if (page->after.len > 0) {
        memcpy(k.text, prefix.ptr, prefix.len);
        memcpy(k.text + prefix.len, page->after.ptr, page->after.len);
        after = span_of(k.text, prefix.len + page->after.len);
    }
    out->n = 0;
    out->prefix_len = prefix.len;
    e = store_scan(at->view, prefix, after, page->max + 1, note_key, out);
    if (e != ERR_OK)
        return e;
    page->more = out->n > page->max;
    if (page->more)
        out->n = page->max;
    page->last[0] = '\0';
    if (out->n > 0)
        memcpy(page->last, out->key[out->n - 1], sizeof(page->last));
    return ERR_OK;
}

enum err
object_list(const struct vault_at *at, enum head_state state, struct list_page *page,
            object_item_fn fn, void *arg)
{
    const struct object_kind_info *kind = object_kind_info(at->kind);
    const char *prefix = state == HEAD_LIVE ? kind->live_prefix : kind->gone_prefix;
    struct key_scan keys;
    struct object s;
    struct row_key k;
    enum err e;

    e = scan_keys(at, row_key_make(&k, prefix, at->vault->id.text, "", NULL), page, &keys);
    for (unsigned i = 0; e == ERR_OK && i < keys.n; i++) {
        struct object_head head;

        e = object_head_get(at, state, keys.key[i], &head);
        if (e != ERR_OK)
            break;
        if (head.purging)
            continue;
        e = object_get_current(at, &head, &s);
        if (e == ERR_OK)
            e = fn(arg, &s);
    }
    return e;
}

/* Where the page begins; at the end if what it is to follow is gone. */
static enum err
chain_for_page(const struct vault_at *at, const struct object_head *head,
               const struct list_page *page, struct object_chain *out)
{
    struct hex32 last;
    enum err e;

    *out = object_chain_of(at, head);
    if (page->after.len == 0)
        return ERR_OK;
    if (!hex32_parse(page->after, &last))
        return ERR_FORMAT;
    e = object_chain_skip(out, &last);
    if (e == ERR_NOT_FOUND)
        out->next.text[0] = '\0';
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
object_list_versions(const struct vault_at *at, const struct object_name *name,
                     struct list_page *page, object_item_fn fn, void *arg)
{
    struct object_chain chain;
    struct object s = { 0 };
    enum err e;

    bug_on(page->max == 0 || page->max > PAGE_MAX);
    page->more = false;
    page->last[0] = '\0';
    e = object_head_get(at, HEAD_LIVE, name->key, &s.head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = chain_for_page(at, &s.head, page, &chain);
    for (unsigned i = 0; e == ERR_OK && i < page->max && !object_chain_at_end(&chain); i++) {
        e = object_chain_next(&chain, &s.v);
        if (e == ERR_OK)
            e = object_check_generation(at, &s.head, &s.v);
        if (e == ERR_OK)
            e = fn(arg, &s);
        memcpy(page->last, s.v.id.text, sizeof(s.v.id.text));
    }
    page->more = e == ERR_OK && !object_chain_at_end(&chain);
    return e;
}
