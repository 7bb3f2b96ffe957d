/* SPDX-License-Identifier: Apache-2.0 */
/* fn_text.c - texts. Lengths and places count characters. */
#include <stdio.h>

#include "api/template/fn.h"
#include "api/template/hash.h"
#include "base/secbuf.h"
#include "codec/b64.h"

enum { PAD_MAX = 16 * 1024, FORMAT_MAX = 512 * 1024 };

/* Room for a new text, filled from the front. */
struct text {
    struct eval *ev;
    uint8_t *p;
    size_t len, cap;
};

static struct text
text_new(struct eval *ev, size_t cap)
{
    return (struct text){ .ev = ev, .p = arena_alloc(ev->a, cap), .cap = cap };
}

static void
text_put(struct text *t, struct span s)
{
    if (t->p == NULL || s.len == 0 || s.len > t->cap - t->len)
        return;
    memcpy(t->p + t->len, s.ptr, s.len);
    t->len += s.len;
}

static const struct value *
text_end(struct text *t)
{
    return t->p == NULL || !eval_charge(t->ev, t->len / 16)
               ? value_null()
               : value_lent(t->ev->a, span_of(t->p, t->len));
}

/* ------------------------------------------------------------------- joining */

static const struct value *
concat_arrays(struct eval *ev, const struct args *a)
{
    struct value *out = value_array(ev->a);

    for (unsigned i = 0; i < a->n; i++) {
        if (a->v[i]->kind != VALUE_ARRAY)
            return fn_wrong(ev, "concat", "strings, or arrays");
        for (size_t k = 0; k < a->v[i]->n; k++)
            value_push(ev->a, out, a->v[i]->item[k]);
    }
    return out;
}

static const struct value *
fn_concat(struct eval *ev, const struct args *a)
{
    struct span *part;
    struct text t;
    size_t len = 0;

    if (a->v[0]->kind == VALUE_ARRAY)
        return concat_arrays(ev, a);
    part = arena_alloc(ev->a, a->n * sizeof(*part));
    for (unsigned i = 0; i < a->n && part != NULL; i++) {
        if (a->v[i]->kind == VALUE_ARRAY || a->v[i]->kind == VALUE_OBJECT)
            return fn_wrong(ev, "concat", "strings, or arrays");
        part[i] = fn_render(ev, a->v[i]);
        len += part[i].len;
    }
    t = text_new(ev, len);
    for (unsigned i = 0; i < a->n && part != NULL; i++)
        text_put(&t, part[i]);
    return text_end(&t);
}

static const struct value *
fn_join(struct eval *ev, const struct args *a)
{
    const struct value *list = a->v[0], *by = a->v[1];
    struct text t;
    size_t len = 0;

    if (list->kind != VALUE_ARRAY || by->kind != VALUE_STR)
        return fn_wrong(ev, "join", "an array of strings and a delimiter");
    for (size_t i = 0; i < list->n; i++) {
        if (list->item[i]->kind != VALUE_STR)
            return fn_wrong(ev, "join", "an array of strings and a delimiter");
        len += list->item[i]->str.len + by->str.len;
    }
    t = text_new(ev, len);
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0)
            text_put(&t, by->str);
        text_put(&t, list->item[i]->str);
    }
    return text_end(&t);
}

/* ------------------------------------------------------------------- format */

/* "{index[:D3|x2]}" behind its brace; appends, and returns what is left. */
static struct span
format_one(struct eval *ev, const struct args *a, struct span rest, struct secbuf *out)
{
    size_t end = span_find(rest, '}'), colon = span_find(span_head(rest, end), ':');
    struct span how = span_tail(span_head(rest, end), colon + 1);
    const struct value *v;
    uint64_t at, width = 0;
    char text[64];

    if (end == rest.len || !span_get_u64(span_head(rest, colon), &at) || at + 1 >= a->n) {
        (void)fn_wrong(ev, "format", "a format string whose places all have an argument");
        return (struct span){ 0 };
    }
    v = a->v[at + 1];
    if (how.len == 0) {
        secbuf_put(out, fn_render(ev, v));
        return span_tail(rest, end + 1);
    }
    if (v->kind != VALUE_INT || v->i < 0 || strchr("DdXx", how.ptr[0]) == NULL ||
        (how.len > 1 && (!span_get_u64(span_tail(how, 1), &width) || width > 32))) {
        (void)fn_wrong(ev, "format", "the formats D and X for integers alone");
        return (struct span){ 0 };
    }
    if (how.ptr[0] == 'X' || how.ptr[0] == 'x')
        (void)snprintf(text, sizeof(text), how.ptr[0] == 'X' ? "%0*llX" : "%0*llx", (int)width,
                       (unsigned long long)v->i);
    else
        (void)snprintf(text, sizeof(text), "%0*lld", (int)width, (long long)v->i);
    secbuf_put(out, span_str(text));
    return span_tail(rest, end + 1);
}

