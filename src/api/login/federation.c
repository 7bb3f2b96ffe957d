/* SPDX-License-Identifier: Apache-2.0 */
/*
 * federation.c - assertions of other issuers, in this order: the issuer's
 * signature, the times, then which credential of the client fits.
 *
 * Issuer, subject and audience are compared byte by byte: no pattern, no prefix, no other case,
 * no slash more or less. The rows are read in the request's own snapshot, so a credential that
 * was deleted a moment ago lets nobody in.
 */
#include "api/login/federation.h"

#include <stdio.h>

#include "api/login/assertion.h"
#include "auth/attester.h"
#include "auth/jwt.h"
#include "auth/profile.h"
#include "vault/resource.h"

#define CREDENTIALS "/federatedIdentityCredentials/"

enum { CREDENTIALS_MAX = 32 };

/* What the token says, and how far the credentials go along with it. */
struct seek {
    const struct rows *rows;
    struct span issuer, subject, audience;
    bool any, by_issuer, by_subject, found;
    enum err err;
};

bool
federation_is_meant(struct span text)
{
    struct span iss = { 0 };
    bool meant = false;
    struct jwt j;

    if (jwt_parse(assertion_trim(text), &j) == ERR_OK &&
        jsn_get_str(j.claims, "iss", &iss) == JSN_OK)
        meant = span_has_prefix(iss, span_str("https://"));
    jwt_release(&j);
    return meant;
}

static void
consider(struct seek *s, struct span issuer, struct span subject, const struct jsn *audiences)
{
    s->any = true;
    if (!span_is_equal(issuer, s->issuer))
        return;
    s->by_issuer = true;
    if (!span_is_equal(subject, s->subject))
        return;
    s->by_subject = true;
    for (size_t i = 0; i < jsn_len(audiences); i++)
        s->found = s->found || (jsn_is_str(jsn_at(audiences, i)) &&
                                span_is_equal(jsn_str(jsn_at(audiences, i)), s->audience));
}

/* ------------------------------------------------------ credentials of applications */

/* A member's JSON text as a tree. */
static enum err
member(const struct profile *p, const char *name, struct jsn **out)
{
    enum err e = jsn_parse(profile_get(p, name), out);

    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_FORMAT;
}

static enum err
consider_profile(struct seek *s, const struct profile *p)
{
    struct jsn *issuer = NULL, *subject = NULL, *audiences = NULL;
    enum err e = member(p, "issuer", &issuer);

    if (e == ERR_OK)
        e = member(p, "subject", &subject);
    if (e == ERR_OK)
        e = member(p, "audiences", &audiences);
    if (e == ERR_OK && jsn_is_array(audiences))
        consider(s, jsn_str(issuer), jsn_str(subject), audiences);
    jsn_free(audiences);
    jsn_free(subject);
    jsn_free(issuer);
    return e;
}

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct seek *s = arg;
    struct profile p = { 0 };
    struct row row;

    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK)
        s->err = profile_read(row.payload, &p);
    if (s->err == ERR_OK)
        s->err = consider_profile(s, &p);
    profile_release(&p);
    return s->err == ERR_OK && !s->found;
}

static enum err
seek_of_application(const struct exchange *x, const struct application *a, struct seek *s)
{
    struct row_key k;
    enum err e = store_scan(x->view, row_key_make(&k, "fc", a->appid.text, "", NULL),
                            (struct span){ 0 }, CREDENTIALS_MAX, visit_row, s);

    return e == ERR_OK ? s->err : e;
}

/* -------------------------------------------------------- credentials of identities */

static bool
visit_resource(void *arg, const struct resource *r)
{
    struct span issuer = { 0 }, subject = { 0 };
    const struct jsn *audiences = NULL;
    struct seek *s = arg;
    struct jsn *root = NULL;

    s->err = jsn_parse(r->properties, &root);
    if (s->err == ERR_OK && jsn_get_str(root, "issuer", &issuer) == JSN_OK &&
        jsn_get_str(root, "subject", &subject) == JSN_OK &&
        jsn_get_array(root, "audiences", &audiences) == JSN_OK)
        consider(s, issuer, subject, audiences);
    jsn_free(root);
    return s->err == ERR_OK && !s->found;
}

