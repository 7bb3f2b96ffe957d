/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - reading the activity log (management-plane.md A.17, monitoring.md C.2). */
#include <stdio.h>

#include "api/activity.h"
#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "codec/isotime.h"

#define READ "Microsoft.Insights/eventtypes/values/read"

enum { EVENTS_PAGE = 200, EVENTS_LOOK = 5000, FILTER_VALUE = 600, TICKS = 10000000 };

struct event_filter {
    int64_t from, to; /* 100 ns; both inclusive */
    char value[ACTIVITY_FIELD__MAX][FILTER_VALUE];
    bool is_set[ACTIVITY_FIELD__MAX];
};

static const struct {
    const char *name;
    enum activity_field field;
} filter_names[] = {
    { "resourceGroupName", ACTIVITY_GROUP },
    { "resourceUri", ACTIVITY_RESOURCE },
    { "resourceId", ACTIVITY_RESOURCE },
    { "resourceProvider", ACTIVITY_PROVIDER },
    { "correlationId", ACTIVITY_CORRELATION },
    { "caller", ACTIVITY_CALLER },
    { "status", ACTIVITY_STATUS },
};

static struct span
take_word(struct span *s)
{
    struct span word;

    while (s->len > 0 && s->ptr[0] == ' ')
        *s = span_tail(*s, 1);
    if (s->len > 0 && s->ptr[0] == '\'') {
        *s = span_tail(*s, 1);
        word = span_head(*s, span_find(*s, '\''));
        *s = span_tail(*s, word.len + 1);
        return word;
    }
    word = span_head(*s, span_find(*s, ' '));
    *s = span_tail(*s, word.len);
    return word;
}

/* az sends times without a zone: they are UTC. */
static bool
read_time(struct span text, int64_t *out)
{
    char copy[64];
    int64_t seconds;

    if (text.len + 2 > sizeof(copy))
        return false;
    (void)span_copy_str(text, copy, sizeof(copy));
    if (isotime_get(span_str(copy), &seconds) != ERR_OK) {
        (void)snprintf(copy, sizeof(copy), "%.*sZ", (int)text.len, (const char *)text.ptr);
        if (isotime_get(span_str(copy), &seconds) != ERR_OK)
            return false;
    }
    *out = seconds * TICKS;
    return true;
}

static bool
read_term(struct span name, struct span op, struct span value, struct event_filter *f)
{
    int64_t t;

    if (span_is_str_nocase(name, "eventTimestamp")) {
        if (!read_time(value, &t))
            return false;
        if (span_is_str_nocase(op, "ge") || span_is_str_nocase(op, "gt"))
            f->from = t;
        else if (span_is_str_nocase(op, "le") || span_is_str_nocase(op, "lt"))
            f->to = t + TICKS - 1;
        else
            return false;
        return true;
    }
    for (size_t i = 0; i < sizeof(filter_names) / sizeof(filter_names[0]); i++) {
        enum activity_field field = filter_names[i].field;

        if (!span_is_str_nocase(name, filter_names[i].name))
            continue;
        f->is_set[field] = true;
        return span_is_str_nocase(op, "eq") &&
               span_copy_str(value, f->value[field], sizeof(f->value[field]));
    }
    return false;
}

/* False: the answer was composed. */
static bool
read_filter(struct exchange *x, struct event_filter *f)
{
    struct span s, all;
    bool ok = true;

    *f = (struct event_filter){ .to = INT64_MAX };
    if (!http_request_param(x->req, "$filter", &s))
        return true;
    all = s;
    while (ok && s.len > 0) {
        struct span name = take_word(&s), op = take_word(&s), value = take_word(&s);
        struct span and = take_word(&s);

        ok = read_term(name, op, value, f) &&
             (span_is_str_nocase(and, "and") ? s.len > 0 : and.len == 0 && s.len == 0);
    }
    if (!ok)
        (void)arm_fail(x, 400, "BadRequest", "The $filter '%.*s' is not valid.",
                       (int)span_head(all, 256).len, (const char *)all.ptr);
    return ok;
}

static bool
fits(const struct event_filter *f, const struct activity *a)
{
    if (a->time > f->to)
        return false;
    for (unsigned i = 0; i < ACTIVITY_FIELD__MAX; i++)
        if (f->is_set[i] && !span_is_str_nocase(a->field[i], f->value[i]))
            return false;
    return true;
}

