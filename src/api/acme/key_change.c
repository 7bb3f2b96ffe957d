/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_change.c - an account gets another key (RFC 8555 7.3.5). The outer JWS is the old key's,
 * the inner one the new key's, about the account and the old key: so neither can be passed off
 * by somebody who has the other.
 */
#include "api/acme/account.h"
#include "api/acme/acme.h"

/* The inner payload: this account, and the key that it has. */
static bool
names_account(const struct exchange *x, const struct call *c, const struct jws *inner)
{
    const struct jsn *old;
    struct jsn *payload = NULL;
    struct hex32 id;
    struct span url;
    struct jwk jwk;
    bool ok = jsn_parse(secbuf_span(&inner->payload), &payload) == ERR_OK &&
              jsn_is_object(payload) && jsn_get_str(payload, "account", &url) == JSN_OK &&
              call_account_of(x, url, &id) &&
              span_is_str(span_str(id.text), c->account_id.text) &&
              jsn_get_object(payload, "oldKey", &old) == JSN_OK &&
              jwk_read(old, &jwk) == ERR_OK && key_public_is_same(&jwk.public, &c->account.key);

    jsn_free(payload);
    return ok;
}

/* The new key, which has signed that it is the account's. ERR_SYNTAX, ERR_KEY_TYPE, ERR_NOMEM,
 * ERR_CRYPTO, and those of jws_check(). */
static enum err
read_inner(const struct exchange *x, const struct call *c, struct jws *inner, struct jwk *key)
{
    const struct jsn *jwk;
    struct span nonce, url, outer;
    enum err e = c->payload == NULL ? ERR_SYNTAX : jws_parse(c->payload, inner);

    if (e != ERR_OK)
        return e;
    if (jsn_get_object(inner->header, "jwk", &jwk) != JSN_OK ||
        jsn_get_str(inner->header, "nonce", &nonce) != JSN_ABSENT ||
        jsn_get_str(inner->header, "url", &url) != JSN_OK ||
        jsn_get_str(c->jws.header, "url", &outer) != JSN_OK || !span_is_equal(url, outer))
        return ERR_SYNTAX;
    e = jwk_read(jwk, key);
    if (e == ERR_OK)
        e = jws_check(inner, &key->public);
    if (e != ERR_OK)
        return e;
    return names_account(x, c, inner) ? ERR_OK : ERR_SYNTAX;
}

static enum next
inner_failed(struct exchange *x, enum err e)
{
    switch (err_class_of(e)) {
    case ERR_CLASS_NONE:
    case ERR_CLASS_RETRY:
    case ERR_CLASS_STATE:
    case ERR_CLASS_INTERNAL:
        return acme_trouble(x, e);
    case ERR_CLASS_REQUEST:
    case ERR_CLASS_INTEGRITY:
        break;
    }
    if (e == ERR_KEY_TYPE)
        return acme_fail(x, PROBLEM_BAD_PUBLIC_KEY,
                         "The key is of a kind or size that this server does not take.");
    if (e == ERR_UNSUPPORTED)
        return acme_fail(x, PROBLEM_BAD_SIGNATURE_ALGORITHM,
                         "The algorithm does not fit the key.");
    return acme_fail(x, PROBLEM_MALFORMED,
                     "The inner JWS is not by the new key over this account and its key.");
}

/* WIRE: who has the key already is told which account that is (RFC 8555 7.3.5). */
static enum next
taken(struct exchange *x, const struct acme_account *other)
{
    char url[ACME_URL_MAX];

    call_account_url(x, &other->id, url);
    http_response_clear(&x->resp);
    http_response_header(&x->resp, "Location", url);
    return acme_fail(x, PROBLEM_CONFLICT, "The key has an account already.");
}

static enum next
change(struct exchange *x, struct call *c, const struct jwk *key)
{
    struct acme_account other;
    enum next next;
    enum err e = acme_account_find(x->rows, x->view, &c->ca_id, &key->public, &other);

    if (e == ERR_OK)
        return taken(x, &other);
    if (e == ERR_NOT_FOUND)
        e = acme_account_forget(&x->write, &c->ca_id, &c->account.key);
    c->account.key = key->public;
    if (e == ERR_OK)
        e = acme_account_index(x->rows, &x->write, &c->ca_id, &c->account);
    if (e != ERR_OK)
        return acme_trouble(x, e);
    acme_account_put(x->rows, &x->write, &c->ca_id, &c->account);
    next = account_show(x, 200, &c->account);
    return next == NEXT_REPLY ? NEXT_COMMIT : next;
}

enum next
api_acme_key_change(struct exchange *x)
{
    struct jws inner = { .sig_len = 0 };
    struct jwk key;
    struct call *c;
    enum next next;
    enum err e;

    if (!call_open(x, CALL_BY_ACCOUNT, &c, &next))
        return next;
    e = read_inner(x, c, &inner, &key);
    jws_release(&inner);
    return e == ERR_OK ? change(x, c, &key) : inner_failed(x, e);
}
