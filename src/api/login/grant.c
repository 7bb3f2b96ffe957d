/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.c - the token endpoint: client_credentials (identity-and-cli.md 4.3, 4.4).
 *
 *   step 0 BEGIN: tenant, form, grant, scope, client
 *      |  secret ----> PASSWORD: keeper checks one record; wrong: the next one, or refused
 *      |  assertion -> verified here                |
 *      +--------------------+-----------------------+
 *                           v
 *                 compose -> SIGN: keeper signs -> answered
 *
 * Everything that needs no secret is judged before the password check, which
 * costs the keeper some 80 ms. An unknown client pays for one all the same, so
 * that time does not tell which clients exist.
 */
#include "api/login/assertion.h"
#include "api/login/login.h"
#include "api/login/request.h"
#include "auth/mint.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "codec/jsw.h"
#include "crypto/scrypt.h"

/* Of the right shape and cost, and of no password. */
static const char dummy_record[] = "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

enum grant_phase { GRANT_PASSWORD, GRANT_SIGN };

struct grant {
    enum grant_phase phase;
    struct token_request asked;
    struct tenant tenant;
    char disabled[MAX_DISPLAY_NAME + 1]; /* name of a disabled application, told late */
    bool is_disabled;
    const char *appidacr;
    struct app_secret candidates[MAX_APP_SECRETS];
    unsigned ncandidates, candidate;
    int64_t expires;
    struct buf text; /* what is being signed */
};

static void
grant_free(void *state)
{
    struct grant *g = state;

    if (g == NULL)
        return;
    token_request_release(&g->asked);
    buf_release(&g->text);
    free(g);
}

static struct grant *
grant_new(void)
{
    struct grant *g = calloc(1, sizeof(*g));

    if (g == NULL)
        return NULL;
    token_request_init(&g->asked);
    buf_init(&g->text, MAX_TOKEN);
    return g;
}

static const struct span none;

/* ------------------------------------------------------------------ signing */

/* The principal is looked up in this step's snapshot, after the credential was checked. */
static enum next
grant_mint(struct exchange *x, struct grant *g)
{
    struct claims c = { .origin = x->site->login_origin,
                        .version = 1,
                        .tid = g->tenant.tid,
                        .appid = g->asked.appid,
                        .aud = span_str(g->asked.resource),
                        .appidacr = g->appidacr,
                        .cp1 = g->asked.cp1,
                        .now = clock_now() };
    struct principal p;
    enum err e;

    if (g->is_disabled)
        return sts_fail(x, STS_DISABLED, span_str(g->asked.appid.text), span_str(g->disabled));
    e = principal_find(x->rows, x->view, &g->tenant.tid, &g->asked.appid, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && p.kind != PRINCIPAL_APPLICATION))
        return sts_fail(x, STS_CLIENT, span_str(g->asked.client_id),
                        span_str(g->tenant.tid.text));
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (!p.enabled)
        return sts_fail(x, STS_DISABLED, span_str(g->asked.appid.text), span_str(p.name));
    c.oid = p.oid;
    c.not_before = g->asked.not_before > c.now ? g->asked.not_before : c.now;
    c.expires = c.now + MINT_LIFETIME;
    g->expires = c.expires;
    secbuf_clear(&x->ask);
    e = mint_begin(x->rows, x->view, &c, &g->text, &x->ask);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    x->caller = (struct caller){ .known = true, .tid = c.tid, .oid = c.oid, .appid = c.appid };
    (void)snprintf(x->caller.appidacr, sizeof(x->caller.appidacr), "%s", g->appidacr);
    (void)snprintf(x->caller.idtyp, sizeof(x->caller.idtyp), "app");
    (void)claims_issuer(c.origin, &c.tid, c.version, x->caller.iss, sizeof(x->caller.iss));
    g->phase = GRANT_SIGN;
    x->ask_op = KEEPER_SIGN;
    return NEXT_KEEPER;
}

static void
put_text_number(struct jsw *w, const char *name, int64_t v)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)v);
    jsw_str(w, name, text);
}

static enum next
grant_answer(struct exchange *x, struct grant *g)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    struct secbuf token;
    enum err e;

    secbuf_init(&token, 2 * MAX_TOKEN);
    e = mint_end(buf_span(&g->text), secbuf_span(&x->answer), &token);
    if (e != ERR_OK) {
        secbuf_release(&token);
        return sts_trouble(x, e);
    }
    sts_headers(x, 200);
    jsw_object(&w, NULL);
    jsw_str(&w, "token_type", "Bearer");
    if (g->asked.v1) {
        put_text_number(&w, "expires_in", MINT_LIFETIME);
        put_text_number(&w, "ext_expires_in", MINT_LIFETIME);
        put_text_number(&w, "expires_on", g->expires);
        put_text_number(&w, "not_before", g->expires - MINT_LIFETIME);
        jsw_str(&w, "resource", g->asked.resource);
    } else {
        jsw_i64(&w, "expires_in", MINT_LIFETIME);
        jsw_i64(&w, "ext_expires_in", MINT_LIFETIME);
    }
    jsw_span(&w, "access_token", secbuf_span(&token));
    jsw_end(&w);
    secbuf_release(&token);
    return x->resp.body.err == ERR_OK ? NEXT_REPLY : exchange_fail(x, x->resp.body.err, none);
}

