/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1.c - adapter to libhttp-parser (Debian 12) or llhttp (newer distributions).
 *
 * The head is fed in one piece with its end in sight, so each callback brings
 * one whole element, and no state of the engine outlives the call. Bodies are
 * not the engine's business: both engines are lax about chunk framing in the
 * form distributions build them, so http/chunk.c reads that.
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
    h1_field_fn field;
    void *arg;
    struct span name;
    bool has_name;
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
on_name(engine *p, const char *at, size_t len)
{
    struct parse *x = p->data;

    if (x->has_name)
        return -1;
    x->name = span_of(at, len);
    x->has_name = true;
    return 0;
}

static int
on_value(engine *p, const char *at, size_t len)
{
    struct parse *x = p->data;

    if (!x->has_name)
        return -1;
    x->has_name = false;
    return x->field(x->arg, x->name, span_of(at, len)) ? 0 : -1;
}

static int
on_head(engine *p)
{
    struct parse *x = p->data;

    if (x->has_name)
        return -1;
    x->line->major = p->http_major;
    x->line->minor = p->http_minor;
    x->done = true;
    return 0;
}

/* The engine goes on behind the head and may not like that there is no body: done counts. */
#ifdef KEYHOLD_LLHTTP
static void
run(struct span head, struct parse *x)
{
    engine_settings s;
    engine p;

    llhttp_settings_init(&s);
    s.on_url = on_url;
    s.on_header_field = on_name;
    s.on_header_value = on_value;
    s.on_headers_complete = on_head;
    llhttp_init(&p, HTTP_REQUEST, &s);
    p.data = x;
    (void)llhttp_execute(&p, (const char *)head.ptr, head.len);
    x->line->method = llhttp_method_name((llhttp_method_t)p.method);
}

const char *
h1_engine(void)
{
    return "llhttp";
}
#else
static void
run(struct span head, struct parse *x)
{
    engine_settings s;
    engine p;

    http_parser_settings_init(&s);
    s.on_url = on_url;
    s.on_header_field = on_name;
    s.on_header_value = on_value;
    s.on_headers_complete = on_head;
    http_parser_init(&p, HTTP_REQUEST);
    p.data = x;
    (void)http_parser_execute(&p, &s, (const char *)head.ptr, head.len);
    x->line->method = http_method_str((enum http_method)p.method);
}

const char *
h1_engine(void)
{
    return "http_parser";
}
#endif

enum err
h1_parse(struct span head, h1_field_fn field, void *arg, struct h1_line *line)
{
    struct parse x = { .line = line, .field = field, .arg = arg };

    *line = (struct h1_line){ 0 };
    run(head, &x);
    return x.done && line->method != NULL && !span_is_empty(line->target) ? ERR_OK : ERR_SYNTAX;
}
