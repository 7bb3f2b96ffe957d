/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_peers.c - the links to keeper, scribe and token process: what is asked over them on
 * the engine's own behalf, whose answers go where, what becomes of flights
 * when a link is lost.
 */
#include "api/engine_int.h"

#include "base/log.h"
#include "vault/row.h"

enum { SUBMIT_KEEP = 256 * 1024 };

struct peer *
engine_peer(const struct engine *e, enum ipc_role role)
{
    return role == ROLE_KEEPER ? e->keeper : role == ROLE_TOKEN ? e->token : e->scribe;
}

enum err
engine_submit(struct engine *e, uint64_t id, struct span write, const struct buf *record)
{
    enum err err;

    if (e->scribe == NULL)
        return ERR_UNAVAILABLE;
    if (record->err != ERR_OK)
        return record->err;
    if (e->submit.cap > SUBMIT_KEEP) { /* a large restore's room does not stay with us */
        buf_release(&e->submit);
        buf_init(&e->submit, MAX_IPC_MESSAGE);
    }
    buf_clear(&e->submit);
    scribe_pack_submit(sink_buf(&e->submit), write, buf_span(record));
    if (e->submit.err != ERR_OK)
        return e->submit.err;
    err = peer_post(e->scribe, SCRIBE_SUBMIT, id, ERR_OK, buf_span(&e->submit));
    atomic_fetch_add_explicit(err == ERR_OK ? &e->figures->scribe_submits
                                            : &e->figures->scribe_failures,
                              1, memory_order_relaxed);
    return err;
}

static void
on_hello(struct engine *e, const struct ipc_msg *m)
{
    if (m->status != ERR_OK || m->payload.len != ROW_KEY_LEN) {
        log_error("the keeper gave no integrity key: %s", err_text(m->status));
        return;
    }
    if (e->rows == NULL && rows_new(m->payload, &e->rows) != ERR_OK)
        log_error("no memory for the integrity key");
}

/* Asks for the integrity key with the wrapped form that lies in the store. */
static void
say_hello(struct engine *e)
{
    struct wrapped w = { .purpose = PURPOSE_INTEGRITY, .id = span_str("rows") };
    struct store_view *view;
    struct store_row row;
    struct secbuf ask;

    if (e->rows != NULL || e->keeper == NULL || store_begin(e->store, &view) != ERR_OK)
        return;
    secbuf_init(&ask, WRAPPED_MAX * 2);
    if (store_get(view, span_str("k/integrity"), &row) == ERR_OK) {
        w.bytes = row.value;
        keeper_pack_hello(sink_sec(&ask), &w);
        if (ask.err != ERR_OK ||
            peer_post(e->keeper, KEEPER_HELLO, HELLO_ID, ERR_OK, secbuf_span(&ask)) != ERR_OK)
            log_error("cannot ask the keeper for the integrity key");
    }
    secbuf_release(&ask);
    store_end(view);
}

/*
 * Only what waits on a link that is gone: an answer may begin the next request
 * of its connection, which then waits on the new one.
 */
static void
fail_waiting(struct engine *e, enum ipc_role role, uint32_t link)
{
    for (unsigned i = 0; i < e->ntouched; i++) {
        struct flight *f = &e->flights[i];

        if (f->state == FLIGHT_FREE || f->link == link)
            continue;
        if (role != ROLE_SCRIBE && f->state == FLIGHT_KEEPER &&
            f->asked == (role == ROLE_TOKEN ? HOME_TOKEN : HOME_SOFTWARE))
            flight_fail(e, f, ERR_UNAVAILABLE);
        else if (role == ROLE_SCRIBE &&
                 (f->state == FLIGHT_COMMIT || f->state == FLIGHT_RECORD))
            flight_refuse(e, f, ERR_UNAVAILABLE);
    }
}

