/* SPDX-License-Identifier: Apache-2.0 */
/* activity.c - events as rows. */
#include "api/activity.h"

#include <stdio.h>

#include "auth/scope.h"
#include "base/clock.h"
#include "codec/isotime.h"
#include "codec/jsw.h"
#include "codec/pack.h"

enum {
    ACTIVITY_FORMAT = 1,
    REFUSALS_A_SECOND = 20, /* of one loop: each is a commit */
    TICKS_A_SECOND = 10000000
};
/* 100 ns from the year 1 to 1970. */
#define TICKS_EPOCH INT64_C(621355968000000000)

struct texts {
    char resource[OVER_MAX], group[MAX_SCOPE_NAME + 1], provider[MAX_SCOPE_NAME + 1];
    const char *status;
    struct span caller;
    struct guid subscription, correlation, event;
    int64_t now;
};

void
activity_inverted(int64_t time, char out[static 17])
{
    (void)snprintf(out, 17, "%016llx", (unsigned long long)(INT64_MAX - time));
}

/* The segment behind a word of a lower-case id. */
static void
take_after(const char *id, const char *word, char *out, size_t cap)
{
    const char *at = strstr(id, word);
    struct span rest;

    out[0] = '\0';
    if (at == NULL)
        return;
    rest = span_str(at + strlen(word));
    (void)span_copy_str(span_head(rest, span_find(rest, '/')), out, cap);
}

/* Too many of these would be a way to fill the store. */
static bool
refusal_is_over(int64_t now)
{
    static _Thread_local int64_t second;
    static _Thread_local unsigned n;

    if (second != now / TICKS_A_SECOND) {
        second = now / TICKS_A_SECOND;
        n = 0;
    }
    return n++ >= REFUSALS_A_SECOND;
}

/* What the event is about; false: nothing of a subscription. */
static bool
find_resource(const struct exchange *x, struct texts *t)
{
    struct span path = x->req->path;
    struct scope at;

    if (x->scope[0] == '\0' && scope_parse(path, &at) != ERR_OK)
        return false;
    if (x->scope[0] != '\0' && scope_parse(span_str(x->scope), &at) != ERR_OK)
        return false;
    if (at.subscription.text[0] == '\0')
        return false;
    t->subscription = at.subscription;
    take_after(at.text, "/resourcegroups/", t->group, sizeof(t->group));
    take_after(at.text, "/providers/", t->provider, sizeof(t->provider));
    /* As the client spelled it, where that is the same. */
    if (!span_is_str_nocase(path, at.text) ||
        !span_copy_str(path, t->resource, sizeof(t->resource)))
        (void)span_copy_str(scope_span(&at), t->resource, sizeof(t->resource));
    return true;
}

static bool
is_change(const struct exchange *x, unsigned status)
{
    enum http_method m = x->req->method;

    return x->plane == PLANE_MANAGEMENT && m != HTTP_GET && m != HTTP_HEAD && x->caller.known &&
           x->route != NULL && x->route->action != NULL && status != 401 && status != 503;
}

static void
put_pair(struct jsw *w, const char *name, const char *value, const char *text)
{
    jsw_object(w, name);
    jsw_str(w, "value", value);
    jsw_str(w, "localizedValue", text);
    jsw_end(w);
}

static void
put_request(const struct exchange *x, struct jsw *w)
{
    static const char *const methods[] = { [HTTP_PUT] = "PUT",
                                           [HTTP_PATCH] = "PATCH",
                                           [HTTP_POST] = "POST",
                                           [HTTP_DELETE] = "DELETE" };
    enum http_method m = x->req->method;

    jsw_object(w, "httpRequest");
    jsw_span(w, "clientRequestId",
             span_head(http_request_header(x->req, "x-ms-client-request-id"), 64));
    jsw_span(w, "clientIpAddress", x->req->client);
    jsw_str(w, "method",
            (size_t)m < sizeof(methods) / sizeof(methods[0]) && methods[m] != NULL ? methods[m]
                                                                                   : "");
    jsw_end(w);
}

static void
put_who(const struct exchange *x, const struct texts *t, struct jsw *w)
{
    jsw_object(w, "authorization");
    jsw_str(w, "action", x->route->action);
    jsw_str(w, "scope", t->resource);
    jsw_end(w);
    jsw_span(w, "caller", t->caller);
    jsw_str(w, "channels", "Operation");
    jsw_object(w, "claims");
    jsw_str(w, "appid", x->caller.appid.text);
    jsw_str(w, "http://schemas.microsoft.com/identity/claims/objectidentifier",
            x->caller.oid.text);
    jsw_span(w, "ipaddr", x->req->client);
    jsw_str(w, "iss", x->caller.iss);
    jsw_end(w);
}

