/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_user.c - a token for a person: is he still there, what was revoked
 * since; then access token, id token, refresh token.
 *
 * What is stored (the use of a code, the family, the next refresh token) goes
 * into one commit with the answer: a code that was answered for is used.
 */
#include "api/login/grant_int.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "codec/jsw.h"

static const struct span none;

/* ERR_OK: g->user and g->held are of now, *why tells. */
static enum err
check_user(struct exchange *x, struct grant *g, enum sts *why)
{
    struct guid tid = g->user.tid;
    enum err e = principal_load(x->rows, x->view, &tid, &g->oid, &g->user);

    *why = STS_BAD_GRANT;
    if (e == ERR_OK && g->user.kind == PRINCIPAL_USER)
        e = credential_load(x->rows, x->view, &tid, &g->oid, &g->held);
    else if (e == ERR_OK)
        return ERR_OK;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *why = STS_OK;
    if (g->asked.kind == GRANT_PASSWORD && g->held.revision != g->signin.held.revision)
        *why = STS_PASSWORD; /* it was changed while it was checked */
    else if (!g->user.enabled)
        *why = STS_USER_DISABLED;
    else if (g->began != 0 && g->began < g->held.valid_from)
        *why = STS_REVOKED;
    return ERR_OK;
}

/*
 * A family for what can be taken back: everything that has a refresh token, and everything that
 * comes of a code, since a replay of that must end it.
 */
static enum err
compose_family(struct exchange *x, struct grant *g, int64_t now)
{
    bool coded = g->asked.kind == GRANT_CODE || g->asked.kind == GRANT_DEVICE;
    int64_t issued = credential_issue_time(&g->held, now);

    if (g->family.id.text[0] == '\0' && (g->asked.wanted.offline || coded)) {
        g->family = (struct family){ .tid = g->user.tid,
                                     .oid = g->oid,
                                     .appid = g->asked.appid,
                                     .auth_time = g->auth_time };
        family_begin(x->rows, &x->write, &g->family, now);
    }
    if (g->asked.kind == GRANT_CODE) {
        code_use(x->rows, &x->write, &g->code, &g->family.id);
    } else if (g->asked.kind == GRANT_DEVICE) {
        g->device.state = DEVICE_USED;
        g->device.family = g->family.id;
        device_store(x->rows, &x->write, &g->device);
    } else if (g->asked.kind == GRANT_REFRESH) {
        refresh_exchange(x->rows, &x->write, &g->old, now);
    }
    if (!g->asked.wanted.offline && g->asked.kind != GRANT_REFRESH)
        return ERR_OK;
    return refresh_new(x->rows, &x->write, &g->family, &g->asked.appid, issued,
                       span_str(g->asked.wanted.text), &g->refresh);
}

static void
fill_claims(const struct exchange *x, struct grant *g, int64_t now)
{
    wanted_permissions(x->site, &g->asked.wanted, g->permissions, sizeof(g->permissions));
    g->claims = (struct claims){ .kind = CLAIMS_USER,
                                 .origin = x->site->login_origin,
                                 .version = 1,
                                 .tid = g->user.tid,
                                 .oid = g->oid,
                                 .appid = g->asked.appid,
                                 .aud = span_str(g->asked.wanted.resource),
                                 .appidacr = g->appidacr,
                                 .cp1 = g->asked.cp1,
                                 .upn = g->user.upn,
                                 .name = g->user.name,
                                 .scp = g->permissions,
                                 .sid = g->family.id.text,
                                 .nonce = g->code.nonce,
                                 .auth_time = g->auth_time,
                                 .now = credential_issue_time(&g->held, now),
                                 .expires = now + MINT_LIFETIME };
    g->claims.not_before = now;
    if (g->asked.not_before > now)
        g->claims.not_before = g->asked.not_before;
}

