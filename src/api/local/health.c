/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - the three pages; none is recorded in the audit log. */
#include "api/local/health.h"

#include "api/exchange.h"
#include "api/routes.h"

enum { PAGE_BYTES_MAX = 1024 * 1024 };

static const struct health_sources *sources;

void
health_setup(const struct health_sources *s)
{
    sources = s;
}

static enum next
answer_text(struct exchange *x, unsigned status, const char *text)
{
    x->note.skip = true;
    x->resp.status = status;
    http_response_header(&x->resp, "Content-Type", "text/plain; charset=utf-8");
    secbuf_put(&x->resp.body, span_str(text));
    return NEXT_REPLY;
}

static enum next
health_live(struct exchange *x)
{
    return answer_text(x, 200, "ok\n");
}

static enum next
health_ready(struct exchange *x)
{
    struct buf missing;
    enum next next;

    buf_init(&missing, 512);
    if (sources != NULL && sources->ready(sources->arg, &missing)) {
        next = answer_text(x, 200, "ready\n");
    } else {
        buf_put_str(&missing, "\n");
        http_response_header(&x->resp, "Retry-After", "1");
        next = answer_text(x, 503, buf_str(&missing));
    }
    buf_release(&missing);
    return next;
}

static enum next
health_metrics(struct exchange *x)
{
    x->note.skip = true;
    x->resp.status = 200;
    x->resp.big_body.max = PAGE_BYTES_MAX;
    http_response_header(&x->resp, "Content-Type", "text/plain; version=0.0.4");
    if (sources != NULL)
        sources->metrics(sources->arg, &x->resp.big_body);
    return NEXT_REPLY;
}

static const struct route rows[] = {
    { .plane = PLANE_LOCAL,
      .method = HTTP_GET,
      .path = "/livez",
      .open = true,
      .run = health_live,
      .operation = "HealthLive" },
    { .plane = PLANE_LOCAL,
      .method = HTTP_GET,
      .path = "/readyz",
      .open = true,
      .run = health_ready,
      .operation = "HealthReady" },
    { .plane = PLANE_LOCAL,
      .method = HTTP_GET,
      .path = "/metrics",
      .open = true,
      .run = health_metrics,
      .operation = "HealthMetrics" },
};

const struct route_table routes_local = { rows, sizeof(rows) / sizeof(rows[0]) };