void
engine_set_peer(struct engine *e, enum ipc_role role, struct peer *p)
{
    const struct {
        struct peer **peer;
        uint32_t *links;
    } slots[ROLE__MAX] = { [ROLE_KEEPER] = { &e->keeper, &e->keeper_link },
                           [ROLE_SCRIBE] = { &e->scribe, &e->scribe_link },
                           [ROLE_TOKEN] = { &e->token, &e->token_link } };

    bug_on(slots[role].peer == NULL);
    peer_free(*slots[role].peer);
    *slots[role].peer = p;
    fail_waiting(e, role, ++*slots[role].links);
    if (role == ROLE_KEEPER)
        say_hello(e);
    flight_turns_run(e);
}

static void
on_keeper(struct engine *e, const struct ipc_msg *m)
{
    struct flight *f;

    if (m->id == STATS_ID) {
        e->have_keeper_stats =
            m->status == ERR_OK && keeper_stats_unpack(m->payload, &e->keeper_stats) == ERR_OK;
        return;
    }
    if (m->id == HELLO_ID) {
        on_hello(e, m);
        return;
    }
    f = flight_of(e, m->id, FLIGHT_KEEPER, FLIGHT_KEEPER);
    if (f != NULL && f->asked == HOME_SOFTWARE)
        flight_answered(e, f, m);
}

static void
on_token(struct engine *e, const struct ipc_msg *m)
{
    struct flight *f = flight_of(e, m->id, FLIGHT_KEEPER, FLIGHT_KEEPER);

    if (f != NULL && f->asked == HOME_TOKEN)
        flight_answered(e, f, m);
}

static void
on_scribe(struct engine *e, const struct ipc_msg *m)
{
    struct flight *f;

    if (m->id == STATS_ID) {
        e->have_stats =
            m->status == ERR_OK && scribe_unpack_stats(m->payload, &e->stats) == ERR_OK;
        return;
    }
    if (m->id == OWN_RECORD_ID) {
        if (m->status != ERR_OK)
            atomic_fetch_add_explicit(&e->figures->scribe_failures, 1, memory_order_relaxed);
        return;
    }
    f = flight_of(e, m->id, FLIGHT_COMMIT, FLIGHT_RECORD);
    if (f != NULL)
        flight_submitted(e, f, m->status);
}

static void
on_message(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct engine *e = arg;

    if (p == e->keeper)
        on_keeper(e, m);
    else if (p == e->token)
        on_token(e, m);
    else
        on_scribe(e, m);
}

void
engine_on_readable(struct engine *e, enum ipc_role role)
{
    struct peer *p = engine_peer(e, role);

    if (p != NULL && peer_drain(p, on_message, e) != ERR_OK) {
        log_warn("lost the link to the %s", ipc_role_name(role));
        engine_set_peer(e, role, NULL);
    }
    flight_turns_run(e);
}

bool
engine_flush(struct engine *e, enum ipc_role role)
{
    struct peer *p = engine_peer(e, role);

    if (p == NULL)
        return false;
    if (peer_flush(p) != ERR_OK) {
        engine_set_peer(e, role, NULL);
        return false;
    }
    return peer_has_backlog(p);
}

bool
engine_scribe_stats(const struct engine *e, struct scribe_stats *out)
{
    *out = e->stats;
    return e->have_stats;
}

bool
engine_keeper_stats(const struct engine *e, struct keeper_stats *out)
{
    *out = e->keeper_stats;
    return e->have_keeper_stats;
}

void
engine_ask_around(struct engine *e)
{
    if (e->rows == NULL)
        say_hello(e);
    if (e->scribe != NULL &&
        peer_post(e->scribe, SCRIBE_STATS, STATS_ID, ERR_OK, (struct span){ 0 }) != ERR_OK)
        e->have_stats = false;
    if (e->keeper == NULL ||
        peer_post(e->keeper, KEEPER_STATS, STATS_ID, ERR_OK, (struct span){ 0 }) != ERR_OK)
        e->have_keeper_stats = false;
}
