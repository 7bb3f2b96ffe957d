/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_scope.c - ids of the resource manager, two to an input (the first line and the rest).
 * A normal form is its own normal form, its levels are prefixes that end where a segment does,
 * and what covers what agrees with the levels; the scopes of actions and assignments parse to
 * the same place.
 */
#include <stdlib.h>

#include "api/arm/doors.h"
#include "auth/assignment.h"
#include "auth/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
    if (!so)
        abort();
}

static bool
is_normal(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
            (i > 0 && s.ptr[i] == '/' && s.ptr[i - 1] == '/'))
            return false;
    return s.len > 0 && s.ptr[0] == '/' && (s.len == 1 || s.ptr[s.len - 1] != '/');
}

static void
check_levels(const struct scope *s)
{
    struct span text = scope_span(s);
    struct scope up, again;

    for (unsigned i = 0; i < s->depth; i++) {
        struct span level = scope_level(s, i);

        must(span_has_prefix(text, level) && scope_covers(level, text));
        must(scope_parse(level, &again) == ERR_OK && again.depth == i + 1);
        must(span_is_equal(scope_span(&again), level));
        if (i > 0)
            must(level.len > scope_level(s, i - 1).len);
    }
    scope_parent(s, &up);
    must(up.depth == (s->depth > 0 ? s->depth - 1 : 0));
    must(scope_covers(scope_span(&up), text));
}

/* The scope, or the root with an empty text. */
static bool
check_one(struct span id, struct scope *s)
{
    char stored[MAX_SCOPE + 1], action[OVER_MAX];
    struct scope again;
    bool ok = scope_parse(id, s) == ERR_OK;

    if (assignment_scope_make(id, stored))
        must(ok && span_is_str(scope_span(s), stored));
    if (!ok) {
        must(s->depth == 0 && s->text[0] == '\0');
        return false;
    }
    must(is_normal(scope_span(s)) && strlen(s->text) == scope_span(s).len);
    must(scope_parse(scope_span(s), &again) == ERR_OK);
    must(again.kind == s->kind && again.depth == s->depth);
    must(span_is_equal(scope_span(&again), scope_span(s)));
    must((s->depth == 0) == (s->kind == SCOPE_ROOT));
    check_levels(s);
    /* What a path names at the door is what its handler will parse. */
    if (action_scope(OVER_SELF, id, action) == ERR_OK && action[0] != '\0')
        must(scope_parse(span_str(action), &again) == ERR_OK &&
             span_is_equal(scope_span(&again), scope_span(s)));
    return true;
}

static void
check_two(const struct scope *a, const struct scope *b)
{
    bool covers = scope_covers(scope_span(a), scope_span(b)), level = a->depth == 0;

    for (unsigned i = 0; i < b->depth; i++)
        level = level || span_is_equal(scope_level(b, i), scope_span(a));
    must(covers == level);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span all = span_of(data, len), first = span_head(all, span_find(all, '\n'));
    char action[OVER_MAX];
    struct scope a, b;
    bool both = check_one(first, &a);

    both = check_one(span_tail(all, first.len + 1), &b) && both;
    if (both) {
        check_two(&a, &b);
        check_two(&b, &a);
    }
    for (int over = OVER_NONE; over <= OVER_OWN; over++)
        if (action_scope((enum route_over)over, first, action) == ERR_OK)
            must(strlen(action) < OVER_MAX);
    return 0;
}
