/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - the record's members in the order of Azure's newer records. */
#include "api/audit.h"

#include "base/clock.h"
#include "codec/isotime.h"
#include "codec/jsw.h"

enum { USUAL_LEN = 1536 }; /* of a record */

/* How much of what a client sent is kept; `brief` when a record would not fit otherwise. */
struct bounds {
    size_t uri, agent, text;
};
static const struct bounds usual = { 2048, 512, 2048 }, brief = { 256, 64, 256 };

static void
put_identity(const struct exchange *x, struct jsw *w)
{
    const struct caller *c = &x->caller;

    jsw_object(w, "identity");
    if (c->known) {
        jsw_object(w, "claim");
        jsw_str(w, "oid", c->oid.text);
        jsw_str(w, "appid", c->appid.text);
        jsw_str(w, "appidacr", c->appidacr);
        jsw_str(w, "idtyp", c->idtyp);
        jsw_str(w, "iss", c->iss);
        if (c->upn[0] != '\0')
            jsw_str(w, "upn", c->upn);
        if (c->scp[0] != '\0')
            jsw_str(w, "scp", c->scp);
        if (c->mirid[0] != '\0')
            jsw_str(w, "xms_mirid", c->mirid);
        jsw_end(w);
    }
    jsw_end(w);
}

/* RFC 3986 2.3, a bit for each: what every part of a URI has most of. */
static bool
is_unreserved(uint8_t c)
{
    static const uint64_t bits[4] = { 0x03ff600000000000, 0x47fffffe87fffffe, 0, 0 };

    return ((bits[c >> 6] >> (c & 63)) & 1) != 0;
}

/* Percent-encodes what may not stand in a URI, `more` besides. */
static void
put_uri_part(struct buf *uri, struct span part, const char *more)
{
    size_t run = 0;

    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.ptr[i];

        if (is_unreserved(c) || (c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL &&
                                 strchr(more, c) == NULL))
            continue;
        buf_put(uri, span_of(part.ptr + run, i - run));
        buf_put_fmt(uri, "%%%02X", c);
        run = i + 1;
    }
    buf_put(uri, span_tail(part, run));
}

/* A query may carry what a client put there by mistake: only the parameters of this wire. */
static void
put_request_uri(const struct exchange *x, size_t max, struct jsw *w)
{
    static const char *const known[] = { "api-version", "maxresults", "$skiptoken",
                                         "outContentType" };
    const struct http_request *r = x->req;
    char room[I64_TEXT_MAX], sep = '?';
    struct buf uri;

    buf_init(&uri, MAX_REQUEST_LINE * 8);
    buf_room(&uri, 256);
    buf_put_str(&uri, r->is_tls ? "https://" : "http://");
    put_uri_part(&uri, span_head(r->host, max), "/?#");
    if (r->has_port) {
        buf_put_byte(&uri, ':');
        buf_put(&uri, span_of_i64(r->port, room));
    }
    put_uri_part(&uri, span_head(r->path, max), "?#%");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct span v;

        if (!http_request_param(r, known[i], &v) || v.len > 256)
            continue;
        buf_put_byte(&uri, (uint8_t)sep);
        buf_put_str(&uri, known[i]);
        buf_put_byte(&uri, '=');
        put_uri_part(&uri, v, "%&#+");
        sep = '&';
    }
    jsw_span(w, "requestUri", span_head(buf_span(&uri), max));
    buf_release(&uri);
}

static void
put_guid_hex(struct jsw *w, const char *name, const struct guid *g)
{
    char hex[HEX32_LEN];
    size_t n = 0;

    for (const char *p = g->text; *p != '\0' && n < sizeof(hex); p++)
        if (*p != '-')
            hex[n++] = *p;
    jsw_span(w, name, span_of(hex, n));
}

