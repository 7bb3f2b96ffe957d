/* SPDX-License-Identifier: Apache-2.0 */
/* object_body.c - model binding of what all objects have. */
#include "api/data/object_body.h"

#include "codec/b64.h"

static bool
read_time(const struct jsn *obj, const char *name, bool *has, int64_t *out)
{
    enum jsn_got got = jsn_get_i64(obj, name, out);

    *has = got == JSN_OK;
    return got == JSN_ABSENT || (got == JSN_OK && attrs_time_is_ok(*out));
}

bool
object_body_attrs(const struct jsn *root, struct attrs_change *out)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(root, "attributes", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    got = jsn_get_bool(obj, "enabled", &out->enabled);
    out->has_enabled = got == JSN_OK;
    return got != JSN_WRONG_TYPE && read_time(obj, "nbf", &out->has_nbf, &out->nbf) &&
           read_time(obj, "exp", &out->has_exp, &out->exp);
}

struct tag_walk {
    struct tags *tags;
    unsigned max;
    bool ok;
};

static bool
read_tag(void *arg, struct span name, const struct jsn *value)
{
    struct tag_walk *t = arg;

    t->ok = jsn_is_str(value) && utf16_len(name) <= t->max &&
            utf16_len(jsn_str(value)) <= t->max && tags_add(t->tags, name, jsn_str(value));
    return t->ok;
}

bool
object_body_tags(const struct jsn *root, unsigned max, bool *has, struct tags *out)
{
    struct tag_walk walk = { .tags = out, .max = max, .ok = true };
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(root, "tags", &obj);

    *has = got == JSN_OK;
    if (got != JSN_OK)
        return got == JSN_ABSENT;
    jsn_each(obj, read_tag, &walk);
    return walk.ok;
}

static void
skip_space(struct span *s)
{
    while (s->len > 0 &&
           (s->ptr[0] == ' ' || s->ptr[0] == '\t' || s->ptr[0] == '\r' || s->ptr[0] == '\n'))
        *s = span_tail(*s, 1);
}

static bool
skip_word(struct span *s, const char *word)
{
    skip_space(s);
    if (!span_has_prefix(*s, span_str(word)))
        return false;
    *s = span_tail(*s, strlen(word));
    return true;
}

/* The text of "value" in the body that every SDK sends: that member alone, nothing escaped. */
static bool
plain_value(struct span text, struct span *out)
{
    if (!skip_word(&text, "{") || !skip_word(&text, "\"value\"") || !skip_word(&text, ":") ||
        !skip_word(&text, "\""))
        return false;
    *out = span_head(text, span_find(text, '"'));
    text = span_tail(text, out->len);
    if (!skip_word(&text, "\"") || !skip_word(&text, "}"))
        return false;
    skip_space(&text);
    return text.len == 0;
}

enum err
restore_body_read(struct span text, struct buf *blob)
{
    struct jsn *root = NULL;
    struct span value;
    enum err e = ERR_OK;

    /* A blob may be many megabytes: not through the JSON tree, which lives in secret memory. */
    if (!plain_value(text, &value) || span_find(value, '\\') < value.len) {
        if (text.len > MAX_BODY)
            return ERR_BAD_BODY;
        e = jsn_parse(text, &root);
        if (e != ERR_OK)
            return e == ERR_NOMEM ? e : ERR_BAD_BODY;
        if (!jsn_is_object(root) || jsn_get_str(root, "value", &value) != JSN_OK)
            e = ERR_BAD_BODY;
    }
    if (e == ERR_OK)
        e = b64url_get(value, sink_buf(blob));
    jsn_free(root);
    if (e == ERR_SYNTAX)
        return ERR_BAD_BODY;
    return e == ERR_TOO_LARGE ? ERR_BAD_BACKUP : e;
}
