/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.c - exchanges in flight, each in one of these states:
 *
 *        begin -> STEP <-> KEEPER          a question is with the keeper
 *          ^       |
 *          |       v
 *          +-- COMMIT ----------> done     write + record with the scribe
 *   conflict,      |
 *   in turn        |
 *                  v (any failure)
 *               RECORD ---------> done     the record alone with the scribe
 *
 * STEP <-> INNER: another flight does a request for this one (exchange.h, NEXT_INNER). One
 * that goes on when it is answered goes from COMMIT to STEP, without its connection.
 *
 * What the answer deadline overtakes is an `orphan`: its client was answered
 * 503. Its connection and request stay until http_reply, so it is recorded as
 * every other, but no further work is begun for it.
 */
#include "api/engine_int.h"

#include "api/activity.h"
#include "api/audit.h"
#include "api/phases.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "vault/key_leftover.h"

/* Whoever is at the head of a line meets only those of other loops, one of each. */
enum { ATTEMPTS_MAX = 10, HEAD_ATTEMPTS_MAX = 256 };

static void
count(_Atomic uint64_t *figure)
{
    atomic_fetch_add_explicit(figure, 1, memory_order_relaxed);
}

/* ------------------------------------------------------------------- answers */

static unsigned
route_number(const struct route *r)
{
    size_t i = r == NULL ? routes_count() : routes_index(r);

    return i < routes_count() ? (unsigned)i : FIGURES_OPS - 1;
}

static void flight_step(struct engine *e, struct flight *f);

/* The answer goes to whoever waits for it: the client, if it is not answered yet. */
/* Was that said to nobody whom we know, or to one beyond his rate? Those wait for their turn.
 */
static bool
answer_yields(const struct exchange *x, unsigned status)
{
    return !x->caller.known || status == 401 || status == 429 ||
           (x->plane == PLANE_LOGIN && status >= 400);
}

static void
flight_say(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    unsigned status = f->orphan ? 503 : x->resp.status;

    flight_headers(x, &x->resp);
    figures_count(e->figures, route_number(x->route), status,
                  clock_mono_us() - x->req->begin_us);
    if (status == 401)
        count(&e->figures->unauthenticated);
    if (status == 403)
        count(&e->figures->denied);
    if (f->conn == NULL)
        return;
    http_conn_set_user(f->conn, NULL);
    x->resp.yields = answer_yields(x, status);
    http_reply(f->conn, &x->resp);
    f->conn = NULL;
}

/* The answer of an inner request becomes that of the step which asked for it. */
static void
flight_hand_up(struct engine *e, struct flight *f)
{
    struct flight *up = f->parent;
    struct http_response *r = &f->x.resp;

    secbuf_clear(&up->x.ask);
    secbuf_clear(&up->x.answer);
    secbuf_put(&up->x.answer, r->body.len > 0 ? secbuf_span(&r->body) : buf_span(&r->big_body));
    up->x.answer_err = up->x.answer.err;
    up->x.inner_status = r->status;
    up->x.step++;
    flight_free(e, f);
    if (up->orphan)
        flight_fail(e, up, ERR_TIMEOUT);
    else
        flight_step(e, up);
}

static void
flight_reply(struct engine *e, struct flight *f)
{
    if (!f->x.detached)
        flight_say(e, f);
    if (f->parent != NULL)
        flight_hand_up(e, f);
    else
        flight_free(e, f);
}

/* The last resort: no record could be kept, so nothing but "not now" may be said. */
void
flight_refuse(struct engine *e, struct flight *f, enum err why)
{
    if (err_class_of(why) != ERR_CLASS_RETRY)
        log_error("request %s: no record could be kept: %s", f->x.request_id.text,
                  err_text(why));
    flight_reset(f);
    buf_clear(&f->message);
    flight_compose(&f->x, ERR_UNAVAILABLE, &f->message);
    flight_reply(e, f);
}

/* ------------------------------------------------------------------- scribe */

static enum err
submit(struct engine *e, struct flight *f, enum flight_state state, struct span write)
{
    f->state = state;
    f->link = e->scribe_link;
    return engine_submit(e, flight_id(e, f), write, &f->record);
}

