/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - values, and the memory they lie in. */
#include "api/template/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secbuf.h"

enum { CHUNK = 16 * 1024, ALIGN = 8, FIRST_ITEMS = 2 };

struct chunk {
    struct chunk *next;
    size_t used, len; /* of bytes */
    _Alignas(ALIGN) uint8_t bytes[];
};

struct arena {
    struct chunk *chunks;
    size_t held, max;
    enum err err;
};

struct arena *
arena_new(size_t max)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (a != NULL)
        a->max = max;
    return a;
}

void
arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    while (a->chunks != NULL) {
        struct chunk *c = a->chunks;

        a->chunks = c->next;
        secmem_free(c);
    }
    free(a);
}

enum err
arena_err(const struct arena *a)
{
    return a->err;
}

/* Secret memory is given out in powers of two. */
static struct chunk *
add_chunk(struct arena *a, size_t len)
{
    size_t whole = CHUNK;
    struct chunk *c;

    while (whole < len + sizeof(*c))
        whole *= 2;
    if (a->held + whole > a->max) {
        a->err = ERR_TOO_LARGE;
        return NULL;
    }
    c = secmem_alloc(whole);
    if (c == NULL) {
        a->err = ERR_NOMEM;
        return NULL;
    }
    *c = (struct chunk){ .next = a->chunks, .len = whole - sizeof(*c) };
    a->chunks = c;
    a->held += whole;
    return c;
}

void *
arena_alloc(struct arena *a, size_t len)
{
    struct chunk *c = a->chunks;
    void *p;

    if (a->err != ERR_OK)
        return NULL;
    if (len > a->max) {
        a->err = ERR_TOO_LARGE;
        return NULL;
    }
    len = (len + ALIGN - 1) / ALIGN * ALIGN;
    if (c == NULL || c->len - c->used < len)
        c = add_chunk(a, len);
    if (c == NULL)
        return NULL;
    p = c->bytes + c->used;
    c->used += len;
    memset(p, 0, len);
    return p;
}

/* ------------------------------------------------------------------- making */

static const struct value null_value = { .kind = VALUE_NULL };
static const struct value later_value = { .kind = VALUE_LATER, .later = true };
static const struct value bools[] = { { .kind = VALUE_BOOL, .b = false },
                                      { .kind = VALUE_BOOL, .b = true } };

const struct value *
value_null(void)
{
    return &null_value;
}

const struct value *
value_later(void)
{
    return &later_value;
}

const struct value *
value_bool(bool b)
{
    return &bools[b];
}

static struct value *
make(struct arena *a, enum value_kind kind)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    if (v != NULL)
        v->kind = kind;
    return v;
}

const struct value *
value_int(struct arena *a, int64_t i)
{
    struct value *v = make(a, VALUE_INT);

    if (v == NULL)
        return &null_value;
    v->i = i;
    return v;
}

const struct value *
value_lent(struct arena *a, struct span text)
{
    struct value *v = make(a, VALUE_STR);

    if (v == NULL)
        return &null_value;
    v->str = text;
    v->weight = (uint32_t)(text.len / 16);
    return v;
}

const struct value *
value_str(struct arena *a, struct span text)
{
    uint8_t *p = arena_alloc(a, text.len);

    if (p == NULL)
        return &null_value;
    if (text.len > 0)
        memcpy(p, text.ptr, text.len);
    return value_lent(a, span_of(p, text.len));
}

const struct value *
value_text(struct arena *a, const char *text)
{
    return value_str(a, span_str(text));
}

/* Where a value is wanted to be filled and there is no memory: nobody looks at it again. */
static struct value *
scrap(enum value_kind kind)
{
    static _Thread_local struct value v;

    v = (struct value){ .kind = kind };
    return &v;
}

struct value *
value_array(struct arena *a)
{
    struct value *v = make(a, VALUE_ARRAY);

    return v != NULL ? v : scrap(VALUE_ARRAY);
}

struct value *
value_object(struct arena *a)
{
    struct value *v = make(a, VALUE_OBJECT);

    return v != NULL ? v : scrap(VALUE_OBJECT);
}

/*
 * What holds v knows of it. Since values are shared, a few of them can stand for more than
 * could ever be walked: the weight is what a walk would meet. False: too much, or no memory.
 */
