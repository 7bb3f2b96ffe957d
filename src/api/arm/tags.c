/* SPDX-License-Identifier: Apache-2.0 */
/* tags.c - tags and locations. */
#include "api/arm/tags.h"

struct tag_reader {
    struct bag *bag;
    bool ok;
};

static bool
read_tag(void *arg, struct span name, const struct jsn *value)
{
    struct tag_reader *r = arg;

    r->ok = jsn_is_str(value) && bag_put(r->bag, name, jsn_str(value));
    return r->ok;
}

bool
arm_read_tags(struct exchange *x, const struct jsn *root, bool patch, struct bag *out)
{
    struct tag_reader r = { .bag = out, .ok = true };
    const struct jsn *tags = NULL;
    enum jsn_got got = jsn_get_object(root, "tags", &tags);

    if (got == JSN_ABSENT) {
        if (!patch)
            out->n = 0;
        return true;
    }
    out->n = 0;
    if (got == JSN_OK)
        jsn_each(tags, read_tag, &r);
    if (got == JSN_OK && r.ok)
        return true;
    (void)arm_fail(
        x, 400, "InvalidTagNameOrValue",
        "The tags are not valid: at most %d pairs of text, names up to %d characters "
        "without <>%%&\\?/, values up to %d.",
        (int)MAX_BAG, (int)MAX_BAG_NAME, (int)MAX_BAG_VALUE);
    return false;
}

static void
skip_spaces(struct span *s)
{
    while (s->len > 0 && s->ptr[0] == ' ')
        *s = span_tail(*s, 1);
}

/* Takes "name eq 'value'" off s; quotes inside are not unfolded: tags with them do not match.
 */
static bool
take_term(struct span *s, const char *name, struct span *value)
{
    size_t end;

    skip_spaces(s);
    if (!span_is_str_nocase(span_head(*s, strlen(name)), name))
        return false;
    *s = span_tail(*s, strlen(name));
    skip_spaces(s);
    if (!span_is_str_nocase(span_head(*s, 2), "eq"))
        return false;
    *s = span_tail(*s, 2);
    skip_spaces(s);
    if (s->len < 2 || s->ptr[0] != '\'')
        return false;
    *s = span_tail(*s, 1);
    end = span_find(*s, '\'');
    if (end == s->len)
        return false;
    *value = span_head(*s, end);
    *s = span_tail(*s, end + 1);
    skip_spaces(s);
    return true;
}

bool
arm_tag_filter(struct exchange *x, struct span *name, struct span *value)
{
    struct span s, all;

    *name = *value = (struct span){ 0 };
    if (!http_request_param(x->req, "$filter", &s))
        return true;
    all = s;
    if (take_term(&s, "tagName", name)) {
        if (s.len == 0)
            return true;
        if (span_is_str_nocase(span_head(s, 4), "and ")) {
            s = span_tail(s, 4);
            if (take_term(&s, "tagValue", value) && s.len == 0)
                return true;
        }
    }
    (void)arm_fail(x, 400, "InvalidFilterInQueryString",
                   "Invalid $filter '%.*s' specified in the query string.",
                   (int)span_head(all, 256).len, (const char *)all.ptr);
    return false;
}

bool
arm_location(struct exchange *x, struct span location, char out[static MAX_LOCATION + 1],
             const char *code, const char *name)
{
    char text[MAX_LOCATION + 1];
    size_t n = 0;

    for (size_t i = 0; i < location.len; i++) {
        uint8_t c = location.ptr[i];

        if (c == ' ')
            continue;
        if (n == MAX_LOCATION || c < ' ' || c > '~')
            goto bad;
        text[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
    }
    text[n] = '\0';
    if (n == 0)
        goto bad;
    if (out[0] == '\0' || span_is_str_nocase(span_str(out), text)) {
        memcpy(out, text, n + 1);
        return true;
    }
    (void)arm_fail(x, 409, code,
                   "Invalid location '%s'. '%s' already exists in location '%s'. It cannot be "
                   "moved by creating it again with the same name in another location.",
                   text, name, out);
    return false;
bad:
    (void)arm_fail(x, 400, "LocationNotAvailableForResourceType",
                   "The provided location '%.*s' is not available.",
                   (int)span_head(location, 64).len, (const char *)location.ptr);
    return false;
}
