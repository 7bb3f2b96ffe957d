/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.c - from a bearer token to a caller, or to a reason why not.
 *
 *   digest -> cached, rows unchanged ----------------------------+
 *      |                                                         v
 *      +-> parse -> key -> signature -> claims -> live rows -> window -> caller
 *
 * Nothing of a token is believed before its signature was good. A cached token
 * skips the signature only: were its tenant, principal, application or key row
 * written or deleted since (their revisions tell), it is judged anew.
 */
#include "auth/token.h"

#include "auth/application.h"
#include "auth/credential.h"
#include "auth/jwt.h"
#include "auth/principal.h"
#include "auth/refresh.h"
#include "auth/signing_key.h"
#include "auth/tenant.h"
#include "base/clock.h"
#include "crypto/verify.h"
#include "crypto/x509.h"

enum { TOKEN_SKEW = 300 };

/* Reasons in the vendor's words where they are known (data-plane.md A4.1). */
#define WHY_FORMAT                                                                             \
    "Error validating token: IDX12741: JWT must have three segments (JWS) or five segments "   \
    "(JWE)."
#define WHY_SIGNATURE "Error validating token: IDX10501: Signature validation failed."
#define WHY_CLAIMS    "Error validating token: a required claim is missing or malformed."
#define WHY_EXPIRED   "[TokenExpired] Error validating token: 'S2S12086'."
#define WHY_EARLY                                                                              \
    "Error validating token: IDX10222: Lifetime validation failed. The token is not yet "      \
    "valid."
#define WHY_REVOKED   "Error validating token: the session of the token was revoked."
#define WHY_PRINCIPAL "Error validating token: the principal of the token is not active."

static enum err
refuse(struct buf *why, enum err e, const char *text)
{
    if (why != NULL)
        buf_put_str(why, text);
    return e;
}

/* A row's revision, 0 if there is none. */
static enum err
revision_of(struct store_view *view, struct span key, uint64_t *out)
{
    struct store_row row;
    enum err e = store_get(view, key, &row);

    *out = e == ERR_OK ? row.revision : 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
stamp_take(struct store_view *view, const struct token_facts *f, struct token_stamp *out)
{
    const struct caller *c = &f->caller;
    struct row_key k;
    enum err e;

    *out = (struct token_stamp){ .seen = store_revision(view) };
    e = revision_of(view, row_key_make(&k, "sp", c->tid.text, c->oid.text, NULL),
                    &out->principal);
    if (e == ERR_OK)
        e = revision_of(view, row_key_make(&k, "ap", c->appid.text, NULL), &out->application);
    if (e == ERR_OK)
        e = revision_of(view, row_key_make(&k, "t", c->tid.text, NULL), &out->tenant);
    if (e == ERR_OK)
        e = revision_of(view, row_key_make(&k, "k", "token", f->kid, NULL), &out->key);
    if (e == ERR_OK && strcmp(c->idtyp, "user") == 0)
        e = revision_of(view, row_key_make(&k, "uc", c->tid.text, c->oid.text, NULL),
                        &out->credential);
    if (e == ERR_OK && c->sid.text[0] != '\0')
        e = revision_of(view, row_key_make(&k, "rf", c->sid.text, NULL), &out->family);
    return e;
}

static bool
stamp_is_equal(const struct token_stamp *a, const struct token_stamp *b)
{
    return a->tenant == b->tenant && a->principal == b->principal &&
           a->application == b->application && a->key == b->key &&
           a->credential == b->credential && a->family == b->family;
}

/* The public key in the row. The caller's in *own if there is no cache to keep it, else
 * borrowed. */
static enum err
key_of(struct token_cache *cache, const struct signing_key *sk, const struct verifykey **out,
       struct verifykey **own)
{
    struct cert *cert = NULL;
    enum err e;

    *out = token_cache_key(cache, sk);
    if (*out != NULL)
        return ERR_OK;
    e = cert_new(sk->der, &cert);
    if (e == ERR_OK)
        e = verifykey_from_spki(cert_spki(cert), own);
    cert_free(cert);
    *out = *own;
    if (e == ERR_OK && cache != NULL) {
        token_cache_keep_key(cache, sk, *own);
        *own = NULL;
    }
    return e;
}

/* The signature, by the key that kid names among the published ones. */
static enum err
check_signature(struct token_cache *cache, const struct rows *rows, struct store_view *view,
                const struct jwt *j, struct token_facts *f, struct buf *why)
{
    const struct verifykey *key = NULL;
    struct verifykey *own = NULL;
    struct signing_key sk;
    struct span kid;
    enum err e;

    /* Pinned before any key is looked at: neither "none" nor a MAC under a public key. */
    if (!span_is_str(j->alg, "RS256"))
        return refuse(why, ERR_TOKEN_SIGNATURE, WHY_SIGNATURE);
    e = jsn_get_str(j->header, "kid", &kid) == JSN_OK ? signing_key_load(rows, view, kid, &sk)
                                                      : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND) {
        if (why != NULL)
            buf_put_fmt(why,
                        "AKV10046: Unable to resolve the key used for signature validation. "
                        "EncodedJwtHeader: '%.*s'.",
                        (int)(j->header_text.len > 1024 ? 1024 : j->header_text.len),
                        (const char *)j->header_text.ptr);
        return ERR_TOKEN_KEY;
    }
    if (e != ERR_OK)
        return e;
    (void)snprintf(f->kid, sizeof(f->kid), "%s", sk.kid);
    e = key_of(cache, &sk, &key, &own);
    if (e == ERR_OK) {
        e = verifykey_check(key, SIG_RS256, j->signing_input, span_of(j->sig, j->sig_len));
        if (e == ERR_INTEGRITY)
            e = refuse(why, ERR_TOKEN_SIGNATURE, WHY_SIGNATURE);
    }
    verifykey_free(own);
    return e;
}

