/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attester.c - trusted issuers and their tokens.
 *
 * The algorithm is the key's, never the token's choice: a header may only name
 * one that its key takes.
 */
#include "auth/attester.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "codec/b64.h"
#include "crypto/verify.h"

enum { URL_MAX = 600, KID_TEXT_MAX = 200, NUMBER_MAX = 1024, SKEW = 300 };

struct attester_key {
    char kid[KID_TEXT_MAX + 1];
    enum sig_alg alg; /* what the JWK says; 0: nothing */
    struct verifykey *key;
};

struct attester {
    char url[URL_MAX + 1];
    struct attester_key key[MAX_ATTESTER_KEYS];
    unsigned nkeys;
};

struct attester_list {
    struct attester at[MAX_ATTESTERS];
    unsigned n;
    bool bad; /* while reading */
};

struct attesters {
    pthread_rwlock_t lock; /* of list */
    struct attester_list *list;
};

static enum sig_alg
alg_named(struct span name)
{
    return span_is_str(name, "RS256")   ? SIG_RS256
           : span_is_str(name, "PS256") ? SIG_PS256
           : span_is_str(name, "ES256") ? SIG_ES256
                                        : 0;
}

/* ---------------------------------------------------------------------- reading */

static enum err
read_number(const struct jsn *jwk, const char *name, struct buf *out)
{
    struct span text;

    if (jsn_get_str(jwk, name, &text) != JSN_OK)
        return ERR_SYNTAX;
    return b64url_get(text, sink_buf(out));
}

static enum err
read_numbers(const struct jsn *jwk, bool rsa, struct verifykey **out)
{
    struct buf a, b;
    enum err e;

    buf_init(&a, NUMBER_MAX);
    buf_init(&b, NUMBER_MAX);
    e = read_number(jwk, rsa ? "n" : "x", &a);
    if (e == ERR_OK)
        e = read_number(jwk, rsa ? "e" : "y", &b);
    if (e == ERR_OK)
        e = rsa ? verifykey_from_rsa(buf_span(&a), buf_span(&b), out)
                : verifykey_from_p256(buf_span(&a), buf_span(&b), out);
    buf_release(&b);
    buf_release(&a);
    return e;
}

/* Published sets hold more than we verify with. False: jwk is of no use here, or malformed
 * (*bad). */
static bool
is_for_us(const struct jsn *jwk, bool *rsa, enum sig_alg *alg, bool *bad)
{
    struct span kty = { 0 }, crv = { 0 }, use = { 0 }, name = { 0 };
    enum jsn_got got;

    *alg = 0;
    *bad = !jsn_is_object(jwk) || jsn_get_str(jwk, "kty", &kty) != JSN_OK ||
           jsn_get_str(jwk, "use", &use) == JSN_WRONG_TYPE;
    if (*bad)
        return false;
    *rsa = span_is_str(kty, "RSA");
    if (!*rsa && (!span_is_str(kty, "EC") || jsn_get_str(jwk, "crv", &crv) != JSN_OK ||
                  !span_is_str(crv, "P-256")))
        return false;
    got = jsn_get_str(jwk, "alg", &name);
    if (got == JSN_OK)
        *alg = alg_named(name);
    *bad = got == JSN_WRONG_TYPE;
    return !*bad && (use.len == 0 || span_is_str(use, "sig")) &&
           (got == JSN_ABSENT || (*alg != 0 && (*alg == SIG_ES256) == !*rsa));
}

static enum err
read_key(const struct jsn *jwk, struct attester *a)
{
    struct attester_key *k = &a->key[a->nkeys];
    struct span kid = { 0 };
    enum sig_alg alg;
    bool rsa, bad;
    enum err e;

    if (!is_for_us(jwk, &rsa, &alg, &bad))
        return bad ? ERR_SYNTAX : ERR_OK;
    if (a->nkeys == MAX_ATTESTER_KEYS || jsn_get_str(jwk, "kid", &kid) == JSN_WRONG_TYPE ||
        !span_copy_str(kid, k->kid, sizeof(k->kid)))
        return ERR_SYNTAX;
    k->alg = alg;
    e = read_numbers(jwk, rsa, &k->key);
    if (e == ERR_OK)
        a->nkeys++;
    return e;
}

static bool
read_attester(void *arg, struct span url, const struct jsn *set)
{
    struct attester_list *all = arg;
    struct attester *a = &all->at[all->n];
    const struct jsn *keys = NULL;
    enum err e = ERR_SYNTAX;

    if (all->n < MAX_ATTESTERS && span_copy_str(url, a->url, sizeof(a->url)) &&
        span_has_prefix(url, span_str("https://")) && jsn_is_object(set) &&
        jsn_get_array(set, "keys", &keys) == JSN_OK) {
        all->n++;
        e = ERR_OK;
        for (size_t i = 0; e == ERR_OK && i < jsn_len(keys); i++)
            e = read_key(jsn_at(keys, i), a);
        if (e == ERR_OK && a->nkeys == 0)
            log_warn("trusted issuers: '%s' has no key that verifies RS256, PS256 or ES256",
                     a->url);
    }
    all->bad = e != ERR_OK;
    if (all->bad)
        log_error("trusted issuers: '%.*s' is not an https URL with a set of JWKs",
                  (int)span_head(url, 100).len, (const char *)url.ptr);
    return !all->bad;
}

