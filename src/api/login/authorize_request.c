/* SPDX-License-Identifier: Apache-2.0 */
/* authorize_request.c - parameters in the order of who may hear what is wrong with them. */
#include "api/login/authorize_request.h"

static const struct span none;

static struct span
get(const struct exchange *x, const char *name)
{
    struct span v;

    return http_request_param(x->req, name, &v) ? v : none;
}

/* RFC 6749 3.1: none may come twice. */
static bool
has_twice(const struct exchange *x)
{
    static const char *const names[] = {
        "client_id",     "redirect_uri",  "state",          "scope",
        "response_type", "response_mode", "code_challenge", "code_challenge_method",
        "nonce",         "prompt",        "resource"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsigned n = 0;

        for (unsigned k = 0; k < x->req->nparams; k++)
            n += span_is_str_nocase(x->req->params[k].name, names[i]);
        if (n > 1)
            return true;
    }
    return false;
}

/* Who asks, and where the answer may go. */
static enum err
read_client(const struct exchange *x, struct authorize_request *r, enum sts *why,
            struct span *detail)
{
    struct guid appid;
    enum err e = ERR_OK;

    r->client_id = get(x, "client_id");
    r->redirect = get(x, "redirect_uri");
    r->state = get(x, "state");
    *why = STS_MALFORMED;
    if (has_twice(x) || r->state.len > MAX_STATE)
        return ERR_OK;
    *why = STS_MISSING;
    *detail = span_str(r->client_id.len == 0 ? "client_id" : "redirect_uri");
    if (r->client_id.len == 0 || r->redirect.len == 0)
        return ERR_OK;
    *why = STS_CLIENT;
    *detail = r->client_id;
    if (!guid_parse(r->client_id, &appid))
        return ERR_OK;
    e = client_find(x, &appid, &r->client);
    if (e == ERR_OK)
        e = client_check(x, &r->client, &r->authority.tenant.tid, why);
    if (e != ERR_OK || *why != STS_OK)
        return e;
    *why = STS_REDIRECT;
    *detail = r->redirect;
    if (r->redirect.len > MAX_REDIRECT_URI)
        return ERR_OK;
    r->kind = client_redirect(&r->client, r->redirect);
    *why = r->kind == 0 ? STS_REDIRECT : STS_OK;
    return ERR_OK;
}

static enum sts
read_shape(const struct exchange *x, struct authorize_request *r, struct span *detail)
{
    struct span mode = get(x, "response_mode"), prompt = get(x, "prompt");
    struct span age = get(x, "max_age");
    uint64_t n;

    *detail = mode;
    if (mode.len == 0 || span_is_str(mode, "query"))
        r->mode = MODE_QUERY;
    else if (span_is_str(mode, "fragment"))
        r->mode = MODE_FRAGMENT;
    else if (span_is_str(mode, "form_post"))
        r->mode = MODE_FORM;
    else
        return STS_RESPONSE_MODE;
    *detail = get(x, "response_type");
    if (!span_is_str(*detail, "code"))
        return STS_RESPONSE_TYPE;
    if (span_is_str(prompt, "none"))
        r->prompt = PROMPT_NONE;
    else if (span_is_str(prompt, "login"))
        r->prompt = PROMPT_LOGIN;
    else if (span_is_str(prompt, "select_account"))
        r->prompt = PROMPT_SELECT;
    r->login_hint = span_head(get(x, "login_hint"), MAX_UPN);
    r->has_max_age = span_get_u64(age, &n) && n < INT32_MAX;
    r->max_age = r->has_max_age ? (int64_t)n : 0;
    return STS_OK;
}

/* RFC 9700 2.1.1: "plain" protects nothing. Public clients need a challenge. */
static enum sts
read_proof(const struct exchange *x, struct authorize_request *r)
{
    struct span method = get(x, "code_challenge_method");

    r->challenge = get(x, "code_challenge");
    if (r->challenge.len == 0 && method.len == 0)
        return r->kind == REDIRECT_WEB ? STS_OK : STS_PKCE_REQUIRED;
    if (!span_is_str(method, "S256") || !code_challenge_is_ok(r->challenge))
        return STS_PKCE_METHOD;
    return STS_OK;
}

static enum err
read_wanted(const struct exchange *x, struct authorize_request *r, enum sts *why,
            struct span *detail)
{
    struct span resource = get(x, "resource");
    bool known = true;
    enum err e = ERR_OK;

    r->scope = get(x, "scope");
    r->nonce = get(x, "nonce");
    *detail = r->scope;
    *why = STS_MALFORMED;
    if (r->nonce.len > MAX_NONCE)
        return ERR_OK;
    *why = STS_SCOPE;
    if (!wanted_read(r->scope, &r->wanted))
        return ERR_OK;
    if (r->wanted.resource[0] == '\0' && resource.len > 0 &&
        !span_copy_str(resource, r->wanted.resource, sizeof(r->wanted.resource)))
        return ERR_OK;
    if (r->wanted.resource[0] != '\0')
        e = resource_find(x, &r->authority.tenant.tid, span_str(r->wanted.resource), &known);
    *detail = span_str(r->wanted.resource);
    *why = known ? STS_OK : STS_RESOURCE;
    return e;
}

enum err
authorize_request_read(const struct exchange *x, struct authorize_request *r, enum sts *why,
                       struct span *detail)
{
    enum err e;

    memset(r, 0, sizeof(*r));
    *detail = x->bind[0];
    e = authority_find(x, x->bind[0], &r->authority, why);
    if (e != ERR_OK || *why != STS_OK)
        return e;
    e = read_client(x, r, why, detail);
    if (e != ERR_OK || *why != STS_OK)
        return e;
    *why = read_shape(x, r, detail);
    if (*why == STS_OK)
        *why = read_proof(x, r);
    if (*why == STS_OK)
        e = read_wanted(x, r, why, detail);
    return e;
}

void
authorize_request_release(struct authorize_request *r)
{
    client_release(&r->client);
}