static void
put_result(const struct exchange *x, const struct texts *t, unsigned status, struct jsw *w)
{
    const char *word = http_status_text(status);
    char text[96];

    (void)snprintf(text, sizeof(text), "%s (HTTP Status Code: %u)", word, status);
    put_pair(w, "status", t->status, t->status);
    put_pair(w, "subStatus", word, text);
    jsw_object(w, "properties");
    jsw_str(w, "statusCode", word);
    jsw_str(w, "serviceRequestId", x->request_id.text);
    jsw_str(w, "eventCategory", "Administrative");
    jsw_str(w, "entity", t->resource);
    jsw_str(w, "message", x->route->action);
    jsw_end(w);
}

static void
put_event(const struct exchange *x, const struct texts *t, unsigned status, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    char when[ISOTIME_MAX], id[OVER_MAX + 96];

    isotime_put_100ns(t->now, when);
    (void)snprintf(id, sizeof(id), "%s/events/%s/ticks/%lld", t->resource, t->event.text,
                   (long long)(t->now + TICKS_EPOCH));
    jsw_object(&w, NULL);
    put_who(x, t, &w);
    jsw_str(&w, "correlationId", t->correlation.text);
    jsw_str(&w, "description", "");
    jsw_str(&w, "eventDataId", t->event.text);
    put_pair(&w, "eventName", "EndRequest", "End request");
    put_pair(&w, "category", "Administrative", "Administrative");
    jsw_str(&w, "eventTimestamp", when);
    put_request(x, &w);
    jsw_str(&w, "id", id);
    jsw_str(&w, "level", status >= 400 ? "Error" : "Informational");
    jsw_str(&w, "operationId", t->correlation.text);
    put_pair(&w, "operationName", x->route->action, x->route->operation);
    jsw_str(&w, "resourceGroupName", t->group);
    jsw_str(&w, "resourceId", t->resource);
    put_pair(&w, "resourceProviderName", t->provider, t->provider);
    put_result(x, t, status, &w);
    jsw_str(&w, "submissionTimestamp", when);
    jsw_str(&w, "subscriptionId", t->subscription.text);
    jsw_str(&w, "tenantId", x->caller.tid.text);
    jsw_end(&w);
}

static void
store(const struct exchange *x, const struct texts *t, struct span event, struct store_write *w)
{
    char inverted[17];
    struct row_key k;
    struct buf b;

    buf_init(&b, ACTIVITY_EVENT_MAX + 4096);
    pack_u8(sink_buf(&b), ACTIVITY_FORMAT);
    pack_i64(sink_buf(&b), t->now / TICKS_A_SECOND + ACTIVITY_DAYS * 86400);
    pack_i64(sink_buf(&b), t->now);
    pack_str(sink_buf(&b), t->resource);
    pack_str(sink_buf(&b), t->group);
    pack_str(sink_buf(&b), t->provider);
    pack_str(sink_buf(&b), t->correlation.text);
    pack_bytes(sink_buf(&b), t->caller);
    pack_str(sink_buf(&b), t->status);
    pack_bytes(sink_buf(&b), event);
    activity_inverted(t->now, inverted);
    row_put_buf(x->rows, w,
                row_key_make(&k, "al", t->subscription.text, inverted, t->event.text, NULL),
                &b);
}

void
activity_note(const struct exchange *x, unsigned status, struct store_write *w)
{
    struct texts t = { .now = clock_now_100ns(), .event = guid_new() };
    struct buf event;

    if (!is_change(x, status) || !find_resource(x, &t) ||
        (status >= 400 && refusal_is_over(t.now)))
        return;
    t.status = status >= 400 ? "Failed" : "Succeeded";
    t.caller = span_str(x->caller.upn[0] != '\0' ? x->caller.upn : x->caller.oid.text);
    if (!guid_parse(http_request_header(x->req, "x-ms-correlation-request-id"), &t.correlation))
        t.correlation = x->request_id;
    buf_init(&event, ACTIVITY_EVENT_MAX);
    put_event(x, &t, status, &event);
    /* One that does not fit is in the audit log alone. */
    if (event.err == ERR_OK)
        store(x, &t, buf_span(&event), w);
    buf_release(&event);
}

enum err
activity_read(struct span payload, struct activity *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct activity){ .time = 0 };
    if (unpack_u8(&u) != ACTIVITY_FORMAT)
        return ERR_FORMAT;
    (void)unpack_i64(&u);
    out->time = unpack_i64(&u);
    for (unsigned i = 0; i < ACTIVITY_FIELD__MAX; i++)
        out->field[i] = unpack_bytes(&u, 1024);
    out->event = unpack_bytes(&u, ACTIVITY_EVENT_MAX);
    return unpack_end(&u);
}
