/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1.c - adapter to libhttp-parser (Debian 12) or llhttp (newer distributions).
 *
 * The engine judges method, target and version. Header lines and bodies are not
 * its business: both engines are lax about them in the form distributions build
 * them, so http/scan.c and http/chunk.c do that, and reading each byte of a
 * header once more would add nothing. No state of the engine outlives the call.
 */
#include "http/h1_int.h"

#ifdef KEYHOLD_LLHTTP
#include <llhttp.h>
typedef llhttp_t engine;
typedef llhttp_settings_t engine_settings;
#else
#include <http_parser.h>
typedef http_parser engine;
typedef http_parser_settings engine_settings;
#endif

struct parse {
    struct h1_line *line;
    bool done;
};

static int
on_url(engine *p, const char *at, size_t len)
{
    struct parse *x = p->data;

    if (!span_is_empty(x->line->target))
        return -1;
    x->line->target = span_of(at, len);
    return 0;
}

static int
on_head(engine *p)
{
    struct parse *x = p->data;

    x->line->major = p->http_major;
    x->line->minor = p->http_minor;
    x->done = true;
    return 0;
}

static void
set_callbacks(engine_settings *s)
{
    s->on_url = on_url;
    s->on_headers_complete = on_head;
}

#ifdef KEYHOLD_LLHTTP
static bool
feed(engine *p, const engine_settings *s, struct span text)
{
    (void)s;
    return llhttp_execute(p, (const char *)text.ptr, text.len) == HPE_OK;
}

static void
start(engine *p, engine_settings *s)
{
    llhttp_settings_init(s);
    set_callbacks(s);
    llhttp_init(p, HTTP_REQUEST, s);
}

static const char *
method_name(const engine *p)
{
    return llhttp_method_name((llhttp_method_t)p->method);
}

const char *
h1_engine(void)
{
    return "llhttp";
}
#else
static bool
feed(engine *p, const engine_settings *s, struct span text)
{
    return http_parser_execute(p, s, (const char *)text.ptr, text.len) == text.len;
}

static void
start(engine *p, engine_settings *s)
{
    http_parser_settings_init(s);
    set_callbacks(s);
    http_parser_init(p, HTTP_REQUEST);
}

static const char *
method_name(const engine *p)
{
    return http_method_str((enum http_method)p->method);
}

const char *
h1_engine(void)
{
    return "http_parser";
}
#endif

enum err
h1_parse(struct span text, struct h1_line *line)
{
    struct parse x = { .line = line };
    engine_settings s;
    engine p;

    *line = (struct h1_line){ 0 };
    start(&p, &s);
    p.data = &x;
    /* The end of a head without header lines; that there is no body it may not like: done
     * counts. */
    if (feed(&p, &s, text))
        (void)feed(&p, &s, span_str("\r\n"));
    line->method = method_name(&p);
    return x.done && line->method != NULL && !span_is_empty(line->target) ? ERR_OK : ERR_SYNTAX;
}