/*
 * A stranger has used up what his address may have in the log: a refusal becomes 429, what is
 * public (discovery, keys) is answered; neither has a record of its own. The failures of a
 * caller whom we know count only where it is his identity that failed.
 */
static bool
flight_is_throttled(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;

    if ((x->caller.known && x->resp.status != 401) ||
        throttle_take(e->strangers, x->req->client, clock_mono_ms()))
        return false;
    count(&e->figures->throttled);
    if (x->resp.status >= 400)
        flight_compose_throttled(x);
    return true;
}

/* resp is composed: record it, then answer. */
static void
flight_record(struct engine *e, struct flight *f)
{
    enum err err;

    if (f->x.note.skip || flight_is_throttled(e, f)) {
        flight_reply(e, f);
        return;
    }
    buf_clear(&f->record);
    audit_compose(&f->x, f->x.resp.status, buf_span(&f->message), &f->record);
    /* Nothing was done; a refusal is remembered for those who read the activity log. */
    store_write_clear(&f->x.write);
    if (f->x.resp.status >= 400)
        activity_note(&f->x, f->x.resp.status, &f->x.write);
    if (store_write_err(&f->x.write) != ERR_OK)
        store_write_clear(&f->x.write);
    store_write_append(&f->x.write, &f->left);
    err = submit(e, f, FLIGHT_RECORD, buf_span(&f->x.write.bytes));
    if (err != ERR_OK)
        flight_refuse(e, f, err);
}

/* The request of the exchange in memory of its own, before its connection lets go of it. */
static enum err
flight_keep(struct flight *f)
{
    const struct exchange *x = &f->x;
    struct inner_of of = { .like = x->req,
                           .correlation = &x->request_id,
                           .method = x->req->method,
                           .path = x->req->path,
                           .version = x->version_text };

    return !x->go_on || f->own != NULL ? ERR_OK : inner_new(&of, &f->own);
}

static void
flight_commit(struct engine *e, struct flight *f)
{
    enum err err = flight_keep(f);

    if (err != ERR_OK) {
        flight_fail(e, f, err);
        return;
    }
    /* What strangers have us write down (device codes, failed sign-ins) fills the disk as well.
     */
    if (!f->x.caller.known && f->attempts == 0 &&
        !throttle_take(e->strangers, f->x.req->client, clock_mono_ms())) {
        count(&e->figures->throttled);
        store_write_clear(&f->x.write);
        flight_compose_throttled(&f->x);
        flight_reply(e, f);
        return;
    }
    activity_note(&f->x, f->x.resp.status, &f->x.write);
    store_write_append(&f->x.write, &f->left);
    err = store_write_err(&f->x.write);
    if (err == ERR_OK) {
        buf_clear(&f->record);
        audit_compose(&f->x, f->x.resp.status, (struct span){ 0 }, &f->record);
        err = submit(e, f, FLIGHT_COMMIT, buf_span(&f->x.write.bytes));
    }
    if (err != ERR_OK)
        flight_fail(e, f, err);
}

void
flight_fail(struct engine *e, struct flight *f, enum err why)
{
    flight_turn_done(e, f);
    if (why == ERR_OK)
        why = ERR_INTERNAL;
    if (why == ERR_THROTTLED)
        count(&e->figures->over_quota[f->x.refusal.whose]);
    http_response_clear(&f->x.resp);
    store_write_clear(&f->x.write);
    f->x.note.extra[0] = '\0'; /* told of what was not done */
    flight_compose(&f->x, why, &f->message);
    flight_record(e, f);
}

/* What x has borrowed from the connection's request it now has from its own. */
static void
flight_rebind(struct flight *f)
{
    struct exchange *x = &f->x;
    const struct route *route;

    x->req = inner_request(f->own);
    (void)site_plane(x->site, x->req->host, &x->vault_label);
    bug_on(routes_find(x->plane, phases_method(x->req), x->req->path, &route, x->bind) !=
               ERR_OK ||
           route != x->route);
    if (!http_request_param(x->req, "api-version", &x->version_text))
        x->version_text = (struct span){ 0 };
}

