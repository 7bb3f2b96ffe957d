/* SPDX-License-Identifier: Apache-2.0 */
/* devicecode.c - a device code and a user code for a client that has no browser (RFC 8628 3.1).
 */
#include "api/login/authority.h"
#include "api/login/client.h"
#include "api/login/form.h"
#include "api/login/login.h"
#include "api/login/wanted.h"
#include "auth/device.h"
#include "base/clock.h"
#include "codec/jsw.h"

static const struct span none;

static enum next
put_answer(struct exchange *x, struct span device_code, const char *user_code, bool v1)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    char uri[sizeof(x->site->login_origin) + 64], message[sizeof(uri) + 128];

    (void)snprintf(uri, sizeof(uri), "%s/common/oauth2/deviceauth", x->site->login_origin);
    (void)snprintf(message, sizeof(message),
                   "To sign in, use a web browser to open the page %s and enter the code %s to "
                   "authenticate.",
                   uri, user_code);
    sts_headers(x, 200);
    jsw_object(&w, NULL);
    jsw_str(&w, "user_code", user_code);
    jsw_span(&w, "device_code", device_code);
    jsw_str(&w, "verification_uri", uri);
    jsw_str(&w, "verification_url", uri);
    if (v1) {
        jsw_str(&w, "expires_in", "900");
        jsw_str(&w, "interval", "5");
    } else {
        jsw_i64(&w, "expires_in", DEVICE_LIFETIME);
        jsw_i64(&w, "interval", DEVICE_INTERVAL);
    }
    jsw_str(&w, "message", message);
    jsw_end(&w);
    return x->resp.body.err == ERR_OK ? NEXT_COMMIT : exchange_fail(x, x->resp.body.err, none);
}

static enum next
issue(struct exchange *x, const struct authority *a, const struct guid *appid,
      const struct wanted *want, bool v1)
{
    struct device d = { .appid = *appid };
    char user_code[USER_CODE_LEN + 1];
    struct secbuf text;
    enum next next;
    enum err e = ERR_OK;

    if (!a->alias) /* else whose person comes */
        d.tid = a->tenant.tid;
    /* v1 names a resource; what is stored is a scope. */
    if (want->text[0] != '\0')
        (void)span_copy_str(span_str(want->text), d.scope, sizeof(d.scope));
    else
        (void)snprintf(d.scope, sizeof(d.scope), "%s/.default offline_access openid profile",
                       want->resource);
    secbuf_init(&text, 64);
    e = device_new(x->rows, &x->write, &d, clock_now(), &text, user_code);
    next = e == ERR_OK ? put_answer(x, secbuf_span(&text), user_code, v1) : sts_trouble(x, e);
    secbuf_release(&text);
    return next;
}

/* What is asked for. ERR_OK: *why, *detail. */
static enum err
read_wanted(struct exchange *x, const struct authority *a, const struct form *f, bool v1,
            struct wanted *out, enum sts *why, struct span *detail)
{
    struct span resource = v1 || a->adfs ? form_get(f, FORM_RESOURCE) : (struct span){ 0 };
    bool known = true;
    enum err e = ERR_OK;

    *why = STS_SCOPE;
    *detail = form_get(f, FORM_SCOPE);
    if (resource.len > 0 ? !wanted_of_resource(resource, out) : !wanted_read(*detail, out))
        return ERR_OK;
    if (out->resource[0] != '\0')
        e = resource_find(x, &a->tenant.tid, span_str(out->resource), &known);
    *detail = span_str(out->resource);
    *why = known ? STS_OK : STS_RESOURCE;
    return e;
}

static enum next
with_form(struct exchange *x, const struct authority *a, const struct form *f, bool v1)
{
    struct span id = form_get(f, FORM_CLIENT_ID), detail;
    struct login_client client = { 0 };
    struct wanted want;
    struct guid appid;
    enum next next;
    enum sts why;
    enum err e;

    if (id.len == 0)
        return sts_fail(x, STS_MISSING, span_str(form_name(FORM_CLIENT_ID)), none);
    sts_note_client(x, id);
    if (!guid_parse(id, &appid))
        return sts_fail(x, STS_CLIENT, id, span_str(a->tenant.tid.text));
    e = client_find(x, &appid, &client);
    if (e == ERR_OK)
        e = client_check(x, &client, &a->tenant.tid, &why);
    if (e == ERR_OK && why == STS_OK && !client_is_public(&client))
        why = STS_NO_CREDENTIAL;
    detail = id;
    if (e == ERR_OK && why == STS_OK)
        e = read_wanted(x, a, f, v1, &want, &why, &detail);
    if (e != ERR_OK)
        next = sts_trouble(x, e);
    else if (why != STS_OK)
        next = sts_fail(x, why, detail, span_str(a->tenant.tid.text));
    else
        next = issue(x, a, &appid, &want, v1 && !a->adfs);
    client_release(&client);
    return next;
}

static enum next
devicecode(struct exchange *x, bool v1)
{
    struct authority a;
    struct form f;
    enum next next;
    enum sts why;
    enum err e = authority_find(x, x->bind[0], &a, &why);

    if (e != ERR_OK)
        return sts_trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, x->bind[0], none);
    e = form_parse(x->req->body, &f);
    if (e == ERR_OK)
        next = with_form(x, &a, &f, v1);
    else
        next = e == ERR_NOMEM ? sts_trouble(x, e) : sts_fail(x, STS_MALFORMED, none, none);
    form_release(&f);
    return next;
}

enum next
api_login_devicecode_v2(struct exchange *x)
{
    return devicecode(x, false);
}

enum next
api_login_devicecode_v1(struct exchange *x)
{
    return devicecode(x, true);
}
