/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c - exchanges in flight, each in one of these states:
 *
 *        begin -> STEP <-> KEEPER          a question is with the keeper
 *                  |  ^
 *                  v  | conflict
 *               COMMIT ----------> DONE    write + record with the scribe
 *                  |
 *                  v (any failure)
 *               RECORD ----------> DONE    the record alone with the scribe
 *
 * A flight whose connection gave up (answer deadline) is `orphan`: its request
 * is gone, so it may only be finished, never looked at again.
 */
#include "api/engine.h"

#include "api/audit.h"
#include "api/errmap.h"
#include "api/phases.h"
#include "api/routes.h"
#include "auth/founding.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/pack.h"
#include "scribe/ask.h"

enum {
    ATTEMPTS_MAX = 10,
    SUBMIT_KEEP = 256 * 1024,
    ASK_MAX = MAX_IPC_MESSAGE,
    ANSWER_MAX = 8 * 1024 * 1024
};

enum flight_state { FLIGHT_FREE, FLIGHT_STEP, FLIGHT_KEEPER, FLIGHT_COMMIT, FLIGHT_RECORD };

struct flight {
    struct exchange x;
    struct http_conn *conn;
    struct flight *next_free;
    enum flight_state state;
    bool orphan;
    unsigned attempts;
    uint32_t generation; /* of this slot: an answer to an older question is dropped */
    struct buf record;
    struct buf message;
};

struct engine {
    struct site site; /* a copy: the default tenant is learnt from the store */
    struct store *store;
    struct rows *rows;
    struct figures *figures;
    struct peer *keeper;
    struct peer *scribe;
    struct phase_tools tools;
    struct flight *flights; /* nflights slots; those from ntouched on were never used */
    struct flight *free;
    unsigned nflights;
    unsigned ntouched;
    struct buf submit; /* scratch for packing; rows are sealed, so nothing in it is secret */
    struct scribe_stats stats;
    bool have_stats;
    unsigned ticks;
};

/* Ids of our own questions; a flight's slot is always below. */
enum { HELLO_ID = 0x7fffffff, STATS_ID = 0x7ffffffe, TICKS_PER_STATS = 10 };

static void flight_begin(struct engine *e, struct flight *f);
static void flight_step(struct engine *e, struct flight *f);
static void flight_fail(struct engine *e, struct flight *f, enum err why);

enum next
exchange_fail(struct exchange *x, enum err e, struct span text)
{
    x->fail = e;
    if (!span_copy_str(text, x->fail_text, sizeof(x->fail_text)))
        (void)span_copy_str(span_head(text, sizeof(x->fail_text) - 1), x->fail_text,
                            sizeof(x->fail_text));
    return NEXT_FAIL;
}

enum err
engine_new(const struct engine_config *cfg, struct engine **out)
{
    struct engine *e = calloc(1, sizeof(*e));

    *out = NULL;
    if (e == NULL)
        return ERR_NOMEM;
    e->site = *cfg->site;
    e->store = cfg->store;
    e->figures = cfg->figures;
    e->nflights = cfg->max_flights;
    e->flights = calloc(cfg->max_flights, sizeof(*e->flights));
    e->tools.tokens = token_cache_new(4096);
    e->tools.vaults = vault_cache_new(1024);
    buf_init(&e->submit, MAX_IPC_MESSAGE);
    if (e->flights == NULL || e->tools.tokens == NULL || e->tools.vaults == NULL) {
        engine_free(e);
        return ERR_NOMEM;
    }
    *out = e;
    return ERR_OK;
}

void
engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    peer_free(e->keeper);
    peer_free(e->scribe);
    token_cache_free(e->tools.tokens);
    vault_cache_free(e->tools.vaults);
    rows_free(e->rows);
    buf_release(&e->submit);
    free(e->flights);
    free(e);
}

bool
engine_is_ready(const struct engine *e)
{
    return e->rows != NULL && e->keeper != NULL && e->scribe != NULL;
}

