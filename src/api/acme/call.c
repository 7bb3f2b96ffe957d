/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - the doors of a signed request. */
#include "api/acme/call.h"

#include <stdlib.h>

#include "api/acme/nonce.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "base/log.h"

static void
call_free(void *state)
{
    struct call *c = state;

    jsn_free(c->payload);
    jws_release(&c->jws);
    jsn_free(c->body);
    issue_made_release(&c->made);
    free(c);
}

static bool
refuse(struct exchange *x, enum next *next, enum problem p, const char *detail)
{
    *next = acme_fail(x, p, detail);
    return false;
}

static bool
trouble(struct exchange *x, enum next *next, enum err e)
{
    *next = acme_trouble(x, e);
    return false;
}

/* ------------------------------------------------------------------ the authority */

bool
call_authority(struct exchange *x, struct ca *out, enum next *next)
{
    struct guid id;
    enum err e = ERR_NOT_FOUND;

    if (guid_parse(x->bind[0], &id))
        e = ca_load(x->rows, x->view, &id, out);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && (out->state != CA_ACTIVE || !out->enabled)))
        return refuse(x, next, PROBLEM_NOT_FOUND, "There is no such authority.");
    return e == ERR_OK || trouble(x, next, e);
}

/* ------------------------------------------------------------------------ the JWS */

static bool
media_type_is_ok(const struct exchange *x)
{
    struct span type = http_request_header(x->req, "Content-Type");

    /* Parameters do not count (RFC 8555 6.2 knows none). */
    type = span_head(type, span_find(type, ';'));
    while (type.len > 0 && type.ptr[type.len - 1] == ' ')
        type.len--;
    return span_is_str_nocase(type, "application/jose+json");
}

static enum err
parse(struct exchange *x, struct call *c)
{
    struct span payload;
    enum err e = jsn_parse(x->req->body, &c->body);

    if (e == ERR_OK)
        e = jws_parse(c->body, &c->jws);
    if (e != ERR_OK)
        return e;
    payload = secbuf_span(&c->jws.payload);
    if (payload.len == 0)
        return ERR_OK;
    e = jsn_parse(payload, &c->payload);
    return e == ERR_OK && !jsn_is_object(c->payload) ? ERR_SYNTAX : e;
}

/* A conflicting commit starts the handler again with a nonce that it has used itself. */
static bool
check_nonce(struct exchange *x, const struct call *c, enum next *next)
{
    struct span nonce;

    if (x->nonce_is_used)
        return true;
    if (jsn_get_str(c->jws.header, "nonce", &nonce) != JSN_OK || x->site->nonces == NULL ||
        !acme_nonce_use(x->site->nonces, nonce))
        return refuse(x, next, PROBLEM_BAD_NONCE,
                      "The nonce was used, is too old, or no nonce.");
    x->nonce_is_used = true;
    return true;
}

/* RFC 8555 6.4: the URL as it was asked, byte for byte, under our own name. */
static bool
url_is_ours(const struct exchange *x, const struct call *c)
{
    struct span origin = span_str(x->site->acme_origin), url;

    return jsn_get_str(c->jws.header, "url", &url) == JSN_OK && span_has_prefix(url, origin) &&
           span_is_equal(span_tail(url, origin.len), x->req->target);
}

static bool
check_header(struct exchange *x, const struct call *c, enum next *next)
{
    if (!check_nonce(x, c, next))
        return false;
    if (!url_is_ours(x, c))
        return refuse(x, next, PROBLEM_UNAUTHORIZED,
                      "The url in the protected header is not the one that was asked.");
    if (!jws_alg_is_ok(c->jws.alg))
        return refuse(x, next, PROBLEM_BAD_SIGNATURE_ALGORITHM,
                      "The algorithm is none that this server takes.");
    return true;
}

/* ------------------------------------------------------------------------ the key */

void
call_account_url(const struct exchange *x, const struct hex32 *id,
                 char out[static ACME_URL_MAX])
{
    acme_url(x, out, "/account/%s", id->text);
}

bool
call_account_of(const struct exchange *x, struct span url, struct hex32 *id)
{
    char ours[ACME_URL_MAX];
    struct hex32 found = { "" };
    size_t stem;

    *id = found;
    call_account_url(x, &found, ours);
    stem = strlen(ours);
    return span_has_prefix(url, span_str(ours)) && hex32_parse(span_tail(url, stem), id);
}

static bool
read_key(struct exchange *x, struct call *c, const struct jsn *jwk, enum next *next)
{
    enum err e = jwk_read(jwk, &c->jwk);

    if (e == ERR_SYNTAX)
        return refuse(x, next, PROBLEM_MALFORMED, "The jwk is no public key.");
    if (e == ERR_KEY_TYPE)
        return refuse(x, next, PROBLEM_BAD_PUBLIC_KEY,
                      "The key is of a kind or size that this server does not take.");
    return e == ERR_OK || trouble(x, next, e);
}

static bool
load_account(struct exchange *x, struct call *c, enum next *next)
{
    enum err e = acme_account_load(x->rows, x->view, &c->ca_id, &c->account_id, &c->account);

    if (e == ERR_NOT_FOUND)
        return refuse(x, next, PROBLEM_ACCOUNT_DOES_NOT_EXIST, "There is no such account.");
    return e == ERR_OK || trouble(x, next, e);
}

