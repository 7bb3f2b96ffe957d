/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - locks as rows, and what they forbid. */
#include "auth/lock.h"

#include <stdio.h>

#include "base/log.h"
#include "codec/pack.h"

enum { LOCK_FORMAT = 1, LOCK_ROW_MAX = 8192 };
#define MARK "/:/" /* between scope and name */

/* lk<scope>/:/<name>: false if it does not fit. The root is an empty scope here. */
static bool
lock_key(const char *scope, struct span name, struct row_key *k)
{
    int n =
        snprintf(k->text, sizeof(k->text), "lk%s" MARK "%.*s",
                 strcmp(scope, "/") == 0 ? "" : scope, (int)name.len, (const char *)name.ptr);

    if (n < 0 || (size_t)n > MAX_STORE_KEY)
        return false;
    k->len = (size_t)n;
    for (char *p = k->text + k->len - name.len; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return true;
}

bool
lock_name_is_ok(const struct scope *at, struct span s)
{
    struct row_key k;

    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~' || strchr("<>%&:\\?/", s.ptr[i]) != NULL)
            return false;
    return s.len > 0 && s.len <= MAX_LOCK_NAME && lock_key(at->text, s, &k);
}

static enum err
lock_read(struct span payload, struct lock *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u), level = unpack_u8(&u);
    char by[GUID_LEN + 1];

    if (format != LOCK_FORMAT || level == 0 || level >= LOCK_LEVEL__MAX)
        return ERR_FORMAT;
    out->level = (enum lock_level)level;
    unpack_str(&u, out->scope, sizeof(out->scope));
    unpack_str(&u, out->spelled, sizeof(out->spelled));
    unpack_str(&u, out->name, sizeof(out->name));
    unpack_str(&u, out->notes, sizeof(out->notes));
    out->created = unpack_i64(&u);
    out->updated = unpack_i64(&u);
    unpack_str(&u, by, sizeof(by));
    (void)guid_parse(span_str(by), &out->created_by);
    unpack_str(&u, by, sizeof(by));
    (void)guid_parse(span_str(by), &out->updated_by);
    return unpack_end(&u);
}

enum err
lock_load(const struct rows *rows, struct store_view *view, const struct scope *at,
          struct span name, struct lock *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct lock){ 0 };
    if (!lock_name_is_ok(at, name) || !lock_key(at->text, name, &k))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, span_of(k.text, k.len), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return lock_read(row.payload, out);
}

void
lock_store(const struct rows *rows, struct store_write *w, const struct lock *l)
{
    struct row_key key;
    struct buf b;
    struct sink k = sink_buf(&b);

    bug_on(!lock_key(l->scope, span_str(l->name), &key));
    buf_init(&b, LOCK_ROW_MAX);
    pack_u8(k, LOCK_FORMAT);
    pack_u8(k, (uint8_t)l->level);
    pack_str(k, l->scope);
    pack_str(k, l->spelled);
    pack_str(k, l->name);
    pack_str(k, l->notes);
    pack_i64(k, l->created);
    pack_i64(k, l->updated);
    pack_str(k, l->created_by.text);
    pack_str(k, l->updated_by.text);
    store_write_expect(w, span_of(key.text, key.len), l->revision);
    row_put_buf(rows, w, span_of(key.text, key.len), &b);
}

void
lock_drop(struct store_write *w, const struct lock *l)
{
    struct row_key k;

    bug_on(!lock_key(l->scope, span_str(l->name), &k));
    store_write_expect(w, span_of(k.text, k.len), l->revision);
    store_write_delete(w, span_of(k.text, k.len));
}

struct lock_scan {
    const struct rows *rows;
    struct span own; /* prefix of the locks that are not wanted; or empty */
    lock_fn fn;
    void *arg;
    bool stopped;
    enum err err;
};

static bool
visit_lock(void *arg, const struct store_row *sr)
{
    struct lock_scan *s = arg;
    struct lock l = { .revision = sr->revision };
    struct row row;

    if (!span_is_empty(s->own) && span_has_prefix(sr->key, s->own))
        return true;
    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK)
        s->err = lock_read(row.payload, &l);
    if (s->err != ERR_OK)
        return false;
    s->stopped = !s->fn(s->arg, &l);
    return !s->stopped;
}

static enum err
each_at(struct lock_scan *s, struct store_view *view, const char *scope)
{
    struct row_key k;
    enum err e;

    if (s->stopped || !lock_key(scope, span_str(""), &k))
        return ERR_OK; /* so long a scope has no locks */
    e = store_scan(view, span_of(k.text, k.len), (struct span){ 0 }, SIZE_MAX, visit_lock, s);
    return e != ERR_OK ? e : s->err;
}

enum err
lock_each_above(const struct rows *rows, struct store_view *view, const struct scope *at,
                lock_fn fn, void *arg)
{
    struct lock_scan s = { .rows = rows, .fn = fn, .arg = arg };
    enum err e = each_at(&s, view, "/");

    for (unsigned i = 0; i < at->depth && e == ERR_OK; i++) {
        char text[MAX_SCOPE_TEXT + 1];

        if (span_copy_str(scope_level(at, i), text, sizeof(text)))
            e = each_at(&s, view, text);
    }
    return e;
}

enum err
lock_each_below(const struct rows *rows, struct store_view *view, const struct scope *at,
                lock_fn fn, void *arg)
{
    struct lock_scan s = { .rows = rows, .fn = fn, .arg = arg };
    struct row_key own, below;
    enum err e;

    if (!lock_key(at->text, span_str(""), &own))
        return ERR_OK;
    s.own = span_of(own.text, own.len);
    below = own;
    below.len -= sizeof(MARK) - 2; /* "lk<scope>/" */
    e = store_scan(view, span_of(below.text, below.len), (struct span){ 0 }, SIZE_MAX,
                   visit_lock, &s);
    return e != ERR_OK ? e : s.err;
}

struct lock_question {
    enum lock_act act;
    bool blocked;
    struct lock *which;
};

static bool
weigh_lock(void *arg, const struct lock *l)
{
    struct lock_question *q = arg;

    if (q->act == LOCK_ACT_WRITE && l->level != LOCK_READ_ONLY)
        return true;
    q->blocked = true;
    *q->which = *l;
    return false;
}

enum err
lock_check(const struct rows *rows, struct store_view *view, const struct scope *at,
           enum lock_act act, bool *blocked, struct lock *which)
{
    struct lock_question q = { .act = act, .which = which };
    enum err e = lock_each_above(rows, view, at, weigh_lock, &q);

    *blocked = q.blocked || e != ERR_OK;
    if (e != ERR_OK)
        log_error("locks at %s: %s", at->text, err_text(e));
    return e;
}
