/* SPDX-License-Identifier: Apache-2.0 */
/* odata.c - one pass over the text, nothing kept that was not understood. */
#include "api/arm/odata.h"

#include "api/arm/arm.h"

struct reader {
    struct span rest;
};

static void
skip_spaces(struct reader *r)
{
    while (r->rest.len > 0 && r->rest.ptr[0] == ' ')
        r->rest = span_tail(r->rest, 1);
}

static bool
take_char(struct reader *r, uint8_t c)
{
    skip_spaces(r);
    if (r->rest.len == 0 || r->rest.ptr[0] != c)
        return false;
    r->rest = span_tail(r->rest, 1);
    return true;
}

static struct span
take_word(struct reader *r)
{
    struct span word;
    size_t n = 0;

    skip_spaces(r);
    while (n < r->rest.len && ((r->rest.ptr[n] >= 'a' && r->rest.ptr[n] <= 'z') ||
                               (r->rest.ptr[n] >= 'A' && r->rest.ptr[n] <= 'Z')))
        n++;
    word = span_head(r->rest, n);
    r->rest = span_tail(r->rest, n);
    return word;
}

/* 'text', where two quotes stand for one; true and false stand for themselves. */
static bool
take_value(struct reader *r, char out[static ODATA_TEXT_MAX + 1])
{
    size_t n = 0;

    if (!take_char(r, '\'')) {
        struct span word = take_word(r);

        return (span_is_str(word, "true") || span_is_str(word, "false")) &&
               span_copy_str(word, out, ODATA_TEXT_MAX + 1);
    }
    while (r->rest.len > 0) {
        uint8_t c = r->rest.ptr[0];

        r->rest = span_tail(r->rest, 1);
        if (c == '\'' && (r->rest.len == 0 || r->rest.ptr[0] != '\'')) {
            out[n] = '\0';
            return true;
        }
        if (c == '\'')
            r->rest = span_tail(r->rest, 1);
        if (n == ODATA_TEXT_MAX || c == '\0')
            return false;
        out[n++] = (char)c;
    }
    return false;
}

static bool
is_known(struct span word, const char *const *list)
{
    if (list == NULL)
        return word.len > 0;
    for (; *list != NULL; list++)
        if (span_is_str_nocase(word, *list))
            return true;
    return false;
}

static bool
keep_name(struct span word, const char *const *known, struct odata_term *t)
{
    return is_known(word, known) && span_copy_str(word, t->name, sizeof(t->name));
}

/* startswith(name,'text') behind its word and parenthesis */
static bool
take_starts(struct reader *r, const char *const *names, struct odata_term *t)
{
    t->kind = ODATA_STARTS;
    return keep_name(take_word(r), names, t) && take_char(r, ',') && take_value(r, t->value) &&
           take_char(r, ')');
}

/* /any(c:c eq 'text') behind the name */
static bool
take_any(struct reader *r, struct odata_term *t)
{
    struct span variable;

    t->kind = ODATA_ANY;
    if (!span_is_str_nocase(take_word(r), "any") || !take_char(r, '('))
        return false;
    variable = take_word(r);
    return variable.len > 0 && take_char(r, ':') && span_is_equal(take_word(r), variable) &&
           span_is_str_nocase(take_word(r), "eq") && take_value(r, t->value) &&
           take_char(r, ')');
}

static bool
take_term(struct reader *r, const char *const *names, const char *const *calls,
          struct odata_term *t)
{
    struct span word = take_word(r);

    if (take_char(r, '(')) {
        if (span_is_str_nocase(word, "startswith"))
            return take_starts(r, names, t);
        t->kind = ODATA_CALL;
        if (!keep_name(word, calls, t))
            return false;
        return take_char(r, ')') || (take_value(r, t->value) && take_char(r, ')'));
    }
    if (!keep_name(word, names, t))
        return false;
    if (take_char(r, '/'))
        return take_any(r, t);
    t->kind = ODATA_EQ;
    return span_is_str_nocase(take_word(r), "eq") && take_value(r, t->value);
}

enum err
odata_filter_parse(struct span text, const char *const *names, const char *const *calls,
                   struct odata_filter *out)
{
    struct reader r = { text };

    *out = (struct odata_filter){ 0 };
    skip_spaces(&r);
    while (r.rest.len > 0) {
        if (out->n == ODATA_TERMS_MAX || !take_term(&r, names, calls, &out->term[out->n]))
            return ERR_SYNTAX;
        out->n++;
        skip_spaces(&r);
        if (r.rest.len == 0)
            break;
        if (!span_is_str_nocase(take_word(&r), "and"))
            return ERR_SYNTAX;
        skip_spaces(&r);
        if (r.rest.len == 0)
            return ERR_SYNTAX;
    }
    return ERR_OK;
}

bool
odata_filter_read(struct exchange *x, const char *const *names, const char *const *calls,
                  struct odata_filter *out)
{
    struct span text;

    *out = (struct odata_filter){ 0 };
    if (!http_request_param(x->req, "$filter", &text) ||
        odata_filter_parse(text, names, calls, out) == ERR_OK)
        return true;
    (void)arm_fail(x, 400,
                   x->plane == PLANE_GRAPH ? "Request_UnsupportedQuery"
                                           : "InvalidFilterInQueryString",
                   "Invalid $filter '%.*s' specified in the query string.",
                   (int)span_head(text, 256).len, (const char *)text.ptr);
    return false;
}

bool
odata_fits(const struct odata_filter *f, const char *name, struct span value)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct odata_term *t = &f->term[i];
        struct span want = span_str(t->value);

        if (t->kind == ODATA_CALL || !span_is_str_nocase(span_str(t->name), name))
            continue;
        if (!span_is_equal_nocase(t->kind == ODATA_STARTS ? span_head(value, want.len) : value,
                                  want))
            return false;
    }
    return true;
}

bool
odata_calls(const struct odata_filter *f, const char *name, struct span *argument)
{
    for (unsigned i = 0; i < f->n; i++) {
        if (f->term[i].kind != ODATA_CALL ||
            !span_is_str_nocase(span_str(f->term[i].name), name))
            continue;
        if (argument != NULL)
            *argument = span_str(f->term[i].value);
        return true;
    }
    return false;
}

struct span
odata_value(const struct odata_filter *f, const char *name)
{
    for (unsigned i = 0; i < f->n; i++)
        if (f->term[i].kind == ODATA_EQ && span_is_str_nocase(span_str(f->term[i].name), name))
            return span_str(f->term[i].value);
    return (struct span){ 0 };
}
