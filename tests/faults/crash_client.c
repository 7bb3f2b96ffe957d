/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_client.c - a writer. Each write puts two rows that must come together:
 * its own, and LAST with the number; both with preconditions. Between writes
 * it records reads, and fights with the other clients about one common row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "codec/pack.h"
#include "crash_scribe.h"
#include "ipc/peer.h"
#include "scribe/ask.h"
#include "store/store.h"

struct client {
    struct shared *all;
    struct client_state *me;
    unsigned who;
    struct peer *link;
    uint64_t seed;
};

uint64_t
crash_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

static enum err
ask(struct client *c, const struct store_write *w, const char *record, uint64_t *revision)
{
    struct secbuf answer;
    struct buf payload;
    struct unpack u;
    enum err e;

    buf_init(&payload, 64 * 1024);
    secbuf_init(&answer, 64);
    scribe_pack_submit(sink_buf(&payload), w == NULL ? (struct span){ 0 } : buf_span(&w->bytes),
                       span_str(record));
    e = peer_call(c->link, SCRIBE_SUBMIT, buf_span(&payload), &answer, ROUND_CALL_MS);
    u = unpack_of(secbuf_span(&answer));
    *revision = unpack_u64(&u);
    secbuf_release(&answer);
    buf_release(&payload);
    if (peer_is_dead(c->link))
        _exit(0);
    return e;
}

static void
put_row(struct store_write *w, const char *key, uint64_t expect, const char *value)
{
    store_write_expect(w, span_str(key), expect);
    store_write_put(w, span_str(key), span_str(value));
}

static void
write_one(struct client *c)
{
    uint64_t n = atomic_load(&c->me->acked) + 1, revision;
    char key[64], last[64], value[32], record[2200];
    struct store_write w;
    enum err e;
    int pad = (int)(crash_random(&c->seed) % 2000);

    (void)snprintf(key, sizeof(key), "sn/c%u/%llu", c->who, (unsigned long long)n);
    (void)snprintf(last, sizeof(last), "sn/LAST/%u", c->who);
    (void)snprintf(value, sizeof(value), "%llu", (unsigned long long)n);
    (void)snprintf(record, sizeof(record),
                   "{\"category\":\"AuditEvent\",\"w\":\"%u/%llu\",\"pad\":\"%0*d\"}", c->who,
                   (unsigned long long)n, pad, 0);
    store_write_init(&w);
    put_row(&w, key, 0, value);
    put_row(&w, last, atomic_load(&c->me->last_rev), value);
    atomic_store(&c->me->sent, n);
    e = ask(c, &w, record, &revision);
    store_write_release(&w);
    if (e != ERR_OK) {
        atomic_store(&c->me->broken, (int)e);
        _exit(1);
    }
    atomic_store(&c->me->last_rev, revision);
    atomic_store(&c->me->acked, n);
}

static void
read_one(struct client *c)
{
    uint64_t n = atomic_load(&c->me->reads_acked) + 1, revision;
    char record[96];

    (void)snprintf(record, sizeof(record), "{\"category\":\"AuditEvent\",\"r\":\"%u/%llu\"}",
                   c->who, (unsigned long long)n);
    atomic_store(&c->me->reads_sent, n);
    if (ask(c, NULL, record, &revision) == ERR_OK)
        atomic_store(&c->me->reads_acked, n);
}

/* Often too late: then no line may tell of it. */
static void
fight_once(struct client *c)
{
    char value[32], record[96];
    struct store_write w;
    uint64_t revision, n = atomic_fetch_add(&c->me->conflicts, 1);
    enum err e;

    (void)snprintf(value, sizeof(value), "%u/%llu", c->who, (unsigned long long)n);
    (void)snprintf(record, sizeof(record), "{\"category\":\"AuditEvent\",\"s\":\"%s\"}", value);
    store_write_init(&w);
    put_row(&w, "sn/COMMON", atomic_load(&c->all->common_rev), value);
    e = ask(c, &w, record, &revision);
    store_write_release(&w);
    if (e == ERR_OK)
        atomic_store(&c->all->common_rev, revision);
    else if (e != ERR_CONFLICT) {
        atomic_store(&c->me->broken, (int)e);
        _exit(1);
    }
}

_Noreturn void
client_main(struct shared *s, unsigned who, int fd, uint64_t seed)
{
    struct client c = { .all = s, .me = &s->client[who], .who = who, .seed = seed };

    if (secmem_init(1024 * 1024) != ERR_OK ||
        peer_new(fd, ROLE_SCRIBE, 64 * 1024, &c.link) != ERR_OK)
        _exit(1);
    for (;;) {
        uint64_t what = crash_random(&c.seed) % 8;

        if (atomic_load(&s->reads_only))
            read_one(&c);
        else if (what < 4)
            write_one(&c);
        else if (what < 6)
            read_one(&c);
        else
            fight_once(&c);
    }
}
