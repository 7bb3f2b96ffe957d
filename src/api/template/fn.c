/* SPDX-License-Identifier: Apache-2.0 */
/* fn.c - finding a function, and what the tables share. */
#include "api/template/fn.h"

#include <stdio.h>

const struct fn *
fn_find(struct span name)
{
    static const struct fn_table *const tables[] = { &fn_scope, &fn_text, &fn_list, &fn_logic };

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (size_t i = 0; i < tables[t]->n; i++)
            if (span_is_str_nocase(name, tables[t]->rows[i].name))
                return &tables[t]->rows[i];
    return NULL;
}

const struct value *
fn_wrong(struct eval *ev, const char *name, const char *takes)
{
    return eval_fail(ev, ERR_SYNTAX, "The template language function '%s' takes %s.", name,
                     takes);
}

struct span
fn_render(struct eval *ev, const struct value *v)
{
    char text[40];

    switch (v->kind) {
    case VALUE_STR:
        return v->str;
    case VALUE_BOOL:
        return span_str(v->b ? "True" : "False");
    case VALUE_INT:
        (void)snprintf(text, sizeof(text), "%lld", (long long)v->i);
        return value_text(ev->a, text)->str;
    case VALUE_NULL:
    case VALUE_LATER:
        return (struct span){ 0 };
    case VALUE_REAL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        return value_json(ev->a, v);
    }
    return (struct span){ 0 };
}

int64_t
fn_chars(struct span s)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += (s.ptr[i] & 0xC0) != 0x80;
    return n;
}

size_t
fn_bytes(struct span s, int64_t n)
{
    size_t at = 0;

    while (n-- > 0 && at < s.len)
        do
            at++;
        while (at < s.len && (s.ptr[at] & 0xC0) == 0x80);
    return at;
}
