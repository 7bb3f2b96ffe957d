/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed_yaml.c - YAML in, JSON out, through libyaml's events.
 *
 * The subset that JSON can say: no anchors, aliases or tags; plain scalars
 * true, false, null and integers keep their type, everything else is text.
 */
#include <yaml.h>

#include "base/log.h"
#include "base/wipe.h"
#include "codec/jsw.h"
#include "jobs/seed_int.h"

enum { NAME_MAX_BYTES = 4 * MAX_TAG_CHARS };

struct turner {
    struct jsw w;
    yaml_parser_t parser;
    bool in_map[MAX_JSON_DEPTH + 1];
    bool have_name; /* in a map: a name was read, its value comes next */
    unsigned depth;
    char name[NAME_MAX_BYTES + 1];
    bool begun, done;
};

static enum err
syntax(const struct turner *t, const char *what)
{
    log_error("seed: line %zu: %s", t->parser.mark.line + 1, what);
    return ERR_SYNTAX;
}

static bool
is_integer(struct span s)
{
    uint64_t v;

    if (s.len > 1 && s.ptr[0] == '-')
        s = span_tail(s, 1);
    if (s.len > 1 && s.ptr[0] == '0')
        return false;
    return s.len <= 18 && span_get_u64(s, &v);
}

/* Puts a member or element; raw is JSON already. */
static void
put_value(struct turner *t, struct span v, bool raw)
{
    const char *n = t->in_map[t->depth] ? t->name : NULL;

    if (raw)
        jsw_raw(&t->w, n, v);
    else
        jsw_span(&t->w, n, v);
    t->have_name = false;
}

static enum err
put_scalar(struct turner *t, const yaml_event_t *ev)
{
    static const char *const words[] = { "true", "false", "null" };
    struct span v = span_of(ev->data.scalar.value, ev->data.scalar.length);
    bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool raw = plain && is_integer(v);

    if (t->in_map[t->depth] && !t->have_name) {
        if (!span_copy_str(v, t->name, sizeof(t->name)))
            return syntax(t, "a name must be short text");
        t->have_name = true;
        return ERR_OK;
    }
    for (size_t i = 0; plain && i < sizeof(words) / sizeof(words[0]); i++)
        raw = raw || span_is_str(v, words[i]);
    if (plain && (v.len == 0 || span_is_str(v, "~"))) {
        v = span_str("null");
        raw = true;
    }
    put_value(t, v, raw);
    return ERR_OK;
}

static enum err
open_level(struct turner *t, bool map)
{
    const char *n = NULL;

    if (t->depth == MAX_JSON_DEPTH)
        return syntax(t, "nested too deeply");
    if (t->in_map[t->depth]) {
        if (!t->have_name)
            return syntax(t, "a name must be short text");
        n = t->name;
        t->have_name = false;
    }
    if (map)
        jsw_object(&t->w, n);
    else
        jsw_array(&t->w, n);
    t->in_map[++t->depth] = map;
    return ERR_OK;
}

static enum err
take_event(struct turner *t, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        if (ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL)
            return syntax(t, "anchors and tags are not supported");
        if (t->depth == 0)
            return syntax(t, "the file must be a map");
        return put_scalar(t, ev);
    case YAML_SEQUENCE_START_EVENT:
        return ev->data.sequence_start.anchor != NULL || t->depth == 0
                   ? syntax(t, "the file must be a map, without anchors")
                   : open_level(t, false);
    case YAML_MAPPING_START_EVENT:
        return ev->data.mapping_start.anchor != NULL ? syntax(t, "anchors are not supported")
                                                     : open_level(t, true);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        t->depth--;
        jsw_end(&t->w);
        return ERR_OK;
    case YAML_ALIAS_EVENT:
        return syntax(t, "aliases are not supported");
    case YAML_STREAM_END_EVENT:
        t->done = true;
        return ERR_OK;
    case YAML_DOCUMENT_START_EVENT:
        if (t->begun)
            return syntax(t, "one document only");
        t->begun = true;
        return ERR_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return ERR_OK;
    }
    return ERR_SYNTAX;
}

/* libyaml keeps what it reads in the ordinary heap: wiped as far as it can be reached. */
static void
wipe_event(yaml_event_t *ev)
{
    if (ev->type == YAML_SCALAR_EVENT)
        wipe(ev->data.scalar.value, ev->data.scalar.length);
    yaml_event_delete(ev);
}

static void
wipe_parser(yaml_parser_t *p)
{
    wipe(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
    wipe(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
    yaml_parser_delete(p);
}

enum err
seed_yaml(struct span text, struct secbuf *json)
{
    struct turner t = { .w = jsw_of(sink_sec(json)) };
    enum err e = ERR_OK;

    if (!yaml_parser_initialize(&t.parser))
        return ERR_NOMEM;
    yaml_parser_set_input_string(&t.parser, text.ptr, text.len);
    while (e == ERR_OK && !t.done) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&t.parser, &ev)) {
            e = syntax(&t, t.parser.problem == NULL ? "not JSON, not YAML" : t.parser.problem);
            break;
        }
        e = take_event(&t, &ev);
        wipe_event(&ev);
        if (e == ERR_OK)
            e = json->err;
    }
    if (e == ERR_OK && json->len == 0) {
        log_error("seed: the file is empty");
        e = ERR_SYNTAX;
    }
    wipe_parser(&t.parser);
    return e;
}
