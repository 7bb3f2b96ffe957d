/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.c - connections that nobody known stands behind, run when it is their turn.
 *
 * They never run from their own event: that only puts them into the queue, which
 * is served after the events of the others, for SLICE_US in one turn of the loop
 * and within the budget of http/fair.c. So all of it waits for a known caller at
 * most that long, and a known caller's path pays for it with one test.
 *
 * Who waits keeps the deadline of its state, so nobody waits without end.
 */
#include "base/clock.h"
#include "http/server_int.h"

enum { SLICE_US = 500 };

static void
arm(struct http_server *s, uint64_t wait_us)
{
    struct timeval tv = { (time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000) };

    (void)event_add(&s->turns, &tv);
}

void
turns_enter(struct http_conn *c)
{
    c->fair.source = fair_source_of(&c->server->fair, c->address.key);
    c->yields = true;
}

static bool
state_waits(enum conn_state state)
{
    return state == CONN_HANDSHAKE || state == CONN_IDLE || state == CONN_COLD ||
           state == CONN_HEADER || state == CONN_BODY;
}

bool
turns_wait(struct http_conn *c)
{
    struct http_server *s = c->server;

    if (c->fair.waits)
        return true;
    if (!state_waits(c->state))
        return false;
    if (fair_push(&s->fair, &c->fair))
        arm(s, 0);
    return true;
}

/* Returns the time behind it; may free c. */
static uint64_t
run(struct http_conn *c, uint64_t now_us)
{
    uint64_t end;

    conn_unpause(c);
    conn_work(c);
    end = clock_mono_us();
    if (c->yields)
        fair_spent(&c->server->fair, &c->fair, end - now_us);
    conn_leave(c);
    return end;
}

void
turns_event(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;
    uint64_t now = clock_mono_us(), end = now + SLICE_US, wait;
    struct fair_item *i;

    (void)fd;
    (void)what;
    while (now < end && (i = fair_next(&s->fair, now)) != NULL)
        now = run((struct http_conn *)((char *)i - offsetof(struct http_conn, fair)), now);
    wait = fair_wait_us(&s->fair, now);
    if (wait != UINT64_MAX)
        arm(s, wait);
}

void
turns_answered(struct http_conn *c, bool yields, uint64_t began_us)
{
    struct fair *f = &c->server->fair;

    if (c->fair.source == NULL || c->state == CONN_DEAD)
        return;
    c->yields = yields;
    if (!yields) {
        fair_known(f, &c->fair, c->since_ms);
        return;
    }
    c->turn = TURN_STEPS; /* the next of those that came with it has a turn of its own */
    if (began_us != 0)
        fair_spent(f, &c->fair, clock_mono_us() - began_us);
}
