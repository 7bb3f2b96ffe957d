/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.c - the token endpoint (identity-and-cli.md 4.3, 4.4): who the client
 * is, then what it has to exchange (grant_app.c, grant_redeem.c), then a token.
 *
 *   step 0 BEGIN: tenant, form, grant, scope, client
 *      |  secret ----> SECRET: keeper checks one record; wrong: the next one, or refused
 *      |  assertion -> verified here                |
 *      |  none, and a public client                 |
 *      +--------------------+-----------------------+
 *                           v
 *          password -> SIGNIN | code, refresh token, ... -> its row
 *                           v
 *          compose -> TOKEN: keeper signs -> (ID: keeper signs) -> answered, or committed
 *
 * Everything that needs no secret is judged before the password check, which
 * costs the keeper some 80 ms. An unknown client pays for one all the same, so
 * that time does not tell which clients exist.
 */
#include "api/login/assertion.h"
#include "api/login/federation.h"
#include "api/login/grant_int.h"
#include "api/login/login.h"
#include "base/clock.h"

static const struct span none;

static void
grant_free(void *state)
{
    struct grant *g = state;

    if (g == NULL)
        return;
    token_request_release(&g->asked);
    client_release(&g->client);
    secbuf_release(&g->refresh);
    secbuf_release(&g->token);
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
    secbuf_init(&g->refresh, 128);
    secbuf_init(&g->token, 2 * MAX_TOKEN);
    buf_init(&g->text, MAX_TOKEN);
    return g;
}

enum next
grant_fail_committed(struct exchange *x, enum sts why, struct span a, struct span b)
{
    enum next next = sts_fail(x, why, a, b);

    return store_write_is_empty(&x->write) ? next : NEXT_COMMIT;
}

/* ---------------------------------------------------------- the client's credential */

static enum next
ask_secret(struct exchange *x, struct grant *g)
{
    const char *record = g->candidate < g->ncandidates ? g->candidates[g->candidate].record
                                                       : signin_dummy_record;

    secbuf_clear(&x->ask);
    keeper_pack_password_check(sink_sec(&x->ask), span_str(record), g->asked.secret);
    if (x->ask.err != ERR_OK)
        return sts_trouble(x, x->ask.err);
    g->phase = GRANT_AT_SECRET;
    x->ask_op = KEEPER_PASSWORD_CHECK;
    return NEXT_KEEPER;
}

static enum next
secret_checked(struct exchange *x, struct grant *g)
{
    struct span id = span_str(g->asked.client_id);
    int64_t expires;

    if (x->answer_err != ERR_OK && x->answer_err != ERR_BAD_SECRET)
        return sts_trouble(x, x->answer_err);
    if (!client_exists(&g->client))
        return sts_fail(x, STS_CLIENT, id, span_str(g->asked.tid.text));
    if (g->ncandidates == 0)
        return sts_fail(x, STS_SECRET, id, none);
    if (x->answer_err == ERR_BAD_SECRET) {
        if (++g->candidate < g->ncandidates)
            return ask_secret(x, g);
        return sts_fail(x, STS_SECRET, id, none);
    }
    expires = g->candidates[g->candidate].expires;
    if (expires != 0 && clock_now() >= expires)
        return sts_fail(x, STS_SECRET_EXPIRED, id, none);
    g->appidacr = "1";
    return grant_proceed(x, g);
}

/*
 * For an unknown client the dummy record is checked. A secret longer than any is cut, and no
 * candidate: the keeper must not take us for a peer that breaks its bounds.
 */
static enum next
begin_secret(struct exchange *x, struct grant *g)
{
    const struct application *app = g->client.app;

    if (g->asked.secret.len > PASSWORD_MAX) {
        g->asked.secret = span_head(g->asked.secret, PASSWORD_MAX);
        return ask_secret(x, g);
    }
    for (unsigned i = 0; app != NULL && i < app->nsecrets; i++)
        if (application_secret_fits(&app->secrets[i], g->asked.secret))
            g->candidates[g->ncandidates++] = app->secrets[i];
    return ask_secret(x, g);
}

/*
 * The client's own assertion, or one of another issuer. A managed identity has no key, so only
 * the latter, and only for itself.
 */
