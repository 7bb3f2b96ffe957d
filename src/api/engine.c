/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c - requests come in here, and what is answered without a handler:
 * bad requests, and those that the answer deadline has overtaken.
 */
#include "api/engine.h"

#include "api/audit.h"
#include "api/engine_int.h"
#include "api/errmap.h"
#include "api/routes.h"
#include "auth/founding.h"
#include "base/clock.h"
#include "base/log.h"

enum { TICKS_PER_ASKING = 10, TOKENS_CACHED = 4096, VAULTS_CACHED = 1024 };

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
    e->tools.tokens = token_cache_new(TOKENS_CACHED);
    e->tools.vaults = vault_cache_new(VAULTS_CACHED);
    e->tools.access = access_cache_new();
    e->tools.quota = cfg->quota;
    buf_init(&e->submit, MAX_IPC_MESSAGE);
    if (e->flights == NULL || e->tools.tokens == NULL || e->tools.vaults == NULL ||
        e->tools.access == NULL || throttle_new(&cfg->strangers, &e->strangers) != ERR_OK) {
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
    peer_free(e->token);
    for (unsigned i = 0; e->flights != NULL && i < e->ntouched; i++) {
        e->flights[i].line = NULL; /* nobody's turn comes any more */
        if (e->flights[i].state != FLIGHT_FREE)
            flight_free(e, &e->flights[i]);
    }
    flight_rooms_release(e);
    token_cache_free(e->tools.tokens);
    vault_cache_free(e->tools.vaults);
    access_cache_free(e->tools.access);
    throttle_free(e->strangers);
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

const struct rows *
engine_rows(const struct engine *e)
{
    return e->rows;
}

/* `adfs`, `common` and `organizations` stand for the tenant of the founding. */
static void
learn_tenant(struct engine *e)
{
    struct store_view *view;
    struct guid tenant;

    if (e->rows == NULL || e->site.default_tenant.text[0] != '\0' ||
        store_begin(e->store, &view) != ERR_OK)
        return;
    if (tenant_default(e->rows, view, &tenant) == ERR_OK)
        site_know_tenant(&e->site, &tenant);
    store_end(view);
}

/* What strangers were answered without a record of its own. */
static void
tell_throttled(struct engine *e)
{
    uint64_t now = clock_mono_ms();
    struct throttle_report r;
    enum err err = ERR_OK;

    while (err == ERR_OK && throttle_due(e->strangers, now, &r)) {
        struct buf record;

        buf_init(&record, AUDIT_RECORD_MAX);
        audit_compose_throttled(&r, &record);
        err = engine_submit(e, OWN_RECORD_ID, (struct span){ 0 }, &record);
        if (err == ERR_OK)
            throttle_told(e->strangers, now);
        buf_release(&record);
    }
}

void
engine_tick(struct engine *e)
{
    learn_tenant(e);
    tell_throttled(e);
    if (e->ticks++ % TICKS_PER_ASKING == 0)
        engine_ask_around(e);
}

/* 503 in the shape of the request's plane; x has no answer of its own. */
static void
compose_busy(struct exchange *x, struct http_response *out)
{
    struct buf message;

    buf_init(&message, 1024);
    http_response_init(&x->resp);
    flight_compose(x, ERR_UNAVAILABLE, &message);
    http_response_release(out);
    *out = x->resp;
    x->resp = (struct http_response){ 0 };
    buf_release(&message);
}

/* No record: too much is going on already. */
static void
reply_busy(struct engine *e, struct http_conn *c, const struct http_request *r)
{
    struct exchange x = { .site = &e->site, .req = r, .request_id = guid_new() };
    struct http_response busy;

    http_response_init(&busy);
    compose_busy(&x, &busy);
    flight_headers(&x, &busy);
    http_reply(c, &busy);
    http_response_release(&busy);
}

void
engine_on_request(void *arg, struct http_conn *c, const struct http_request *r)
{
    struct engine *e = arg;
    struct flight *f = flight_new(e, c, r);

    if (f == NULL) {
        reply_busy(e, c, r);
        return;
    }
    http_conn_set_user(c, f);
    flight_begin(e, f);
}

static bool
caller_is_known(struct engine *e, const struct http_request *r)
{
    struct exchange x = { .site = &e->site, .rows = e->rows, .req = r };
    struct buf why;
    enum err err;

    if (e->rows == NULL || store_begin(e->store, &x.view) != ERR_OK)
        return false;
    buf_init(&why, 1024);
    err = phases_authenticate(&e->tools, &x, &why);
    buf_release(&why);
    store_end(x.view);
    return err == ERR_OK;
}

size_t
engine_body_limit(void *arg, const struct http_request *r)
{
    struct engine *e = arg;
    const struct route *route;
    struct span vault, bind[BINDS_MAX];
    enum plane plane = site_plane_of(&e->site, r, &vault);

    if (routes_find(plane, phases_method(r), r->path, &route, bind) != ERR_OK ||
        route->body_max == 0)
        return MAX_BODY;
    /* Megabytes are read for callers that we know; others hear their 401 or 413 first. */
    if (route->body_max > MAX_BODY && !caller_is_known(e, r))
        return MAX_BODY;
    return route->body_max;
}

static void
compose_bad(unsigned status, struct http_response *out, struct span *message)
{
    static const struct {
        unsigned status;
        const char *code, *text;
    } texts[] = {
        { 400, "BadRequest", "The request is not valid HTTP/1.1." },
        { 408, "RequestTimeout", "The request did not arrive in time." },
        { 413, "RequestEntityTooLarge", "The request body is too large." },
        { 414, "UriTooLong", "The request URI is too long." },
        { 417, "ExpectationFailed", "The expectation in the request cannot be met." },
        { 431, "RequestHeaderFieldsTooLarge", "The request headers are too large." },
        { 505, "HttpVersionNotSupported", "The service speaks HTTP/1.1." },
    };
    size_t i = 0;

    while (i < sizeof(texts) / sizeof(texts[0]) - 1 && texts[i].status != status)
        i++;
    *message = span_str(texts[i].text);
    errmap_body(out, texts[i].status, texts[i].code, *message, NULL);
}

/*
 * A request that never became one. Its record is sent but not waited for: there
 * is nothing in the answer that would have to be kept back.
 */
void
engine_on_bad(void *arg, const struct http_request *r, unsigned status,
              struct http_response *out)
{
    static const struct route bad = { .plane = PLANE__MAX,
                                      .open = true,
                                      .operation = "BadRequest" };
    struct engine *e = arg;
    struct exchange x = { .site = &e->site, .req = r, .route = &bad, .request_id = guid_new() };
    struct span message;
    struct buf record;
    enum err err;

    compose_bad(status, out, &message);
    flight_headers(&x, out);
    if (!throttle_take(e->strangers, r->client, clock_mono_ms())) {
        atomic_fetch_add_explicit(&e->figures->throttled, 1, memory_order_relaxed);
        return;
    }
    buf_init(&record, AUDIT_RECORD_MAX);
    audit_compose(&x, out->status, message, &record);
    err = engine_submit(e, OWN_RECORD_ID, (struct span){ 0 }, &record);
    if (err != ERR_OK && err_class_of(err) != ERR_CLASS_RETRY)
        log_error("request %s: no record could be kept: %s", x.request_id.text, err_text(err));
    buf_release(&record);
}

void
engine_on_timeout(void *arg, struct http_conn *c, struct http_response *out)
{
    struct flight *f = http_conn_user(c);
    struct engine *e = arg;
    struct exchange x = { .site = &e->site, .request_id = guid_new() };

    if (f == NULL) { /* its answer is on the way already */
        http_response_clear(out);
        out->status = 503;
        return;
    }
    x.req = f->x.req;
    x.request_id = f->x.request_id;
    compose_busy(&x, out);
    flight_headers(&f->x, out);
    f->orphan = true;
}