static bool
take_in(struct arena *a, struct value *holder, const struct value *v)
{
    uint32_t weight = holder->weight + v->weight + 1;

    if (a->err == ERR_OK && (v->depth + 1 > VALUE_DEPTH_MAX || weight > VALUE_WEIGHT_MAX))
        a->err = ERR_TOO_LARGE;
    if (a->err != ERR_OK)
        return false;
    holder->weight = weight;
    if (holder->depth < v->depth + 1)
        holder->depth = (uint8_t)(v->depth + 1);
    holder->secret = holder->secret || v->secret;
    holder->later = holder->later || v->later;
    return true;
}

/* Room for one more of `size` bytes; the old room stays behind in the arena. */
static void *
grow(struct arena *a, struct value *v, void *old, size_t size)
{
    uint32_t cap = v->cap == 0 ? FIRST_ITEMS : v->cap * 2;
    void *p;

    if (v->n < v->cap)
        return old;
    p = arena_alloc(a, cap * size);
    if (p == NULL)
        return NULL;
    if (v->n > 0)
        memcpy(p, old, v->n * size);
    v->cap = cap;
    return p;
}

void
value_push(struct arena *a, struct value *array, const struct value *v)
{
    const struct value **item;

    if (!take_in(a, array, v))
        return;
    item = grow(a, array, array->item, sizeof(const struct value *));
    if (item == NULL)
        return;
    array->item = item;
    array->item[array->n++] = v;
}

void
value_put(struct arena *a, struct value *object, struct span name, const struct value *v)
{
    const struct value *copy;
    struct member *m;

    if (!take_in(a, object, v))
        return;
    for (size_t i = 0; i < object->n; i++) {
        if (!span_is_equal_nocase(object->member[i].name, name))
            continue;
        object->member[i].value = v;
        return;
    }
    if (object->n == VALUE_MEMBERS_MAX || name.len > VALUE_NAME_MAX ||
        span_find(name, 0) < name.len) {
        a->err = ERR_TOO_LARGE;
        return;
    }
    m = grow(a, object, object->member, sizeof(struct member));
    copy = value_str(a, name);
    if (m == NULL || a->err != ERR_OK)
        return;
    object->member = m;
    object->member[object->n++] = (struct member){ .name = copy->str, .value = v };
}

const struct value *
value_secret(struct arena *a, const struct value *v)
{
    struct value *s = make(a, v->kind);

    if (s == NULL)
        return &null_value;
    *s = *v;
    s->secret = true;
    if (v->n == 0)
        return s;
    s->weight = 0;
    s->cap = 0;
    s->n = 0;
    s->item = NULL;
    for (size_t i = 0; i < v->n; i++) {
        if (v->kind == VALUE_ARRAY)
            value_push(a, s, value_secret(a, v->item[i]));
        else
            value_put(a, s, v->member[i].name, value_secret(a, v->member[i].value));
    }
    return s;
}

/* --------------------------------------------------------------------- JSON */

struct filling {
    struct arena *a;
    struct value *object;
};

static bool
fill(void *arg, struct span name, const struct jsn *value)
{
    const struct filling *f = arg;

    value_put(f->a, f->object, name, value_of_jsn(f->a, value));
    return f->a->err == ERR_OK;
}

static const struct value *
number_of(struct arena *a, double d)
{
    struct value *v;

    if (fabs(d) < 9007199254740992.0 && d == (double)(int64_t)d) /* whole, and below 2^53 */
        return value_int(a, (int64_t)d);
    v = make(a, VALUE_REAL);
    if (v == NULL)
        return &null_value;
    v->real = d;
    return v;
}

const struct value *
value_of_jsn(struct arena *a, const struct jsn *j)
{
    struct value *v;
    double d;
    bool b;

    if (jsn_is_str(j))
        return value_str(a, jsn_str(j));
    if (jsn_bool(j, &b))
        return value_bool(b);
    if (jsn_num(j, &d))
        return number_of(a, d);
    if (jsn_is_object(j)) {
        struct filling f = { .a = a, .object = value_object(a) };

        jsn_each(j, fill, &f);
        return f.object;
    }
    if (!jsn_is_array(j))
        return &null_value;
    v = value_array(a);
    for (size_t i = 0; i < jsn_len(j) && a->err == ERR_OK; i++)
        value_push(a, v, value_of_jsn(a, jsn_at(j, i)));
    return v;
}

