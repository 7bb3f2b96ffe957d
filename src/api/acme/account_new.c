/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_new.c - newAccount (RFC 8555 7.3, 7.3.4).
 *
 * A key that has an account gets that account. Any other has to bring an
 * external account binding: a JWS over its own key, made with the secret of a
 * credential. The secret is sealed in the vault of the authority's key; the
 * keeper opens it for this one comparison.
 */
#include "api/acme/account.h"
#include "api/acme/acme.h"
#include "base/clock.h"
#include "vault/vault.h"

static enum next
unauthorized(struct exchange *x)
{
    /* One answer, whatever is wrong with a binding: kids are not to be guessed. */
    return acme_fail(x, PROBLEM_UNAUTHORIZED, "The external account binding is not good.");
}

/* Header and payload of the inner JWS; its MAC is judged when the secret is there. */
static bool
binding_fits(const struct exchange *x, const struct call *c, const struct jws *inner,
             struct hex32 *kid)
{
    struct span origin = span_str(x->site->acme_origin), url, name, nonce;
    struct jsn *key = NULL;
    struct jwk jwk = { .public = { .type = KEY_NONE } };
    bool ok = span_is_str(inner->alg, "HS256") &&
              jsn_get_str(inner->header, "kid", &name) == JSN_OK && hex32_parse(name, kid) &&
              jsn_get_str(inner->header, "nonce", &nonce) == JSN_ABSENT &&
              jsn_get_str(inner->header, "url", &url) == JSN_OK &&
              span_has_prefix(url, origin) &&
              span_is_equal(span_tail(url, origin.len), x->req->target);

    ok = ok && jsn_parse(secbuf_span(&inner->payload), &key) == ERR_OK &&
         jwk_read(key, &jwk) == ERR_OK && key_public_is_same(&jwk.public, &c->jwk.public);
    jsn_free(key);
    return ok;
}

/* The inner JWS of the payload. ERR_NOT_FOUND: there is none; ERR_DENIED: it is not good. */
static enum err
read_binding(const struct exchange *x, const struct call *c, struct jws *inner,
             struct hex32 *kid)
{
    const struct jsn *eab;
    enum jsn_got got = jsn_get_object(c->payload, "externalAccountBinding", &eab);
    enum err e;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_NOT_FOUND : ERR_DENIED;
    e = jws_parse(eab, inner);
    if (e == ERR_NOMEM)
        return e;
    return e == ERR_OK && binding_fits(x, c, inner, kid) ? ERR_OK : ERR_DENIED;
}

/* ERR_DENIED: no such credential, or one that is over or used up. */
static enum err
load_credential(struct exchange *x, struct call *c)
{
    enum err e = acme_credential_load(x->rows, x->view, &c->ca_id, &c->kid, &c->credential);

    if (e == ERR_NOT_FOUND)
        return ERR_DENIED;
    if (e == ERR_OK && c->credential.expires != 0 && clock_now() >= c->credential.expires)
        return ERR_DENIED;
    return e == ERR_OK && c->credential.accounts >= ACME_ACCOUNTS_MAX ? ERR_BUSY : e;
}

static enum next
ask_secret(struct exchange *x, const struct call *c)
{
    struct acme_secret_name name;
    struct vault *v = NULL;
    struct object_id id;
    struct wrapped key;
    enum err e = vault_load(x->rows, x->view, c->ca.vault_name, &v);

    if (e == ERR_OK && !guid_is_equal(&v->id, &c->ca.vault)) {
        vault_unref(v);
        e = ERR_NO_VAULT;
    }
    if (e == ERR_NO_VAULT)
        return acme_fail(x, PROBLEM_UNAVAILABLE, "The authority has lost its vault.");
    if (e != ERR_OK)
        return acme_trouble(x, e);
    key = vault_key(v);
    acme_secret_id(&c->ca.vault, &c->ca_id, &c->kid, &name, &id);
    x->ask_op = KEEPER_OPEN;
    keeper_pack_open(sink_sec(&x->ask), &key, &id, c->credential.sealed);
    vault_unref(v);
    return NEXT_KEEPER;
}