struct peer *
engine_peer(const struct engine *e, enum ipc_role role)
{
    return role == ROLE_KEEPER ? e->keeper : e->scribe;
}

/* ------------------------------------------------------------------ flights */

static struct flight *
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
    f->state = FLIGHT_STEP;
    f->orphan = false;
    f->attempts = 0;
    buf_init(&f->record, AUDIT_RECORD_MAX);
    buf_init(&f->message, 4096);
    x = &f->x;
    *x = (struct exchange){ .site = &e->site, .rows = e->rows, .req = r };
    x->request_id = guid_new();
    secbuf_init(&x->ask, ASK_MAX);
    secbuf_init(&x->answer, ANSWER_MAX);
    store_write_init(&x->write);
    http_response_init(&x->resp);
    atomic_fetch_add_explicit(&e->figures->in_flight, 1, memory_order_relaxed);
    return f;
}

/* Forgets what a handler left, before it starts again or for good. */
static void
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
    memset(&x->note, 0, sizeof(x->note));
    x->fail_text[0] = '\0';
    x->step = 0;
}

static void
flight_free(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;

    flight_reset(f);
    secbuf_release(&x->ask);
    secbuf_release(&x->answer);
    store_write_release(&x->write);
    http_response_release(&x->resp);
    vault_unref(x->vault);
    x->vault = NULL;
    buf_release(&f->record);
    buf_release(&f->message);
    f->state = FLIGHT_FREE;
    f->conn = NULL;
    f->next_free = e->free;
    e->free = f;
    atomic_fetch_sub_explicit(&e->figures->in_flight, 1, memory_order_relaxed);
}

static uint64_t
flight_id(const struct engine *e, const struct flight *f)
{
    return (uint64_t)f->generation << 32 | (uint64_t)(f - e->flights);
}

static struct flight *
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

static unsigned
route_number(const struct route *r)
{
    for (size_t i = 0; r != NULL && i < routes_count(); i++)
        if (routes_at(i) == r)
            return (unsigned)i;
    return FIGURES_OPS - 1;
}

/* Headers that every answer of a vault host carries (data-plane.md A7). */
static void
put_common_headers(struct exchange *x)
{
    struct http_response *r = &x->resp;
    struct span id = http_request_header(x->req, "x-ms-client-request-id");
    char text[128], info[128];

    if (!x->req->is_tls)
        return;
    http_response_header(r, "x-ms-request-id", x->request_id.text);
    if (id.len > 0 && span_copy_str(id, text, sizeof(text)))
        http_response_header(r, "x-ms-client-request-id", text);
    http_response_header(r, "Strict-Transport-Security", "max-age=31536000;includeSubDomains");
    http_response_header(r, "X-Content-Type-Options", "nosniff");
    if (x->vault_label.len == 0)
        return;
    (void)snprintf(info, sizeof(info), "conn_type=%s;addr=%.*s;act_addr_fam=%s;",
                   x->req->client_is_ipv6 ? "Ipv6" : "Ipv4", (int)x->req->client.len,
                   x->req->client.ptr,
                   x->req->client_is_ipv6 ? "InterNetworkV6" : "InterNetwork");
    http_response_header(r, "Cache-Control", "no-cache");
    http_response_header(r, "Pragma", "no-cache");
    http_response_header(r, "Expires", "-1");
    http_response_header(r, "x-ms-keyvault-region", x->site->location);
    http_response_header(r, "x-ms-keyvault-service-version", "1.9.3019.1");
    http_response_header(r, "x-ms-keyvault-network-info", info);
    if (x->access.allowed && x->access.by_rbac)
        http_response_header(r, "x-ms-keyvault-rbac-assignment-id", x->access.assignment.text);
}

static void
flight_reply(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;

    if (!f->orphan) {
        put_common_headers(x);
        figures_count(e->figures, route_number(x->route), x->resp.status,
                      clock_mono_us() - x->req->begin_us);
        if (x->resp.status == 401)
            atomic_fetch_add_explicit(&e->figures->unauthenticated, 1, memory_order_relaxed);
        if (x->resp.status == 403)
            atomic_fetch_add_explicit(&e->figures->denied, 1, memory_order_relaxed);
        http_conn_set_user(f->conn, NULL);
        http_reply(f->conn, &x->resp);
    }
    flight_free(e, f);
}