static void
note_caller(struct exchange *x, const struct grant *g)
{
    struct caller *c = &x->caller;

    *c = (struct caller){ .known = true,
                          .tid = g->user.tid,
                          .oid = g->oid,
                          .appid = g->asked.appid,
                          .sid = g->family.id };
    (void)snprintf(c->appidacr, sizeof(c->appidacr), "%s", g->appidacr);
    (void)snprintf(c->idtyp, sizeof(c->idtyp), "user");
    (void)snprintf(c->upn, sizeof(c->upn), "%s", g->user.upn);
    (void)snprintf(c->scp, sizeof(c->scp), "%s", g->permissions);
    (void)claims_issuer(x->site->login_origin, &c->tid, 1, c->iss, sizeof(c->iss));
}

enum next
grant_user(struct exchange *x, struct grant *g)
{
    int64_t now = clock_now();
    bool known = true;
    enum sts why;
    enum err e;

    if (!guid_is_equal(&g->user.tid, &g->asked.tid) && !g->authority.alias)
        return grant_fail_committed(x, STS_OTHER_TENANT, span_str(g->oid.text),
                                    span_str(g->asked.tid.text));
    e = check_user(x, g, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return grant_fail_committed(x, why, none, none);
    /* An alias led to the person's tenant: is the client one there too? */
    e = client_check(x, &g->client, &g->user.tid, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return grant_fail_committed(x, why, span_str(g->asked.client_id),
                                    span_str(g->user.tid.text));
    wanted_complete(x->site, &g->asked.wanted);
    e = resource_find(x, &g->user.tid, span_str(g->asked.wanted.resource), &known);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (!known)
        return grant_fail_committed(x, STS_RESOURCE, span_str(g->asked.wanted.resource),
                                    span_str(g->user.tid.text));
    e = compose_family(x, g, now);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    fill_claims(x, g, now);
    note_caller(x, g);
    return grant_sign(x, g, GRANT_AT_TOKEN);
}

/* --------------------------------------------------------------------- answers */

/* {"uid":"<oid>","utid":"<tid>"} in base64url: MSAL's key of the account. */
static void
put_client_info(struct jsw *w, const struct grant *g)
{
    struct buf text;

    buf_init(&text, 256);
    buf_put_fmt(&text, "{\"uid\":\"%s\",\"utid\":\"%s\"}", g->oid.text, g->user.tid.text);
    jsw_b64url(w, "client_info", buf_span(&text));
    buf_release(&text);
}

/* id_token: empty when none was asked for. */
static enum next
answer(struct exchange *x, struct grant *g, struct span id_token)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    const struct wanted *want = &g->asked.wanted;

    sts_headers(x, 200);
    jsw_object(&w, NULL);
    grant_put_token(&w, g);
    jsw_str(&w, "scope", want->text[0] != '\0' ? want->text : g->permissions);
    if (g->refresh.len > 0)
        jsw_span(&w, "refresh_token", secbuf_span(&g->refresh));
    if (id_token.len > 0)
        jsw_span(&w, "id_token", id_token);
    if (g->asked.client_info)
        put_client_info(&w, g);
    if (g->client.known != NULL && g->refresh.len > 0)
        jsw_str(&w, "foci", "1");
    jsw_end(&w);
    if (x->resp.body.err != ERR_OK)
        return exchange_fail(x, x->resp.body.err, none);
    return store_write_is_empty(&x->write) ? NEXT_REPLY : NEXT_COMMIT;
}

enum next
grant_user_signed(struct exchange *x, struct grant *g)
{
    if (!g->asked.wanted.openid)
        return answer(x, g, none);
    g->claims.kind = CLAIMS_ID;
    return grant_sign(x, g, GRANT_AT_ID);
}

enum next
grant_user_id_signed(struct exchange *x, struct grant *g)
{
    struct secbuf id;
    enum next next;
    enum err e = x->answer_err;

    secbuf_init(&id, 2 * MAX_TOKEN);
    if (e == ERR_OK)
        e = mint_end(buf_span(&g->text), secbuf_span(&x->answer), &id);
    next = e == ERR_OK ? answer(x, g, secbuf_span(&id)) : sts_trouble(x, e);
    secbuf_release(&id);
    return next;
}
