/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_policy.c - the grammar of policy documents, version 1.0.0, and their
 * canonical form: members in the order version, anyOf, authority, allOf.
 */
#include "api/data/release_policy.h"

#include <stdio.h>

#include "codec/b64.h"

#define DEFAULT_TYPE "application/json; charset=utf-8"

enum { AUTHORITY_MAX = 2048, CLAIM_MAX = 1024 };

/* A claim's value: text, number or truth. */
static bool
put_value(const struct jsn *cond, struct jsw *w)
{
    struct span text;
    int64_t number;
    double real;
    bool truth;

    if (jsn_get_str(cond, "equals", &text) == JSN_OK)
        jsw_span(w, "equals", text);
    else if (jsn_get_bool(cond, "equals", &truth) == JSN_OK)
        jsw_bool(w, "equals", truth);
    else if (jsn_get_i64(cond, "equals", &number) == JSN_OK)
        jsw_i64(w, "equals", number);
    else if (jsn_get_num(cond, "equals", &real) == JSN_OK) {
        char digits[40];

        (void)snprintf(digits, sizeof(digits), "%.17g", real);
        jsw_raw(w, "equals", span_str(digits));
    } else
        return false;
    return true;
}

/* The list `name` of obj: conditions, which may hold lists of conditions. Depth is jsn's. */
static bool
put_conditions(const struct jsn *obj, struct jsw *w)
{
    static const char *const names[] = { "allOf", "anyOf" };
    const struct jsn *list = NULL;
    const char *name = NULL;

    for (size_t i = 0; i < 2; i++) {
        const struct jsn *found;
        enum jsn_got got = jsn_get_array(obj, names[i], &found);

        if (got == JSN_WRONG_TYPE || (got == JSN_OK && list != NULL))
            return false;
        if (got == JSN_OK) {
            list = found;
            name = names[i];
        }
    }
    if (list == NULL || jsn_len(list) == 0)
        return false;
    jsw_array(w, name);
    for (size_t i = 0; i < jsn_len(list); i++) {
        const struct jsn *cond = jsn_at(list, i);
        struct span claim;

        if (!jsn_is_object(cond))
            return false;
        jsw_object(w, NULL);
        switch (jsn_get_str(cond, "claim", &claim)) {
        case JSN_OK:
            jsw_span(w, "claim", claim);
            if (claim.len == 0 || claim.len > CLAIM_MAX || !put_value(cond, w))
                return false;
            break;
        case JSN_ABSENT:
            if (!put_conditions(cond, w))
                return false;
            break;
        case JSN_WRONG_TYPE:
            return false;
        }
        jsw_end(w);
    }
    jsw_end(w);
    return true;
}

static bool
put_authority(const struct jsn *authority, struct jsw *w)
{
    struct span url;

    if (!jsn_is_object(authority) || jsn_get_str(authority, "authority", &url) != JSN_OK ||
        url.len > AUTHORITY_MAX || !span_has_prefix(url, span_str("https://")))
        return false;
    jsw_object(w, NULL);
    jsw_span(w, "authority", url);
    if (!put_conditions(authority, w))
        return false;
    jsw_end(w);
    return true;
}

static enum err
put_canonical(const struct jsn *policy, struct buf *text)
{
    struct jsw w = jsw_of(sink_buf(text));
    const struct jsn *list;
    struct span version;

    if (!jsn_is_object(policy) || jsn_get_str(policy, "version", &version) != JSN_OK ||
        !span_is_str(version, "1.0.0") || jsn_get_array(policy, "anyOf", &list) != JSN_OK ||
        jsn_len(list) == 0)
        return ERR_BAD_BODY;
    jsw_object(&w, NULL);
    jsw_span(&w, "version", version);
    jsw_array(&w, "anyOf");
    for (size_t i = 0; i < jsn_len(list); i++)
        if (!put_authority(jsn_at(list, i), &w))
            return ERR_BAD_BODY;
    jsw_end(&w);
    jsw_end(&w);
    return text->err == ERR_TOO_LARGE ? ERR_BAD_BODY : text->err;
}

static enum err
read_document(struct span data, struct buf *text)
{
    struct jsn *policy = NULL;
    struct secbuf json;
    enum err e;

    secbuf_init(&json, RELEASE_POLICY_MAX);
    e = b64url_get(data, sink_sec(&json));
    if (e == ERR_OK)
        e = jsn_parse(secbuf_span(&json), &policy);
    if (e == ERR_OK)
        e = put_canonical(policy, text);
    jsn_free(policy);
    secbuf_release(&json);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_BODY;
}

enum err
release_policy_read(const struct jsn *obj, struct buf *text, struct release_policy *out)
{
    struct span data;
    enum err e;

    *out = (struct release_policy){ .is_set = false };
    if (jsn_get_str(obj, "contentType", &out->content_type) == JSN_WRONG_TYPE ||
        out->content_type.len > MAX_CONTENT_TYPE ||
        jsn_get_bool(obj, "immutable", &out->immutable) == JSN_WRONG_TYPE ||
        jsn_get_str(obj, "data", &data) != JSN_OK)
        return ERR_BAD_BODY;
    if (span_is_empty(out->content_type))
        out->content_type = span_str(DEFAULT_TYPE);
    e = read_document(data, text);
    if (e != ERR_OK)
        return e;
    out->data = buf_span(text);
    out->is_set = true;
    return ERR_OK;
}

void
release_policy_put(const struct release_policy *p, struct jsw *w)
{
    if (!p->is_set)
        return;
    jsw_object(w, "release_policy");
    jsw_span(w, "contentType", p->content_type);
    jsw_b64url(w, "data", p->data);
    jsw_bool(w, "immutable", p->immutable);
    jsw_end(w);
}
