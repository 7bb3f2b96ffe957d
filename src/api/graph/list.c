/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - $filter, $search, $top and pages. */
#include "api/graph/graph.h"

/* "displayName:text", with the quotes around it. False: something else. */
static bool
read_search(struct span text, struct span *out)
{
    static const char name[] = "displayName:";

    *out = (struct span){ 0 };
    if (text.len == 0)
        return true;
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
        return false;
    text = span_head(span_tail(text, 1), text.len - 2);
    if (!span_is_str_nocase(span_head(text, sizeof(name) - 1), name))
        return false;
    *out = span_tail(text, sizeof(name) - 1);
    return span_find(*out, '"') == out->len;
}

bool
graph_list_begin(struct exchange *x, struct graph_list *l, const char *set,
                 const char *const *names)
{
    static const char *const no_calls[] = { NULL };
    struct span text;
    uint64_t top;
    enum err e;

    *l = (struct graph_list){ .x = x, .left = GRAPH_PAGE };
    if (!odata_filter_read(x, names, no_calls, &l->filter))
        return false;
    if (http_request_param(x->req, "$search", &text) && !read_search(text, &l->search)) {
        (void)arm_fail(x, 400, "Request_UnsupportedQuery",
                       "$search supports \"displayName:text\" only.");
        return false;
    }
    if (http_request_param(x->req, "$top", &text)) {
        if (!span_get_u64(text, &top) || top == 0 || top > GRAPH_PAGE_MAX) {
            (void)arm_fail(x, 400, "Request_BadRequest",
                           "Invalid page size specified: '%.*s'. Must be between 1 and 999 "
                           "inclusive.",
                           (int)span_head(text, 20).len, (const char *)text.ptr);
            return false;
        }
        l->left = (unsigned)top;
    }
    e = arm_page_begin(x, l->after);
    if (e != ERR_OK) {
        (void)arm_fail(x, 400, "Directory_ExpiredPageToken",
                       "The specified page token value has expired and can no longer be "
                       "included in your request.");
        return false;
    }
    l->w = graph_reply(x, 200);
    jsw_object(&l->w, NULL);
    graph_put_context(x, &l->w, set, false);
    jsw_array(&l->w, "value");
    return true;
}

bool
graph_list_room(struct graph_list *l, const struct guid *id)
{
    if (l->left == 0) {
        l->more = true;
        return false;
    }
    l->left--;
    (void)span_copy_str(span_str(id->text), l->last, sizeof(l->last));
    return true;
}

enum next
graph_list_end(struct graph_list *l)
{
    enum err e = l->err;

    jsw_end(&l->w);
    if (e == ERR_OK)
        e = arm_page_link(l->x, l->more ? l->last : NULL, &l->w);
    jsw_end(&l->w);
    return e == ERR_OK ? arm_finish(l->x, NEXT_REPLY) : arm_trouble(l->x, e);
}

/* WIRE: $search finds the beginnings of words. */
static bool
has_word(struct span text, struct span word)
{
    bool fresh = true;

    for (size_t i = 0; text.ptr != NULL && i + word.len <= text.len; i++) {
        if (fresh && span_is_equal_nocase(span_head(span_tail(text, i), word.len), word))
            return true;
        fresh = text.ptr[i] == ' ' || text.ptr[i] == '-' || text.ptr[i] == '_' ||
                text.ptr[i] == '.' || text.ptr[i] == '@';
    }
    return false;
}

bool
graph_list_fits(const struct graph_list *l, const char *display_name)
{
    return odata_fits(&l->filter, "displayName", span_str(display_name)) &&
           (l->search.len == 0 || has_word(span_str(display_name), l->search));
}

struct scanning {
    size_t prefix_len;
    group_id_fn fn;
    void *arg;
};

static bool
scan_row(void *arg, const struct store_row *sr)
{
    struct scanning *s = arg;
    struct guid id;

    return !guid_parse(span_tail(sr->key, s->prefix_len), &id) || s->fn(s->arg, &id);
}

enum err
graph_scan(struct graph_list *l, struct span prefix, group_id_fn fn, void *arg)
{
    struct scanning s = { .prefix_len = prefix.len, .fn = fn, .arg = arg };
    char key[MAX_STORE_KEY + 1] = "";
    int n = 0;

    if (l->after[0] != '\0')
        n = snprintf(key, sizeof(key), "%.*s%s", (int)prefix.len, (const char *)prefix.ptr,
                     l->after);
    if (n < 0 || (size_t)n >= sizeof(key))
        return ERR_BAD_PAGE;
    return store_scan(l->x->view, prefix, span_str(key), SIZE_MAX, scan_row, &s);
}
