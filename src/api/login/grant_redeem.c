/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_redeem.c - what a person's client exchanges for tokens: name and
 * password, a refresh token, a code, a device code, another application's token.
 *
 * Each fills g->user.tid, g->oid, auth_time, family and began for grant_user().
 */
#include "api/login/grant_int.h"
#include "auth/token.h"
#include "base/clock.h"

static const struct span none;

/* ------------------------------------------------------------ name and password */

enum next
grant_password(struct exchange *x, struct grant *g)
{
    enum err e = signin_begin(x, &g->authority, form_get(&g->asked.form, FORM_USERNAME),
                              form_get(&g->asked.form, FORM_PASSWORD), &g->signin);

    if (e != ERR_OK)
        return sts_trouble(x, e);
    g->phase = GRANT_AT_SIGNIN;
    return NEXT_KEEPER;
}

enum next
grant_password_checked(struct exchange *x, struct grant *g)
{
    enum sts why;
    enum err e = signin_end(x, &g->signin, &why);

    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return grant_fail_committed(x, why, none, none);
    g->user.tid = g->signin.tid;
    g->oid = g->signin.user.oid;
    g->auth_time = clock_now();
    return grant_user(x, g);
}

/* --------------------------------------------------------------- refresh tokens */

/* A token of one of the programs that everybody has is good for the others. */
static bool
is_same_client(const struct grant *g, const struct guid *appid)
{
    return guid_is_equal(appid, &g->asked.appid) ||
           (g->client.known != NULL && known_client_find(appid) != NULL);
}

/* What was asked for in the beginning, if this request names nothing. */
static bool
recall_scope(struct grant *g, const char *scope)
{
    struct wanted *w = &g->asked.wanted;

    if (w->text[0] != '\0' || w->resource[0] != '\0')
        return true;
    return wanted_read(span_str(scope), w);
}

enum next
grant_refresh(struct exchange *x, struct grant *g)
{
    int64_t now = clock_now();
    enum err e;

    e = refresh_load(x->rows, x->view, form_get(&g->asked.form, FORM_REFRESH_TOKEN), &g->old);
    if (e == ERR_OK)
        e = family_load(x->rows, x->view, &g->old.family, &g->family);
    if (e == ERR_NOT_FOUND)
        return sts_fail(x, STS_BAD_GRANT, none, none);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (!is_same_client(g, &g->old.appid))
        return sts_fail(x, STS_BAD_GRANT, none, none);
    sts_note_user(x, &g->family.oid);
    if (refresh_is_reused(&g->old, now)) {
        family_end(&x->write, &g->family.id);
        return grant_fail_committed(x, STS_BAD_GRANT, none, none);
    }
    if (now >= g->old.expires || now >= g->family.ends)
        return sts_fail(x, STS_GRANT_EXPIRED, none, none);
    if (!recall_scope(g, g->old.scope))
        return sts_fail(x, STS_SCOPE, none, none);
    g->user.tid = g->family.tid;
    g->oid = g->family.oid;
    g->auth_time = g->family.auth_time;
    g->began = g->old.issued;
    return grant_user(x, g);
}

/* ------------------------------------------------------------------------ codes */

/* ERR_OK: *why tells whether this client, with this proof, may have what the code stands for.
 */
static enum err
check_code(const struct grant *g, int64_t now, enum sts *why)
{
    struct span verifier = form_get(&g->asked.form, FORM_CODE_VERIFIER);
    struct span redirect = form_get(&g->asked.form, FORM_REDIRECT_URI);
    bool fits;
    enum err e;

    *why = STS_BAD_GRANT;
    if (!guid_is_equal(&g->code.appid, &g->asked.appid))
        return ERR_OK;
    *why = STS_REDIRECT_MISMATCH;
    if (!span_is_str(redirect, g->code.redirect))
        return ERR_OK;
    *why = STS_NO_CREDENTIAL;
    if (!g->asked.has_credential && client_redirect(&g->client, redirect) == REDIRECT_WEB)
        return ERR_OK;
    *why = STS_CODE_EXPIRED;
    if (now >= g->code.good_until)
        return ERR_OK;
    *why = STS_PKCE;
    if (g->code.challenge[0] == '\0') {
        /* A verifier for a code that was asked for without: somebody took the challenge away on
         * the way (RFC 9700 2.1.1). Only a client with a credential gets here at all. */
        if (verifier.len == 0 && g->asked.has_credential)
            *why = STS_OK;
        return ERR_OK;
    }
    e = code_verifier_fits(verifier, g->code.challenge, &fits);
    if (e == ERR_OK && fits)
        *why = STS_OK;
    return e;
}

