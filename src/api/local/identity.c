/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c - managed identity: find the identity, compose, have it signed.
 *
 * There is no credential to check: being on this host, and let to this port, is
 * the proof. So the principal is looked up like any other, and its tokens die
 * with it.
 */
#include "api/local/identity.h"

#include "api/login/authority.h"
#include "api/login/form.h"
#include "auth/identity.h"
#include "auth/mint.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "codec/jsw.h"

enum shape { SHAPE_IMDS, SHAPE_APPSERVICE };

struct issue {
    enum shape shape;
    char resource[MAX_AUDIENCE + 1];
    struct guid appid;
    int64_t now;
    struct form form;
    struct buf text;
};

struct wish {
    struct span resource;
    struct identity_ask ask;
};

static const struct span none;

static void
issue_free(void *state)
{
    struct issue *i = state;

    if (i == NULL)
        return;
    form_release(&i->form);
    buf_release(&i->text);
    free(i);
}

static struct issue *
issue_new(struct exchange *x, enum shape shape)
{
    struct issue *i = calloc(1, sizeof(*i));

    if (i == NULL)
        return NULL;
    i->shape = shape;
    secbuf_init(&i->form.text, FORM_BODY_MAX);
    buf_init(&i->text, MAX_TOKEN);
    x->state = i;
    x->state_free = issue_free;
    return i;
}

static void
put_headers(struct exchange *x, unsigned status)
{
    x->resp.status = status;
    http_response_header(&x->resp, "Content-Type", "application/json; charset=utf-8");
    http_response_header(&x->resp, "Cache-Control", "no-store");
    http_response_header(&x->resp, "Pragma", "no-cache");
}

/* IMDS and App Service differ in how they complain (identity-and-cli.md 5.1). */
static enum next
refuse(struct exchange *x, enum shape shape, unsigned status, const char *error,
       const char *description)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));

    put_headers(x, status);
    jsw_object(&w, NULL);
    switch (shape) {
    case SHAPE_IMDS:
        jsw_str(&w, "error", error);
        jsw_str(&w, "error_description", description);
        break;
    case SHAPE_APPSERVICE:
        jsw_i64(&w, "statusCode", status);
        jsw_str(&w, "message", description);
        break;
    }
    jsw_end(&w);
    return NEXT_REPLY;
}

static enum next
trouble(struct exchange *x, enum shape shape, enum err e)
{
    log_warn("managed identity: request %s: %s", x->request_id.text, err_text(e));
    http_response_header(&x->resp, "Retry-After", "1");
    return refuse(x, shape, 503, "temporarily_unavailable",
                  "The token service cannot answer now. Please try again.");
}

/* ------------------------------------------------------------------ issuing */

static enum next
issue_sign(struct exchange *x, struct issue *i, const struct identity *id)
{
    struct claims c = { .origin = x->site->login_origin,
                        .version = 1,
                        .tid = id->tid,
                        .oid = id->oid,
                        .appid = id->appid,
                        .aud = span_str(i->resource),
                        .appidacr = "2",
                        .mirid = id->resource_id,
                        .now = i->now,
                        .not_before = i->now,
                        .expires = i->now + MINT_LIFETIME_MANAGED };
    enum err e;

    secbuf_clear(&x->ask);
    e = mint_begin(x->rows, x->view, &c, &i->text, &x->ask);
    if (e != ERR_OK)
        return trouble(x, i->shape, e);
    i->appid = id->appid;
    x->caller = (struct caller){ .known = true, .tid = c.tid, .oid = c.oid, .appid = c.appid };
    (void)snprintf(x->caller.appidacr, sizeof(x->caller.appidacr), "%s", c.appidacr);
    (void)snprintf(x->caller.idtyp, sizeof(x->caller.idtyp), "app");
    (void)snprintf(x->caller.mirid, sizeof(x->caller.mirid), "%s", id->resource_id);
    (void)claims_issuer(c.origin, &c.tid, c.version, x->caller.iss, sizeof(x->caller.iss));
    x->ask_op = KEEPER_SIGN;
    return NEXT_KEEPER;
}