static bool
is_selected(struct span select, struct span name)
{
    while (select.len > 0) {
        size_t end = span_find(select, ',');
        struct span one = span_head(select, end);

        while (one.len > 0 && one.ptr[0] == ' ')
            one = span_tail(one, 1);
        if (one.len == name.len && span_is_equal_nocase(one, name))
            return true;
        select = span_tail(select, end + 1);
    }
    return false;
}

/* Length of the value that text begins with: up to the ',' or '}' behind it. Our own JSON. */
static size_t
value_len(struct span text)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}'))
            return i;
        quoted = c == '"';
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
    }
    return text.len;
}

static void
put_event(struct jsw *w, struct span event, struct span select)
{
    if (select.len == 0) {
        jsw_raw(w, NULL, event);
        return;
    }
    jsw_object(w, NULL);
    event = span_tail(event, 1);
    while (event.len > 1 && event.ptr[0] == '"') {
        struct span name;
        char text[64];
        size_t n;

        event = span_tail(event, 1);
        name = span_head(event, span_find(event, '"'));
        event = span_tail(event, name.len + 2);
        n = value_len(event);
        if (is_selected(select, name) && span_copy_str(name, text, sizeof(text)))
            jsw_raw(w, text, span_head(event, n));
        event = span_tail(event, n + 1);
    }
    jsw_end(w);
}

struct event_list {
    struct exchange *x;
    struct jsw w;
    struct event_filter filter;
    struct span select;
    unsigned left, looked;
    size_t prefix;
    bool more;
    char last[MAX_OBJECT_NAME + 1];
    enum err err;
};

static bool
list_event(void *arg, const struct store_row *sr)
{
    struct event_list *l = arg;
    struct activity a = { .time = 0 };
    struct row row;

    if (l->left == 0 || ++l->looked > EVENTS_LOOK) {
        l->more = true;
        return false;
    }
    l->err = row_check(l->x->rows, sr, &row);
    if (l->err == ERR_OK)
        l->err = activity_read(row.payload, &a);
    if (l->err != ERR_OK || a.time < l->filter.from)
        return false;
    (void)span_copy_str(span_tail(sr->key, l->prefix), l->last, sizeof(l->last));
    if (fits(&l->filter, &a)) {
        put_event(&l->w, a.event, l->select);
        l->left--;
    }
    return true;
}

/* At the subscription, or at what the filter narrows it to. */
static bool
may_read(struct exchange *x, const struct guid *sub, const struct event_filter *f)
{
    static const char *const rights[] = { READ, NULL };
    char scope[OVER_MAX];

    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s/resourcegroups/%.90s", sub->text,
                   f->value[ACTIVITY_GROUP]);
    for (char *p = scope; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    if (f->is_set[ACTIVITY_GROUP] && arm_may(x, READ, scope))
        return true;
    if (f->is_set[ACTIVITY_RESOURCE] && arm_may(x, READ, f->value[ACTIVITY_RESOURCE]))
        return true;
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", sub->text);
    return arm_enter(x, span_str(scope), rights);
}

static enum err
scan(struct event_list *l, const char *prefix, const char *position)
{
    char after[MAX_STORE_KEY + 1], inverted[17];
    struct exchange *x = l->x;
    enum err e;

    after[0] = '\0';
    activity_inverted(l->filter.to, inverted);
    if (position[0] != '\0')
        (void)snprintf(after, sizeof(after), "%s%s", prefix, position);
    else if (l->filter.to != INT64_MAX)
        (void)snprintf(after, sizeof(after), "%s%s", prefix, inverted);
    e = store_scan(x->view, span_str(prefix), span_str(after), UINT32_MAX, list_event, l);
    return e == ERR_OK ? l->err : e;
}

enum next
api_arm_events(struct exchange *x)
{
    struct event_list l = { .x = x };
    char position[MAX_OBJECT_NAME + 1], prefix[64];
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_page_begin(x, position);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!read_filter(x, &l.filter) || !may_read(x, &sub, &l.filter))
        return NEXT_REPLY;
    (void)http_request_param(x->req, "$select", &l.select);
    l.left = arm_top(x) < EVENTS_PAGE ? arm_top(x) : EVENTS_PAGE;
    l.prefix = (size_t)snprintf(prefix, sizeof(prefix), "al/%s/", sub.text);
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = scan(&l, prefix, position);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, l.more ? l.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}
