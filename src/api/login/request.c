/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - a token request field by field, in the order of their checks:
 * form, grant, client, resource, claims. Cheap ones all; what costs comes
 * after (grant.c).
 */
#include "api/login/request.h"

#include "api/login/assertion.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "codec/jsn.h"

static const char assertion_type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static const struct span none;

void
token_request_init(struct token_request *r)
{
    memset(r, 0, sizeof(*r));
    secbuf_init(&r->form.text, FORM_BODY_MAX);
    secbuf_init(&r->basic, MAX_HEADER_BYTES);
}

void
token_request_release(struct token_request *r)
{
    form_release(&r->form);
    secbuf_release(&r->basic);
}

/* For applications themselves: "<resource>/.default" and nothing finer. */
static bool
fits_client(const struct wanted *w)
{
    return w->resource[0] != '\0' && w->by_default && w->permissions[0] == '\0';
}

static enum err
read_wanted(const struct exchange *x, struct token_request *r, enum sts *why,
            struct span *detail)
{
    struct span resource = form_get(&r->form, FORM_RESOURCE);
    struct span scope = form_get(&r->form, FORM_SCOPE);
    bool known = true;
    enum err e = ERR_OK;

    if (!r->v1 && !r->adfs)
        resource = none;
    *why = STS_MISSING;
    *detail = span_str(form_name(r->v1 ? FORM_RESOURCE : FORM_SCOPE));
    if (resource.len == 0 && scope.len == 0 && r->kind == GRANT_CLIENT)
        return ERR_OK;
    *why = STS_SCOPE;
    *detail = scope;
    if (resource.len == 0 && (!wanted_read(scope, &r->wanted) ||
                              (r->kind == GRANT_CLIENT && !fits_client(&r->wanted))))
        return ERR_OK;
    *why = STS_RESOURCE;
    *detail = resource.len > 0 ? resource : span_str(r->wanted.resource);
    if (resource.len > 0 && !wanted_of_resource(resource, &r->wanted))
        return ERR_OK;
    if (r->wanted.resource[0] != '\0')
        e = resource_find(x, &r->tid, span_str(r->wanted.resource), &known);
    *why = known ? STS_OK : STS_RESOURCE;
    return e;
}

/* {"access_token":{"xms_cc":{"values":["CP1"]},"nbf":{"value":"1604106651"}}} */
static void
read_token_claims(const struct jsn *token, struct token_request *r)
{
    const struct jsn *claim, *values;
    struct span text;
    uint64_t n;
    int64_t i;

    if (jsn_get_object(token, "xms_cc", &claim) == JSN_OK &&
        jsn_get_array(claim, "values", &values) == JSN_OK)
        for (size_t k = 0; k < jsn_len(values); k++)
            r->cp1 = r->cp1 || span_is_str_nocase(jsn_str(jsn_at(values, k)), "cp1");
    if (jsn_get_object(token, "nbf", &claim) != JSN_OK)
        return;
    if (jsn_get_str(claim, "value", &text) == JSN_OK && span_get_u64(text, &n) && n < INT64_MAX)
        r->not_before = (int64_t)n;
    else if (jsn_get_i64(claim, "value", &i) == JSN_OK)
        r->not_before = i;
}

static enum err
read_claims(struct token_request *r, enum sts *why)
{
    struct span text = form_get(&r->form, FORM_CLAIMS);
    const struct jsn *token;
    struct jsn *root = NULL;
    enum err e;

    *why = STS_OK;
    if (text.len == 0)
        return ERR_OK;
    e = jsn_parse(text, &root);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK || !jsn_is_object(root))
        *why = STS_MALFORMED;
    else if (jsn_get_object(root, "access_token", &token) == JSN_OK)
        read_token_claims(token, r);
    jsn_free(root);
    /* Essential, and not to be had: a token from the future helps nobody. */
    if (r->not_before > clock_now() + ASSERTION_SKEW)
        *why = STS_MALFORMED;
    return ERR_OK;
}

/* RFC 6749 2.3.1: id and secret, each form-encoded, in one base64 text. */
static enum err
read_basic(const struct exchange *x, struct token_request *r, struct span *id)
{
    static const char scheme[] = "Basic ";
    struct span h = http_request_header(x->req, "Authorization");
    struct secbuf pair;
    size_t colon, id_len;
    enum err e;

    *id = none;
    if (!span_is_str_nocase(span_head(h, sizeof(scheme) - 1), scheme))
        return ERR_OK;
    secbuf_init(&pair, MAX_HEADER_BYTES);
    e = b64_get(span_tail(h, sizeof(scheme) - 1), sink_sec(&pair));
    colon = e == ERR_OK ? span_find(secbuf_span(&pair), ':') : 0;
    if (e == ERR_OK && colon == pair.len)
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        e = form_decode(span_head(secbuf_span(&pair), colon), &r->basic);
    id_len = r->basic.len;
    if (e == ERR_OK)
        e = form_decode(span_tail(secbuf_span(&pair), colon + 1), &r->basic);
    if (e == ERR_OK) {
        *id = span_head(secbuf_span(&r->basic), id_len);
        r->secret = span_tail(secbuf_span(&r->basic), id_len);
    }
    secbuf_release(&pair);
    return e;
}

