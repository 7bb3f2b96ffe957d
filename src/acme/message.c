/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - directories, orders, authorizations. */
#include "acme/message.h"

#include "codec/isotime.h"

static bool
is_base64url(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return true;
}

bool
acmec_nonce_is_ok(struct span nonce)
{
    return nonce.len > 0 && nonce.len <= ACME_NONCE_MAX && is_base64url(nonce);
}

/* RFC 8555 6.1: https for everything. */
bool
acmec_url_is_ok(struct span url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7f)
            return false;
    return url.len <= ACME_URL_MAX && span_has_prefix(url, span_str("https://"));
}

static bool
get_url(const struct jsn *obj, const char *name, struct span *out)
{
    return jsn_get_str(obj, name, out) == JSN_OK && acmec_url_is_ok(*out);
}

/* A member that may be absent. */
static bool
get_url_if_any(const struct jsn *obj, const char *name, struct span *out)
{
    enum jsn_got got = jsn_get_str(obj, name, out);

    if (got == JSN_ABSENT)
        *out = (struct span){ 0 };
    return got == JSN_ABSENT || (got == JSN_OK && acmec_url_is_ok(*out));
}

static enum err
parse_object(struct span body, struct jsn **root)
{
    enum err e = jsn_parse(body, root);

    if (e == ERR_OK && !jsn_is_object(*root)) {
        jsn_free(*root);
        *root = NULL;
        e = ERR_SYNTAX;
    }
    return e;
}

static bool
get_status(const struct jsn *obj, enum acmec_status *out)
{
    static const struct {
        const char *word;
        enum acmec_status status;
    } words[] = {
        { "pending", ACME_PENDING },       { "ready", ACME_READY },
        { "processing", ACME_PROCESSING }, { "valid", ACME_VALID },
        { "invalid", ACME_INVALID },       { "deactivated", ACME_INVALID },
        { "expired", ACME_INVALID },       { "revoked", ACME_INVALID },
    };
    struct span word;

    if (jsn_get_str(obj, "status", &word) != JSN_OK)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (span_is_str(word, words[i].word)) {
            *out = words[i].status;
            return true;
        }
    return false;
}

/* ----------------------------------------------------------------------- directory */

enum err
acmec_directory_read(struct span body, struct acmec_directory *out)
{
    const struct jsn *meta;
    enum err e;

    *out = (struct acmec_directory){ .root = NULL };
    e = parse_object(body, &out->root);
    if (e != ERR_OK)
        return e;
    if (!get_url(out->root, "newNonce", &out->new_nonce) ||
        !get_url(out->root, "newAccount", &out->new_account) ||
        !get_url(out->root, "newOrder", &out->new_order) ||
        !get_url_if_any(out->root, "renewalInfo", &out->renewal_info)) {
        acmec_directory_release(out);
        return ERR_SYNTAX;
    }
    if (jsn_get_object(out->root, "meta", &meta) == JSN_OK &&
        jsn_get_bool(meta, "externalAccountRequired", &out->needs_eab) != JSN_OK)
        out->needs_eab = false;
    return ERR_OK;
}

void
acmec_directory_release(struct acmec_directory *d)
{
    jsn_free(d->root);
    *d = (struct acmec_directory){ .root = NULL };
}

/* --------------------------------------------------------------------------- orders */

static bool
get_authorizations(struct acmec_order *o)
{
    const struct jsn *list;

    if (jsn_get_array(o->root, "authorizations", &list) != JSN_OK ||
        jsn_len(list) > ACME_AUTHZ_MAX)
        return false;
    for (size_t i = 0; i < jsn_len(list); i++) {
        struct span url = jsn_str(jsn_at(list, i));

        if (!acmec_url_is_ok(url))
            return false;
        o->authz[o->authz_count++] = url;
    }
    return o->authz_count > 0;
}

enum err
acmec_order_read(struct span body, struct acmec_order *out)
{
    enum err e;

    *out = (struct acmec_order){ .root = NULL };
    e = parse_object(body, &out->root);
    if (e != ERR_OK)
        return e;
    if (jsn_get_object(out->root, "error", &out->error) != JSN_OK)
        out->error = NULL;
    if (!get_status(out->root, &out->status) || !get_authorizations(out) ||
        !get_url(out->root, "finalize", &out->finalize) ||
        !get_url_if_any(out->root, "certificate", &out->certificate) ||
        jsn_get_array(out->root, "identifiers", &out->identifiers) != JSN_OK) {
        acmec_order_release(out);
        return ERR_SYNTAX;
    }
    return ERR_OK;
}

