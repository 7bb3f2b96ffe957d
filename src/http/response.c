/* SPDX-License-Identifier: Apache-2.0 */
/* response.c - composing an answer; the connection adds the framing headers. */
#include "http/response.h"

#include <string.h>

#include "base/limits.h"

enum { MAX_ANSWER_HEADERS = 32 * 1024, MAX_ANSWER_BODY = 4 * 1024 * 1024 };

void
http_response_init(struct http_response *r)
{
    *r = (struct http_response){ .status = 200 };
    buf_init(&r->headers, MAX_ANSWER_HEADERS);
    secbuf_init(&r->body, MAX_ANSWER_BODY);
    buf_init(&r->big_body, MAX_IPC_MESSAGE);
}

void
http_response_release(struct http_response *r)
{
    buf_release(&r->headers);
    secbuf_release(&r->body);
    buf_release(&r->big_body);
}

void
http_response_clear(struct http_response *r)
{
    r->status = 200;
    r->close = false;
    r->yields = false;
    buf_clear(&r->headers);
    secbuf_clear(&r->body);
    buf_clear(&r->big_body);
}

void
http_response_field(struct http_response *r, struct span name, struct span value)
{
    bug_on(span_find(value, '\r') != value.len || span_find(value, '\n') != value.len);
    buf_put(&r->headers, name);
    buf_put_str(&r->headers, ": ");
    buf_put(&r->headers, value);
    buf_put_str(&r->headers, "\r\n");
}

/* RFC 9110 15; the codes our handlers and connections use. */
static const struct {
    unsigned status;
    const char *text;
} texts[] = {
    /* clang-format off */
    { 100, "Continue" },            { 200, "OK" },
    { 201, "Created" },             { 202, "Accepted" },
    { 204, "No Content" },          { 301, "Moved Permanently" },
    { 302, "Found" },               { 303, "See Other" },
    { 304, "Not Modified" },        { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },  { 400, "Bad Request" },
    { 401, "Unauthorized" },        { 403, "Forbidden" },
    { 404, "Not Found" },           { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },      { 408, "Request Timeout" },
    { 409, "Conflict" },            { 410, "Gone" },
    { 411, "Length Required" },     { 412, "Precondition Failed" },
    { 413, "Content Too Large" },   { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
    { 421, "Misdirected Request" }, { 422, "Unprocessable Content" },
    { 428, "Precondition Required" }, { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" },
    { 501, "Not Implemented" },     { 502, "Bad Gateway" },
    { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    /* clang-format on */
};

const char *
http_status_text(unsigned status)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}