static enum next
binding_failed(struct exchange *x, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return acme_fail(x, PROBLEM_EXTERNAL_ACCOUNT_REQUIRED,
                         "An account needs an external account binding.");
    if (e == ERR_DENIED)
        return unauthorized(x);
    if (e == ERR_BUSY)
        return acme_fail(x, PROBLEM_RATE_LIMITED, "The credential has all its accounts.");
    return acme_trouble(x, e);
}

/* The account of the key, if it has one. */
static bool
show_existing(struct exchange *x, struct call *c, enum next *next)
{
    bool only = false;
    enum err e = acme_account_find(x->rows, x->view, &c->ca_id, &c->jwk.public, &c->account);

    if (e == ERR_OK && c->account.state != ACME_ACCOUNT_VALID)
        *next = acme_fail(x, PROBLEM_UNAUTHORIZED, "The account is deactivated.");
    else if (e == ERR_OK)
        *next = account_show(x, 200, &c->account);
    else if (e != ERR_NOT_FOUND)
        *next = acme_trouble(x, e);
    else if (jsn_get_bool(c->payload, "onlyReturnExisting", &only) == JSN_OK && only)
        *next = acme_fail(x, PROBLEM_ACCOUNT_DOES_NOT_EXIST, "The key has no account.");
    else
        return false;
    return true;
}

static enum next
begin(struct exchange *x)
{
    struct jws inner = { .sig_len = 0 };
    struct call *c;
    enum next next;
    enum err e;

    if (!call_open(x, CALL_BY_KEY, &c, &next))
        return next;
    if (c->payload == NULL)
        return acme_fail(x, PROBLEM_MALFORMED, "A new account is described by an object.");
    if (show_existing(x, c, &next))
        return next;
    e = read_binding(x, c, &inner, &c->kid);
    jws_release(&inner);
    if (e == ERR_OK)
        e = load_credential(x, c);
    return e == ERR_OK ? ask_secret(x, c) : binding_failed(x, e);
}

static enum next
create(struct exchange *x, struct call *c)
{
    struct acme_account a = { .id = hex32_new(),
                              .kid = c->kid,
                              .state = ACME_ACCOUNT_VALID,
                              .created = clock_now(),
                              .key = c->jwk.public };
    enum next next;
    enum err e;

    (void)jsn_get_bool(c->payload, "termsOfServiceAgreed", &a.terms);
    if (!call_meet_principal(x, c, &next) || !account_read_contacts(x, c->payload, &a, &next))
        return next;
    c->credential.accounts++;
    acme_credential_put(x->rows, &x->write, &c->ca_id, &c->credential);
    acme_account_put(x->rows, &x->write, &c->ca_id, &a);
    e = acme_account_index(x->rows, &x->write, &c->ca_id, &a);
    if (e != ERR_OK)
        return acme_trouble(x, e);
    next = account_show(x, 201, &a);
    return next == NEXT_REPLY ? NEXT_COMMIT : next;
}

static enum next
finish(struct exchange *x)
{
    struct jws inner = { .sig_len = 0 };
    struct call *c = x->state;
    enum next next;
    enum err e = x->answer_err;

    if (e == ERR_OK && !call_again(x, c, &next))
        return next;
    if (e == ERR_OK)
        e = read_binding(x, c, &inner, &c->kid);
    if (e == ERR_OK)
        e = load_credential(x, c);
    if (e == ERR_OK && x->answer.len != ACME_SECRET_LEN)
        e = ERR_FORMAT;
    if (e == ERR_OK)
        e = jws_check_mac(&inner, secbuf_span(&x->answer));
    jws_release(&inner);
    secbuf_clear(&x->answer);
    if (e == ERR_INTEGRITY && x->answer_err == ERR_OK)
        return unauthorized(x);
    return e == ERR_OK ? create(x, c) : binding_failed(x, e);
}

enum next
api_acme_account_new(struct exchange *x)
{
    return x->step == 0 ? begin(x) : finish(x);
}