/* Who the client says it is, and with how many credentials: exactly one will do. */
static enum err
read_client(const struct exchange *x, struct token_request *r, enum sts *why)
{
    struct span id = form_get(&r->form, FORM_CLIENT_ID), basic_id;
    struct span secret = form_get(&r->form, FORM_CLIENT_SECRET);
    bool assertion = form_get(&r->form, FORM_CLIENT_ASSERTION).len > 0;
    enum err e;

    *why = STS_MALFORMED;
    e = read_basic(x, r, &basic_id);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_OK;
    if (basic_id.len > 0 && id.len > 0 && !span_is_equal_nocase(id, basic_id))
        return ERR_OK;
    if ((r->secret.len > 0) + (secret.len > 0) + assertion > 1)
        return ERR_OK;
    if (secret.len > 0)
        r->secret = secret;
    if (id.len == 0)
        id = basic_id;
    *why = STS_MISSING;
    if (id.len == 0)
        return ERR_OK;
    (void)guid_parse(id, &r->appid); /* not a GUID: not a client of ours, found out later */
    (void)span_copy_str(span_head(id, sizeof(r->client_id) - 1), r->client_id,
                        sizeof(r->client_id));
    r->has_credential = r->secret.len > 0 || assertion;
    *why = STS_NO_CREDENTIAL;
    if (!r->has_credential && (r->kind == GRANT_CLIENT || r->kind == GRANT_BEHALF))
        return ERR_OK;
    *why = STS_MALFORMED;
    if (assertion &&
        !span_is_str(form_get(&r->form, FORM_CLIENT_ASSERTION_TYPE), assertion_type))
        return ERR_OK;
    *why = STS_OK;
    return ERR_OK;
}

static bool
is_form(const struct http_request *http)
{
    static const char type[] = "application/x-www-form-urlencoded";
    struct span t = http_request_header(http, "Content-Type");

    t = span_head(t, span_find(t, ';'));
    while (t.len > 0 && t.ptr[t.len - 1] == ' ')
        t = span_head(t, t.len - 1);
    return t.len == 0 || span_is_str_nocase(t, type);
}

static const struct grant_type {
    const char *name;
    enum grant_kind kind;
    enum form_field needs[2];
} grant_types[] = {
    { "client_credentials", GRANT_CLIENT, { FORM_GRANT_TYPE, FORM_GRANT_TYPE } },
    { "password", GRANT_PASSWORD, { FORM_USERNAME, FORM_PASSWORD } },
    { "refresh_token", GRANT_REFRESH, { FORM_REFRESH_TOKEN, FORM_REFRESH_TOKEN } },
    { "authorization_code", GRANT_CODE, { FORM_CODE, FORM_REDIRECT_URI } },
    { "urn:ietf:params:oauth:grant-type:device_code",
      GRANT_DEVICE,
      { FORM_GRANT_TYPE, FORM_GRANT_TYPE } },
    /* WIRE: as JavaScript spells it. */
    { "device_code", GRANT_DEVICE, { FORM_GRANT_TYPE, FORM_GRANT_TYPE } },
    { "urn:ietf:params:oauth:grant-type:jwt-bearer",
      GRANT_BEHALF,
      { FORM_ASSERTION, FORM_REQUESTED_TOKEN_USE } },
};

/* NULL: none that we know. */
static const struct grant_type *
find_grant(struct span name)
{
    for (size_t i = 0; i < sizeof(grant_types) / sizeof(grant_types[0]); i++)
        if (span_is_str(name, grant_types[i].name))
            return &grant_types[i];
    return NULL;
}

static enum sts
read_grant(struct token_request *r, struct span *detail)
{
    struct span name = form_get(&r->form, FORM_GRANT_TYPE);
    const struct grant_type *t = find_grant(name);

    *detail = name.len == 0 ? span_str(form_name(FORM_GRANT_TYPE)) : name;
    if (t == NULL)
        return name.len == 0 ? STS_MISSING : STS_GRANT;
    r->kind = t->kind;
    for (size_t i = 0; i < 2; i++) {
        *detail = span_str(form_name(t->needs[i]));
        if (form_get(&r->form, t->needs[i]).len == 0)
            return STS_MISSING;
    }
    *detail = span_str(form_name(FORM_DEVICE_CODE));
    if (t->kind == GRANT_DEVICE && form_get(&r->form, FORM_DEVICE_CODE).len == 0 &&
        form_get(&r->form, FORM_CODE).len == 0)
        return STS_MISSING;
    *detail = name;
    if (t->kind == GRANT_BEHALF &&
        !span_is_str(form_get(&r->form, FORM_REQUESTED_TOKEN_USE), "on_behalf_of"))
        return STS_GRANT;
    return STS_OK;
}

enum err
token_request_read(const struct exchange *x, struct token_request *r, enum sts *why,
                   struct span *detail)
{
    enum err e;

    *why = STS_MALFORMED;
    *detail = none;
    if (!is_form(x->req))
        return ERR_OK;
    form_release(&r->form);
    e = form_parse(x->req->body, &r->form);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_OK;
    *why = read_grant(r, detail);
    if (*why != STS_OK)
        return ERR_OK;
    *detail = span_str(form_name(FORM_CLIENT_ID));
    e = read_client(x, r, why);
    if (e != ERR_OK || *why != STS_OK)
        return e;
    r->client_info = span_is_str(form_get(&r->form, FORM_CLIENT_INFO), "1");
    e = read_wanted(x, r, why, detail);
    if (e != ERR_OK || *why != STS_OK)
        return e;
    return read_claims(r, why);
}