/* The identity that was asked for, and alive. */
static enum err
find_identity(struct exchange *x, const struct identity_ask *ask, struct identity *out)
{
    struct principal p;
    enum err e;

    e = identity_find(x->rows, x->view, ask, out);
    if (e != ERR_OK)
        return e;
    e = principal_load(x->rows, x->view, &out->tid, &out->oid, &p);
    if (e != ERR_OK)
        return e;
    if (!p.enabled || p.kind != PRINCIPAL_MANAGED || !guid_is_equal(&p.appid, &out->appid))
        return ERR_NOT_FOUND;
    return ERR_OK;
}

static enum next
issue_begin(struct exchange *x, struct issue *i, const struct wish *wish)
{
    struct identity id;
    enum err e;

    if (x->rows == NULL)
        return trouble(x, i->shape, ERR_UNAVAILABLE);
    if (wish->resource.len == 0)
        return refuse(x, i->shape, 400, "invalid_request",
                      "Required query variable 'resource' is missing");
    if ((wish->ask.client_id.len > 0) + (wish->ask.object_id.len > 0) +
            (wish->ask.resource_id.len > 0) >
        1)
        return refuse(x, i->shape, 400, "invalid_request",
                      "Only one of client_id, object_id and mi_res_id may be given");
    if (!resource_is_known(x->site, wish->resource) ||
        !span_copy_str(wish->resource, i->resource, sizeof(i->resource)))
        return refuse(x, i->shape, 400, "invalid_resource",
                      "AADSTS500011: The resource principal was not found in the tenant.");
    e = find_identity(x, &wish->ask, &id);
    if (e == ERR_NOT_FOUND)
        return refuse(x, i->shape, 400, "invalid_request", "Identity not found");
    if (e != ERR_OK)
        return trouble(x, i->shape, e);
    i->now = clock_now();
    return issue_sign(x, i, &id);
}

static void
put_number(struct jsw *w, const char *name, int64_t v)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)v);
    jsw_str(w, name, text);
}

/* Numbers are strings here (identity-and-cli.md 5.1). */
static enum next
issue_answer(struct exchange *x, struct issue *i)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    struct secbuf token;
    enum err e = x->answer_err;

    secbuf_init(&token, 2 * MAX_TOKEN);
    if (e == ERR_OK)
        e = mint_end(buf_span(&i->text), secbuf_span(&x->answer), &token);
    if (e != ERR_OK) {
        secbuf_release(&token);
        return trouble(x, i->shape, e);
    }
    put_headers(x, 200);
    jsw_object(&w, NULL);
    jsw_span(&w, "access_token", secbuf_span(&token));
    jsw_str(&w, "client_id", i->appid.text);
    if (i->shape == SHAPE_IMDS)
        put_number(&w, "expires_in", MINT_LIFETIME_MANAGED);
    put_number(&w, "expires_on", i->now + MINT_LIFETIME_MANAGED);
    if (i->shape == SHAPE_IMDS) {
        put_number(&w, "ext_expires_in", MINT_LIFETIME_MANAGED);
        put_number(&w, "not_before", i->now);
    }
    jsw_str(&w, "resource", i->resource);
    jsw_str(&w, "token_type", "Bearer");
    jsw_end(&w);
    secbuf_release(&token);
    return x->resp.body.err == ERR_OK ? NEXT_REPLY : exchange_fail(x, x->resp.body.err, none);
}

/* ----------------------------------------------------------------- requests */

static bool
is_forwarded(const struct exchange *x)
{
    return http_request_has_header(x->req, "X-Forwarded-For");
}

static bool
ends_with(struct span s, const char *tail)
{
    struct span t = span_str(tail);

    return s.len >= t.len && span_is_equal_nocase(span_tail(s, s.len - t.len), t);
}

/*
 * A page in a browser of this machine can have its own name resolve to us (DNS rebinding); to
 * the browser it then speaks with its own server, headers and all. So no name is taken that a
 * stranger can own: addresses, names without a dot, localhost, and our own domain remain.
 */
static bool
is_foreign_name(const struct exchange *x)
{
    struct span h = x->req->host, domain = span_str(x->site->domain);
    bool is_address = h.len > 0 && h.ptr[0] == '[';

    if (span_find(h, '.') == h.len || is_address || ends_with(h, ".localhost"))
        return false;
    is_address = true;
    for (size_t i = 0; i < h.len; i++)
        is_address = is_address && (h.ptr[i] == '.' || (h.ptr[i] >= '0' && h.ptr[i] <= '9'));
    if (is_address || span_is_equal_nocase(h, domain))
        return false;
    return h.len <= domain.len || h.ptr[h.len - domain.len - 1] != '.' ||
           !ends_with(h, x->site->domain);
}

