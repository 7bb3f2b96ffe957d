/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - one HTTP request as handlers see it.
 *
 * Everything is borrowed from the connection and lives until the response was
 * handed over (http_reply). Nothing is decoded but what is said here.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/span.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER,
    HTTP_METHOD__MAX
};
const char *http_method_name(enum http_method m);

struct http_param {
    struct span name;  /* percent-decoded */
    struct span value; /* percent-decoded, '+' is a space */
};

struct http_header {
    struct span name;
    struct span value; /* without surrounding white space */
};

struct http_request {
    enum http_method method;
    struct span target;     /* as sent, for the audit's requestUri */
    struct span path;       /* percent-decoded, begins with '/', without the query */
    bool has_escaped_slash; /* a '/' of the path was sent as %2F */
    struct http_param params[MAX_QUERY_PARAMS];
    unsigned nparams;
    struct http_header headers[MAX_HEADERS];
    unsigned nheaders;
    struct span host; /* Host without port, lower-cased; "localhost" for HTTP/1.0 without */
    uint16_t port;    /* port in Host, or 443 (TLS) / 80 */
    bool has_port;    /* the Host header spelled a port */
    struct span body; /* whole; secret memory up to MAX_BODY */
    bool is_tls;
    unsigned mark;           /* of the listener it came through (http/server.h) */
    const char *tls_version; /* "TLS1_2", "TLS1_3" or "" */
    struct span client;      /* address as text, without port */
    bool client_is_ipv6;
    uint64_t begin_us; /* clock_mono_us when the first byte came */
};

/* The first header of that name, without case; empty if absent. */
struct span http_request_header(const struct http_request *r, const char *name);
bool http_request_has_header(const struct http_request *r, const char *name);
/* The first query parameter of that name, without case; false if absent. */
bool http_request_param(const struct http_request *r, const char *name, struct span *out);

#endif /* HTTP_REQUEST_H */
