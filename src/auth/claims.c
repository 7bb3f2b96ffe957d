/* SPDX-License-Identifier: Apache-2.0 */
/* claims.c - claims in the order Entra writes them. */
#include "auth/claims.h"

#include <stdio.h>

#include "base/rand.h"
#include "codec/jsw.h"

bool
claims_issuer(const char *origin, const struct guid *tid, unsigned version, char *out,
              size_t cap)
{
    int n = snprintf(out, cap, "%s/%s/%s", origin, tid->text, version == 2 ? "v2.0" : "");

    return n > 0 && (size_t)n < cap;
}

void
claims_put_app(struct sink out, const struct claims *c)
{
    struct jsw w = jsw_of(out);
    bool v2 = c->version == 2;
    char iss[512];
    uint8_t uti[16];

    bug_on(!claims_issuer(c->origin, &c->tid, c->version, iss, sizeof(iss)));
    rand_fill(uti, sizeof(uti));
    jsw_object(&w, NULL);
    jsw_span(&w, "aud", c->aud);
    jsw_str(&w, "iss", iss);
    jsw_i64(&w, "iat", c->now);
    jsw_i64(&w, "nbf", c->not_before);
    jsw_i64(&w, "exp", c->expires);
    jsw_str(&w, v2 ? "azp" : "appid", c->appid.text);
    jsw_str(&w, v2 ? "azpacr" : "appidacr", c->appidacr);
    if (!v2)
        jsw_str(&w, "idp", iss);
    jsw_str(&w, "idtyp", "app");
    jsw_str(&w, "oid", c->oid.text);
    jsw_str(&w, "sub", c->oid.text);
    jsw_str(&w, "tid", c->tid.text);
    jsw_b64url(&w, "uti", span_of(uti, sizeof(uti)));
    jsw_str(&w, "ver", v2 ? "2.0" : "1.0");
    if (c->cp1) {
        jsw_array(&w, "xms_cc");
        jsw_str(&w, NULL, "CP1");
        jsw_end(&w);
    }
    if (c->mirid != NULL && c->mirid[0] != '\0')
        jsw_str(&w, "xms_mirid", c->mirid);
    jsw_end(&w);
}