void
acmec_order_release(struct acmec_order *o)
{
    jsn_free(o->root);
    *o = (struct acmec_order){ .root = NULL };
}

static bool
is_among(struct span name, const struct span *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is_equal_nocase(name, names[i]))
            return true;
    return false;
}

bool
acmec_order_is_for(const struct acmec_order *o, const struct span *names, size_t n)
{
    size_t count = jsn_len(o->identifiers);

    if (count != n || n > ACME_AUTHZ_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct jsn *one = jsn_at(o->identifiers, i);
        struct span type, value;

        if (!jsn_is_object(one) || jsn_get_str(one, "type", &type) != JSN_OK ||
            jsn_get_str(one, "value", &value) != JSN_OK || !span_is_str(type, "dns") ||
            !is_among(value, names, n))
            return false;
        for (size_t k = 0; k < i; k++) { /* one twice is another left out */
            struct span before = { 0 };

            (void)jsn_get_str(jsn_at(o->identifiers, k), "value", &before);
            if (span_is_equal_nocase(before, value))
                return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------- authorizations */

static enum acmec_challenge_kind
kind_of(struct span type)
{
    return span_is_str(type, "http-01")  ? ACME_HTTP_01
           : span_is_str(type, "dns-01") ? ACME_DNS_01
                                         : ACME_OTHER;
}

/* Of a kind that we do not do, nothing else is looked at. */
static bool
read_challenge(const struct jsn *one, struct acmec_challenge *c)
{
    struct span type;

    if (!jsn_is_object(one) || jsn_get_str(one, "type", &type) != JSN_OK)
        return false;
    c->kind = kind_of(type);
    if (c->kind == ACME_OTHER)
        return true;
    if (jsn_get_object(one, "error", &c->error) != JSN_OK)
        c->error = NULL;
    return get_status(one, &c->status) && get_url(one, "url", &c->url) &&
           jsn_get_str(one, "token", &c->token) == JSN_OK && is_base64url(c->token) &&
           c->token.len >= ACME_TOKEN_MIN && c->token.len <= ACME_TOKEN_MAX;
}

static bool
get_challenges(struct acmec_authz *a)
{
    const struct jsn *list;

    if (jsn_get_array(a->root, "challenges", &list) != JSN_OK ||
        jsn_len(list) > ACME_CHALLENGES_MAX)
        return false;
    for (size_t i = 0; i < jsn_len(list); i++)
        if (!read_challenge(jsn_at(list, i), &a->challenge[a->count++]))
            return false;
    return true;
}

static bool
get_identifier(struct acmec_authz *a)
{
    const struct jsn *id;
    struct span type;

    if (jsn_get_bool(a->root, "wildcard", &a->wildcard) != JSN_OK)
        a->wildcard = false;
    return jsn_get_object(a->root, "identifier", &id) == JSN_OK &&
           jsn_get_str(id, "type", &type) == JSN_OK && span_is_str(type, "dns") &&
           jsn_get_str(id, "value", &a->name) == JSN_OK && a->name.len > 0 &&
           a->name.len <= 253;
}

enum err
acmec_authz_read(struct span body, struct acmec_authz *out)
{
    enum err e;

    *out = (struct acmec_authz){ .root = NULL };
    e = parse_object(body, &out->root);
    if (e != ERR_OK)
        return e;
    if (!get_status(out->root, &out->status) || !get_identifier(out) || !get_challenges(out)) {
        acmec_authz_release(out);
        return ERR_SYNTAX;
    }
    return ERR_OK;
}

void
acmec_authz_release(struct acmec_authz *a)
{
    jsn_free(a->root);
    *a = (struct acmec_authz){ .root = NULL };
}

const struct acmec_challenge *
acmec_authz_find(const struct acmec_authz *a, enum acmec_challenge_kind kind)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->challenge[i].kind == kind)
            return &a->challenge[i];
    return NULL;
}

/* ------------------------------------------------------------------ renewal information */

enum err
acmec_renewal_info_read(struct span body, int64_t *start, int64_t *end)
{
    const struct jsn *window;
    struct jsn *root;
    struct span from, to;
    enum err e = parse_object(body, &root);

    *start = *end = 0;
    if (e != ERR_OK)
        return e;
    if (jsn_get_object(root, "suggestedWindow", &window) != JSN_OK ||
        jsn_get_str(window, "start", &from) != JSN_OK ||
        jsn_get_str(window, "end", &to) != JSN_OK || isotime_get(from, start) != ERR_OK ||
        isotime_get(to, end) != ERR_OK || *end < *start)
        e = ERR_SYNTAX;
    jsn_free(root);
    return e;
}
