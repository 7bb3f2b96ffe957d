/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_routes.c - hosts, methods and paths as they come from clients.
 *
 * Input: one byte method, then "host\npath". Property: what is found has a
 * permission or is open, its binds lie inside the path and hold no '/', and
 * doubling every '/' of the path finds the same row.
 */
#include <stdint.h>
#include <stdlib.h>

#include "api/routes.h"
#include "api/site.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
setup(struct site *site)
{
    struct site_options o = { .domain = "keyhold.localhost",
                              .port = 8443,
                              .location = "local" };

    if (site_init(site, &o) != ERR_OK || routes_setup() != ERR_OK)
        abort();
}

static void
check_binds(const struct route *r, const struct span *bind, struct span path)
{
    if (r->open + (r->need != PERM_NONE) + (r->action != NULL) != 1)
        abort();
    for (unsigned i = 0; i < BINDS_MAX; i++) {
        if (bind[i].len == 0)
            continue;
        if (bind[i].ptr < path.ptr || bind[i].ptr + bind[i].len > path.ptr + path.len ||
            span_find(bind[i], '/') != bind[i].len)
            abort();
    }
}

static void
check_doubled(enum plane plane, enum http_method method, struct span path,
              const struct route *want)
{
    struct span bind[BINDS_MAX];
    const struct route *got;
    struct buf twice;

    buf_init(&twice, 64 * 1024);
    for (size_t i = 0; i < path.len; i++) {
        buf_put_byte(&twice, path.ptr[i]);
        if (path.ptr[i] == '/')
            buf_put_byte(&twice, '/');
    }
    if (twice.err == ERR_OK &&
        (routes_find(plane, method, buf_span(&twice), &got, bind) != ERR_OK || got != want))
        abort();
    buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct site site;
    struct span in = span_of(data, len), host, path, vault, bind[BINDS_MAX];
    const struct route *r;
    enum http_method method;
    enum plane plane;

    if (site.domain[0] == '\0')
        setup(&site);
    if (len < 2)
        return 0;
    method = (enum http_method)(data[0] % HTTP_METHOD__MAX);
    in = span_tail(in, 1);
    host = span_head(in, span_find(in, '\n'));
    path = span_tail(in, host.len + 1);
    plane = site_plane(&site, host, &vault);
    if (routes_find(plane, method, path, &r, bind) != ERR_OK)
        return 0;
    check_binds(r, bind, path);
    if (method != HTTP_HEAD)
        check_doubled(plane, method, path, r);
    return 0;
}