static void
format_all(struct eval *ev, const struct args *a, struct secbuf *out)
{
    struct span rest = a->v[0]->str;

    while (rest.len > 0 && eval_charge(ev, 1)) {
        uint8_t c = rest.ptr[0];
        bool twice = rest.len > 1 && rest.ptr[1] == c;

        rest = span_tail(rest, 1);
        if ((c == '{' || c == '}') && twice)
            rest = span_tail(rest, 1);
        else if (c == '{') {
            rest = format_one(ev, a, rest, out);
            continue;
        } else if (c == '}') {
            (void)fn_wrong(ev, "format", "a format string with even braces");
        }
        secbuf_put_byte(out, c);
    }
}

static const struct value *
fn_format(struct eval *ev, const struct args *a)
{
    const struct value *v = value_null();
    struct secbuf out;

    if (a->v[0]->kind != VALUE_STR)
        return fn_wrong(ev, "format", "a format string first");
    secbuf_init(&out, FORMAT_MAX);
    format_all(ev, a, &out);
    if (out.err == ERR_OK && eval_charge(ev, out.len / 16))
        v = value_str(ev->a, secbuf_span(&out));
    else
        (void)eval_fail(ev, out.err == ERR_NOMEM ? ERR_NOMEM : ERR_TOO_LARGE,
                        "A formatted text is too long.");
    secbuf_release(&out);
    return v;
}

/* ------------------------------------------------------------------- changing */

static const struct value *
change_case(struct eval *ev, const struct args *a, uint8_t first, int by, const char *name)
{
    const struct value *v = a->v[0];
    uint8_t *p;

    if (v->kind != VALUE_STR)
        return fn_wrong(ev, name, "a string");
    p = arena_alloc(ev->a, v->str.len);
    if (p == NULL)
        return value_null();
    for (size_t i = 0; i < v->str.len; i++) {
        uint8_t c = v->str.ptr[i];

        p[i] = c >= first && c < first + 26 ? (uint8_t)(c + by) : c;
    }
    return value_lent(ev->a, span_of(p, v->str.len));
}

static const struct value *
fn_to_lower(struct eval *ev, const struct args *a)
{
    return change_case(ev, a, 'A', 32, "toLower");
}

static const struct value *
fn_to_upper(struct eval *ev, const struct args *a)
{
    return change_case(ev, a, 'a', -32, "toUpper");
}