static enum next
begin_assertion(struct exchange *x, struct grant *g)
{
    struct span text = form_get(&g->asked.form, FORM_CLIENT_ASSERTION);
    bool foreign = federation_is_meant(text);
    struct buf detail;
    enum next next;
    enum sts why;
    enum err e = ERR_OK;

    if (foreign && g->asked.kind == GRANT_CLIENT)
        e = client_find_identity(x, &g->asked.tid, &g->client);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (!client_exists(&g->client) || (g->client.app == NULL && !foreign))
        return sts_fail(x, STS_CLIENT, span_str(g->asked.client_id),
                        span_str(g->asked.tid.text));
    buf_init(&detail, 4096);
    e = foreign ? federation_check(x, &g->client, text, clock_now(), &why, &detail)
                : assertion_check(x->site, &g->authority, g->client.app, text, clock_now(),
                                  &why, &detail);
    if (e != ERR_OK) {
        next = sts_trouble(x, e);
    } else if (why != STS_OK) {
        next = sts_fail(x, why, buf_span(&detail), none);
    } else {
        g->appidacr = "2";
        next = grant_proceed(x, g);
    }
    buf_release(&detail);
    return next;
}

/*
 * No credential. What a code may do without one, its redirect URI says (grant_redeem.c). An
 * application without the public flag and without a redirect of a public client hears what a
 * stranger hears, and no more.
 */
static enum next
begin_public(struct exchange *x, struct grant *g)
{
    bool may = false;

    if (!client_exists(&g->client))
        return sts_fail(x, STS_CLIENT, span_str(g->asked.client_id),
                        span_str(g->asked.tid.text));
    switch (g->asked.kind) {
    case GRANT_CLIENT:
    case GRANT_BEHALF:
        break;
    case GRANT_PASSWORD:
    case GRANT_DEVICE:
        may = client_is_public(&g->client);
        break;
    case GRANT_REFRESH:
        may = client_may_refresh(&g->client);
        break;
    case GRANT_CODE:
        may = true;
        break;
    }
    if (!may)
        return sts_fail(x, STS_NO_CREDENTIAL, none, none);
    g->appidacr = "0";
    return grant_proceed(x, g);
}

/* ----------------------------------------------------------------------- steps */

static enum next
grant_begin(struct exchange *x, struct grant *g, bool v1)
{
    struct token_request *r = &g->asked;
    struct span detail = none;
    enum sts why;
    enum err e;

    e = authority_find(x, x->bind[0], &g->authority, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, x->bind[0], none);
    r->tid = g->authority.tenant.tid;
    r->adfs = g->authority.adfs;
    r->v1 = v1 && !r->adfs; /* adfs clients speak v2 on the v1 path */
    e = token_request_read(x, r, &why, &detail);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    sts_note_client(x, span_str(r->client_id));
    if (why != STS_OK)
        return sts_fail(x, why, detail, span_str(r->tid.text));
    e = client_find(x, &r->appid, &g->client);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (g->client.known != NULL && r->has_credential)
        return sts_fail(x, STS_PUBLIC, none, none);
    if (!r->has_credential)
        return begin_public(x, g);
    return r->secret.len > 0 ? begin_secret(x, g) : begin_assertion(x, g);
}

enum next
grant_proceed(struct exchange *x, struct grant *g)
{
    enum sts why;
    enum err e = client_check(x, &g->client, &g->asked.tid, &why);

    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why == STS_DISABLED)
        return sts_fail(x, why, span_str(g->asked.appid.text),
                        span_str(client_name(&g->client)));
    if (why != STS_OK)
        return sts_fail(x, why, span_str(g->asked.client_id), span_str(g->asked.tid.text));
    switch (g->asked.kind) {
    case GRANT_CLIENT:
        return grant_app(x, g);
    case GRANT_PASSWORD:
        return grant_password(x, g);
    case GRANT_REFRESH:
        return grant_refresh(x, g);
    case GRANT_CODE:
        return grant_code(x, g);
    case GRANT_DEVICE:
        return grant_device(x, g);
    case GRANT_BEHALF:
        return grant_behalf(x, g);
    }
    return sts_trouble(x, ERR_INTERNAL);
}

/* The access token is signed. */
static enum next
token_signed(struct exchange *x, struct grant *g)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    enum err e = x->answer_err;

    if (e == ERR_OK)
        e = mint_end(buf_span(&g->text), secbuf_span(&x->answer), &g->token);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (g->claims.kind != CLAIMS_APP)
        return grant_user_signed(x, g);
    sts_headers(x, 200);
    jsw_object(&w, NULL);
    grant_put_token(&w, g);
    jsw_end(&w);
    return x->resp.body.err == ERR_OK ? NEXT_REPLY : exchange_fail(x, x->resp.body.err, none);
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
    case GRANT_AT_SECRET:
        return secret_checked(x, g);
    case GRANT_AT_SIGNIN:
        return grant_password_checked(x, g);
    case GRANT_AT_TOKEN:
        return token_signed(x, g);
    case GRANT_AT_ID:
        return grant_user_id_signed(x, g);
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