/* A commit of an exchange that goes on: the first one is answered; all are heard of. */
static void
flight_go_on(struct engine *e, struct flight *f, enum err status)
{
    struct exchange *x = &f->x;

    flight_turn_done(e, f);
    if (!x->detached) {
        if (f->parent == NULL) {
            flight_say(e, f);
            flight_rebind(f);
        }
        f->orphan = false;
        x->detached = true;
    }
    http_response_clear(&x->resp);
    store_write_clear(&x->write);
    secbuf_clear(&x->answer);
    x->go_on = false;
    x->answer_err = status;
    x->step++;
    flight_step(e, f);
}

/* From the doors again: the vault or the caller's rights may be what changed. */
void
flight_again(struct engine *e, struct flight *f)
{
    count(&e->figures->conflicts);
    flight_reset(f);
    buf_clear(&f->message);
    vault_unref(f->x.vault);
    f->x.vault = NULL;
    memset(&f->x.caller, 0, sizeof(f->x.caller));
    memset(&f->x.access, 0, sizeof(f->x.access));
    flight_begin(e, f);
}

static bool
may_try_again(struct flight *f)
{
    return !f->orphan && ++f->attempts < (f->line != NULL ? HEAD_ATTEMPTS_MAX : ATTEMPTS_MAX);
}

/* The key that was made in the token for a write that is not done: the clerk destroys it. */
static void
flight_regret(struct engine *e, struct flight *f)
{
    struct store_view *view;

    f->made = false;
    if (store_begin(e->store, &view) != ERR_OK)
        return;
    key_leftover_regret(e->rows, view, buf_span(&f->x.write.bytes), &f->left);
    store_end(view);
    if (store_write_err(&f->left) != ERR_OK) /* it stays, unused */
        store_write_clear(&f->left);
}

void
flight_submitted(struct engine *e, struct flight *f, enum err status)
{
    bool committing = f->state == FLIGHT_COMMIT;

    if (committing && status == ERR_CONFLICT && f->made)
        flight_regret(e, f);
    if (committing && ((status == ERR_OK && f->x.go_on) || f->x.detached)) {
        flight_go_on(e, f, status);
        return;
    }
    if (status == ERR_OK) {
        flight_reply(e, f);
        return;
    }
    if (committing && status == ERR_CONFLICT && may_try_again(f)) {
        if (!flight_turn_wait(e, f))
            flight_again(e, f);
        return;
    }
    count(&e->figures->scribe_failures);
    if (committing && status == ERR_CONFLICT)
        flight_fail(e, f, ERR_BUSY);
    else if (committing && status == ERR_TOO_LARGE)
        flight_fail(e, f, status); /* for good: the record of it is kept */
    else
        flight_refuse(e, f, status);
}

/* ------------------------------------------------------------------- keeper */

static void
flight_ask(struct engine *e, struct flight *f)
{
    bool token = f->x.ask_of == HOME_TOKEN;
    struct peer *p = token ? e->token : e->keeper;
    enum err err = f->x.ask.err;

    if (err == ERR_OK && p == NULL)
        err = ERR_UNAVAILABLE;
    if (err == ERR_OK) {
        f->state = FLIGHT_KEEPER;
        f->asked = token ? HOME_TOKEN : HOME_SOFTWARE;
        f->link = token ? e->token_link : e->keeper_link;
        err = peer_post(p, (uint16_t)f->x.ask_op, flight_id(e, f), ERR_OK,
                        secbuf_span(&f->x.ask));
    }
    f->x.ask_of = 0;
    count(&e->figures->keeper_asks);
    if (err != ERR_OK) {
        count(&e->figures->keeper_failures);
        flight_fail(e, f, err);
    }
}

/* ------------------------------------------------------------ inner requests */

/* One that could not be begun: as if it had been answered so. */
static void
flight_inner_refused(struct engine *e, struct flight *f, enum err why)
{
    secbuf_clear(&f->x.ask);
    secbuf_clear(&f->x.answer);
    f->x.inner_status = why == ERR_TOO_LARGE ? 413 : 503;
    f->x.answer_err = why;
    f->x.step++;
    flight_step(e, f);
}