enum next
grant_code(struct exchange *x, struct grant *g)
{
    int64_t now = clock_now();
    enum sts why;
    enum err e;

    e = code_load(x->rows, x->view, form_get(&g->asked.form, FORM_CODE), &g->code);
    if (e == ERR_NOT_FOUND)
        return sts_fail(x, STS_BAD_GRANT, none, none);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    sts_note_user(x, &g->code.oid);
    if (g->code.family.text[0] != '\0') {
        /* Two have it: what the first got of it ends too (RFC 6749 4.1.2). */
        family_end(&x->write, &g->code.family);
        return grant_fail_committed(x, STS_CODE_USED, none, none);
    }
    e = check_code(g, now, &why);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, form_get(&g->asked.form, FORM_REDIRECT_URI), none);
    if (!recall_scope(g, g->code.scope))
        return sts_fail(x, STS_SCOPE, none, none);
    g->user.tid = g->code.tid;
    g->oid = g->code.oid;
    g->auth_time = g->code.auth_time;
    g->began = g->code.issued;
    return grant_user(x, g);
}

/* ----------------------------------------------------------------- device codes */

static enum next
device_waits(struct exchange *x, struct grant *g, int64_t now)
{
    enum sts why = g->device.polled != 0 && now < g->device.polled + DEVICE_POLL_MIN
                       ? STS_SLOW_DOWN
                       : STS_PENDING;

    g->device.polled = now;
    device_store(x->rows, &x->write, &g->device);
    return grant_fail_committed(x, why, none, none);
}

enum next
grant_device(struct exchange *x, struct grant *g)
{
    struct span code = form_get(&g->asked.form, FORM_DEVICE_CODE);
    int64_t now = clock_now();
    enum err e;

    /* WIRE: Python sends it under both names. */
    if (code.len == 0)
        code = form_get(&g->asked.form, FORM_CODE);
    e = device_load(x->rows, x->view, code, &g->device);
    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && !guid_is_equal(&g->device.appid, &g->asked.appid)))
        return sts_fail(x, STS_DEVICE_CODE, none, none);
    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (g->device.state == DEVICE_USED) {
        family_end(&x->write, &g->device.family);
        return grant_fail_committed(x, STS_CODE_USED, none, none);
    }
    if (now >= g->device.good_until)
        return sts_fail(x, STS_DEVICE_EXPIRED, none, none);
    if (g->device.state == DEVICE_PENDING)
        return device_waits(x, g, now);
    if (g->device.state == DEVICE_DECLINED)
        return sts_fail(x, STS_DEVICE_DECLINED, none, none);
    if (!recall_scope(g, g->device.scope))
        return sts_fail(x, STS_SCOPE, none, none);
    g->user.tid = g->device.tid;
    g->oid = g->device.oid;
    g->auth_time = g->device.auth_time;
    g->began = g->device.issued;
    return grant_user(x, g);
}

/* ----------------------------------------------------------------- on behalf of */

/* The person of an access token that was made out to this application. */
static enum err
read_assertion(struct exchange *x, struct grant *g, struct caller *who, enum sts *why)
{
    char uri[GUID_LEN + 8];
    const char *audiences[] = { g->asked.appid.text, uri };
    struct token_expect expect = { audiences, 2, x->site->login_origin };
    enum err e;

    (void)snprintf(uri, sizeof(uri), "api://%s", g->asked.appid.text);
    e = token_verify(NULL, x->rows, x->view, &expect, form_get(&g->asked.form, FORM_ASSERTION),
                     who, NULL);
    *why = STS_OBO;
    if (e == ERR_TOKEN_AUDIENCE)
        *why = STS_OBO_AUDIENCE;
    else if (e == ERR_TOKEN_EXPIRED)
        *why = STS_OBO_EXPIRED;
    else if (e == ERR_OK && strcmp(who->idtyp, "user") == 0 &&
             guid_is_equal(&who->tid, &g->asked.tid))
        *why = STS_OK;
    if (e == ERR_TOKEN_AUDIENCE || e == ERR_TOKEN_EXPIRED || e == ERR_TOKEN_FORMAT ||
        e == ERR_TOKEN_KEY || e == ERR_TOKEN_SIGNATURE || e == ERR_TOKEN_ISSUER ||
        e == ERR_TOKEN_PRINCIPAL)
        e = ERR_OK;
    return e;
}

enum next
grant_behalf(struct exchange *x, struct grant *g)
{
    struct caller who;
    enum sts why;
    enum err e = read_assertion(x, g, &who, &why);

    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, span_str(g->asked.appid.text), none);
    sts_note_user(x, &who.oid);
    g->user.tid = who.tid;
    g->oid = who.oid;
    g->auth_time = clock_now();
    /* What was given on somebody's behalf ends with what it was given for. */
    if (who.sid.text[0] != '\0') {
        e = family_load(x->rows, x->view, &who.sid, &g->family);
        if (e != ERR_OK)
            return sts_trouble(x, e);
        g->auth_time = g->family.auth_time;
    }
    return grant_user(x, g);
}