enum err
value_parse(struct arena *a, struct span json, const struct value **out)
{
    struct jsn *root;
    enum err e = jsn_parse(json, &root);

    *out = &null_value;
    if (e != ERR_OK)
        return e;
    *out = value_of_jsn(a, root);
    jsn_free(root);
    return a->err;
}

static void
write_real(double d, struct jsw *w, const char *name)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.17g", d);
    jsw_raw(w, name, span_str(isfinite(d) ? text : "0"));
}

/* Members whose names came from outside; jsw wants a C string. */
static void
write_members(const struct value *v, bool mask, struct jsw *w)
{
    char name[VALUE_NAME_MAX + 1];

    for (size_t i = 0; i < v->n; i++)
        if (span_copy_str(v->member[i].name, name, sizeof(name)))
            value_write(v->member[i].value, mask, w, name);
}

void
value_write(const struct value *v, bool mask, struct jsw *w, const char *name)
{
    if (mask && v->secret && v->kind != VALUE_OBJECT && v->kind != VALUE_ARRAY) {
        jsw_str(w, name, "[secure]");
        return;
    }
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_LATER:
        jsw_null(w, name);
        break;
    case VALUE_BOOL:
        jsw_bool(w, name, v->b);
        break;
    case VALUE_INT:
        jsw_i64(w, name, v->i);
        break;
    case VALUE_REAL:
        write_real(v->real, w, name);
        break;
    case VALUE_STR:
        jsw_span(w, name, v->str);
        break;
    case VALUE_ARRAY:
        jsw_array(w, name);
        for (size_t i = 0; i < v->n; i++)
            value_write(v->item[i], mask, w, NULL);
        jsw_end(w);
        break;
    case VALUE_OBJECT:
        jsw_object(w, name);
        write_members(v, mask, w);
        jsw_end(w);
        break;
    }
}

struct span
value_json(struct arena *a, const struct value *v)
{
    struct span text = { 0 };
    struct secbuf b;
    struct jsw w;

    secbuf_init(&b, a->max);
    w = jsw_of(sink_sec(&b));
    value_write(v, false, &w, NULL);
    if (b.err != ERR_OK)
        a->err = b.err;
    else
        text = value_str(a, secbuf_span(&b))->str;
    secbuf_release(&b);
    return text;
}

/* ------------------------------------------------------------------ looking */

const struct value *
value_find(const struct value *object, struct span name)
{
    if (object == NULL || object->kind != VALUE_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->n; i++)
        if (span_is_equal_nocase(object->member[i].name, name))
            return object->member[i].value;
    return NULL;
}

const struct value *
value_get(const struct value *object, const char *name)
{
    return value_find(object, span_str(name));
}

bool
value_is_str(const struct value *v)
{
    return v != NULL && v->kind == VALUE_STR;
}

static double
worth(const struct value *v)
{
    return v->kind == VALUE_INT ? (double)v->i : v->real;
}

static bool
members_are_equal(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct value *other = value_find(b, a->member[i].name);

        if (other == NULL || !value_is_equal(a->member[i].value, other))
            return false;
    }
    return true;
}

bool
value_is_equal(const struct value *a, const struct value *b)
{
    bool numbers = (a->kind == VALUE_INT || a->kind == VALUE_REAL) &&
                   (b->kind == VALUE_INT || b->kind == VALUE_REAL);

    if (a->kind == VALUE_INT && b->kind == VALUE_INT)
        return a->i == b->i;
    if (numbers)
        return worth(a) >= worth(b) && worth(a) <= worth(b);
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == VALUE_BOOL)
        return a->b == b->b;
    if (a->kind == VALUE_STR)
        return span_is_equal(a->str, b->str);
    if (a->kind == VALUE_OBJECT)
        return members_are_equal(a, b);
    for (size_t i = 0; a->kind == VALUE_ARRAY && i < a->n; i++)
        if (!value_is_equal(a->item[i], b->item[i]))
            return false;
    return true;
}
