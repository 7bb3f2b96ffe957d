/* SPDX-License-Identifier: Apache-2.0 */
/* attester.c - trusted authorities and their tokens. */
#include "auth/attester.h"

#include <stdlib.h>

#include "base/log.h"
#include "codec/b64.h"
#include "crypto/verify.h"

enum { URL_MAX = 512, KID_TEXT_MAX = 200, NUMBER_MAX = 1024, SKEW = 300 };

struct attester_key {
    char kid[KID_TEXT_MAX + 1];
    struct verifykey *key;
};

struct attester {
    char url[URL_MAX + 1];
    struct attester_key key[MAX_ATTESTER_KEYS];
    unsigned nkeys;
};

struct attesters {
    struct attester at[MAX_ATTESTERS];
    unsigned n;
    bool bad; /* while reading */
};

static enum err
read_number(const struct jsn *jwk, const char *name, struct buf *out)
{
    struct span text;

    if (jsn_get_str(jwk, name, &text) != JSN_OK)
        return ERR_SYNTAX;
    return b64url_get(text, sink_buf(out));
}

static enum err
read_key(const struct jsn *jwk, struct attester *a)
{
    struct attester_key *k = &a->key[a->nkeys];
    struct span kid = { 0 }, kty = { 0 };
    struct buf n, e;
    enum err err = ERR_SYNTAX;

    if (a->nkeys == MAX_ATTESTER_KEYS || !jsn_is_object(jwk) ||
        jsn_get_str(jwk, "kty", &kty) != JSN_OK || !span_is_str(kty, "RSA") ||
        jsn_get_str(jwk, "kid", &kid) == JSN_WRONG_TYPE ||
        !span_copy_str(kid, k->kid, sizeof(k->kid)))
        return ERR_SYNTAX;
    buf_init(&n, NUMBER_MAX);
    buf_init(&e, NUMBER_MAX);
    if (read_number(jwk, "n", &n) == ERR_OK && read_number(jwk, "e", &e) == ERR_OK)
        err = verifykey_from_rsa(buf_span(&n), buf_span(&e), &k->key);
    buf_release(&e);
    buf_release(&n);
    if (err == ERR_OK)
        a->nkeys++;
    return err;
}

static bool
read_attester(void *arg, struct span url, const struct jsn *set)
{
    struct attesters *all = arg;
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
    }
    all->bad = e != ERR_OK;
    if (all->bad)
        log_error("attesters: '%.*s' is not an https URL with a set of RSA keys",
                  (int)span_head(url, 100).len, (const char *)url.ptr);
    return !all->bad;
}

enum err
attesters_read(struct span text, struct attesters **out)
{
    struct attesters *a = calloc(1, sizeof(*a));
    struct jsn *root = NULL;
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (a != NULL)
        e = jsn_parse(text, &root);
    if (e == ERR_OK && !jsn_is_object(root))
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        jsn_each(root, read_attester, a);
    if (e == ERR_OK && a->bad)
        e = ERR_SYNTAX;
    jsn_free(root);
    if (e == ERR_OK)
        *out = a;
    else
        attesters_free(a);
    return e;
}

void
attesters_free(struct attesters *a)
{
    if (a == NULL)
        return;
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned k = 0; k < a->at[i].nkeys; k++)
            verifykey_free(a->at[i].key[k].key);
    free(a);
}

static const struct attester *
attester_of(const struct attesters *a, struct span iss)
{
    for (unsigned i = 0; a != NULL && i < a->n; i++)
        if (span_is_str(iss, a->at[i].url))
            return &a->at[i];
    return NULL;
}

static enum err
check_signature(const struct attester *a, const struct jwt *j)
{
    struct span sig = { j->sig, j->sig_len }, kid = { 0 };
    enum err e = ERR_TOKEN_KEY;
    enum sig_alg alg;

    if (span_is_str(j->alg, "RS256"))
        alg = SIG_RS256;
    else if (span_is_str(j->alg, "PS256"))
        alg = SIG_PS256;
    else
        return ERR_TOKEN_FORMAT;
    if (jsn_get_str(j->header, "kid", &kid) == JSN_WRONG_TYPE)
        return ERR_TOKEN_FORMAT;
    for (unsigned i = 0; i < a->nkeys && e == ERR_TOKEN_KEY; i++)
        if (span_is_str(kid, a->key[i].kid))
            e = verifykey_check(a->key[i].key, alg, j->signing_input, sig) == ERR_OK
                    ? ERR_OK
                    : ERR_TOKEN_SIGNATURE;
    return e;
}

enum err
attesters_verify(const struct attesters *a, struct span token, int64_t now, struct jwt *out)
{
    const struct attester *from;
    struct span iss = { 0 };
    int64_t nbf, exp;
    enum err e = jwt_parse(token, out);

    if (e != ERR_OK)
        return e;
    if (jsn_get_str(out->claims, "iss", &iss) != JSN_OK)
        return ERR_TOKEN_FORMAT;
    from = attester_of(a, iss);
    if (from == NULL)
        return ERR_TOKEN_ISSUER;
    e = check_signature(from, out);
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
