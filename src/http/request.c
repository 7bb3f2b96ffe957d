/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - finding things in a parsed request. */
#include "http/request.h"

static const char *const method_names[HTTP_METHOD__MAX] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

const char *
http_method_name(enum http_method m)
{
    return m < HTTP_METHOD__MAX ? method_names[m] : "OTHER";
}

static const struct http_header *
find_header(const struct http_request *r, const char *name)
{
    struct span want = span_str(name);

    for (unsigned i = 0; i < r->nheaders; i++)
        if (r->headers[i].name.len == want.len &&
            span_is_equal_nocase(r->headers[i].name, want))
            return &r->headers[i];
    return NULL;
}

struct span
http_request_header(const struct http_request *r, const char *name)
{
    const struct http_header *h = find_header(r, name);

    return h == NULL ? (struct span){ 0 } : h->value;
}

bool
http_request_has_header(const struct http_request *r, const char *name)
{
    return find_header(r, name) != NULL;
}

bool
http_request_param(const struct http_request *r, const char *name, struct span *out)
{
    struct span want = span_str(name);

    *out = (struct span){ 0 };
    for (unsigned i = 0; i < r->nparams; i++) {
        if (span_is_equal_nocase(r->params[i].name, want)) {
            *out = r->params[i].value;
            return true;
        }
    }
    return false;
}
