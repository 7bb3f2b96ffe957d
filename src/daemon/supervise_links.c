/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise_links.c - who talks to whom: one table. A child that starts gets a
 * fresh pair to every other one of its rows that runs; the other end is handed
 * to the survivor, which drops the dead link it had.
 *
 * At a start all children get ready side by side, but whom they need they get
 * one after the other: front, that has no links, serves nobody.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/supervise_int.h"

enum { RELINKS_EVERY_MS = 1000, RELINKS_PER_LOOP = 4 };

static const struct topology {
    enum ipc_role a, b;
    unsigned per_loop; /* links of each loop of front; 0: one link in all */
} topology[] = {
    /* A loop's second link to the keeper is for TLS signatures, which block (daemon/front.h).
     */
    { ROLE_FRONT, ROLE_KEEPER, 2 },  { ROLE_FRONT, ROLE_SCRIBE, 1 },
    { ROLE_CLERK, ROLE_KEEPER, 0 },  { ROLE_CLERK, ROLE_SCRIBE, 0 },
    { ROLE_SCRIBE, ROLE_KEEPER, 0 }, { ROLE_FRONT, ROLE_TOKEN, 1 },
    { ROLE_CLERK, ROLE_TOKEN, 0 },
};

static void
give_up(const struct child *c, enum err e)
{
    /* A closed socket means that it is dying already; the reaper sees to it. */
    if (e == ERR_CLOSED || c->pid == 0)
        return;
    log_error("%s (pid %d) does not take orders (%s): killing it", ipc_role_name(c->role),
              (int)c->pid, err_text(e));
    (void)kill(c->pid, SIGKILL);
}

static void
give_end(const struct child *to, enum ipc_role with, unsigned index, int fd)
{
    const struct control m = { .op = CONTROL_PEER, .role = (uint16_t)with, .index = index };
    enum err e = to->control_fd < 0 ? ERR_CLOSED : control_send(to->control_fd, &m, fd);

    if (e != ERR_OK)
        give_up(to, e);
}

static void
link_pair(const struct child *x, const struct child *y, unsigned index)
{
    int fds[2];

    if (ipc_pair(fds) != ERR_OK) {
        /* Without its links a child is of no use; a later start may have more luck. */
        (void)kill(x->pid, SIGKILL);
        return;
    }
    give_end(x, y->role, index, fds[0]);
    give_end(y, x->role, index, fds[1]);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
link_child(struct supervisor *s, const struct child *c)
{
    for (size_t i = 0; i < sizeof(topology) / sizeof(topology[0]); i++) {
        const struct topology *t = &topology[i];
        const struct child *other;
        unsigned n = t->per_loop > 0 ? t->per_loop * s->cfg->loops : 1;

        if (t->a != c->role && t->b != c->role)
            continue;
        other = &s->children[t->a == c->role ? t->b : t->a];
        for (unsigned k = 0; other->linked && k < n; k++)
            link_pair(c, other, k);
    }
}

void
supervise_link_due(struct supervisor *s)
{
    for (size_t i = 0; i < NCHILDREN; i++) {
        struct child *c = &s->children[start_order[i]];

        if (!supervise_is_wanted(s, c->role))
            continue;
        if (c->pid != 0 && !c->linked) {
            link_child(s, c);
            c->linked = true;
        }
        /* Those behind it wait for its first readiness. */
        if (!c->ever_ready)
            return;
    }
}

bool
supervise_relink(struct supervisor *s, struct child *c, enum ipc_role with, unsigned index)
{
    uint64_t now = clock_mono_ms();

    for (size_t i = 0; i < sizeof(topology) / sizeof(topology[0]); i++) {
        const struct topology *t = &topology[i];

        if (!(t->a == c->role && t->b == with) && !(t->b == c->role && t->a == with))
            continue;
        if (index >= (t->per_loop > 0 ? t->per_loop * s->cfg->loops : 1))
            return false;
        if (now - c->relinks_ms >= RELINKS_EVERY_MS) {
            c->relinks_ms = now;
            c->relinks = 0;
        }
        /* Nobody keeps the others busy with new links; who means it asks again. Before its
         * turn nobody gets any. */
        if (c->relinks++ >= RELINKS_PER_LOOP * s->cfg->loops || !c->linked ||
            !s->children[with].linked)
            return true;
        log_warn("%s lost its link %u to %s: giving it a new one", ipc_role_name(c->role),
                 index, ipc_role_name(with));
        link_pair(c, &s->children[with], index);
        return true;
    }
    return false;
}

void
supervise_tell(const struct child *c, enum control_op op)
{
    const struct control m = { .op = (uint16_t)op };
    enum err e;

    if (c->control_fd < 0)
        return;
    e = control_send(c->control_fd, &m, -1);
    if (e != ERR_OK)
        give_up(c, e);
}