static bool
get_guid(const struct jsn *o, const char *name, struct guid *out)
{
    struct span s;

    return jsn_get_str(o, name, &s) == JSN_OK && guid_parse(s, out);
}

static bool
get_text(const struct jsn *o, const char *name, char *out, size_t cap)
{
    struct span s;

    return jsn_get_str(o, name, &s) == JSN_OK && span_copy_str(s, out, cap);
}

/* As get_text, but it may be absent. */
static bool
get_optional(const struct jsn *o, const char *name, char *out, size_t cap)
{
    struct span s;

    switch (jsn_get_str(o, name, &s)) {
    case JSN_ABSENT:
        return true;
    case JSN_OK:
        return span_copy_str(s, out, cap);
    case JSN_WRONG_TYPE:
        return false;
    }
    return false;
}

/* appid in version 1.0, azp in 2.0. */
static bool
read_client(const struct jsn *o, bool v2, struct caller *c)
{
    return get_guid(o, v2 ? "azp" : "appid", &c->appid) &&
           get_text(o, v2 ? "azpacr" : "appidacr", c->appidacr, sizeof(c->appidacr));
}

/* sid is a family's id, if it is there. */
static bool
read_family(const struct jsn *o, struct caller *c)
{
    struct span s;

    return jsn_get_str(o, "sid", &s) == JSN_ABSENT || get_guid(o, "sid", &c->sid);
}

static enum err
read_claims(const struct jwt *j, const struct token_expect *expect, struct token_facts *f,
            struct buf *why)
{
    const struct jsn *o = j->claims;
    struct caller *c = &f->caller;
    char ver[8] = "", want[sizeof(c->iss)];
    bool v2;

    if (!get_text(o, "ver", ver, sizeof(ver)) || !get_guid(o, "tid", &c->tid) ||
        !get_guid(o, "oid", &c->oid) || !get_text(o, "iss", c->iss, sizeof(c->iss)) ||
        !get_text(o, "aud", f->aud, sizeof(f->aud)) ||
        !get_text(o, "idtyp", c->idtyp, sizeof(c->idtyp)) ||
        jwt_get_time(j, "iat", &f->issued) == JSN_WRONG_TYPE || !read_family(o, c) ||
        jwt_get_time(j, "nbf", &f->not_before) != JSN_OK ||
        jwt_get_time(j, "exp", &f->expires) != JSN_OK ||
        !get_optional(o, "upn", c->upn, sizeof(c->upn)) ||
        !get_optional(o, "scp", c->scp, sizeof(c->scp)) ||
        !get_optional(o, "xms_mirid", c->mirid, sizeof(c->mirid)))
        return refuse(why, ERR_TOKEN_FORMAT, WHY_CLAIMS);
    v2 = strcmp(ver, "2.0") == 0;
    if ((!v2 && strcmp(ver, "1.0") != 0) || !read_client(o, v2, c) ||
        (strcmp(c->idtyp, "app") != 0 && strcmp(c->idtyp, "user") != 0))
        return refuse(why, ERR_TOKEN_FORMAT, WHY_CLAIMS);
    if (!claims_issuer(expect->origin, &c->tid, v2 ? 2 : 1, want, sizeof(want)) ||
        strcmp(want, c->iss) != 0) {
        if (why != NULL)
            buf_put_fmt(why, "AKV10032: Invalid issuer. Expected one of %s/%s/, found %s.",
                        expect->origin, c->tid.text, c->iss);
        return ERR_TOKEN_ISSUER;
    }
    return ERR_OK;
}

