/* SPDX-License-Identifier: Apache-2.0 */
/* plan_order.c - what comes before what: in the order of the template where nothing is needed.
 */
#include "api/template/plan_int.h"

void
plan_need(struct plan *p, unsigned i, unsigned first)
{
    struct unit *u = &p->unit[i];
    unsigned *more;

    for (unsigned k = 0; k < u->nneeds; k++)
        if (u->needs[k] == first)
            return;
    if (!eval_charge(p->ev, 1 + u->nneeds / 16))
        return;
    /* Grows by doubling: full when the number is a power of two. */
    if ((u->nneeds & (u->nneeds - 1)) == 0) {
        more = arena_alloc(p->ev->a, (u->nneeds == 0 ? 1 : u->nneeds * 2) * sizeof(*more));
        if (more == NULL)
            return;
        if (u->nneeds > 0)
            memcpy(more, u->needs, u->nneeds * sizeof(*more));
        u->needs = more;
    }
    u->needs[u->nneeds++] = first;
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct walk {
    struct plan *p;
    uint8_t *mark;
    unsigned *stack, *next; /* depth first, without recursion; next need of each open unit */
    unsigned depth, placed;
};

static bool
open_unit(struct walk *w, unsigned i)
{
    struct unit *u = &w->p->unit[i];

    if (w->mark[i] == MARK_OPEN) {
        (void)eval_fail(w->p->ev, ERR_SYNTAX,
                        "Circular dependency detected on resource: '%.*s'. Please see "
                        "https://aka.ms/arm-syntax-resources for usage details.",
                        (int)span_head(u->id, 250).len, (const char *)u->id.ptr);
        return false;
    }
    if (w->mark[i] == MARK_DONE)
        return true;
    w->mark[i] = MARK_OPEN;
    w->next[i] = 0;
    w->stack[w->depth++] = i;
    return true;
}

static bool
walk_from(struct walk *w, unsigned root)
{
    if (!open_unit(w, root))
        return false;
    while (w->depth > 0) {
        unsigned i = w->stack[w->depth - 1];
        const struct unit *u = &w->p->unit[i];

        if (w->next[i] < u->nneeds) {
            if (!open_unit(w, u->needs[w->next[i]++]))
                return false;
            continue;
        }
        w->mark[i] = MARK_DONE;
        w->p->order[w->placed++] = i;
        w->depth--;
    }
    return true;
}

bool
plan_order(struct plan *p)
{
    struct walk w = { .p = p };
    size_t n = p->n + 1;

    w.mark = arena_alloc(p->ev->a, n);
    w.stack = arena_alloc(p->ev->a, n * sizeof(unsigned));
    w.next = arena_alloc(p->ev->a, n * sizeof(unsigned));
    p->order = arena_alloc(p->ev->a, n * sizeof(unsigned));
    if (!eval_is_ok(p->ev))
        return false;
    for (unsigned i = 0; i < p->n; i++)
        if (!walk_from(&w, i))
            return false;
    return true;
}
