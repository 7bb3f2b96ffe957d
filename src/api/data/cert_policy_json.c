/* SPDX-License-Identifier: Apache-2.0 */
/* cert_policy_json.c - policies of certificates in answers, in the recorded order of members.
 */
#include <stdio.h>

#include "api/data/cert_policy_body.h"
#include "api/data/object.h"
#include "vault/cert.h"

const char *
cert_policy_kty(const struct cert_policy *p)
{
    if (p->type == KEY_EC)
        return p->hsm ? "EC-HSM" : "EC";
    return p->hsm ? "RSA-HSM" : "RSA";
}

static void
put_names(const char *name, const struct policy_names *l, struct jsw *w)
{
    jsw_array(w, name);
    for (unsigned i = 0; i < l->n; i++)
        jsw_span(w, NULL, l->name[i]);
    jsw_end(w);
}

static void
put_key(const struct cert_policy *p, struct jsw *w)
{
    jsw_object(w, "key_props");
    jsw_bool(w, "exportable", p->exportable);
    jsw_str(w, "kty", cert_policy_kty(p));
    jsw_i64(w, "key_size", p->bits);
    jsw_bool(w, "reuse_key", p->reuse_key);
    if (p->type == KEY_EC)
        jsw_str(w, "crv", key_curve_name(p->curve));
    jsw_end(w);
}

static void
put_alts(const struct exchange *x, const struct cert_policy *p, struct jsw *w)
{
    static const struct {
        const char *word;
        enum alt_kind kind;
        enum api_version since;
    } rows[] = { { "emails", ALT_EMAIL, V_NONE },
                 { "dns_names", ALT_DNS, V_NONE },
                 { "upns", ALT_UPN, V_NONE },
                 { "uris", ALT_URI, V2025_07_01 },
                 { "ipAddresses", ALT_IP, V2025_07_01 } };

    jsw_object(w, "sans");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (p->sans[rows[i].kind].n > 0 && x->version >= rows[i].since)
            put_names(rows[i].word, &p->sans[rows[i].kind], w);
    jsw_end(w);
}

static void
put_x509(const struct exchange *x, const struct cert_policy *p, struct jsw *w)
{
    jsw_object(w, "x509_props");
    jsw_span(w, "subject", p->subject);
    put_alts(x, p, w);
    put_names("ekus", &p->ekus, w);
    jsw_array(w, "key_usage");
    for (unsigned i = 0; i < p->nusage; i++)
        jsw_str(w, NULL, cert_usage_name(p->usage[i]));
    jsw_end(w);
    jsw_i64(w, "validity_months", p->months);
    jsw_object(w, "basic_constraints");
    jsw_bool(w, "ca", p->ca);
    jsw_end(w);
    jsw_end(w);
}

static void
put_actions(const struct cert_policy *p, struct jsw *w)
{
    jsw_array(w, "lifetime_actions");
    for (unsigned i = 0; i < p->nactions; i++) {
        const struct policy_action *a = &p->action[i];

        jsw_object(w, NULL);
        jsw_object(w, "trigger");
        jsw_i64(w, a->by_days ? "days_before_expiry" : "lifetime_percentage", a->value);
        jsw_end(w);
        jsw_object(w, "action");
        jsw_str(w, "action_type", a->deed == DEED_RENEW ? "AutoRenew" : "EmailContacts");
        jsw_end(w);
        jsw_end(w);
    }
    jsw_end(w);
}

static void
put_issuer(const struct cert_policy *p, struct jsw *w)
{
    jsw_object(w, "issuer");
    jsw_span(w, "name", p->issuer);
    if (p->issuer_type.len > 0)
        jsw_span(w, "cty", p->issuer_type);
    if (p->has_transparency)
        jsw_bool(w, "cert_transparency", p->transparency);
    jsw_end(w);
}

void
cert_policy_body_put(const struct exchange *x, const char *name, const struct object_name *of,
                     const struct cert_policy *p, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, object_kind_info(KIND_CERTIFICATE)->collection, of->spelled, "policy", url);
    jsw_object(w, name);
    jsw_str(w, "id", url);
    put_key(p, w);
    jsw_object(w, "secret_props");
    jsw_str(w, "contentType", cert_form_name(p->form));
    jsw_end(w);
    put_x509(x, p, w);
    put_actions(p, w);
    put_issuer(p, w);
    jsw_object(w, "attributes");
    jsw_bool(w, "enabled", p->enabled);
    jsw_i64(w, "created", p->created);
    jsw_i64(w, "updated", p->updated);
    jsw_end(w);
    jsw_end(w);
}
