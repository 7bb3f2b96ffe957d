/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_acme.c - credentials for the ACME server of an authority (docs/wire/acme.md): who may make
 * accounts there, for whom they act, and over which names.
 *
 * The secret is made here, sealed by the keeper, and told once. Whether the principal may have
 * certificates is not asked now but at each order.
 */
#include <stdlib.h>

#include "api/arm/cas.h"
#include "api/arm/handlers.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "codec/isotime.h"
#include "pki/acme.h"

struct making {
    struct place group;
    struct resource r;
    struct ca ca;
    struct jsn *root; /* backs c */
    struct acme_credential c;
    struct secbuf secret;
};

static void
making_free(void *state)
{
    struct making *m = state;

    jsn_free(m->root);
    secbuf_release(&m->secret);
    free(m);
}

static struct making *
making_new(struct exchange *x)
{
    struct making *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    secbuf_init(&m->secret, ACME_SECRET_LEN);
    x->state = m;
    x->state_free = making_free;
    return m;
}

static enum next
bad(struct exchange *x, const char *what)
{
    return arm_fail(x, 400, "InvalidRequestContent",
                    "The request content is not valid: '%s' is missing or is not what it "
                    "should be.",
                    what);
}

/* --------------------------------------------------------------------------- JSON */

static void
put_members(const struct acme_credential *c, struct jsw *w)
{
    jsw_str(w, "kid", c->kid.text);
    jsw_str(w, "principalId", c->principal.text);
    jsw_array(w, "names");
    for (unsigned i = 0; i < c->nrules; i++)
        jsw_span(w, NULL, c->rule[i]);
    jsw_end(w);
    jsw_bool(w, "allowWildcards", c->wildcards);
    if (c->profile.len > 0)
        jsw_span(w, "profile", c->profile);
    jsw_i64(w, "accounts", c->accounts);
    jsw_str(w, "createdBy", c->maker.text);
    arm_put_time(w, "createdOn", c->created);
    if (c->expires != 0)
        arm_put_time(w, "expiresOn", c->expires);
}

/* ------------------------------------------------------------------------- reading */

/* NULL: it is good; else the member that is not. */
static const char *
read_names(const struct jsn *root, struct acme_credential *c)
{
    const struct jsn *list;

    if (jsn_get_array(root, "names", &list) != JSN_OK || jsn_len(list) == 0 ||
        jsn_len(list) > ACME_RULES_MAX)
        return "names";
    for (size_t i = 0; i < jsn_len(list); i++) {
        c->rule[c->nrules] = jsn_str(jsn_at(list, i));
        if (!acme_rule_is_ok(c->rule[c->nrules]))
            return "names";
        c->nrules++;
    }
    return NULL;
}

static const char *
read_profile(const struct jsn *root, const struct ca *ca, struct acme_credential *c)
{
    const struct pki_profile *p;
    enum jsn_got got = jsn_get_str(root, "profile", &c->profile);

    if (got == JSN_ABSENT)
        return NULL;
    p = got == JSN_OK ? ca_profile(ca, c->profile) : NULL;
    return p == NULL || p->ca || c->profile.len > ACME_PROFILE_MAX ? "profile" : NULL;
}

static const char *
read_body(const struct jsn *root, const struct ca *ca, struct acme_credential *c)
{
    struct span principal, end;
    const char *wrong = read_names(root, c);
    enum jsn_got got = jsn_get_str(root, "expiresOn", &end);

    if (wrong == NULL)
        wrong = read_profile(root, ca, c);
    if (wrong != NULL)
        return wrong;
    if (jsn_get_str(root, "principalId", &principal) != JSN_OK ||
        !guid_parse(principal, &c->principal))
        return "principalId";
    if (jsn_get_bool(root, "allowWildcards", &c->wildcards) == JSN_WRONG_TYPE)
        return "allowWildcards";
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && (isotime_get(end, &c->expires) != ERR_OK ||
                                                    c->expires <= clock_now())))
        return "expiresOn";
    return NULL;
}

/* Principals of the authority's tenant only. */
static enum err
find_principal(struct exchange *x, const struct making *m)
{
    struct principal *p = malloc(sizeof(*p));
    enum err e = p == NULL
                     ? ERR_NOMEM
                     : principal_load(x->rows, x->view, &m->ca.tenant, &m->c.principal, p);

    free(p);
    return e;
}

static bool
count(void *arg, const struct acme_credential *c)
{
    (void)c;
    ++*(unsigned *)arg;
    return true;
}

/* -------------------------------------------------------------------------- making */

static enum err
ask_seal(struct exchange *x, struct making *m)
{
    WIPED32 uint8_t secret[ACME_SECRET_LEN];
    struct acme_secret_name name;
    struct vault *v = NULL;
    struct object_id id;
    struct wrapped key;
    enum err e = vault_load(x->rows, x->view, m->ca.vault_name, &v);

    if (e == ERR_OK && !guid_is_equal(&v->id, &m->ca.vault))
        e = ERR_NO_VAULT;
    if (e == ERR_OK) {
        rand_fill_shown(secret, sizeof(secret));
        secbuf_put(&m->secret, span_of(secret, sizeof(secret)));
        key = vault_key(v);
        acme_secret_id(&m->ca.vault, &m->ca.id, &m->c.kid, &name, &id);
        x->ask_op = KEEPER_SEAL;
        keeper_pack_seal(sink_sec(&x->ask), &key, &id, secbuf_span(&m->secret));
        e = m->secret.err;
    }
    vault_unref(v);
    return e;
}