/* Its resource must still be this identity's: another may have come by its name. */
static enum err
seek_of_identity(const struct exchange *x, const struct principal *p, struct seek *s)
{
    char prefix[MAX_RESOURCE_ID + sizeof(CREDENTIALS)];
    struct resource r;
    enum err e = resource_load(x->rows, x->view, span_str(p->resource_id), &r);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (!guid_is_equal(&r.principal, &p->oid))
        return ERR_OK;
    (void)snprintf(prefix, sizeof(prefix), "%s" CREDENTIALS, p->resource_id);
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, CREDENTIALS_MAX,
                      visit_resource, s);
    return e == ERR_OK ? s->err : e;
}

/* --------------------------------------------------------------------- the assertion */

/* aud is a string, or an array of one: a token that is for others as well is in their hands
 * too. */
static bool
read_audience(const struct jsn *claims, struct span *out)
{
    const struct jsn *list;

    if (jsn_get_str(claims, "aud", out) == JSN_OK)
        return true;
    if (jsn_get_array(claims, "aud", &list) != JSN_OK || jsn_len(list) != 1 ||
        !jsn_is_str(jsn_at(list, 0)))
        return false;
    *out = jsn_str(jsn_at(list, 0));
    return true;
}

static enum sts
check_key(const struct exchange *x, const struct jwt *j, struct buf *detail, enum err *e)
{
    struct span iss = { 0 };

    *e = attesters_check(x->site->attesters, j);
    if (*e == ERR_OK || *e == ERR_NOMEM)
        return STS_OK;
    if (*e == ERR_TOKEN_ISSUER) {
        (void)jsn_get_str(j->claims, "iss", &iss);
        buf_put(detail, iss);
    } else if (*e == ERR_TOKEN_KEY) {
        buf_put_str(detail, "The key was not found.");
    } else if (*e == ERR_TOKEN_SIGNATURE) {
        buf_put_str(detail, "The provided signature value did not match the expected signature "
                            "value.");
    }
    return *e == ERR_TOKEN_ISSUER   ? STS_FEDERATED_ISSUER
           : *e == ERR_TOKEN_FORMAT ? STS_ASSERTION
                                    : STS_ASSERTION_KEY;
}

/* The first of the three that fits nothing; its value goes into detail. */
static enum sts
judge(const struct seek *s, struct buf *detail)
{
    enum sts why = !s->any          ? STS_FEDERATED
                   : !s->by_issuer  ? STS_FEDERATED_ISSUER
                   : !s->by_subject ? STS_FEDERATED_SUBJECT
                                    : STS_FEDERATED_AUDIENCE;

    if (s->found)
        return STS_OK;
    buf_put(detail, why == STS_FEDERATED_SUBJECT    ? s->subject
                    : why == STS_FEDERATED_AUDIENCE ? s->audience
                                                    : s->issuer);
    return why;
}

static enum err
check_claims(const struct exchange *x, const struct login_client *c, const struct jwt *j,
             enum sts *why, struct buf *detail)
{
    struct seek s = { .rows = x->rows };
    enum err e;

    *why = STS_ASSERTION;
    if (jsn_get_str(j->claims, "iss", &s.issuer) != JSN_OK ||
        jsn_get_str(j->claims, "sub", &s.subject) != JSN_OK ||
        !read_audience(j->claims, &s.audience))
        return ERR_OK;
    e = c->app != NULL ? seek_of_application(x, c->app, &s)
                       : seek_of_identity(x, &c->identity, &s);
    if (e == ERR_OK)
        *why = judge(&s, detail);
    return e;
}

enum err
federation_check(const struct exchange *x, const struct login_client *c, struct span text,
                 int64_t now, enum sts *why, struct buf *detail)
{
    struct jwt j;
    enum err e;

    *why = STS_ASSERTION;
    e = jwt_parse(assertion_trim(text), &j);
    if (e == ERR_OK)
        *why = check_key(x, &j, detail, &e);
    if (e == ERR_OK)
        *why = assertion_times(&j, now, true, detail);
    if (e == ERR_OK && *why == STS_OK)
        e = check_claims(x, c, &j, why, detail);
    jwt_release(&j);
    return e == ERR_TOKEN_FORMAT || e == ERR_TOKEN_ISSUER || e == ERR_TOKEN_KEY ||
                   e == ERR_TOKEN_SIGNATURE
               ? ERR_OK
               : e;
}