/* The last resort: no record could be kept, so nothing but "not now" may be said. */
static void
flight_refuse(struct engine *e, struct flight *f, enum err why)
{
    if (!f->orphan) {
        flight_reset(f);
        buf_clear(&f->message);
        errmap_answer(&f->x, why, &f->message);
    }
    flight_reply(e, f);
}

/* ------------------------------------------------------------------- scribe */

static enum err
submit(struct engine *e, struct flight *f, bool with_write)
{
    struct span write = { 0 };
    enum err err;

    if (e->scribe == NULL)
        return ERR_UNAVAILABLE;
    if (f->record.err != ERR_OK)
        return f->record.err;
    if (with_write)
        write = buf_span(&f->x.write.bytes);
    if (e->submit.cap > SUBMIT_KEEP) { /* a large restore's room does not stay with us */
        buf_release(&e->submit);
        buf_init(&e->submit, MAX_IPC_MESSAGE);
    }
    buf_clear(&e->submit);
    scribe_pack_submit(sink_buf(&e->submit), write, buf_span(&f->record));
    if (e->submit.err != ERR_OK)
        return e->submit.err;
    err = peer_post(e->scribe, SCRIBE_SUBMIT, flight_id(e, f), ERR_OK, buf_span(&e->submit));
    atomic_fetch_add_explicit(err == ERR_OK ? &e->figures->scribe_submits
                                            : &e->figures->scribe_failures,
                              1, memory_order_relaxed);
    return err;
}

/* resp is composed: record it, then answer. */
static void
flight_record(struct engine *e, struct flight *f)
{
    enum err err;

    if (f->orphan || f->x.note.skip) {
        flight_reply(e, f);
        return;
    }
    buf_clear(&f->record);
    audit_compose(&f->x, f->x.resp.status, buf_span(&f->message), &f->record);
    f->state = FLIGHT_RECORD;
    err = submit(e, f, false);
    if (err != ERR_OK)
        flight_refuse(e, f, err);
}

static void
flight_commit(struct engine *e, struct flight *f)
{
    enum err err = store_write_err(&f->x.write);

    if (err == ERR_OK) {
        buf_clear(&f->record);
        audit_compose(&f->x, f->x.resp.status, (struct span){ 0 }, &f->record);
        f->state = FLIGHT_COMMIT;
        err = submit(e, f, true);
    }
    if (err != ERR_OK)
        flight_fail(e, f, err);
}

static void
flight_fail(struct engine *e, struct flight *f, enum err why)
{
    if (f->orphan) {
        flight_free(e, f);
        return;
    }
    if (why == ERR_OK)
        why = ERR_INTERNAL;
    http_response_clear(&f->x.resp);
    buf_clear(&f->x.write.bytes);
    errmap_answer(&f->x, why, &f->message);
    flight_record(e, f);
}

static void
on_submitted(struct engine *e, struct flight *f, enum err status)
{
    bool committing = f->state == FLIGHT_COMMIT;

    if (status == ERR_OK) {
        flight_reply(e, f);
        return;
    }
    if (committing && status == ERR_CONFLICT && !f->orphan && ++f->attempts < ATTEMPTS_MAX) {
        atomic_fetch_add_explicit(&e->figures->conflicts, 1, memory_order_relaxed);
        /* From the doors again: the vault or the caller's rights may be what changed. */
        flight_reset(f);
        vault_unref(f->x.vault);
        f->x.vault = NULL;
        memset(&f->x.caller, 0, sizeof(f->x.caller));
        memset(&f->x.access, 0, sizeof(f->x.access));
        flight_begin(e, f);
        return;
    }
    atomic_fetch_add_explicit(&e->figures->scribe_failures, 1, memory_order_relaxed);
    if (committing && status == ERR_CONFLICT)
        flight_fail(e, f, ERR_BUSY);
    else
        flight_refuse(e, f, status);
}