/* The application of an app-only token; for a user's client only what is registered counts. */
static enum err
check_application(const struct rows *rows, struct store_view *view, const struct principal *p,
                  const struct caller *c)
{
    struct application *app;
    bool enabled;
    enum err e;

    if (p->kind == PRINCIPAL_MANAGED)
        return ERR_OK;
    e = application_load(rows, view, &c->appid, &app);
    if (e == ERR_NOT_FOUND)
        return p->kind == PRINCIPAL_USER ? ERR_OK : ERR_TOKEN_PRINCIPAL;
    if (e != ERR_OK)
        return e;
    enabled = app->enabled;
    application_free(app);
    return enabled ? ERR_OK : ERR_TOKEN_PRINCIPAL;
}

/* Was what the person holds revoked since? */
static enum err
check_revocation(const struct rows *rows, struct store_view *view, const struct token_facts *f,
                 struct buf *why)
{
    const struct caller *c = &f->caller;
    struct credential held;
    struct family family;
    enum err e;

    if (strcmp(c->idtyp, "user") != 0)
        return ERR_OK;
    e = credential_load(rows, view, &c->tid, &c->oid, &held);
    if (e == ERR_OK && f->issued < held.valid_from)
        return refuse(why, ERR_TOKEN_PRINCIPAL, WHY_REVOKED);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (c->sid.text[0] == '\0')
        return ERR_OK;
    e = family_load(rows, view, &c->sid, &family);
    return e == ERR_NOT_FOUND ? refuse(why, ERR_TOKEN_PRINCIPAL, WHY_REVOKED) : e;
}

/* Tenant, principal and application in this snapshot. */
static enum err
check_rows(const struct rows *rows, struct store_view *view, const struct token_expect *expect,
           const struct token_facts *f, struct buf *why)
{
    const struct caller *c = &f->caller;
    struct principal p;
    struct tenant t;
    enum err e;

    e = tenant_load(rows, view, &c->tid, &t);
    if (e == ERR_NOT_FOUND) {
        if (why != NULL)
            buf_put_fmt(why, "AKV10032: Invalid issuer. Expected one of %s/, found %s.",
                        expect->origin, c->iss);
        return ERR_TOKEN_ISSUER;
    }
    if (e != ERR_OK)
        return e;
    e = principal_load(rows, view, &c->tid, &c->oid, &p);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || !p.enabled ||
        (p.kind == PRINCIPAL_USER) != (strcmp(c->idtyp, "user") == 0) ||
        (p.kind != PRINCIPAL_USER && !guid_is_equal(&p.appid, &c->appid)))
        return refuse(why, ERR_TOKEN_PRINCIPAL, WHY_PRINCIPAL);
    e = check_application(rows, view, &p, c);
    if (e == ERR_OK)
        e = check_revocation(rows, view, f, why);
    else if (e == ERR_TOKEN_PRINCIPAL)
        return refuse(why, e, WHY_PRINCIPAL);
    return e;
}

/* "X" and "X/" are the same audience (identity-and-cli.md 1, point 3). */
static bool
is_audience(const struct token_expect *expect, struct span aud)
{
    if (aud.len > 0 && aud.ptr[aud.len - 1] == '/')
        aud = span_head(aud, aud.len - 1);
    for (unsigned i = 0; i < expect->naudiences; i++)
        if (span_is_str_nocase(aud, expect->audiences[i]))
            return true;
    return false;
}