static const char foreign_name[] = "The request names a host that is not this one";

static bool
has_metadata_header(const struct exchange *x)
{
    return span_is_str_nocase(http_request_header(x->req, "Metadata"), "true");
}

/* CT: the header is a secret that processes of this host were given. */
static bool
has_identity_header(const struct exchange *x, const char *name)
{
    struct span want = span_str(x->site->identity_header);

    return want.len > 0 && ct_equal(http_request_header(x->req, name), want);
}

static struct span
param(const struct exchange *x, const char *name)
{
    struct span s;

    return http_request_param(x->req, name, &s) ? s : none;
}

static struct wish
wish_of_query(const struct exchange *x, const char *client_id)
{
    struct wish w = { .resource = param(x, "resource") };

    w.ask.client_id = param(x, client_id);
    w.ask.object_id = param(x, "object_id");
    w.ask.resource_id = param(x, "mi_res_id");
    if (w.ask.resource_id.len == 0)
        w.ask.resource_id = param(x, "msi_res_id");
    return w;
}

/* A step after the first: the signature has come. */
static bool
goes_on(struct exchange *x, enum next *next)
{
    if (x->step == 0)
        return false;
    *next = issue_answer(x, x->state);
    return true;
}

static enum next
begin(struct exchange *x, enum shape shape, const struct wish *wish)
{
    struct issue *i = issue_new(x, shape);

    if (i == NULL)
        return trouble(x, shape, ERR_NOMEM);
    return issue_begin(x, i, wish);
}

enum next
api_identity_imds(struct exchange *x)
{
    struct wish wish;
    enum next next;

    if (goes_on(x, &next))
        return next;
    if (is_forwarded(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request", "Forwarded requests are refused");
    if (is_foreign_name(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request", foreign_name);
    if (!has_metadata_header(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request",
                      "Required metadata header not specified");
    wish = wish_of_query(x, "client_id");
    return begin(x, SHAPE_IMDS, &wish);
}

enum next
api_identity_appservice(struct exchange *x)
{
    bool old = span_is_str(param(x, "api-version"), "2017-09-01");
    struct wish wish;
    enum next next;

    if (goes_on(x, &next))
        return next;
    if (is_forwarded(x))
        return refuse(x, SHAPE_APPSERVICE, 400, "", "Forwarded requests are refused");
    if (is_foreign_name(x))
        return refuse(x, SHAPE_APPSERVICE, 400, "", foreign_name);
    if (!has_identity_header(x, old ? "secret" : "X-IDENTITY-HEADER"))
        return refuse(x, SHAPE_APPSERVICE, 401, "", "The identity header is missing or wrong");
    wish = wish_of_query(x, old ? "clientid" : "client_id");
    return begin(x, SHAPE_APPSERVICE, &wish);
}

enum next
api_identity_legacy(struct exchange *x)
{
    struct issue *i;
    struct wish wish;
    enum next next;
    enum err e;

    if (goes_on(x, &next))
        return next;
    if (is_forwarded(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request", "Forwarded requests are refused");
    if (is_foreign_name(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request", foreign_name);
    if (!has_metadata_header(x))
        return refuse(x, SHAPE_IMDS, 400, "invalid_request",
                      "Required metadata header not specified");
    i = issue_new(x, SHAPE_IMDS);
    if (i == NULL)
        return trouble(x, SHAPE_IMDS, ERR_NOMEM);
    e = form_parse(x->req->body, &i->form);
    if (e == ERR_NOMEM)
        return trouble(x, SHAPE_IMDS, e);
    if (e != ERR_OK)
        return refuse(x, SHAPE_IMDS, 400, "invalid_request", "The form is malformed");
    wish.resource = form_get(&i->form, FORM_RESOURCE);
    wish.ask.client_id = form_get(&i->form, FORM_CLIENT_ID);
    wish.ask.object_id = form_get(&i->form, FORM_OBJECT_ID);
    wish.ask.resource_id = form_get(&i->form, FORM_MI_RES_ID);
    if (wish.ask.resource_id.len == 0)
        wish.ask.resource_id = form_get(&i->form, FORM_MSI_RES_ID);
    return issue_begin(x, i, &wish);
}