static void
put_properties(const struct exchange *x, unsigned status, const struct bounds *b, struct jsw *w)
{
    jsw_object(w, "properties");
    if (x->note.object_url[0] != '\0')
        jsw_str(w, "id", x->note.object_url);
    jsw_span(w, "clientInfo", span_head(http_request_header(x->req, "User-Agent"), b->agent));
    jsw_i64(w, "httpStatusCode", status);
    put_request_uri(x, b->uri, w);
    if (x->vault != NULL && x->route != NULL && x->route->need != PERM_NONE) {
        jsw_bool(w, x->vault->rbac ? "isRbacAuthorized" : "isAccessPolicyMatch",
                 x->access.allowed);
        if (x->access.allowed && x->access.by_rbac)
            put_guid_hex(w, "appliedAssignmentId", &x->access.assignment);
    }
    if (x->req->tls_version[0] != '\0')
        jsw_str(w, "tlsVersion", x->req->tls_version);
    if (x->note.extra[0] != '\0') {
        /* Members composed by a handler, without braces around them. */
        sink_put_byte(w->sink, ',');
        sink_put_str(w->sink, x->note.extra);
    }
    jsw_end(w);
}

static void
put_duration(const struct exchange *x, struct jsw *w)
{
    uint64_t now = clock_mono_us(), begin = x->req->begin_us;
    uint64_t ms = begin == 0 || begin > now ? 0 : (now - begin) / 1000;
    char room[I64_TEXT_MAX];

    jsw_span(w, "durationMs", span_of_i64((int64_t)ms, room));
}

static void
put_record(const struct exchange *x, unsigned status, struct span message,
           const struct bounds *b, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    char when[ISOTIME_MAX];
    bool anonymous = status == 401 && !x->caller.known;

    isotime_put_100ns(clock_now_100ns(), when);
    jsw_object(&w, NULL);
    jsw_str(&w, "time", when);
    jsw_str(&w, "category", "AuditEvent");
    jsw_str(&w, "operationName",
            anonymous || x->route == NULL ? "Authentication" : x->route->operation);
    jsw_str(&w, "resultType", "Success"); /* monitoring.md A.3: always */
    if (message.len > 0)
        jsw_span(&w, "resultDescription", span_head(message, b->text));
    jsw_str(&w, "correlationId", x->request_id.text);
    jsw_span(&w, "callerIpAddress", x->req->client);
    put_identity(x, &w);
    put_properties(x, status, b, &w);
    jsw_str(&w, "resourceId", x->vault == NULL ? "" : x->vault->resource_id);
    jsw_span(&w, "operationVersion", span_head(x->version_text, 32));
    jsw_str(&w, "resultSignature", http_status_text(status));
    put_duration(x, &w);
    jsw_end(&w);
}

void
audit_compose(const struct exchange *x, unsigned status, struct span message, struct buf *out)
{
    buf_room(out, USUAL_LEN);
    put_record(x, status, message, &usual, out);
    if (out->err != ERR_TOO_LARGE)
        return;
    /* Nobody gets out of the log by sending much. */
    buf_clear(out);
    put_record(x, status, message, &brief, out);
}

void
audit_compose_throttled(const struct throttle_report *r, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    struct guid id = guid_new();
    char when[ISOTIME_MAX], ms[I64_TEXT_MAX];

    isotime_put_100ns(clock_now_100ns(), when);
    jsw_object(&w, NULL);
    jsw_str(&w, "time", when);
    jsw_str(&w, "category", "AuditEvent");
    jsw_str(&w, "operationName", "AuthenticationThrottled");
    jsw_str(&w, "resultType", "Success");
    jsw_str(
        &w, "resultDescription",
        "Requests of unknown callers beyond limits.unauthenticated_rate; none of them has a "
        "record of its own.");
    jsw_str(&w, "correlationId", id.text);
    jsw_str(&w, "callerIpAddress", r->address);
    jsw_object(&w, "identity");
    jsw_end(&w);
    jsw_object(&w, "properties");
    jsw_i64(&w, "count", (int64_t)r->count);
    jsw_i64(&w, "httpStatusCode", 429);
    jsw_end(&w);
    jsw_str(&w, "resourceId", "");
    jsw_str(&w, "resultSignature", http_status_text(429));
    jsw_span(&w, "durationMs", span_of_i64((int64_t)r->for_ms, ms));
    jsw_end(&w);
}
