/* SPDX-License-Identifier: Apache-2.0 */
/* directory.c - where everything is (RFC 8555 7.1.1), and nonces (7.2). */
#include "api/acme/acme.h"
#include "api/acme/call.h"

static void
put_url(const struct exchange *x, struct jsw *w, const char *name)
{
    char url[ACME_URL_MAX];

    acme_url(x, url, "/%s", name);
    jsw_str(w, name, url);
}

static void
put_profile(struct jsw *w, const struct pki_profile *p)
{
    char text[64];

    if (p->ca)
        return;
    (void)snprintf(text, sizeof(text), "At most %u days", p->max_days);
    jsw_member(w, p->name, span_str(text));
}

/* draft-ietf-acme-profiles: a name that the authority has of its own hides the built-in one. */
static void
put_profiles(const struct ca *ca, struct jsw *w)
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

enum next
api_acme_directory(struct exchange *x)
{
    struct ca *ca = calloc(1, sizeof(*ca));
    enum next next;
    struct jsw w;

    if (ca == NULL)
        return acme_trouble(x, ERR_NOMEM);
    if (!call_authority(x, ca, &next)) {
        free(ca);
        return next;
    }
    w = acme_begin(x, 200);
    put_url(x, &w, "newNonce");
    put_url(x, &w, "newAccount");
    put_url(x, &w, "newOrder");
    put_url(x, &w, "revokeCert");
    put_url(x, &w, "keyChange");
    put_url(x, &w, "renewalInfo");
    jsw_object(&w, "meta");
    jsw_bool(&w, "externalAccountRequired", true);
    put_profiles(ca, &w);
    jsw_end(&w);
    free(ca);
    return acme_end(x, &w);
}

enum next
api_acme_nonce(struct exchange *x)
{
    struct ca *ca = calloc(1, sizeof(*ca));
    enum next next;

    if (ca == NULL)
        return acme_trouble(x, ERR_NOMEM);
    if (call_authority(x, ca, &next)) {
        acme_headers(x, x->req->method == HTTP_HEAD ? 200 : 204);
        next = NEXT_REPLY;
    }
    free(ca);
    return next;
}
