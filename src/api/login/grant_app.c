/* SPDX-License-Identifier: Apache-2.0 */
/* grant_app.c - an application's token for itself, and what all tokens have in common. */
#include "api/login/grant_int.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "codec/jsw.h"

enum next
grant_sign(struct exchange *x, struct grant *g, enum grant_phase phase)
{
    enum err e;

    secbuf_clear(&x->ask);
    buf_clear(&g->text);
    e = mint_begin(x->rows, x->view, &g->claims, &g->text, &x->ask);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    g->phase = phase;
    x->ask_op = KEEPER_SIGN;
    return NEXT_KEEPER;
}

/* The principal is looked up in this step's snapshot, after the credential was checked. */
enum next
grant_app(struct exchange *x, struct grant *g)
{
    int64_t now = clock_now();
    struct principal p;
    enum err e;

    e = principal_find(x->rows, x->view, &g->asked.tid, &g->asked.appid, &p);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return sts_trouble(x, e);
    if (e == ERR_NOT_FOUND)
        return sts_fail(x, STS_CLIENT, span_str(g->asked.client_id),
                        span_str(g->asked.tid.text));
    g->claims = (struct claims){ .kind = CLAIMS_APP,
                                 .origin = x->site->login_origin,
                                 .version = 1,
                                 .tid = g->asked.tid,
                                 .oid = p.oid,
                                 .appid = g->asked.appid,
                                 .aud = span_str(g->asked.wanted.resource),
                                 .appidacr = g->appidacr,
                                 .mirid = g->client.identity.resource_id,
                                 .cp1 = g->asked.cp1,
                                 .now = now,
                                 .not_before = now,
                                 .expires = now + MINT_LIFETIME };
    if (g->asked.not_before > now)
        g->claims.not_before = g->asked.not_before;
    x->caller =
        (struct caller){ .known = true, .tid = p.tid, .oid = p.oid, .appid = g->asked.appid };
    (void)snprintf(x->caller.appidacr, sizeof(x->caller.appidacr), "%s", g->appidacr);
    (void)snprintf(x->caller.idtyp, sizeof(x->caller.idtyp), "app");
    (void)snprintf(x->caller.mirid, sizeof(x->caller.mirid), "%s",
                   g->client.identity.resource_id);
    (void)claims_issuer(x->site->login_origin, &p.tid, 1, x->caller.iss, sizeof(x->caller.iss));
    return grant_sign(x, g, GRANT_AT_TOKEN);
}

static void
put_text_number(struct jsw *w, const char *name, int64_t v)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)v);
    jsw_str(w, name, text);
}

void
grant_put_token(struct jsw *w, const struct grant *g)
{
    jsw_str(w, "token_type", "Bearer");
    if (g->asked.v1) {
        put_text_number(w, "expires_in", MINT_LIFETIME);
        put_text_number(w, "ext_expires_in", MINT_LIFETIME);
        put_text_number(w, "expires_on", g->claims.now + MINT_LIFETIME);
        put_text_number(w, "not_before", g->claims.now);
        jsw_str(w, "resource", g->asked.wanted.resource);
    } else {
        jsw_i64(w, "expires_in", MINT_LIFETIME);
        jsw_i64(w, "ext_expires_in", MINT_LIFETIME);
    }
    jsw_span(w, "access_token", secbuf_span(&g->token));
}