/* ------------------------------------------------------------------- keeper */

static void
flight_ask(struct engine *e, struct flight *f)
{
    enum err err = f->x.ask.err;

    if (err == ERR_OK && e->keeper == NULL)
        err = ERR_UNAVAILABLE;
    if (err == ERR_OK) {
        f->state = FLIGHT_KEEPER;
        err = peer_post(e->keeper, (uint16_t)f->x.ask_op, flight_id(e, f), ERR_OK,
                        secbuf_span(&f->x.ask));
    }
    atomic_fetch_add_explicit(&e->figures->keeper_asks, 1, memory_order_relaxed);
    if (err != ERR_OK) {
        atomic_fetch_add_explicit(&e->figures->keeper_failures, 1, memory_order_relaxed);
        flight_fail(e, f, err);
    }
}

static void
on_answered(struct engine *e, struct flight *f, const struct ipc_msg *m)
{
    struct exchange *x = &f->x;

    if (f->orphan) {
        flight_free(e, f);
        return;
    }
    secbuf_clear(&x->ask);
    secbuf_clear(&x->answer);
    secbuf_put(&x->answer, m->payload);
    x->answer_err = x->answer.err != ERR_OK ? x->answer.err : m->status;
    x->step++;
    flight_step(e, f);
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

    if (e->rows != NULL || store_begin(e->store, &view) != ERR_OK)
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

/* -------------------------------------------------------------------- peers */

static void
fail_waiting(struct engine *e, enum ipc_role role)
{
    for (unsigned i = 0; i < e->ntouched; i++) {
        struct flight *f = &e->flights[i];

        if (role == ROLE_KEEPER && f->state == FLIGHT_KEEPER)
            flight_fail(e, f, ERR_UNAVAILABLE);
        else if (role == ROLE_SCRIBE &&
                 (f->state == FLIGHT_COMMIT || f->state == FLIGHT_RECORD))
            flight_refuse(e, f, ERR_UNAVAILABLE);
    }
}

void
engine_set_peer(struct engine *e, enum ipc_role role, struct peer *p)
{
    struct peer **slot = role == ROLE_KEEPER ? &e->keeper : &e->scribe;
    bool had = *slot != NULL;

    peer_free(*slot);
    *slot = p;
    if (had)
        fail_waiting(e, role);
    if (role == ROLE_KEEPER && p != NULL)
        say_hello(e);
}

static void
on_message(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct engine *e = arg;
    struct flight *f;

    if (p == e->keeper) {
        if (m->id == HELLO_ID) {
            on_hello(e, m);
            return;
        }
        f = flight_of(e, m->id, FLIGHT_KEEPER, FLIGHT_KEEPER);
        if (f != NULL)
            on_answered(e, f, m);
        return;
    }
    if (m->id == STATS_ID) {
        e->have_stats =
            m->status == ERR_OK && scribe_unpack_stats(m->payload, &e->stats) == ERR_OK;
        return;
    }
    f = flight_of(e, m->id, FLIGHT_COMMIT, FLIGHT_RECORD);
    if (f != NULL)
        on_submitted(e, f, m->status);
}

void
engine_on_readable(struct engine *e, enum ipc_role role)
{
    struct peer *p = engine_peer(e, role);

    if (p != NULL && peer_drain(p, on_message, e) != ERR_OK) {
        log_warn("lost the link to the %s", ipc_role_name(role));
        engine_set_peer(e, role, NULL);
    }
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

const struct rows *
engine_rows(const struct engine *e)
{
    return e->rows;
}

bool
engine_scribe_stats(const struct engine *e, struct scribe_stats *out)
{
    *out = e->stats;
    return e->have_stats;
}

/* `adfs`, `common` and `organizations` stand for the tenant of the founding. */
static void
learn_tenant(struct engine *e)
{
    struct store_view *view;

    if (e->rows == NULL || e->site.default_tenant.text[0] != '\0' ||
        store_begin(e->store, &view) != ERR_OK)
        return;
    if (tenant_default(e->rows, view, &e->site.default_tenant) != ERR_OK)
        e->site.default_tenant.text[0] = '\0';
    store_end(view);
}

void
engine_tick(struct engine *e)
{
    learn_tenant(e);
    if (e->keeper != NULL && e->rows == NULL)
        say_hello(e);
    if (e->scribe != NULL && e->ticks++ % TICKS_PER_STATS == 0 &&
        peer_post(e->scribe, SCRIBE_STATS, STATS_ID, ERR_OK, (struct span){ 0 }) != ERR_OK)
        e->have_stats = false;
}

/* ----------------------------------------------------------------- requests */

static void
flight_step(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    enum next next;
    enum err err;

    f->state = FLIGHT_STEP;
    err = store_begin(e->store, &x->view);
    if (err != ERR_OK) {
        flight_fail(e, f, err);
        return;
    }
    next = x->route->run(x);
    store_end(x->view);
    x->view = NULL;
    switch (next) {
    case NEXT_REPLY:
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
    }
}

static void
flight_begin(struct engine *e, struct flight *f)
{
    struct exchange *x = &f->x;
    enum err err;

    if (!engine_is_ready(e) && x->req->is_tls) {
        flight_refuse(e, f, ERR_UNAVAILABLE);
        return;
    }
    err = store_begin(e->store, &x->view);
    if (err == ERR_OK) {
        err = phases_run(&e->tools, x, &f->message);
        store_end(x->view);
        x->view = NULL;
    }
    if (err != ERR_OK)
        flight_fail(e, f, err);
    else
        flight_step(e, f);
}

void
engine_on_request(void *arg, struct http_conn *c, const struct http_request *r)
{
    struct engine *e = arg;
    struct flight *f = flight_new(e, c, r);
    struct http_response busy;

    if (f != NULL) {
        http_conn_set_user(c, f);
        flight_begin(e, f);
        return;
    }
    http_response_init(&busy);
    engine_on_bad(e, r, 503, &busy);
    http_reply(c, &busy);
    http_response_release(&busy);
}

size_t
engine_body_limit(void *arg, const struct http_request *r)
{
    struct engine *e = arg;
    const struct route *route;
    struct span vault, bind[BINDS_MAX];
    enum plane plane = r->is_tls ? site_plane(&e->site, r->host, &vault) : PLANE_LOCAL;

    if (routes_find(plane, phases_method(r), r->path, &route, bind) != ERR_OK ||
        route->body_max == 0)
        return MAX_BODY;
    return route->body_max;
}

void
engine_on_bad(void *arg, const struct http_request *r, unsigned status,
              struct http_response *out)
{
    static const struct {
        unsigned status;
        const char *code, *text;
    } texts[] = {
        { 400, "BadRequest", "The request is not valid HTTP/1.1." },
        { 408, "RequestTimeout", "The request did not arrive in time." },
        { 413, "RequestEntityTooLarge", "The request body is too large." },
        { 414, "UriTooLong", "The request URI is too long." },
        { 431, "RequestHeaderFieldsTooLarge", "The request headers are too large." },
        { 503, "ServiceUnavailable", "The service is temporarily unavailable." },
    };
    size_t i = 0;

    (void)arg;
    (void)r;
    while (i < sizeof(texts) / sizeof(texts[0]) - 1 && texts[i].status != status)
        i++;
    errmap_body(out, texts[i].status, texts[i].code, span_str(texts[i].text), NULL);
    if (texts[i].status == 503)
        http_response_header(out, "Retry-After", "1");
}

void
engine_on_timeout(void *arg, struct http_conn *c, struct http_response *out)
{
    struct flight *f = http_conn_user(c);

    engine_on_bad(arg, NULL, 503, out);
    if (f == NULL)
        return;
    f->orphan = true;
    f->conn = NULL;
    f->x.req = NULL;
    http_conn_set_user(c, NULL);
}