static void
flight_inner(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    struct inner_of of = { .like = x->req,
                           .correlation = &x->request_id,
                           .method = x->inner_method,
                           .path = span_str(x->inner_path),
                           .version = span_str(x->inner_version),
                           .body = &x->ask };
    enum err err = x->inner_depth >= INNER_DEPTH_MAX ? ERR_TOO_LARGE : x->ask.err;
    struct inner *own = NULL;
    struct flight *child;

    bug_on(x->plane != PLANE_MANAGEMENT);
    flight_turn_done(e, f); /* what it asks for may stand in the same line */
    if (err == ERR_OK)
        err = inner_new(&of, &own);
    if (err != ERR_OK) {
        flight_inner_refused(e, f, err);
        return;
    }
    child = flight_new(e, NULL, inner_request(own));
    if (child == NULL) {
        inner_free(own);
        flight_inner_refused(e, f, ERR_BUSY);
        return;
    }
    child->own = own;
    child->parent = f;
    child->x.inner_depth = x->inner_depth + 1;
    f->state = FLIGHT_INNER;
    flight_begin(e, child);
}

/* One step of the handler in the view that is open, which ends here. */
static void
flight_run(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    enum next next = x->route->run(x);

    store_end(x->view);
    x->view = NULL;
    /* What it costs may depend on what was found; nothing was done yet. */
    if (next == NEXT_KEEPER && phases_charge(&e->tools, x) != ERR_OK) {
        flight_fail(e, f, ERR_THROTTLED);
        return;
    }
    switch (next) {
    case NEXT_REPLY:
        /* Its last commit was recorded as what it came to. */
        if (x->detached)
            flight_reply(e, f);
        else
            flight_record(e, f);
        break;
    case NEXT_KEEPER:
        flight_ask(e, f);
        break;
    case NEXT_COMMIT:
        flight_commit(e, f);
        break;
    case NEXT_FAIL:
        flight_fail(e, f, x->fail);
        break;
    case NEXT_INNER:
        flight_inner(e, f);
        break;
    }
}

static void
flight_step(struct engine *e, struct flight *f)
{
    enum err err = store_begin(e->store, &f->x.view);

    f->state = FLIGHT_STEP;
    if (err == ERR_OK)
        flight_run(e, f);
    else
        flight_fail(e, f, err);
}

void
flight_answered(struct engine *e, struct flight *f, const struct ipc_msg *m)
{
    struct exchange *x = &f->x;

    if (f->orphan) {
        flight_fail(e, f, ERR_TIMEOUT);
        return;
    }
    /* The root key was replaced meanwhile; the rows have the new wrapping. */
    if (m->status == ERR_WRONG_KEY && !x->detached && ++f->attempts < ATTEMPTS_MAX) {
        flight_again(e, f);
        return;
    }
    /* Once made, it is there, whatever is asked afterwards. */
    f->made =
        f->made || (f->asked == HOME_TOKEN && m->status == ERR_OK &&
                    (x->ask_op == KEEPER_KEYPAIR_NEW || x->ask_op == KEEPER_KEYPAIR_IMPORT ||
                     x->ask_op == KEEPER_KEYPAIR_BYOK || x->ask_op == KEEPER_CERT_IMPORT));
    secbuf_clear(&x->ask);
    secbuf_clear(&x->answer);
    secbuf_put(&x->answer, m->payload);
    x->answer_err = x->answer.err != ERR_OK ? x->answer.err : m->status;
    x->step++;
    flight_step(e, f);
}

void
flight_begin(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    enum err err;

    f->state = FLIGHT_STEP;
    if (!engine_is_ready(e) && x->req->is_tls) {
        flight_refuse(e, f, ERR_UNAVAILABLE);
        return;
    }
    /* The handler sees what the door saw: a lock that was put in between would be seen by
     * neither, while what it stands upon is deleted. */
    err = store_begin(e->store, &x->view);
    if (err == ERR_OK)
        err = phases_run(&e->tools, x, &f->message);
    if (err == ERR_OK) {
        flight_run(e, f);
        return;
    }
    store_end(x->view);
    x->view = NULL;
    flight_fail(e, f, err);
}
