/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - markup in one place. The stylesheet is served, so the policy needs no exception. */
#include "api/login/html.h"

#include "api/login/login.h"

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:Canvas;color:CanvasText}"
    "main{max-width:24rem;margin:10vh auto;padding:0 1rem}"
    "h1{font-size:1.5rem;font-weight:600;margin:0 0 1rem}"
    "label{display:block;font-weight:600;margin:1rem 0 .25rem}"
    "input{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;border:1px solid "
    "GrayText;border-radius:.25rem;background:Field;color:FieldText}"
    "button{font:inherit;padding:.5rem 1.5rem;margin:1.5rem .5rem 0 0;border:1px solid #0b57a4;"
    "border-radius:.25rem;background:#0b57a4;color:#fff;cursor:pointer}"
    "button.second{background:transparent;color:inherit;border-color:GrayText}"
    "input:focus,button:focus{outline:3px solid #f2a900;outline-offset:2px}"
    "[role=alert]{border-left:4px solid #b3261e;padding:.25rem .75rem;margin:1rem 0}"
    "strong{overflow-wrap:anywhere}"
    ".code{text-transform:uppercase;letter-spacing:.2em}";

/* Of the one page that goes on by itself where scripts are on; named by its hash, since nothing
 * else may run. */
#define SCRIPT      "document.forms[0].submit()"
#define SCRIPT_HASH "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

static void
put_headers(struct exchange *x, struct span form_to, bool goes_on)
{
    char policy[768];

    (void)snprintf(policy, sizeof(policy),
                   "default-src 'none'; %sstyle-src 'self'; form-action 'self'%s%.*s; "
                   "frame-ancestors 'none'; base-uri 'none'",
                   goes_on ? "script-src '" SCRIPT_HASH "'; " : "", form_to.len > 0 ? " " : "",
                   (int)form_to.len, (const char *)form_to.ptr);
    http_response_header(&x->resp, "Content-Type", "text/html; charset=utf-8");
    http_response_header(&x->resp, "Content-Security-Policy", policy);
    http_response_header(&x->resp, "X-Frame-Options", "DENY");
    http_response_header(&x->resp, "Referrer-Policy", "no-referrer");
    http_response_header(&x->resp, "Cross-Origin-Opener-Policy", "same-origin");
    http_response_header(&x->resp, "Cache-Control", "no-store");
    http_response_header(&x->resp, "Pragma", "no-cache");
}

void
html_put(struct exchange *x, const char *markup)
{
    sink_put_str(sink_sec(&x->resp.body), markup);
}

void
html_text(struct exchange *x, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            html_put(x, "&amp;");
            break;
        case '<':
            html_put(x, "&lt;");
            break;
        case '>':
            html_put(x, "&gt;");
            break;
        case '"':
            html_put(x, "&quot;");
            break;
        case '\'':
            html_put(x, "&#39;");
            break;
        default:
            secbuf_put_byte(&x->resp.body, text.ptr[i]);
        }
    }
}

static void
begin(struct exchange *x, unsigned status, const char *title, struct span form_to, bool goes_on)
{
    x->resp.status = status;
    put_headers(x, form_to, goes_on);
    html_put(x, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<title>");
    html_text(x, span_str(title));
    html_put(x, "</title><link rel=\"stylesheet\" href=\"/assets/login.css\"></head>\n"
                "<body><main><h1>");
    html_text(x, span_str(title));
    html_put(x, "</h1>\n");
}

enum next
html_end(struct exchange *x)
{
    html_put(x, "</main></body></html>\n");
    if (x->resp.body.err != ERR_OK)
        return exchange_fail(x, x->resp.body.err, (struct span){ 0 });
    return store_write_is_empty(&x->write) ? NEXT_REPLY : NEXT_COMMIT;
}

void
html_begin(struct exchange *x, unsigned status, const char *title, struct span form_to)
{
    begin(x, status, title, form_to, false);
}

void
html_begin_posting(struct exchange *x, const char *title, struct span form_to)
{
    begin(x, 200, title, form_to, true);
}

enum next
html_end_posting(struct exchange *x)
{
    html_put(x, "<script>" SCRIPT "</script>");
    return html_end(x);
}

void
html_paragraph(struct exchange *x, const char *text)
{
    html_put(x, "<p>");
    html_text(x, span_str(text));
    html_put(x, "</p>\n");
}

void
html_alert(struct exchange *x, const char *text)
{
    if (text[0] == '\0')
        return;
    html_put(x, "<p role=\"alert\" id=\"error\">");
    html_text(x, span_str(text));
    html_put(x, "</p>\n");
}

void
html_field(struct exchange *x, const char *name, const char *label, const char *type,
           const char *complete, struct span value, const char *more)
{
    const char *const parts[] = { "<label for=\"",
                                  name,
                                  "\">",
                                  label,
                                  "</label><input id=\"",
                                  name,
                                  "\" name=\"",
                                  name,
                                  "\" type=\"",
                                  type,
                                  "\" autocomplete=\"",
                                  complete,
                                  "\"" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        html_put(x, parts[i]);
    if (value.len > 0) {
        html_put(x, " value=\"");
        html_text(x, value);
        html_put(x, "\"");
    }
    html_put(x, " required spellcheck=\"false\" autocapitalize=\"none\" ");
    html_put(x, more);
    html_put(x, ">\n");
}

void
html_hidden(struct exchange *x, const char *name, struct span value)
{
    html_put(x, "<input type=\"hidden\" name=\"");
    html_put(x, name);
    html_put(x, "\" value=\"");
    html_text(x, value);
    html_put(x, "\">\n");
}

void
html_button(struct exchange *x, const char *decision, const char *label, bool second)
{
    html_put(x, "<button type=\"submit\"");
    if (decision[0] != '\0') {
        html_put(x, " name=\"decision\" value=\"");
        html_put(x, decision);
        html_put(x, "\"");
    }
    /* What leads away from a form need not be filled in. */
    html_put(x, second ? " class=\"second\" formnovalidate>" : ">");
    html_text(x, span_str(label));
    html_put(x, "</button>\n");
}

void
html_source_of(struct span uri, char *out, size_t cap)
{
    size_t colon = span_find(uri, ':'), end = colon + 1;

    if (span_has_prefix(uri, span_str("https://")) ||
        span_has_prefix(uri, span_str("http://"))) {
        struct span rest = span_tail(uri, colon + 3);

        end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
            end++;
        end += colon + 3;
    }
    if (!span_copy_str(span_head(uri, end), out, cap))
        out[0] = '\0';
}

enum next
api_login_style(struct exchange *x)
{
    x->resp.status = 200;
    http_response_header(&x->resp, "Content-Type", "text/css; charset=utf-8");
    http_response_header(&x->resp, "Cache-Control", "public, max-age=3600");
    html_put(x, style);
    x->note.skip = true;
    return NEXT_REPLY;
}