/* Fills jwk or account. */
static bool
find_key(struct exchange *x, struct call *c, enum call_by by, enum next *next)
{
    const struct jsn *jwk;
    struct span kid;
    enum jsn_got has_jwk = jsn_get_object(c->jws.header, "jwk", &jwk);
    enum jsn_got has_kid = jsn_get_str(c->jws.header, "kid", &kid);

    if ((has_jwk == JSN_OK) + (has_kid == JSN_OK) != 1 || has_jwk == JSN_WRONG_TYPE ||
        has_kid == JSN_WRONG_TYPE)
        return refuse(x, next, PROBLEM_MALFORMED,
                      "The protected header must have either jwk or kid.");
    if (has_jwk == JSN_OK && by == CALL_BY_ACCOUNT)
        return refuse(x, next, PROBLEM_MALFORMED,
                      "This is signed for an account, with its kid.");
    if (has_kid == JSN_OK && by == CALL_BY_KEY)
        return refuse(x, next, PROBLEM_MALFORMED, "This is signed with a jwk.");
    if (has_jwk == JSN_OK)
        return read_key(x, c, jwk, next);
    if (!call_account_of(x, kid, &c->account_id))
        return refuse(x, next, PROBLEM_ACCOUNT_DOES_NOT_EXIST, "There is no such account.");
    return load_account(x, c, next);
}

static bool
check_signature(struct exchange *x, const struct call *c, enum next *next)
{
    const struct key_public *key =
        c->jwk.public.type != KEY_NONE ? &c->jwk.public : &c->account.key;
    enum err e = jws_check(&c->jws, key);

    if (e == ERR_INTEGRITY)
        return refuse(x, next, PROBLEM_UNAUTHORIZED, "The signature is not of that key.");
    if (e == ERR_UNSUPPORTED)
        return refuse(x, next, PROBLEM_BAD_SIGNATURE_ALGORITHM,
                      "The algorithm does not fit the key.");
    if (e == ERR_SYNTAX)
        return refuse(x, next, PROBLEM_BAD_PUBLIC_KEY, "The key is not a point on its curve.");
    return e == ERR_OK || trouble(x, next, e);
}

/* -------------------------------------------------------------------- the account */

static enum err
load_principal(struct exchange *x, const struct call *c)
{
    struct principal *p = malloc(sizeof(*p));
    enum err e = p == NULL ? ERR_NOMEM
                           : principal_load(x->rows, x->view, &c->ca.tenant,
                                            &c->credential.principal, p);

    if (e == ERR_OK && !p->enabled)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        x->caller = (struct caller){
            .known = true, .tid = p->tid, .oid = p->oid, .appid = p->appid, .idtyp = "app"
        };
        call_account_url(x, &c->account_id, x->note.object_url);
    }
    free(p);
    return e;
}

bool
call_meet_principal(struct exchange *x, const struct call *c, enum next *next)
{
    enum err e = load_principal(x, c);

    if (e == ERR_NOT_FOUND)
        return refuse(x, next, PROBLEM_UNAUTHORIZED,
                      "Whom the account acts for is gone or disabled.");
    return e == ERR_OK || trouble(x, next, e);
}

/* Account, credential and principal have to be good now. */
static bool
check_account(struct exchange *x, struct call *c, enum next *next)
{
    enum err e;

    if (c->account.state != ACME_ACCOUNT_VALID)
        return refuse(x, next, PROBLEM_UNAUTHORIZED, "The account is deactivated.");
    e = acme_credential_load(x->rows, x->view, &c->ca_id, &c->account.kid, &c->credential);
    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && c->credential.expires != 0 && clock_now() >= c->credential.expires))
        return refuse(x, next, PROBLEM_UNAUTHORIZED,
                      "The credential of the account was withdrawn or is over.");
    if (e != ERR_OK)
        return trouble(x, next, e);
    return call_meet_principal(x, c, next);
}

bool
call_may_issue(struct exchange *x, const struct call *c, enum next *next)
{
    enum err e = issue_check_principal(x->rows, x->view, &c->ca, &c->credential.principal);

    if (e == ERR_DENIED)
        return refuse(x, next, PROBLEM_UNAUTHORIZED,
                      "Whom the account acts for may not have certificates of this authority.");
    return e == ERR_OK || trouble(x, next, e);
}

static struct call *
call_new(struct exchange *x)
{
    struct call *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    issue_made_init(&c->made);
    c->jwk.public.type = KEY_NONE;
    x->state = c;
    x->state_free = call_free;
    return c;
}

bool
call_open(struct exchange *x, enum call_by by, struct call **out, enum next *next)
{
    struct call *c = call_new(x);
    enum err e;

    *out = c;
    if (c == NULL)
        return trouble(x, next, ERR_NOMEM);
    if (!media_type_is_ok(x))
        return refuse(x, next, PROBLEM_MEDIA_TYPE, "The media type is application/jose+json.");
    if (!call_authority(x, &c->ca, next))
        return false;
    c->ca_id = c->ca.id;
    e = parse(x, c);
    if (e == ERR_NOMEM)
        return trouble(x, next, e);
    if (e != ERR_OK)
        return refuse(x, next, PROBLEM_MALFORMED,
                      "The body is no flattened JWS with an object or nothing in it.");
    if (!check_header(x, c, next) || !find_key(x, c, by, next) || !check_signature(x, c, next))
        return false;
    return c->account_id.text[0] == '\0' || check_account(x, c, next);
}

bool
call_again(struct exchange *x, struct call *c, enum next *next)
{
    if (!call_authority(x, &c->ca, next))
        return false;
    if (c->account_id.text[0] == '\0')
        return true;
    return load_account(x, c, next) && check_account(x, c, next);
}
