/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight_slot.c - the slots of exchanges in flight, and the rooms they fill.
 *
 * A few sets of rooms stay when their exchange is over: the next one of the
 * same loop finds memory of the size that it needs, and asks no allocator.
 */
#include "api/engine_int.h"

enum { ASK_MAX = QUESTION_MAX, ANSWER_MAX = 8 * 1024 * 1024, ROOM_KEPT_MAX = 4096 };

static void
rooms_take(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    struct rooms r = { 0 };

    if (e->nrooms > 0)
        r = e->rooms_kept[--e->nrooms];
    http_response_init(&x->resp);
    r.headers.max = x->resp.headers.max;
    r.body.max = x->resp.body.max;
    r.record.max = AUDIT_RECORD_MAX;
    r.ask.max = ASK_MAX;
    r.answer.max = ANSWER_MAX;
    x->resp.headers = r.headers;
    x->resp.body = r.body;
    x->ask = r.ask;
    x->answer = r.answer;
    f->record = r.record;
}

static void
rooms_release(struct rooms *r)
{
    secbuf_release(&r->ask);
    secbuf_release(&r->answer);
    secbuf_release(&r->body);
    buf_release(&r->headers);
    buf_release(&r->record);
}

/* Empty they stay, and wiped where they held secrets; unless one has grown, or there are
 * enough. */
static void
rooms_give(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    struct rooms r = { .ask = x->ask,
                       .answer = x->answer,
                       .body = x->resp.body,
                       .headers = x->resp.headers,
                       .record = f->record };

    buf_release(&x->resp.big_body);
    if (e->nrooms == ROOMS_KEPT || r.ask.cap > ROOM_KEPT_MAX || r.answer.cap > ROOM_KEPT_MAX ||
        r.body.cap > ROOM_KEPT_MAX || r.headers.cap > ROOM_KEPT_MAX ||
        r.record.cap > ROOM_KEPT_MAX) {
        rooms_release(&r);
        return;
    }
    secbuf_clear(&r.ask);
    secbuf_clear(&r.answer);
    secbuf_clear(&r.body);
    buf_clear(&r.headers);
    buf_clear(&r.record);
    e->rooms_kept[e->nrooms++] = r;
}

void
flight_rooms_release(struct engine *e)
{
    while (e->nrooms > 0)
        rooms_release(&e->rooms_kept[--e->nrooms]);
}

struct flight *
flight_new(struct engine *e, struct http_conn *c, const struct http_request *r)
{
    struct flight *f = e->free;
    struct exchange *x;

    if (f != NULL)
        e->free = f->next_free;
    else if (e->ntouched < e->nflights)
        f = &e->flights[e->ntouched++];
    else
        return NULL;
    f->generation++;
    f->conn = c;
    f->parent = NULL;
    f->own = NULL;
    f->state = FLIGHT_STEP;
    f->orphan = false;
    f->attempts = 0;
    f->made = false;
    store_write_init(&f->left);
    buf_init(&f->message, 4096);
    x = &f->x;
    exchange_init(x);
    x->site = &e->site;
    x->rows = e->rows;
    x->req = r;
    x->request_id = guid_new();
    store_write_init(&x->write);
    rooms_take(e, f);
    atomic_fetch_add_explicit(&e->figures->in_flight, 1, memory_order_relaxed);
    return f;
}

void
flight_reset(struct flight *f)
{
    struct exchange *x = &f->x;

    if (x->state != NULL && x->state_free != NULL)
        x->state_free(x->state);
    x->state = NULL;
    x->state_free = NULL;
    secbuf_clear(&x->ask);
    secbuf_clear(&x->answer);
    store_write_clear(&x->write);
    http_response_clear(&x->resp);
    audit_note_clear(&x->note);
    x->fail_text[0] = '\0';
    x->ask_of = 0;
    x->go_on = false;
    x->step = 0;
}

void
flight_free(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;

    flight_turn_done(e, f);
    flight_reset(f);
    rooms_give(e, f);
    store_write_release(&x->write);
    vault_unref(x->vault);
    x->vault = NULL;
    store_write_release(&f->left);
    buf_release(&f->message);
    inner_free(f->own);
    f->own = NULL;
    f->state = FLIGHT_FREE;
    f->conn = NULL;
    f->next_free = e->free;
    e->free = f;
    atomic_fetch_sub_explicit(&e->figures->in_flight, 1, memory_order_relaxed);
}

uint64_t
flight_id(const struct engine *e, const struct flight *f)
{
    return (uint64_t)f->generation << 32 | (uint64_t)(f - e->flights);
}

struct flight *
flight_of(struct engine *e, uint64_t id, enum flight_state a, enum flight_state b)
{
    uint32_t slot = (uint32_t)id;
    struct flight *f;

    if (slot >= e->ntouched)
        return NULL;
    f = &e->flights[slot];
    if (f->generation != (uint32_t)(id >> 32) || (f->state != a && f->state != b))
        return NULL;
    return f;
}
