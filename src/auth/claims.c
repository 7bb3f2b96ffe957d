/* SPDX-License-Identifier: Apache-2.0 */
/* claims.c - claims in the order Entra writes them. */
#include "auth/claims.h"

#include <stdio.h>

#include "base/rand.h"
#include "codec/jsw.h"
#include "crypto/digest.h"

bool
claims_issuer(const char *origin, const struct guid *tid, unsigned version, char *out,
              size_t cap)
{
    int n = snprintf(out, cap, "%s/%s/%s", origin, tid->text, version == 2 ? "v2.0" : "");

    return n > 0 && (size_t)n < cap;
}

static bool
is_given(const char *s)
{
    return s != NULL && s[0] != '\0';
}

static void
put_times(struct jsw *w, const struct claims *c)
{
    jsw_i64(w, "iat", c->now);
    jsw_i64(w, "nbf", c->not_before);
    jsw_i64(w, "exp", c->expires);
}

static void
put_uti(struct jsw *w)
{
    uint8_t uti[16];

    rand_fill(uti, sizeof(uti));
    jsw_b64url(w, "uti", span_of(uti, sizeof(uti)));
}

static void
put_cp1(struct jsw *w, const struct claims *c)
{
    if (!c->cp1)
        return;
    jsw_array(w, "xms_cc");
    jsw_str(w, NULL, "CP1");
    jsw_end(w);
}

/* To each application a person has another subject, so that they cannot be put together by it
 * (OpenID Connect Core 8.1); the same one always. */
static void
put_subject(struct jsw *w, const struct claims *c)
{
    uint8_t hash[SHA256_LEN];
    struct buf b;

    buf_init(&b, 512);
    buf_put_fmt(&b, "keyhold subject/%s/%s/%s", c->tid.text, c->oid.text, c->appid.text);
    if (b.err == ERR_OK && digest_sha256(buf_span(&b), hash) == ERR_OK)
        jsw_b64url(w, "sub", span_of(hash, sizeof(hash)));
    else
        jsw_str(w, "sub", c->oid.text);
    buf_release(&b);
}

static void
put_user(struct jsw *w, const struct claims *c, const char *iss)
{
    bool v2 = c->version == 2;

    jsw_span(w, "aud", c->aud);
    jsw_str(w, "iss", iss);
    put_times(w, c);
    jsw_str(w, "acr", "1");
    jsw_array(w, "amr");
    jsw_str(w, NULL, "pwd");
    jsw_end(w);
    jsw_str(w, v2 ? "azp" : "appid", c->appid.text);
    jsw_str(w, v2 ? "azpacr" : "appidacr", c->appidacr);
    jsw_str(w, "idtyp", "user");
    jsw_str(w, "name", c->name);
    jsw_str(w, "oid", c->oid.text);
    jsw_str(w, "scp", c->scp);
    if (is_given(c->sid))
        jsw_str(w, "sid", c->sid);
    put_subject(w, c);
    jsw_str(w, "tid", c->tid.text);
    jsw_str(w, "unique_name", c->upn);
    jsw_str(w, "upn", c->upn);
    put_uti(w);
    jsw_str(w, "ver", v2 ? "2.0" : "1.0");
    put_cp1(w, c);
}

/* Version 2.0 always: what clients read of it are its names (identity-and-cli.md 4.6). */
static void
put_id(struct jsw *w, const struct claims *c)
{
    char iss[512];

    bug_on(!claims_issuer(c->origin, &c->tid, 2, iss, sizeof(iss)));
    jsw_str(w, "aud", c->appid.text);
    jsw_str(w, "iss", iss);
    put_times(w, c);
    jsw_i64(w, "auth_time", c->auth_time);
    jsw_str(w, "name", c->name);
    if (is_given(c->nonce))
        jsw_str(w, "nonce", c->nonce);
    jsw_str(w, "oid", c->oid.text);
    jsw_str(w, "preferred_username", c->upn);
    put_subject(w, c);
    jsw_str(w, "tid", c->tid.text);
    jsw_str(w, "upn", c->upn);
    put_uti(w);
    jsw_str(w, "ver", "2.0");
}

static void
put_app(struct jsw *w, const struct claims *c, const char *iss)
{
    bool v2 = c->version == 2;

    jsw_span(w, "aud", c->aud);
    jsw_str(w, "iss", iss);
    put_times(w, c);
    jsw_str(w, v2 ? "azp" : "appid", c->appid.text);
    jsw_str(w, v2 ? "azpacr" : "appidacr", c->appidacr);
    if (!v2)
        jsw_str(w, "idp", iss);
    jsw_str(w, "idtyp", "app");
    jsw_str(w, "oid", c->oid.text);
    jsw_str(w, "sub", c->oid.text);
    jsw_str(w, "tid", c->tid.text);
    put_uti(w);
    jsw_str(w, "ver", v2 ? "2.0" : "1.0");
    put_cp1(w, c);
    if (is_given(c->mirid))
        jsw_str(w, "xms_mirid", c->mirid);
}

void
claims_put(struct sink out, const struct claims *c)
{
    struct jsw w = jsw_of(out);
    char iss[512];

    bug_on(!claims_issuer(c->origin, &c->tid, c->version, iss, sizeof(iss)));
    jsw_object(&w, NULL);
    switch (c->kind) {
    case CLAIMS_APP:
        put_app(&w, c, iss);
        break;
    case CLAIMS_USER:
        put_user(&w, c, iss);
        break;
    case CLAIMS_ID:
        put_id(&w, c);
        break;
    }
    jsw_end(&w);
}
