/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_match.c - permissions taken apart once, so that a decision compares
 * the ends of an action and nothing else.
 */
#include <stdlib.h>

#include "auth/access_int.h"
#include "auth/role.h"

enum err
clause_make(struct span text, struct clause *out)
{
    struct condition_fault why;
    enum err e;

    *out = (struct clause){ 0 };
    if (text.len == 0)
        return ERR_OK;
    e = condition_parse(text, &out->condition, &why);
    if (e == ERR_NOMEM)
        return e;
    out->bad = e != ERR_OK;
    return ERR_OK;
}

void
clause_release(struct clause *c)
{
    condition_free(c->condition);
    *c = (struct clause){ 0 };
}

enum truth
clause_truth(const struct clause *c, const struct condition_facts *f)
{
    if (c->bad)
        return TRUTH_UNKNOWN;
    return c->condition == NULL ? TRUTH_TRUE : condition_truth(c->condition, f);
}

/* ------------------------------------------------------------------- patterns */

static struct pattern
pattern_make(struct span p)
{
    size_t star = span_find(p, '*');
    struct pattern out = { .head = p, .min = p.len };

    if (star == p.len)
        return out;
    out.star = true;
    out.many = span_find(span_tail(p, star + 1), '*') < p.len - star - 1;
    if (out.many)
        return out;
    out.head = span_head(p, star);
    out.tail = span_tail(p, star + 1);
    out.min = p.len - 1;
    /* WIRE: between two slashes it may stand for nothing, and one slash for both. */
    if (star > 0 && p.ptr[star - 1] == '/' && out.tail.len > 0 && out.tail.ptr[0] == '/')
        out.min--;
    return out;
}

static bool
pattern_covers(const struct pattern *p, struct span text)
{
    if (p->many)
        return role_pattern_covers(p->head, text);
    if (!p->star)
        return span_is_equal(p->head, text);
    return text.len >= p->min && span_has_prefix(text, p->head) &&
           span_is_equal(span_tail(text, text.len - p->tail.len), p->tail);
}

static bool
list_covers(const struct pattern_list *l, struct span text)
{
    for (unsigned i = 0; i < l->n; i++)
        if (pattern_covers(&l->at[i], text))
            return true;
    return false;
}

bool
permission_matches(const struct permission *p, struct span action, bool is_data)
{
    if (is_data)
        return list_covers(&p->data_actions, action) &&
               !list_covers(&p->not_data_actions, action);
    return list_covers(&p->actions, action) && !list_covers(&p->not_actions, action);
}

enum match
permissions_match(const struct permissions *p, const struct condition_facts *f,
                  struct span action, bool is_data)
{
    enum match got = MATCH_NONE;

    for (unsigned i = 0; i < p->n; i++) {
        if (!permission_matches(&p->at[i], action, is_data))
            continue;
        if (clause_truth(&p->at[i].clause, f) == TRUTH_TRUE)
            return MATCH_FULL;
        got = MATCH_CONDITION;
    }
    return got;
}

/* -------------------------------------------------------------------- building */

struct builder {
    struct pattern *pattern;
    char *text;
};

static void
add_list(struct builder *b, const struct role_list *from, struct pattern_list *to)
{
    to->at = b->pattern;
    to->n = from->n;
    for (unsigned i = 0; i < from->n; i++) {
        struct span s = from->at[i];

        for (size_t j = 0; j < s.len; j++)
            b->text[j] = (char)(s.ptr[j] >= 'A' && s.ptr[j] <= 'Z' ? s.ptr[j] + 32 : s.ptr[j]);
        *b->pattern++ = pattern_make(span_of(b->text, s.len));
        b->text += s.len;
    }
}

static void
measure(const struct role_list *l, size_t *patterns, size_t *bytes)
{
    *patterns += l->n;
    for (unsigned i = 0; i < l->n; i++)
        *bytes += l->at[i].len;
}

enum err
permissions_make(const struct role_permission *from, unsigned n, struct permissions *out)
{
    size_t patterns = 1, bytes = 1;
    struct builder b;
    enum err e = ERR_OK;

    *out = (struct permissions){ 0 };
    bug_on(n > MAX_ROLE_PERMISSIONS);
    for (unsigned i = 0; i < n; i++) {
        measure(&from[i].actions, &patterns, &bytes);
        measure(&from[i].not_actions, &patterns, &bytes);
        measure(&from[i].data_actions, &patterns, &bytes);
        measure(&from[i].not_data_actions, &patterns, &bytes);
    }
    out->patterns = calloc(patterns, sizeof(*out->patterns));
    out->text = malloc(bytes);
    if (out->patterns == NULL || out->text == NULL)
        e = ERR_NOMEM;
    b = (struct builder){ out->patterns, out->text };
    for (unsigned i = 0; i < n && e == ERR_OK; i++) {
        struct permission *p = &out->at[out->n++];

        add_list(&b, &from[i].actions, &p->actions);
        add_list(&b, &from[i].not_actions, &p->not_actions);
        add_list(&b, &from[i].data_actions, &p->data_actions);
        add_list(&b, &from[i].not_data_actions, &p->not_data_actions);
        e = clause_make(from[i].condition, &p->clause);
    }
    if (e != ERR_OK)
        permissions_release(out);
    return e;
}

void
permissions_release(struct permissions *p)
{
    for (unsigned i = 0; i < p->n; i++)
        clause_release(&p->at[i].clause);
    free(p->patterns);
    free(p->text);
    *p = (struct permissions){ 0 };
}
