/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evict.c - room for new work at the cost of those who keep us waiting longest.
 *
 * A request that is not whole holds memory, and its connection a descriptor,
 * though nobody has proved anything yet. Deadlines alone let a client hold all
 * there is with a few hundred half requests. So when either runs short, the one
 * that has been in its state longest goes: an honest client is done in
 * milliseconds, and who holds on to many is the oldest all the time.
 */
#include "base/clock.h"
#include "http/server_int.h"

/* BIG_AT_ONCE: bodies beyond MAX_BODY that arrive at the same time, per loop. */
enum { RIPE_MS = 1000, BIG_AT_ONCE = 4 };

static bool
may_go(const struct http_conn *c, const struct http_conn *but)
{
    return c != but && !c->running && !c->owed;
}

/* The one that has waited longest for its client; NULL if there is none. */
static struct http_conn *
longest_waiting(struct http_server *s, bool handshakes, const struct http_conn *but)
{
    static const enum conn_state states[] = { CONN_HANDSHAKE, CONN_HEADER, CONN_BODY,
                                              CONN_WRITING };
    struct http_conn *oldest = NULL;

    for (size_t i = handshakes ? 0 : 1; i < sizeof(states) / sizeof(states[0]); i++) {
        struct http_conn *c = TAILQ_FIRST(&s->queues[states[i]]);

        while (c != NULL && !may_go(c, but))
            c = TAILQ_NEXT(c, link);
        if (c != NULL && (oldest == NULL || c->since_ms < oldest->since_ms))
            oldest = c;
    }
    return oldest;
}

bool
server_evict(struct http_server *s)
{
    static const enum conn_state done[] = { CONN_LINGER, CONN_COLD, CONN_IDLE };
    struct http_conn *c = NULL;

    for (size_t i = 0; c == NULL && i < sizeof(done) / sizeof(done[0]); i++) {
        c = TAILQ_FIRST(&s->queues[done[i]]);
        while (c != NULL && !may_go(c, NULL))
            c = TAILQ_NEXT(c, link);
    }
    if (c != NULL) {
        conn_close(c);
        return true;
    }
    /* Only one that is ripe: else a rush of honest clients would push each other out. */
    c = longest_waiting(s, true, NULL);
    if (c == NULL || clock_mono_ms() - c->since_ms < RIPE_MS)
        return false;
    s->figures.evicted++;
    conn_close(c);
    return true;
}

static bool
is_short(size_t want)
{
    size_t used, total;

    secmem_usage(&used, &total);
    return want > total - total / 4 || used > total - total / 4 - want;
}

void
server_ease(struct http_server *s, const struct http_conn *but, size_t want)
{
    struct http_conn *c;

    if (!is_short(want))
        return;
    exchange_pool_release(&s->pool);
    while (is_short(want) && (c = longest_waiting(s, false, but)) != NULL) {
        s->figures.evicted++;
        conn_evict(c);
        exchange_pool_release(&s->pool);
    }
}

void
server_ease_big(struct http_server *s, const struct http_conn *but)
{
    struct http_conn *c, *oldest = NULL;
    unsigned n = 0;

    TAILQ_FOREACH(c, &s->queues[CONN_BODY], link)
    {
        /* cppcheck-suppress uninitvar ; TAILQ_FOREACH sets c, which it does not see */
        if (c->x == NULL || !exchange_is_big(c->x) || !may_go(c, but))
            continue;
        if (oldest == NULL)
            oldest = c;
        n++;
    }
    if (n < BIG_AT_ONCE)
        return;
    s->figures.evicted++;
    conn_evict(oldest);
}
