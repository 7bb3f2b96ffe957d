/* SPDX-License-Identifier: Apache-2.0 */
/* cert_json.c - bundles, items, operations and audit properties of certificates. */
#include "api/data/cert_json.h"

#include <stdlib.h>

#include "api/data/cert_policy_body.h"
#include "api/data/object.h"
#include "api/data/object_json.h"
#include "codec/b64.h"

#define IN_PROGRESS_ISSUER                                                                     \
    "Pending certificate created. Certificate request is in progress. This may take some "     \
    "time based on the issuer provider. Please check again later."
#define IN_PROGRESS_MERGE                                                                      \
    "Pending certificate created. Please Perform Merge to complete the request."

/* Standard base64, as `cer` and `csr` have it (data-plane.md A14). */
static void
put_b64(const char *name, struct span bytes, struct jsw *w)
{
    struct buf b;

    buf_init(&b, CERT_CHAIN_BYTES_MAX * 2);
    b64_put(sink_buf(&b), bytes);
    if (b.err == ERR_OK)
        jsw_span(w, name, buf_span(&b));
    buf_release(&b);
}

static void
put_url(const struct exchange *x, const char *name, const char *collection, const char *of,
        const char *version, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, collection, of, version, url);
    jsw_str(w, name, url);
}

static void
put_attributes(const struct exchange *x, const struct object *o, bool with_recovery,
               struct jsw *w)
{
    const struct attrs *a = &o->v.attrs;

    if (with_recovery) {
        object_open_attributes(x, a, w);
        jsw_end(w);
        return;
    }
    /* WIRE: items of lists say nothing of recovery (data-plane.md A9). */
    jsw_object(w, "attributes");
    jsw_bool(w, "enabled", a->enabled);
    if (a->has_nbf)
        jsw_i64(w, "nbf", a->nbf);
    if (a->has_exp)
        jsw_i64(w, "exp", a->exp);
    jsw_i64(w, "created", a->created);
    jsw_i64(w, "updated", a->updated);
    jsw_end(w);
}

static void
put_bundle(const struct exchange *x, const struct object *o, const struct cert_detail *d,
           const struct cert_policy *policy, bool has_pending, struct jsw *w)
{
    const char *name = o->head.name.spelled, *version = o->v.id.text;

    jsw_object(w, NULL);
    if (o->head.deleted != 0)
        object_put_deletion(x, o, w);
    put_url(x, "id", "certificates", name, version, w);
    if (d->complete) {
        put_url(x, "kid", "keys", name, version, w);
        put_url(x, "sid", "secrets", name, version, w);
        jsw_b64url(w, "x5t", span_of(d->x5t, sizeof(d->x5t)));
        put_b64("cer", d->der[0], w);
    }
    put_attributes(x, o, true, w);
    object_put_tags(o, w);
    cert_policy_body_put(x, "policy", &o->head.name, policy, w);
    if (has_pending) {
        jsw_object(w, "pending");
        put_url(x, "id", "certificates", name, "pending", w);
        jsw_end(w);
    }
    if (x->version >= V7_6)
        jsw_bool(w, "preserveCertOrder", d->keeps_order);
    jsw_end(w);
}

enum err
cert_put_bundle(const struct exchange *x, const struct object *o,
                const struct cert_shown *shown, struct sink k)
{
    struct vault_at at = object_at(x);
    struct jsw w = jsw_of(k);
    const struct cert_policy *policy = shown->policy;
    struct cert_policy *stored = NULL;
    bool has_pending = shown->has_pending;
    struct cert_operation op;
    struct cert_detail d;
    enum err e = cert_detail_read(o->v.detail, &d);

    if (e == ERR_OK && policy == NULL) {
        stored = malloc(sizeof(*stored)); /* too much for a stack */
        e = stored == NULL ? ERR_NOMEM : cert_policy_get(&at, o->head.name.key, stored);
        policy = stored;
        if (e == ERR_OK) {
            e = cert_operation_get(&at, o->head.name.key, &op);
            has_pending = e == ERR_OK;
            e = e == ERR_NOT_FOUND ? ERR_OK : e;
        } else if (e == ERR_NOT_FOUND) {
            e = ERR_INTEGRITY;
        }
    }
    if (e == ERR_OK)
        put_bundle(x, o, &d, policy, has_pending, &w);
    free(stored);
    return e;
}

static enum err
put_stored(const struct exchange *x, const struct object *o, struct sink k)
{
    return cert_put_bundle(x, o, &(struct cert_shown){ .policy = NULL }, k);
}

static enum err
put_restored(const struct exchange *x, const struct object *o, struct span payload,
             struct sink k)
{
    struct cert_policy *policy = malloc(sizeof(*policy)); /* too much for a stack */
    enum err e = policy == NULL ? ERR_NOMEM : cert_policy_read(payload, policy);

