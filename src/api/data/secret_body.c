/* SPDX-License-Identifier: Apache-2.0 */
/* secret_body.c - model binding of secrets' bodies. */
#include "api/data/secret_body.h"

#include "api/data/object_body.h"

static bool
read_type(struct secret_body *b)
{
    struct span type;
    enum jsn_got got = jsn_get_str(b->root, "contentType", &type);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    return utf16_len(type) <= MAX_CONTENT_TYPE &&
           secret_detail_set(&b->change, type, b->detail);
}

static enum err
bind(enum secret_body_kind kind, struct secret_body *b)
{
    if (!jsn_is_object(b->root) || !read_type(b) ||
        !object_body_attrs(b->root, &b->change.attrs) ||
        !object_body_tags(b->root, MAX_TAG_CHARS, &b->change.has_tags, &b->change.tags))
        return ERR_BAD_BODY;
    if (kind == SECRET_BODY_UPDATE)
        return ERR_OK;
    if (jsn_get_str(b->root, "value", &b->value) != JSN_OK)
        return ERR_BAD_BODY;
    return utf16_len(b->value) <= MAX_SECRET_CHARS ? ERR_OK : ERR_VALUE_TOO_LARGE;
}

enum err
secret_body_read(enum secret_body_kind kind, struct span text, struct secret_body *out)
{
    enum err e;

    *out = (struct secret_body){ 0 };
    e = jsn_parse(text, &out->root);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    e = bind(kind, out);
    if (e != ERR_OK)
        secret_body_release(out);
    return e;
}

void
secret_body_release(struct secret_body *b)
{
    jsn_free(b->root);
    *b = (struct secret_body){ 0 };
}