static void
list_free(struct attester_list *l)
{
    for (unsigned i = 0; l != NULL && i < l->n; i++)
        for (unsigned k = 0; k < l->at[i].nkeys; k++)
            verifykey_free(l->at[i].key[k].key);
    free(l);
}

static enum err
read_list(struct span text, struct attester_list **out)
{
    struct attester_list *l = calloc(1, sizeof(*l));
    struct jsn *root = NULL;
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (l != NULL)
        e = jsn_parse(text, &root);
    if (e == ERR_OK && !jsn_is_object(root))
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        jsn_each(root, read_attester, l);
    if (e == ERR_OK && l->bad)
        e = ERR_SYNTAX;
    jsn_free(root);
    if (e == ERR_OK)
        *out = l;
    else
        list_free(l);
    return e;
}

enum err
attesters_read(struct span text, struct attesters **out)
{
    struct attesters *a = calloc(1, sizeof(*a));
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (a == NULL || pthread_rwlock_init(&a->lock, NULL) != 0) {
        free(a);
        return e;
    }
    e = read_list(text, &a->list);
    if (e == ERR_OK)
        *out = a;
    else
        attesters_free(a);
    return e;
}

enum err
attesters_replace(struct attesters *a, struct span text)
{
    struct attester_list *fresh, *old;
    enum err e = read_list(text, &fresh);

    if (e != ERR_OK)
        return e;
    bug_on(pthread_rwlock_wrlock(&a->lock) != 0);
    old = a->list;
    a->list = fresh;
    bug_on(pthread_rwlock_unlock(&a->lock) != 0);
    list_free(old);
    return ERR_OK;
}

void
attesters_free(struct attesters *a)
{
    if (a == NULL)
        return;
    list_free(a->list);
    (void)pthread_rwlock_destroy(&a->lock);
    free(a);
}

/* --------------------------------------------------------------------- verifying */

/* Exactly as written: no slash more or less, no other case. */
static const struct attester *
attester_of(const struct attester_list *l, struct span iss)
{
    for (unsigned i = 0; i < l->n; i++)
        if (span_is_str(iss, l->at[i].url))
            return &l->at[i];
    return NULL;
}

/* verifykey_check says ERR_ARG where algorithm and kind of key do not fit. */
static enum err
check_with(const struct attester_key *k, enum sig_alg alg, const struct jwt *j)
{
    enum err e;

    if (k->alg != 0 && k->alg != alg)
        return ERR_TOKEN_FORMAT;
    e = verifykey_check(k->key, alg, j->signing_input, span_of(j->sig, j->sig_len));
    return e == ERR_OK || e == ERR_NOMEM ? e
           : e == ERR_ARG                ? ERR_TOKEN_FORMAT
                                         : ERR_TOKEN_SIGNATURE;
}

static enum err
check_signature(const struct attester *a, const struct jwt *j)
{
    enum sig_alg alg = alg_named(j->alg);
    struct span kid = { 0 };

    if (alg == 0 || jsn_get_str(j->header, "kid", &kid) == JSN_WRONG_TYPE)
        return ERR_TOKEN_FORMAT;
    for (unsigned i = 0; i < a->nkeys; i++)
        if (span_is_str(kid, a->key[i].kid))
            return check_with(&a->key[i], alg, j);
    return ERR_TOKEN_KEY;
}

enum err
attesters_check(struct attesters *a, const struct jwt *token)
{
    const struct attester *from;
    struct span iss = { 0 };
    enum err e;

    if (jsn_get_str(token->claims, "iss", &iss) != JSN_OK)
        return ERR_TOKEN_FORMAT;
    if (a == NULL)
        return ERR_TOKEN_ISSUER;
    bug_on(pthread_rwlock_rdlock(&a->lock) != 0);
    from = attester_of(a->list, iss);
    e = from == NULL ? ERR_TOKEN_ISSUER : check_signature(from, token);
    bug_on(pthread_rwlock_unlock(&a->lock) != 0);
    return e;
}

enum err
attesters_verify(struct attesters *a, struct span token, int64_t now, struct jwt *out)
{
    int64_t nbf, exp;
    enum err e = jwt_parse(token, out);

    if (e == ERR_OK)
        e = attesters_check(a, out);
    if (e != ERR_OK)
        return e;
    if (jwt_get_time(out, "exp", &exp) != JSN_OK || exp <= now)
        return ERR_TOKEN_EXPIRED;
    switch (jwt_get_time(out, "nbf", &nbf)) {
    case JSN_OK:
        return nbf > now + SKEW ? ERR_TOKEN_EXPIRED : ERR_OK;
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        break;
    }
    return ERR_TOKEN_FORMAT;
}