    if (e == ERR_OK)
        e = cert_put_bundle(x, o, &(struct cert_shown){ .policy = policy }, k);
    free(policy);
    return e;
}

/* Those whose first version is not complete are shown to who asks for them. */
static bool
wants_pending(const struct exchange *x)
{
    struct span v;

    return http_request_param(x->req, "includePending", &v) && span_is_str_nocase(v, "true");
}

static enum err
put_item(const struct exchange *x, const struct object *o, enum item_form form, struct jsw *w)
{
    struct cert_detail d;
    enum err e = cert_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    if (!d.complete && form != ITEM_VERSION && !wants_pending(x))
        return ERR_OK;
    jsw_object(w, NULL);
    if (form == ITEM_DELETED)
        object_put_deletion(x, o, w);
    object_put_id(x, "id", o, form == ITEM_VERSION, w);
    if (d.complete)
        jsw_b64url(w, "x5t", span_of(d.x5t, sizeof(d.x5t)));
    put_attributes(x, o, false, w);
    object_put_tags(o, w);
    jsw_str(w, "subject", ""); /* WIRE: as recorded (data-plane.md D2.2) */
    jsw_end(w);
    return ERR_OK;
}

enum err
cert_note(struct exchange *x, const struct object *o)
{
    const struct attrs *a = &o->v.attrs;
    struct span members;
    struct buf b;
    struct jsw w;
    enum err e;

    /* The note takes members without the braces around them. */
    buf_init(&b, sizeof(x->note.extra) + 1);
    w = jsw_of(sink_buf(&b));
    jsw_object(&w, NULL);
    jsw_object(&w, "certificateProperties");
    jsw_object(&w, "attributes");
    jsw_bool(&w, "enabled", a->enabled);
    if (a->has_exp)
        jsw_i64(&w, "exp", a->exp);
    if (a->has_nbf)
        jsw_i64(&w, "nbf", a->nbf);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    e = b.err;
    members = span_tail(span_head(buf_span(&b), b.len - 1), 1);
    if (e == ERR_OK && !span_copy_str(members, x->note.extra, sizeof(x->note.extra)))
        e = ERR_INTERNAL;
    buf_release(&b);
    return e;
}

const struct object_wire certificate_wire = { .put_bundle = put_stored,
                                              .put_deleted = put_stored,
                                              .put_item = put_item,
                                              .put_restored = put_restored,
                                              .note = cert_note };

/* --------------------------------------------------------------------- operations */

static const char *
state_word(enum operation_state s)
{
    switch (s) {
    case OPERATION_RUNS:
        return "inProgress";
    case OPERATION_COMPLETED:
        return "completed";
    case OPERATION_CANCELLED:
        return "cancelled";
    case OPERATION_FAILED:
        return "failed";
    case OPERATION__MAX:
        break;
    }
    return "failed";
}

static void
put_state(const struct exchange *x, const struct object_name *name,
          const struct cert_operation *op, enum operation_state state, struct jsw *w)
{
    jsw_bool(w, "cancellation_requested", op->cancel_wanted);
    jsw_str(w, "status", state_word(state));
    if (state == OPERATION_RUNS)
        jsw_str(w, "status_details",
                span_is_str_nocase(op->issuer, "Unknown") ? IN_PROGRESS_MERGE
                                                          : IN_PROGRESS_ISSUER);
    if (state == OPERATION_FAILED) {
        jsw_object(w, "error");
        jsw_span(w, "code", op->error_code);
        jsw_span(w, "message", op->error_message);
        jsw_end(w);
    }
    if (state == OPERATION_COMPLETED)
        put_url(x, "target", "certificates", name->spelled, NULL, w);
    jsw_str(w, "request_id", op->request.text);
}

void
cert_put_operation(const struct exchange *x, const struct object_name *name,
                   const struct cert_operation *op, enum operation_state state, struct sink k)
{
    struct jsw w = jsw_of(k);

    jsw_object(&w, NULL);
    put_url(x, "id", "certificates", name->spelled, "pending", &w);
    jsw_object(&w, "issuer");
    jsw_span(&w, "name", op->issuer);
    if (op->issuer_type.len > 0)
        jsw_span(&w, "cty", op->issuer_type);
    if (op->has_transparency)
        jsw_bool(&w, "cert_transparency", op->transparency);
    jsw_end(&w);
    if (op->csr.len > 0) /* a renewal may fail before there is one */
        put_b64("csr", op->csr, &w);
    put_state(x, name, op, state, &w);
    if (x->version >= V7_6)
        jsw_bool(&w, "preserveCertOrder", op->keeps_order);
    jsw_end(&w);
}
