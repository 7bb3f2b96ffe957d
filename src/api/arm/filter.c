/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - a reader of one pass over the filter's text. */
#include "api/arm/filter.h"

struct reader {
    struct span rest;
};

static void
skip_spaces(struct reader *r)
{
    while (r->rest.len > 0 && r->rest.ptr[0] == ' ')
        r->rest = span_tail(r->rest, 1);
}

/* Letters and '/' make a word; empty if there is none. */
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

static bool
take_char(struct reader *r, uint8_t c)
{
    skip_spaces(r);
    if (r->rest.len == 0 || r->rest.ptr[0] != c)
        return false;
    r->rest = span_tail(r->rest, 1);
    return true;
}

/* 'text', where two quotes stand for one. */
static bool
take_text(struct reader *r, char *out, size_t cap)
{
    size_t n = 0;

    if (!take_char(r, '\''))
        return false;
    while (r->rest.len > 0) {
        uint8_t c = r->rest.ptr[0];

        r->rest = span_tail(r->rest, 1);
        if (c == '\'') {
            if (r->rest.len == 0 || r->rest.ptr[0] != '\'') {
                out[n] = '\0';
                return true;
            }
            r->rest = span_tail(r->rest, 1);
        }
        if (n == cap - 1 || c == '\0')
            return false;
        out[n++] = (char)c;
    }
    return false;
}

static bool
subject_of(struct span word, enum filter_subject *out)
{
    static const char *const words[FILTER_SUBJECT__MAX] = { "resourceType", "name",
                                                            "location",     "resourceGroup",
                                                            "tagName",      "tagValue" };

    for (unsigned i = 0; i < FILTER_SUBJECT__MAX; i++) {
        if (!span_is_str_nocase(word, words[i]))
            continue;
        *out = (enum filter_subject)i;
        return true;
    }
    return false;
}

static bool
take_term(struct reader *r, struct filter_term *t)
{
    struct span word = take_word(r), op;

    if (span_is_str_nocase(word, "substringof")) {
        t->contains = true;
        return take_char(r, '(') && take_text(r, t->value, sizeof(t->value)) &&
               take_char(r, ',') && subject_of(take_word(r), &t->subject) &&
               (t->subject == FILTER_NAME || t->subject == FILTER_GROUP) && take_char(r, ')');
    }
    if (!subject_of(word, &t->subject))
        return false;
    op = take_word(r);
    t->differs = span_is_str_nocase(op, "ne");
    return (t->differs || span_is_str_nocase(op, "eq")) &&
           take_text(r, t->value, sizeof(t->value));
}

enum err
resource_filter_parse(struct span text, struct resource_filter *out)
{
    struct reader r = { text };

    *out = (struct resource_filter){ 0 };
    skip_spaces(&r);
    while (r.rest.len > 0) {
        if (out->n == FILTER_TERMS_MAX || !take_term(&r, &out->term[out->n]))
            return ERR_SYNTAX;
        out->n++;
        skip_spaces(&r);
        if (r.rest.len == 0)
            break;
        if (!span_is_str_nocase(take_word(&r), "and"))
            return ERR_SYNTAX;
        skip_spaces(&r);
        if (r.rest.len == 0)
            return ERR_SYNTAX; /* nothing behind the `and` */
    }
    return ERR_OK;
}

bool
resource_filter_read(struct exchange *x, struct resource_filter *out)
{
    struct span text;

    *out = (struct resource_filter){ 0 };
    if (!http_request_param(x->req, "$filter", &text) ||
        resource_filter_parse(text, out) == ERR_OK)
        return true;
    (void)arm_fail(x, 400, "InvalidFilterInQueryString",
                   "Invalid $filter '%.*s' specified in the query string.",
                   (int)span_head(text, 256).len, (const char *)text.ptr);
    return false;
}

static bool
contains_nocase(const char *text, const char *part)
{
    size_t n = strlen(text), m = strlen(part);

    for (size_t i = 0; i + m <= n; i++)
        if (span_is_equal_nocase(span_of(text + i, m), span_of(part, m)))
            return true;
    return false;
}

static bool
has_tag(const struct filter_term *t, const struct bag *tags)
{
    for (unsigned i = 0; i < tags->n; i++)
        if (t->subject == FILTER_TAG_NAME ? span_is_str_nocase(tags->tag[i].name, t->value)
                                          : span_is_str(tags->tag[i].value, t->value))
            return true;
    return false;
}

static bool
term_fits(const struct filter_term *t, const struct vault *v, const struct bag *tags)
{
    const char *subject = NULL;
    bool fits;

    if (t->subject == FILTER_TAG_NAME || t->subject == FILTER_TAG_VALUE)
        return has_tag(t, tags) != t->differs;
    if (t->subject == FILTER_TYPE)
        subject = "Microsoft.KeyVault/vaults";
    else if (t->subject == FILTER_NAME)
        subject = v->name;
    else if (t->subject == FILTER_LOCATION)
        subject = v->location;
    else
        subject = v->resource_group;
    fits = t->contains ? contains_nocase(subject, t->value)
                       : span_is_str_nocase(span_str(t->value), subject);
    return fits != t->differs;
}

bool
resource_filter_fits(const struct resource_filter *f, const struct vault *v)
{
    struct bag tags;

    vault_tags(v, &tags);
    for (unsigned i = 0; i < f->n; i++)
        if (!term_fits(&f->term[i], v, &tags))
            return false;
    return true;
}
