/* SPDX-License-Identifier: Apache-2.0 */
/* secret_json.c - bundles, items and audit properties of secrets. */
#include "api/data/secret_json.h"

#include "api/data/object.h"
#include "api/data/object_json.h"
#include "api/data/object_wire.h"
#include "base/log.h"

enum { USUAL_LEN = 512 }; /* of a bundle beside its value */

/* A detail that cannot be read has no type. */
static struct secret_detail
detail_of(const struct object *s)
{
    struct secret_detail d;

    if (secret_detail_read(s->v.detail, &d) != ERR_OK)
        log_error("secret %s: unknown detail of version %s", s->head.name.key, s->v.id.text);
    return d;
}

static void
put_type(const struct object *s, struct jsw *w)
{
    struct secret_detail d = detail_of(s);

    if (d.has_type)
        jsw_span(w, "contentType", d.content_type);
}

static void
put_attributes(const struct exchange *x, const struct object *s, struct jsw *w)
{
    object_open_attributes(x, &s->v.attrs, w);
    jsw_end(w);
}

/* A managed secret is a certificate's, and so is the key of the same name and version. */
static void
put_key_id(const struct exchange *x, const struct object *s, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    if (!s->head.managed)
        return;
    object_url(x, object_kind_info(KIND_KEY)->collection, s->head.name.spelled, s->v.id.text,
               url);
    jsw_str(w, "kid", url);
}

void
secret_put_bundle(const struct exchange *x, const struct object *s, const struct span *value,
                  struct sink k)
{
    struct jsw w = jsw_of(k);

    sink_room(k, (value != NULL ? value->len : 0) + USUAL_LEN);
    jsw_object(&w, NULL);
    if (value != NULL)
        jsw_span(&w, "value", *value);
    put_type(s, &w);
    object_put_id(x, "id", s, true, &w);
    object_put_managed(s, &w);
    put_attributes(x, s, &w);
    put_key_id(x, s, &w);
    object_put_tags(s, &w);
    if (x->version >= V2025_07_01 && s->v.previous.text[0] != '\0')
        jsw_str(&w, "previousVersion", s->v.previous.text);
    jsw_end(&w);
}

static enum err
put_bundle(const struct exchange *x, const struct object *s, struct sink k)
{
    secret_put_bundle(x, s, NULL, k);
    return ERR_OK;
}

static enum err
put_deleted(const struct exchange *x, const struct object *s, struct sink k)
{
    struct jsw w = jsw_of(k);

    jsw_object(&w, NULL);
    object_put_deletion(x, s, &w);
    object_put_id(x, "id", s, true, &w);
    put_attributes(x, s, &w);
    put_type(s, &w);
    object_put_tags(s, &w);
    put_key_id(x, s, &w);
    object_put_managed(s, &w);
    jsw_end(&w);
    return ERR_OK;
}

static enum err
put_item(const struct exchange *x, const struct object *s, enum item_form form, struct jsw *w)
{
    jsw_object(w, NULL);
    put_type(s, w);
    if (form == ITEM_DELETED)
        object_put_deletion(x, s, w);
    object_put_id(x, "id", s, form == ITEM_VERSION, w);
    object_put_managed(s, w);
    put_attributes(x, s, w);
    object_put_tags(s, w);
    jsw_end(w);
    return ERR_OK;
}

static void
put_properties(const struct object *s, bool with_type, struct buf *out)
{
    struct secret_detail d = detail_of(s);
    struct jsw w = jsw_of(sink_buf(out));

    buf_clear(out);
    jsw_object(&w, NULL);
    jsw_object(&w, "secretProperties");
    if (with_type && d.has_type)
        jsw_span(&w, "type", d.content_type);
    jsw_object(&w, "attributes");
    jsw_bool(&w, "enabled", s->v.attrs.enabled);
    if (s->v.attrs.has_exp)
        jsw_i64(&w, "exp", s->v.attrs.exp);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
}

void
secret_note(struct exchange *x, const struct object *s)
{
    char *extra = x->note.extra;
    struct buf b;

    buf_over(&b, extra, sizeof(x->note.extra));
    put_properties(s, true, &b);
    if (b.err != ERR_OK)
        put_properties(s, false, &b); /* a content type full of escapes */
    /* The note takes members without the braces around them. */
    if (b.err == ERR_OK) {
        memmove(extra, extra + 1, b.len - 2);
        extra[b.len - 2] = '\0';
    } else {
        extra[0] = '\0';
    }
}

static enum err
note(struct exchange *x, const struct object *s)
{
    secret_note(x, s);
    return ERR_OK;
}

const struct object_wire secret_wire = { .put_bundle = put_bundle,
                                         .put_deleted = put_deleted,
                                         .put_item = put_item,
                                         .note = note,
                                         .hides_disabled = true };