static const struct value *
fn_trim(struct eval *ev, const struct args *a)
{
    struct span s = a->v[0]->str;

    if (a->v[0]->kind != VALUE_STR)
        return fn_wrong(ev, "trim", "a string");
    while (s.len > 0 && (s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r')))
        s = span_tail(s, 1);
    while (s.len > 0 &&
           (s.ptr[s.len - 1] == ' ' || (s.ptr[s.len - 1] >= '\t' && s.ptr[s.len - 1] <= '\r')))
        s.len--;
    return value_lent(ev->a, s);
}

/* Where `what` begins in s at or behind `from`; s.len if nowhere. Linear, whatever is asked. */
static size_t
find_in(struct span s, size_t from, struct span what)
{
    const uint8_t *at = NULL;

    if (from <= s.len && what.len > 0 && s.len > from)
        at = memmem(s.ptr + from, s.len - from, what.ptr, what.len);
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

static const struct value *
fn_replace(struct eval *ev, const struct args *a)
{
    struct span s = a->v[0]->str, old = a->v[1]->str, by = a->v[2]->str;
    size_t times = 0, at = 0;
    struct text t;

    if (a->v[0]->kind != VALUE_STR || a->v[1]->kind != VALUE_STR ||
        a->v[2]->kind != VALUE_STR || old.len == 0)
        return fn_wrong(ev, "replace", "three strings, the second not empty");
    for (at = find_in(s, 0, old); at < s.len; at = find_in(s, at + old.len, old))
        times++;
    if (!eval_charge(ev, times))
        return value_null();
    t = text_new(ev, s.len + times * by.len);
    for (at = 0; times > 0; times--) {
        size_t next = find_in(s, at, old);

        text_put(&t, span_of(s.ptr + at, next - at));
        text_put(&t, by);
        at = next + old.len;
    }
    text_put(&t, span_tail(s, at));
    return text_end(&t);
}

static const struct value *
fn_substring(struct eval *ev, const struct args *a)
{
    struct span s = a->v[0]->str;
    int64_t from = a->v[1]->i, len, all = fn_chars(s);
    size_t begin;

    if (a->v[0]->kind != VALUE_STR || a->v[1]->kind != VALUE_INT ||
        (a->n == 3 && a->v[2]->kind != VALUE_INT))
        return fn_wrong(ev, "substring", "a string, a start and a length");
    len = a->n == 3 ? a->v[2]->i : all - from;
    if (from < 0 || from > all || len < 0 || len > all - from)
        return fn_wrong(ev, "substring", "a start and a length that are within the string");
    begin = fn_bytes(s, from);
    s = span_tail(s, begin);
    return value_lent(ev->a, span_head(s, fn_bytes(s, len)));
}

static bool
is_delimiter(const struct value *by, struct span s, size_t *len)
{
    const struct value *const *list = by->kind == VALUE_ARRAY ? by->item : &by;
    size_t n = by->kind == VALUE_ARRAY ? by->n : 1;

    for (size_t i = 0; i < n; i++) {
        *len = list[i]->str.len;
        if (list[i]->kind == VALUE_STR && *len > 0 && span_has_prefix(s, list[i]->str))
            return true;
    }
    return false;
}

static const struct value *
fn_split(struct eval *ev, const struct args *a)
{
    struct span s = a->v[0]->str;
    struct value *out = value_array(ev->a);
    size_t begin = 0, len, n = a->v[1]->kind == VALUE_ARRAY ? a->v[1]->n : 1;

    if (a->v[0]->kind != VALUE_STR ||
        (a->v[1]->kind != VALUE_STR && a->v[1]->kind != VALUE_ARRAY))
        return fn_wrong(ev, "split", "a string and a delimiter or an array of them");
    if (!eval_charge(ev, s.len / 4 * n))
        return value_null();
    for (size_t i = 0; i < s.len && eval_is_ok(ev);) {
        if (!is_delimiter(a->v[1], span_tail(s, i), &len)) {
            i++;
            continue;
        }
        value_push(ev->a, out, value_lent(ev->a, span_of(s.ptr + begin, i - begin)));
        i += len;
        begin = i;
    }
    value_push(ev->a, out, value_lent(ev->a, span_tail(s, begin)));
    return out;
}

static const struct value *
fn_pad_left(struct eval *ev, const struct args *a)
{
    struct span s = fn_render(ev, a->v[0]), by = span_str(" ");
    struct text t;

    if (a->n == 3)
        by = a->v[2]->str;
    if ((a->v[0]->kind != VALUE_STR && a->v[0]->kind != VALUE_INT) ||
        a->v[1]->kind != VALUE_INT || (a->n == 3 && a->v[2]->kind != VALUE_STR) ||
        by.len != 1 || a->v[1]->i < 0 || a->v[1]->i > PAD_MAX)
        return fn_wrong(ev, "padLeft", "a string, a length and perhaps one character");
    t = text_new(ev, s.len + (size_t)a->v[1]->i);
    while (t.p != NULL && t.len + s.len < (size_t)a->v[1]->i)
        text_put(&t, by);
    text_put(&t, s);
    return text_end(&t);
}

/* -------------------------------------------------------------------- asking */

static const struct value *
fn_starts_with(struct eval *ev, const struct args *a)
{
    if (a->v[0]->kind != VALUE_STR || a->v[1]->kind != VALUE_STR)
        return fn_wrong(ev, "startsWith", "two strings");
    return value_bool(
        span_is_equal_nocase(span_head(a->v[0]->str, a->v[1]->str.len), a->v[1]->str));
}

static const struct value *
fn_ends_with(struct eval *ev, const struct args *a)
{
    struct span s = a->v[0]->str, end = a->v[1]->str;

    if (a->v[0]->kind != VALUE_STR || a->v[1]->kind != VALUE_STR)
        return fn_wrong(ev, "endsWith", "two strings");
    return value_bool(s.len >= end.len &&
                      span_is_equal_nocase(span_tail(s, s.len - end.len), end));
}

static const struct value *
fn_string(struct eval *ev, const struct args *a)
{
    return a->v[0]->kind == VALUE_STR ? a->v[0] : value_lent(ev->a, fn_render(ev, a->v[0]));
}

static const struct value *
fn_base64(struct eval *ev, const struct args *a)
{
    const struct value *v;
    struct secbuf out;

    if (a->v[0]->kind != VALUE_STR)
        return fn_wrong(ev, "base64", "a string");
    secbuf_init(&out, FORMAT_MAX);
    b64_put(sink_sec(&out), a->v[0]->str);
    v = out.err == ERR_OK ? value_str(ev->a, secbuf_span(&out))
                          : eval_fail(ev, ERR_TOO_LARGE, "A text is too long for base64.");
    secbuf_release(&out);
    return v;
}

static const struct value *
fn_base64_to_string(struct eval *ev, const struct args *a)
{
    const struct value *v;
    struct secbuf out;
    enum err e;

    if (a->v[0]->kind != VALUE_STR)
        return fn_wrong(ev, "base64ToString", "a string");
    secbuf_init(&out, FORMAT_MAX);
    e = b64_get(a->v[0]->str, sink_sec(&out));
    v = e == ERR_OK ? value_str(ev->a, secbuf_span(&out))
                    : fn_wrong(ev, "base64ToString", "base64");
    secbuf_release(&out);
    return v;
}

static const struct value *
fn_base64_to_json(struct eval *ev, const struct args *a)
{
    const struct value *text = fn_base64_to_string(ev, a), *v = value_null();

    if (!eval_charge(ev, text->str.len))
        return v;
    if (value_parse(ev->a, text->str, &v) != ERR_OK)
        return fn_wrong(ev, "base64ToJson", "JSON in base64");
    return v;
}

/* --------------------------------------------------------------------- names */

/* The arguments with '-' between them; false: an argument is no string. */
static struct span
joined(struct eval *ev, const struct args *a, const char *name)
{
    struct text t;
    size_t len = 0;

    for (unsigned i = 0; i < a->n; i++) {
        if (a->v[i]->kind != VALUE_STR)
            (void)fn_wrong(ev, name, "strings");
        len += a->v[i]->str.len + 1;
    }
    t = text_new(ev, len);
    for (unsigned i = 0; i < a->n; i++) {
        if (i > 0)
            text_put(&t, span_str("-"));
        text_put(&t, a->v[i]->str);
    }
    return text_end(&t)->str;
}

static const struct value *
fn_unique_string(struct eval *ev, const struct args *a)
{
    char text[UNIQUE_LEN + 1];

    hash_unique(joined(ev, a, "uniqueString"), text);
    return value_text(ev->a, text);
}

static const struct value *
fn_guid(struct eval *ev, const struct args *a)
{
    struct guid g;

    if (hash_guid(joined(ev, a, "guid"), &g) != ERR_OK)
        return eval_fail(ev, ERR_NOMEM, "There is no memory left.");
    return value_text(ev->a, g.text);
}

static const struct fn rows[] = {
    { "concat", 1, EXPR_ARGS_MAX, fn_concat },
    { "format", 1, EXPR_ARGS_MAX, fn_format },
    { "join", 2, 2, fn_join },
    { "toLower", 1, 1, fn_to_lower },
    { "toUpper", 1, 1, fn_to_upper },
    { "trim", 1, 1, fn_trim },
    { "replace", 3, 3, fn_replace },
    { "substring", 2, 3, fn_substring },
    { "split", 2, 2, fn_split },
    { "padLeft", 2, 3, fn_pad_left },
    { "startsWith", 2, 2, fn_starts_with },
    { "endsWith", 2, 2, fn_ends_with },
    { "string", 1, 1, fn_string },
    { "base64", 1, 1, fn_base64 },
    { "base64ToString", 1, 1, fn_base64_to_string },
    { "base64ToJson", 1, 1, fn_base64_to_json },
    { "uniqueString", 1, EXPR_ARGS_MAX, fn_unique_string },
    { "guid", 1, EXPR_ARGS_MAX, fn_guid },
};

const struct fn_table fn_text = { rows, sizeof(rows) / sizeof(rows[0]) };
