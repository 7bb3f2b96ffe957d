/* SPDX-License-Identifier: Apache-2.0 */
/* application_body.c - certificates and redirect URIs of applications, in and out. */
#include "api/graph/application_body.h"

#include "codec/b64.h"
#include "crypto/x509.h"

static const char *const own[] = { "displayName",
                                   "keyCredentials",
                                   "passwordCredentials",
                                   "web",
                                   "spa",
                                   "publicClient",
                                   "appId",
                                   "id",
                                   "isFallbackPublicClient",
                                   NULL };

/* ---------------------------------------------------------------- certificates */

/* One that is there already, named by its keyId. */
static bool
keep_certificate(struct application *a, const struct application *old, struct span key_id)
{
    struct guid id;

    if (!guid_parse(key_id, &id))
        return false;
    for (unsigned i = 0; i < old->ncertificates; i++)
        if (guid_is_equal(&old->certificates[i].id, &id)) {
            a->certificates[a->ncertificates++] = old->certificates[i];
            return true;
        }
    return false;
}

static bool
add_certificate(struct application *a, const struct application *old, const struct jsn *item)
{
    struct span key = { 0 }, key_id = { 0 }, name = { 0 };
    struct app_certificate *c;
    struct guid id, wanted;
    struct buf der;
    enum err e;

    if (!jsn_is_object(item) || a->ncertificates == MAX_APP_CERTIFICATES ||
        jsn_get_str(item, "key", &key) == JSN_WRONG_TYPE ||
        jsn_get_str(item, "keyId", &key_id) == JSN_WRONG_TYPE ||
        jsn_get_str(item, "displayName", &name) == JSN_WRONG_TYPE)
        return false;
    if (key.len == 0)
        return keep_certificate(a, old, key_id);
    buf_init(&der, CERT_MAX);
    e = b64_get(key, sink_buf(&der));
    if (e == ERR_OK)
        e = application_add_certificate(a, buf_span(&der), &id);
    buf_release(&der);
    if (e != ERR_OK)
        return false;
    c = &a->certificates[a->ncertificates - 1];
    if (guid_parse(key_id, &wanted))
        c->id = wanted;
    (void)span_copy_str(span_head(name, MAX_CREDENTIAL_NAME), c->name, sizeof(c->name));
    return true;
}

/* The list replaces what was there. */
static bool
read_certificates(struct exchange *x, const struct jsn *root, struct application *a)
{
    struct application *old;
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(root, "keyCredentials", &list);
    bool ok = got == JSN_OK;

    if (got == JSN_ABSENT)
        return true;
    old = application_new();
    if (old != NULL && ok) {
        *old = *a;
        a->ncertificates = 0;
        for (size_t i = 0; ok && i < jsn_len(list); i++)
            ok = add_certificate(a, old, jsn_at(list, i));
    }
    if (!ok || old == NULL)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Key credential is invalid: it must be a certificate of an RSA or "
                       "P-256 key, in base64.");
    ok = ok && old != NULL;
    application_free(old);
    return ok;
}

/* ------------------------------------------------------------------ redirects */

static const struct {
    const char *member;
    enum redirect_kind kind;
} places[] = { { "web", REDIRECT_WEB },
               { "spa", REDIRECT_SPA },
               { "publicClient", REDIRECT_PUBLIC } };

static void
drop_redirects(struct application *a, enum redirect_kind kind)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < a->nredirects; i++)
        if (a->redirects[i].kind != kind)
            a->redirects[kept++] = a->redirects[i];
    a->nredirects = kept;
}

static bool
read_redirects(struct exchange *x, const struct jsn *root, struct application *a)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct jsn *place, *list;
        enum jsn_got got = jsn_get_object(root, places[i].member, &place);
        enum err e = got == JSN_WRONG_TYPE ? ERR_ARG : ERR_OK;

        if (got != JSN_OK || jsn_get_array(place, "redirectUris", &list) != JSN_OK)
            list = NULL;
        if (list != NULL)
            drop_redirects(a, places[i].kind);
        for (size_t k = 0; list != NULL && e == ERR_OK && k < jsn_len(list); k++) {
            e = application_add_redirect(a, places[i].kind, jsn_str(jsn_at(list, k)));
            e = e == ERR_EXISTS ? ERR_OK : e;
        }
        if (e == ERR_OK)
            continue;
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Invalid value specified for property 'redirectUris' of resource "
                       "'Application': a redirect URI is https, or http on localhost, without "
                       "a fragment; at most %d of at most %d bytes.",
                       MAX_APP_REDIRECTS, MAX_REDIRECT_URI);
        return false;
    }
    return true;
}

bool
application_body_read(struct exchange *x, const struct jsn *root, bool is_new,
                      struct application *a, struct profile *more)
{
    const struct jsn *list;

    /* WIRE: passwords are made here, never brought along. */
    if (jsn_get_array(root, "passwordCredentials", &list) == JSN_OK && jsn_len(list) > 0) {
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Property 'passwordCredentials' is read-only: use addPassword.");
        return false;
    }
    return graph_take_text(x, root, "displayName", "Application", is_new, a->name,
                           sizeof(a->name)) &&
           graph_take_bool(x, root, "isFallbackPublicClient", &a->public_client) &&
           read_certificates(x, root, a) && read_redirects(x, root, a) &&
           graph_take_attrs(x, root, application_attrs, own, more);
}

/* --------------------------------------------------------------------- answers */

static void
put_secrets(struct jsw *w, const struct application *a)
{
    jsw_array(w, "passwordCredentials");
    for (unsigned i = 0; a != NULL && i < a->nsecrets; i++) {
        const struct app_secret *s = &a->secrets[i];

        jsw_object(w, NULL);
        jsw_null(w, "customKeyIdentifier");
        if (s->name[0] == '\0')
            jsw_null(w, "displayName");
        else
            jsw_str(w, "displayName", s->name);
        graph_put_time(w, "startDateTime", s->starts);
        graph_put_time(w, "endDateTime", s->expires);
        jsw_str(w, "hint", s->hint);
        jsw_str(w, "keyId", s->id.text);
        jsw_null(w, "secretText");
        jsw_end(w);
    }
    jsw_end(w);
}

static void
put_certificates(struct jsw *w, const struct application *a)
{
    jsw_array(w, "keyCredentials");
    for (unsigned i = 0; a != NULL && i < a->ncertificates; i++) {
        const struct app_certificate *c = &a->certificates[i];
        struct buf b;

        buf_init(&b, 64);
        hex_put(sink_buf(&b), span_of(c->x5t, sizeof(c->x5t)));
        for (size_t k = 0; k < b.len; k++)
            if (b.ptr[k] >= 'a')
                b.ptr[k] = (uint8_t)(b.ptr[k] - 32);
        jsw_object(w, NULL);
        jsw_span(w, "customKeyIdentifier", buf_span(&b));
        if (c->name[0] == '\0')
            jsw_null(w, "displayName");
        else
            jsw_str(w, "displayName", c->name);
        graph_put_time(w, "startDateTime", c->not_before);
        graph_put_time(w, "endDateTime", c->not_after);
        jsw_null(w, "key");
        jsw_str(w, "keyId", c->id.text);
        jsw_str(w, "type", "AsymmetricX509Cert");
        jsw_str(w, "usage", "Verify");
        jsw_end(w);
        buf_release(&b);
    }
    jsw_end(w);
}

void
application_put_credentials(const struct exchange *x, struct jsw *w,
                            const struct application *a)
{
    if (graph_wants(x, "passwordCredentials"))
        put_secrets(w, a);
    if (graph_wants(x, "keyCredentials"))
        put_certificates(w, a);
}