/* For whom and when: what depends on the request, not on the token alone. */
static enum err
check_window(const struct token_facts *f, const struct token_expect *expect, struct buf *why)
{
    int64_t now = clock_now();

    if (!is_audience(expect, span_str(f->aud))) {
        if (why != NULL)
            buf_put_fmt(why, "AKV10022: Invalid audience. Expected %s, found: %s.",
                        expect->naudiences > 0 ? expect->audiences[0] : "", f->aud);
        return ERR_TOKEN_AUDIENCE;
    }
    if (now >= f->expires + TOKEN_SKEW)
        return refuse(why, ERR_TOKEN_EXPIRED, WHY_EXPIRED);
    if (now + TOKEN_SKEW < f->not_before)
        return refuse(why, ERR_TOKEN_EXPIRED, WHY_EARLY);
    return ERR_OK;
}

/* From the bytes to facts that hold in this snapshot. */
static enum err
judge(struct token_cache *cache, const struct rows *rows, struct store_view *view,
      const struct token_expect *expect, struct span bearer, struct token_facts *f,
      struct buf *why)
{
    struct jwt j;
    enum err e;

    e = jwt_parse(bearer, &j);
    if (e == ERR_TOKEN_FORMAT)
        e = refuse(why, e, WHY_FORMAT);
    if (e == ERR_OK)
        e = check_signature(cache, rows, view, &j, f, why);
    if (e == ERR_OK)
        e = read_claims(&j, expect, f, why);
    jwt_release(&j);
    if (e == ERR_OK)
        e = check_rows(rows, view, expect, f, why);
    if (e == ERR_OK)
        e = stamp_take(view, f, &f->stamp);
    return e;
}

/* A remembered verdict that still stands: ERR_OK; ERR_NOT_FOUND if there is none. */
static enum err
recall(struct token_cache *cache, struct store_view *view,
       const uint8_t digest[static SHA256_LEN], const struct token_facts **out)
{
    struct token_stamp now;
    enum err e;

    *out = token_cache_get(cache, digest);
    if (*out == NULL)
        return ERR_NOT_FOUND;
    /* Nothing at all was written since. */
    if ((*out)->stamp.seen == store_revision(view))
        return ERR_OK;
    e = stamp_take(view, *out, &now);
    if (e == ERR_OK && !stamp_is_equal(&now, &(*out)->stamp)) {
        token_cache_drop(cache, digest);
        e = ERR_NOT_FOUND;
    } else if (e == ERR_OK) {
        token_cache_seen(cache, digest, now.seen);
    }
    if (e != ERR_OK)
        *out = NULL;
    return e;
}

/* A token that nobody remembers. Apart from token_verify(), whose stack most calls need no
 * facts on. */
__attribute__((noinline)) static enum err
judge_anew(struct token_cache *cache, const struct rows *rows, struct store_view *view,
           const struct token_expect *expect, struct span bearer,
           const uint8_t digest[static SHA256_LEN], struct caller *out, struct buf *why)
{
    struct token_facts fresh = { 0 };
    enum err e = judge(cache, rows, view, expect, bearer, &fresh, why);

    if (e != ERR_OK)
        return e;
    token_cache_put(cache, digest, &fresh);
    e = check_window(&fresh, expect, why);
    if (e == ERR_OK)
        *out = fresh.caller;
    return e;
}

enum err
token_verify(struct token_cache *cache, const struct rows *rows, struct store_view *view,
             const struct token_expect *expect, struct span bearer, struct caller *out,
             struct buf *why)
{
    const struct token_facts *known;
    uint8_t digest[SHA256_LEN];
    enum err e;

    *out = (struct caller){ 0 };
    if (bearer.len > MAX_TOKEN)
        return refuse(why, ERR_TOKEN_FORMAT, WHY_FORMAT);
    e = digest_sha256(bearer, digest);
    if (e != ERR_OK)
        return e;
    e = recall(cache, view, digest, &known);
    if (e == ERR_NOT_FOUND) {
        e = judge_anew(cache, rows, view, expect, bearer, digest, out, why);
    } else if (e == ERR_OK) {
        e = check_window(known, expect, why);
        if (e == ERR_OK)
            *out = known->caller;
    }
    out->known = e == ERR_OK;
    return e;
}
