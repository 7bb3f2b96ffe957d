/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1.c - adapter to libhttp-parser (Debian 12) or llhttp (newer distributions).
 *
 * The head is fed in one piece with its end in sight, so each callback brings
 * one whole element, and no state of the engine outlives the call. Bodies are
 * not the engine's business: both engines are lax about chunk framing in the
 * form distributions build them, so http/chunk.c reads that.
 *
 * Long values, tokens above all, are not read twice: http/scan.c has seen each
 * of their bytes, and none of them means anything to an engine, which goes
 * through values byte by byte. It gets the beginning and the end of the line.
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

enum { LONG_VALUE = 128, KEPT = 32 };

struct parse {
    struct h1_line *line;
    h1_field_fn field;
    void *arg;
    struct span name;
    const uint8_t *cut;   /* where the engine's input ends within a value, or NULL */
    const uint8_t *begin; /* of the value that was cut, or NULL */
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
    const uint8_t *begin = (const uint8_t *)at, *end = begin + len;

    if (!x->has_name)
        return -1;
    if (end == x->cut) {
        x->begin = begin;
        return 0;
    }
    if (x->begin != NULL)
        begin = x->begin;
    x->begin = NULL;
    x->has_name = false;
    return x->field(x->arg, x->name, span_of(begin, (size_t)(end - begin))) ? 0 : -1;
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

/*
 * The next value worth cutting, in header lines from `line` on: the engine reads up to *at, and
 * then on from *resume. false if there is none. Both lie within the value and behind its first
 * visible byte, or the engine would not take what it gets for one value.
 */
static bool
find_cut(const uint8_t *line, const uint8_t *end, const uint8_t **at, const uint8_t **resume)
{
    const uint8_t *lf;

    for (; (lf = memchr(line, '\n', (size_t)(end - line))) != NULL; line = lf + 1) {
        const uint8_t *p =
            (size_t)(lf - line) > LONG_VALUE + 2 * KEPT ? memchr(line, ':', LONG_VALUE) : NULL;

        if (p == NULL)
            continue;
        for (p++; *p == ' ' || *p == '\t';)
            p++;
        if (lf - p < LONG_VALUE)
            continue;
        *at = p + KEPT;
        *resume = lf - KEPT;
        return true;
    }
    return false;
}

static void
set_callbacks(engine_settings *s)
{
    s->on_url = on_url;
    s->on_header_field = on_name;
    s->on_header_value = on_value;
    s->on_headers_complete = on_head;
}

#ifdef KEYHOLD_LLHTTP
static bool
feed(engine *p, const engine_settings *s, const uint8_t *from, const uint8_t *to)
{
    return llhttp_execute(p, (const char *)from, (size_t)(to - from)) == HPE_OK;
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
feed(engine *p, const engine_settings *s, const uint8_t *from, const uint8_t *to)
{
    size_t len = (size_t)(to - from);

    return http_parser_execute(p, s, (const char *)from, len) == len;
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

/* The engine goes on behind the head and may not like that there is no body: done counts. */
static void
run(struct span head, struct parse *x)
{
    const uint8_t *from = head.ptr, *end = head.ptr + head.len, *resume = NULL;
    const uint8_t *fields = head.ptr + span_find(head, '\n'); /* not in the request line */
    engine_settings s;
    engine p;
    bool fed = true;

    start(&p, &s);
    p.data = x;
    while (fed && find_cut(fields, end, &x->cut, &resume)) {
        fed = feed(&p, &s, from, x->cut);
        from = fields = resume;
    }
    x->cut = NULL;
    if (fed)
        (void)feed(&p, &s, from, end);
    x->line->method = method_name(&p);
}

enum err
h1_parse(struct span head, h1_field_fn field, void *arg, struct h1_line *line)
{
    struct parse x = { .line = line, .field = field, .arg = arg };

    *line = (struct h1_line){ 0 };
    run(head, &x);
    return x.done && line->method != NULL && !span_is_empty(line->target) ? ERR_OK : ERR_SYNTAX;
}
