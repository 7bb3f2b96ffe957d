/* SPDX-License-Identifier: Apache-2.0 */
/* cert_body.c - model binding of bodies about certificates. */
#include "api/data/cert_body.h"

#include "api/data/object_body.h"

static bool
bind_all(const struct exchange *x, struct cert_body *b)
{
    bool keeps_order;
    enum jsn_got got;

    if (!jsn_is_object(b->root) || !object_body_attrs(b->root, &b->change.attrs) ||
        !object_body_tags(b->root, CERT_TAG_CHARS, &b->change.has_tags, &b->change.tags))
        return false;
    got = jsn_get_object(b->root, "policy", &b->policy);
    if (got == JSN_WRONG_TYPE)
        return false;
    if (got == JSN_ABSENT)
        b->policy = NULL;
    if (x->version < V7_6)
        return true;
    got = jsn_get_bool(b->root, "preserveCertOrder", &keeps_order);
    b->keeps_order = got == JSN_OK && keeps_order;
    return got != JSN_WRONG_TYPE;
}

static bool
bind_kind(enum cert_body_kind kind, struct cert_body *b)
{
    switch (kind) {
    case CERT_BODY_CREATE:
    case CERT_BODY_UPDATE:
        return true;
    case CERT_BODY_IMPORT:
        return jsn_get_str(b->root, "value", &b->value) == JSN_OK &&
               jsn_get_str(b->root, "pwd", &b->password) != JSN_WRONG_TYPE;
    case CERT_BODY_MERGE:
        return jsn_get_array(b->root, "x5c", &b->x5c) == JSN_OK && jsn_len(b->x5c) > 0;
    }
    return false;
}

enum err
cert_body_read(const struct exchange *x, enum cert_body_kind kind, struct cert_body *b)
{
    enum err e = jsn_parse(x->req->body, &b->root);

    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    return bind_all(x, b) && bind_kind(kind, b) ? ERR_OK : ERR_BAD_BODY;
}

void
cert_body_release(struct cert_body *b)
{
    jsn_free(b->root);
    *b = (struct cert_body){ 0 };
}