static enum next
begin(struct exchange *x)
{
    struct making *m = making_new(x);
    const char *wrong;
    unsigned n = 0;
    enum err e;

    if (m == NULL)
        return arm_trouble(x, ERR_NOMEM);
    e = ca_of_path(x, &m->group, &m->r, &m->ca);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    /* Nobody hands out what he does not have. */
    if (!ca_may(x, CA_ISSUE_ACTION, m->ca.resource))
        return ca_deny_linked(x, CA_ISSUE_ACTION, m->ca.resource);
    e = arm_body(x, &m->root);
    if (e != ERR_OK)
        return NEXT_REPLY;
    wrong = read_body(m->root, &m->ca, &m->c);
    if (wrong != NULL)
        return bad(x, wrong);
    e = find_principal(x, m);
    if (e == ERR_NOT_FOUND)
        return bad(x, "principalId");
    if (e == ERR_OK)
        e = acme_credential_each(x->rows, x->view, &m->ca.id, count, &n);
    if (e == ERR_OK && n >= ACME_CREDENTIALS_MAX)
        return arm_fail(x, 409, "TooManyCredentials",
                        "The certificate authority has %d ACME credentials already.",
                        ACME_CREDENTIALS_MAX);
    m->c.kid = hex32_new();
    if (e == ERR_OK)
        e = ask_seal(x, m);
    if (e == ERR_NO_VAULT)
        return arm_fail(x, 409, "CertificateAuthorityUnavailable",
                        "The certificate authority has lost the vault of its key.");
    return e == ERR_OK ? NEXT_KEEPER : arm_trouble(x, e);
}

/* The one time that the secret is told. */
static enum next
tell(struct exchange *x, const struct making *m)
{
    char url[ARM_URL_MAX];
    struct jsw w = arm_reply(x, 201);

    (void)snprintf(url, sizeof(url), "%s/acme/%s/directory", x->site->acme_origin,
                   m->ca.id.text);
    jsw_object(&w, NULL);
    jsw_str(&w, "directory", url);
    jsw_b64url(&w, "hmacKey", secbuf_span(&m->secret));
    put_members(&m->c, &w);
    jsw_end(&w);
    return arm_finish(x, NEXT_COMMIT);
}

static enum next
finish(struct exchange *x)
{
    struct making *m = x->state;
    enum err e = x->answer_err;

    if (e == ERR_OK)
        e = ca_of_path(x, &m->group, &m->r, &m->ca);
    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    m->c.sealed = secbuf_span(&x->answer);
    if (m->c.sealed.len > ACME_SEALED_MAX)
        return arm_trouble(x, ERR_INTERNAL);
    m->c.maker = x->caller.oid;
    m->c.created = clock_now();
    (void)snprintf(x->note.extra, sizeof(x->note.extra),
                   "\"acmeCredential\":{\"kid\":\"%s\",\"principalId\":\"%s\"}", m->c.kid.text,
                   m->c.principal.text);
    /* An authority that goes at this moment takes it along. */
    ca_expect(&x->write, &m->ca);
    acme_credential_put(x->rows, &x->write, &m->ca.id, &m->c);
    return tell(x, m);
}

enum next
api_arm_acme_credential_new(struct exchange *x)
{
    return x->step == 0 ? begin(x) : finish(x);
}

/* ---------------------------------------------------------------- shown and dropped */

static bool
put_one(void *arg, const struct acme_credential *c)
{
    struct jsw *w = arg;

    jsw_object(w, NULL);
    put_members(c, w);
    jsw_end(w);
    return true;
}

static enum next
list(struct exchange *x, struct making *m)
{
    enum err e = ca_of_path(x, &m->group, &m->r, &m->ca);
    struct jsw w;

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    e = acme_credential_each(x->rows, x->view, &m->ca.id, put_one, &w);
    jsw_end(&w);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_acme_credential_list(struct exchange *x)
{
    struct making *m = making_new(x);

    return m == NULL ? arm_trouble(x, ERR_NOMEM) : list(x, m);
}

static enum next
drop(struct exchange *x, struct making *m)
{
    struct hex32 kid;
    enum err e = ca_of_path(x, &m->group, &m->r, &m->ca);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    e = ERR_NOT_FOUND;
    if (hex32_parse(x->bind[3], &kid))
        e = acme_credential_load(x->rows, x->view, &m->ca.id, &kid, &m->c);
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    acme_credential_drop(&x->write, &m->ca.id, &m->c);
    return arm_empty(x, 200, NEXT_COMMIT);
}

enum next
api_arm_acme_credential_delete(struct exchange *x)
{
    struct making *m = making_new(x);

    return m == NULL ? arm_trouble(x, ERR_NOMEM) : drop(x, m);
}
