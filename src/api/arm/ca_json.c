/* SPDX-License-Identifier: Apache-2.0 */
/* ca_json.c - a certificate authority as clients see it. */
#include "api/arm/cas.h"
#include "base/clock.h"
#include "crypto/key_alg.h"

enum { PEM_MAX = 2 * (CERT_MAX + CA_BODY_CSR_MAX) * CA_CHAIN_MAX };

static const char *const kinds[ALT_KIND__MAX] = { [ALT_EMAIL] = "email",
                                                  [ALT_DNS] = "dns",
                                                  [ALT_UPN] = "upn",
                                                  [ALT_URI] = "uri",
                                                  [ALT_IP] = "ip" };

void
ca_put_pem(struct jsw *w, const char *name, const char *label, const struct span *der,
           unsigned n)
{
    struct buf b;
    enum err e = ERR_OK;

    buf_init(&b, PEM_MAX);
    for (unsigned i = 0; i < n && e == ERR_OK; i++)
        e = pem_put(der[i], label, &b);
    if (e == ERR_OK)
        jsw_span(w, name, buf_span(&b));
    buf_release(&b);
}

static void
put_kinds(struct jsw *w, const char *name, const struct alt_name *list, unsigned n)
{
    jsw_object(w, name);
    for (unsigned k = 0; k < ALT_KIND__MAX; k++) {
        bool open = false;

        for (unsigned i = 0; i < n; i++) {
            if ((unsigned)list[i].kind != k)
                continue;
            if (!open)
                jsw_array(w, kinds[k]);
            open = true;
            jsw_span(w, NULL, list[i].text);
        }
        if (open)
            jsw_end(w);
    }
    jsw_end(w);
}

static void
put_profile(struct jsw *w, const struct pki_profile *p)
{
    char name[PROFILE_NAME_MAX + 1];

    bug_on(!span_copy_str(p->name, name, sizeof(name)));
    jsw_object(w, name);
    jsw_i64(w, "maxValidityDays", p->max_days);
    jsw_array(w, "ekus");
    for (unsigned i = 0; i < p->nekus; i++)
        jsw_span(w, NULL, p->eku[i]);
    jsw_end(w);
    jsw_array(w, "keyUsage");
    for (unsigned i = 0; i < CERT_USAGES; i++)
        if ((p->key_usage >> i & 1) != 0)
            jsw_str(w, NULL, cert_usage_name(i));
    jsw_end(w);
    jsw_i64(w, "rsaBits", p->rsa_bits);
    jsw_array(w, "curves");
    for (unsigned i = 0; i < CURVE__MAX; i++)
        if ((p->curves >> i & 1) != 0)
            jsw_str(w, NULL, key_curve_name((enum key_curve)i));
    jsw_end(w);
    jsw_array(w, "names");
    for (unsigned i = 0; i < ALT_KIND__MAX; i++)
        if ((p->kinds >> i & 1) != 0)
            jsw_str(w, NULL, kinds[i]);
    jsw_end(w);
    jsw_end(w);
}

/* Its own, and the built-in ones that they do not hide. */
static void
put_profiles(struct jsw *w, const struct ca *ca)
{
    const struct pki_profile *p;

    jsw_object(w, "profiles");
    for (unsigned i = 0; i < ca->nprofiles; i++)
        put_profile(w, &ca->profile[i]);
    for (unsigned i = 0; (p = pki_profile_at(i)) != NULL; i++)
        if (ca_profile(ca, p->name) == p)
            put_profile(w, p);
    jsw_end(w);
}

static const char *
state_of(struct exchange *x, const struct ca *ca, const struct cert *own)
{
    bool revoked = false;

    if (ca->state == CA_WAITS)
        return "WaitingForCertificate";
    if (ca_is_revoked(x->rows, x->view, ca, &revoked) != ERR_OK || revoked)
        return "Revoked";
    if (!ca->enabled)
        return "Disabled";
    return own == NULL || clock_now() >= cert_not_after(own) ? "Expired" : "Active";
}

static void
put_certificate(struct jsw *w, const struct ca *ca, const struct cert *own)
{
    if (ca->state == CA_WAITS) {
        ca_put_pem(w, "csr", "CERTIFICATE REQUEST", &ca->csr, 1);
        return;
    }
    ca_put_pem(w, "certificate", "CERTIFICATE", ca->chain, 1);
    ca_put_pem(w, "chain", "CERTIFICATE", ca->chain, ca->nchain);
    if (own == NULL)
        return;
    jsw_str(w, "serialNumber", cert_serial(own));
    arm_put_time(w, "notBefore", cert_not_before(own));
    arm_put_time(w, "notAfter", cert_not_after(own));
}

static void
put_properties(struct exchange *x, const struct ca *ca, struct jsw *w)
{
    struct cert *own = NULL;

    if (ca->nchain > 0 && cert_new(ca->chain[0], &own) != ERR_OK)
        own = NULL;
    jsw_str(w, "caId", ca->id.text);
    jsw_str(w, "state", state_of(x, ca, own));
    jsw_bool(w, "enabled", ca->enabled);
    jsw_object(w, "key");
    jsw_span(w, "vault", ca->vault_name);
    jsw_str(w, "name", ca->key.spelled);
    jsw_str(w, "version", ca->key_version.text);
    jsw_end(w);
    jsw_span(w, "subject", ca->subject);
    if (ca->parent.len > 0)
        jsw_span(w, "parent", ca->parent);
    jsw_i64(w, "validityMonths", ca->months);
    if (ca->path_length >= 0)
        jsw_i64(w, "pathLength", ca->path_length);
    jsw_object(w, "nameConstraints");
    put_kinds(w, "permitted", ca->permitted, ca->npermitted);
    put_kinds(w, "excluded", ca->excluded, ca->nexcluded);
    jsw_end(w);
    put_profiles(w, ca);
    jsw_i64(w, "crlHours", ca->crl_hours);
    jsw_span(w, "urls", ca->url);
    put_certificate(w, ca, own);
    jsw_str(w, "provisioningState", "Succeeded");
    cert_free(own);
}

void
ca_put_json(struct exchange *x, const struct resource *r, const struct ca *ca, struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_str(w, "id", r->id);
    jsw_span(w, "name", resource_name(r));
    jsw_str(w, "type", CA_TYPE);
    jsw_str(w, "location", r->location);
    jsw_object(w, "tags");
    bag_put_json(&r->tags, w);
    jsw_end(w);
    jsw_object(w, "properties");
    put_properties(x, ca, w);
    jsw_end(w);
    jsw_end(w);
}
