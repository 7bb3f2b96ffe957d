/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight_turn.c - writers of one object that came in each other's way go one after the other.
 *
 * Of the writes to one object that meet in a commit the scribe does one; the others must begin
 * again. All at once they would meet again, and one would pass each time: the last of many
 * used up its attempts. So whoever was in conflict stands in a line, and whoever is at its
 * head begins again. Who was never in conflict asks nobody.
 *
 * Lines are of hashes: two objects may share one, which costs them time and nothing else.
 * Nobody in a line waits for another request: whoever asks for one leaves it (flight_inner).
 */
#include "api/engine_int.h"

static uint32_t
hash_of(uint32_t h, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x01000193; /* FNV-1a */
    }
    return h;
}

/* How many parts of the path name what is written, whatever of it: a secret of the vault, a
 * group of the directory; subscription, resource group and resource. 0: there are no lines. */
static unsigned
naming_parts(enum plane plane)
{
    if (plane == PLANE_VAULT || plane == PLANE_GRAPH)
        return 1;
    return plane == PLANE_MANAGEMENT ? 3 : 0;
}

static struct line *
line_of(struct engine *e, const struct flight *f)
{
    uint32_t h = hash_of(0x811c9dc5, f->x.vault_label);

    for (unsigned i = 0; i < naming_parts(f->x.plane); i++)
        h = hash_of(h, f->x.bind[i]);
    return &e->lines[h % LINES];
}

static void
make_due(struct engine *e, struct flight *f)
{
    f->next_due = NULL;
    if (e->due_last != NULL)
        e->due_last->next_due = f;
    else
        e->due_first = f;
    e->due_last = f;
}

bool
flight_turn_wait(struct engine *e, struct flight *f)
{
    struct line *l;

    if (naming_parts(f->x.plane) == 0 || f->line != NULL)
        return false;
    l = f->line = line_of(e, f);
    f->next_in_line = NULL;
    if (l->last == NULL) {
        l->first = l->last = f;
        return false;
    }
    l->last->next_in_line = f;
    l->last = f;
    f->state = FLIGHT_TURN;
    return true;
}

void
flight_turn_done(struct engine *e, struct flight *f)
{
    struct line *l = f->line;

    if (l == NULL)
        return;
    bug_on(l->first != f); /* who waits is not ended */
    f->line = NULL;
    l->first = f->next_in_line;
    if (l->first == NULL)
        l->last = NULL;
    else
        make_due(e, l->first);
}

void
flight_turns_run(struct engine *e)
{
    struct flight *f;

    while ((f = e->due_first) != NULL) {
        e->due_first = f->next_due;
        if (e->due_first == NULL)
            e->due_last = NULL;
        if (f->orphan)
            flight_fail(e, f, ERR_TIMEOUT);
        else
            flight_again(e, f);
    }
}