/* -------------------------------------------------------------- credentials */

static enum next
ask_password(struct exchange *x, struct grant *g)
{
    const char *record =
        g->candidate < g->ncandidates ? g->candidates[g->candidate].record : dummy_record;

    secbuf_clear(&x->ask);
    keeper_pack_password_check(sink_sec(&x->ask), span_str(record), g->asked.secret);
    if (x->ask.err != ERR_OK)
        return sts_trouble(x, x->ask.err);
    g->phase = GRANT_PASSWORD;
    x->ask_op = KEEPER_PASSWORD_CHECK;
    return NEXT_KEEPER;
}

static enum next
grant_password(struct exchange *x, struct grant *g)
{
    struct span id = span_str(g->asked.client_id), tid = span_str(g->tenant.tid.text);
    int64_t expires;

    if (x->answer_err != ERR_OK && x->answer_err != ERR_BAD_SECRET)
        return sts_trouble(x, x->answer_err);
    if (g->asked.appid.text[0] == '\0')
        return sts_fail(x, STS_CLIENT, id, tid);
    if (g->ncandidates == 0)
        return sts_fail(x, STS_SECRET, id, none);
    if (x->answer_err == ERR_BAD_SECRET) {
        if (++g->candidate < g->ncandidates)
            return ask_password(x, g);
        return sts_fail(x, STS_SECRET, id, none);
    }
    expires = g->candidates[g->candidate].expires;
    if (expires != 0 && clock_now() >= expires)
        return sts_fail(x, STS_SECRET_EXPIRED, id, none);
    g->appidacr = "1";
    return grant_mint(x, g);
}

/*
 * app is NULL for an unknown client: the dummy record is checked then. A secret longer than
 * any is cut, and no candidate: the keeper must not take us for a peer that breaks its bounds.
 */
static enum next
begin_secret(struct exchange *x, struct grant *g, const struct application *app)
{
    if (g->asked.secret.len > PASSWORD_MAX) {
        g->asked.secret = span_head(g->asked.secret, PASSWORD_MAX);
        return ask_password(x, g);
    }
    for (unsigned i = 0; app != NULL && i < app->nsecrets; i++)
        if (application_secret_fits(&app->secrets[i], g->asked.secret))
            g->candidates[g->ncandidates++] = app->secrets[i];
    return ask_password(x, g);
}

static enum next
begin_assertion(struct exchange *x, struct grant *g, const struct authority *a,
                const struct application *app)
{
    struct buf detail;
    enum next next;
    enum sts why;
    enum err e;

    if (app == NULL)
        return sts_fail(x, STS_CLIENT, span_str(g->asked.client_id),
                        span_str(g->tenant.tid.text));
    buf_init(&detail, 512);
    e = assertion_check(x->site, a, app, form_get(&g->asked.form, FORM_CLIENT_ASSERTION),
                        clock_now(), &why, &detail);
    if (e != ERR_OK) {
        next = sts_trouble(x, e);
    } else if (why != STS_OK) {
        next = sts_fail(x, why, buf_span(&detail), none);
    } else {
        g->appidacr = "2";
        next = grant_mint(x, g);
    }
    buf_release(&detail);
    return next;
}

static enum next
grant_begin(struct exchange *x, struct grant *g, bool v1)
{
    struct token_request *r = &g->asked;
    struct application *app = NULL;
    struct span detail = none;
    struct authority a;
    enum next next;
    enum sts why;
    enum err e;

    e = authority_find(x, x->bind[0], &a, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, x->bind[0], none);
    g->tenant = a.tenant;
    r->adfs = a.adfs;
    r->v1 = v1 && !a.adfs; /* adfs clients speak v2 on the v1 path */
    e = token_request_read(x, r, &why, &detail);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    sts_note_client(x, span_str(r->client_id));
    if (why != STS_OK)
        return sts_fail(x, why, detail, span_str(g->tenant.tid.text));
    e = r->appid.text[0] == '\0' ? ERR_NOT_FOUND
                                 : application_load(x->rows, x->view, &r->appid, &app);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return sts_trouble(x, e);
    if (app == NULL)
        r->appid.text[0] = '\0';
    if (app != NULL && !app->enabled) {
        g->is_disabled = true;
        (void)snprintf(g->disabled, sizeof(g->disabled), "%s", app->name);
    }
    next = r->secret.len > 0 ? begin_secret(x, g, app) : begin_assertion(x, g, &a, app);
    application_free(app);
    return next;
}

static enum next
grant_step(struct exchange *x, bool v1)
{
    struct grant *g = x->state;

    if (x->step == 0) {
        g = grant_new();
        if (g == NULL)
            return sts_trouble(x, ERR_NOMEM);
        x->state = g;
        x->state_free = grant_free;
        return grant_begin(x, g, v1);
    }
    switch (g->phase) {
    case GRANT_PASSWORD:
        return grant_password(x, g);
    case GRANT_SIGN:
        return x->answer_err == ERR_OK ? grant_answer(x, g) : sts_trouble(x, x->answer_err);
    }
    return sts_trouble(x, ERR_INTERNAL);
}

enum next
api_login_token_v2(struct exchange *x)
{
    return grant_step(x, false);
}

enum next
api_login_token_v1(struct exchange *x)
{
    return grant_step(x, true);
}
