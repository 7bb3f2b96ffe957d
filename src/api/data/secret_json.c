/* SPDX-License-Identifier: Apache-2.0 */
/* secret_json.c - bundles, items and audit properties of secrets. */
#include "api/data/secret_json.h"

#include "api/data/object.h"
#include "base/log.h"

static void
put_id(const struct exchange *x, const struct object *s, bool versioned, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, "secrets", s->head.name.spelled, versioned ? s->v.id.text : NULL, url);
    jsw_str(w, "id", url);
}

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
put_managed(const struct object *s, struct jsw *w)
{
    if (s->head.managed)
        jsw_bool(w, "managed", true);
}

/* Order of members: data-plane.md A9; gates: A2.1. */
static void
put_attributes(const struct exchange *x, const struct object *s, struct jsw *w)
{
    const struct attrs *a = &s->v.attrs;

    jsw_object(w, "attributes");
    jsw_bool(w, "enabled", a->enabled);
    if (a->has_nbf)
        jsw_i64(w, "nbf", a->nbf);
    if (a->has_exp)
        jsw_i64(w, "exp", a->exp);
    jsw_i64(w, "created", a->created);
    jsw_i64(w, "updated", a->updated);
    if (x->version >= V2016_10_01)
        jsw_str(w, "recoveryLevel", vault_recovery_level(x->vault));
    if (x->version >= V7_1)
        jsw_i64(w, "recoverableDays", x->vault->retention_days);
    jsw_end(w);
}

/* WIRE: left out when there are none, also after they were set to {} (data-plane.md M22). */
static void
put_tags(const struct object *s, struct jsw *w)
{
    if (s->v.tags.n == 0)
        return;
    jsw_object(w, "tags");
    for (unsigned i = 0; i < s->v.tags.n; i++)
        jsw_member(w, s->v.tags.tag[i].name, s->v.tags.tag[i].value);
    jsw_end(w);
}

static void
put_deletion(const struct exchange *x, const struct object *s, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, "deletedsecrets", s->head.name.spelled, NULL, url);
    jsw_str(w, "recoveryId", url);
    jsw_i64(w, "deletedDate", s->head.deleted);
    jsw_i64(w, "scheduledPurgeDate", s->head.purge);
}

void
secret_put_bundle(const struct exchange *x, const struct object *s, const struct span *value,
                  struct sink k)
{
    struct jsw w = jsw_of(k);

    jsw_object(&w, NULL);
    if (value != NULL)
        jsw_span(&w, "value", *value);
    put_type(s, &w);
    put_id(x, s, true, &w);
    put_managed(s, &w);
    put_attributes(x, s, &w);
    put_tags(s, &w);
    if (x->version >= V2025_07_01 && s->v.previous.text[0] != '\0')
        jsw_str(&w, "previousVersion", s->v.previous.text);
    jsw_end(&w);
}

void
secret_put_deleted(const struct exchange *x, const struct object *s, struct sink k)
{
    struct jsw w = jsw_of(k);

    jsw_object(&w, NULL);
    put_deletion(x, s, &w);
    put_id(x, s, true, &w);
    put_attributes(x, s, &w);
    put_type(s, &w);
    put_tags(s, &w);
    put_managed(s, &w);
    jsw_end(&w);
}

static void
put_item(const struct exchange *x, const struct object *s, bool deleted, bool versioned,
         struct jsw *w)
{
    jsw_object(w, NULL);
    put_type(s, w);
    if (deleted)
        put_deletion(x, s, w);
    put_id(x, s, versioned, w);
    put_managed(s, w);
    put_attributes(x, s, w);
    put_tags(s, w);
    jsw_end(w);
}

void
secret_put_item(const struct exchange *x, const struct object *s, struct jsw *w)
{
    put_item(x, s, false, false, w);
}

void
secret_put_deleted_item(const struct exchange *x, const struct object *s, struct jsw *w)
{
    put_item(x, s, true, false, w);
}

void
secret_put_version_item(const struct exchange *x, const struct object *s, struct jsw *w)
{
    put_item(x, s, false, true, w);
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
    struct span members;
    struct buf b;

    /* The note takes members without the braces around them. */
    buf_init(&b, sizeof(x->note.extra) + 1);
    put_properties(s, true, &b);
    if (b.err != ERR_OK)
        put_properties(s, false, &b); /* a content type full of escapes */
    members = span_tail(span_head(buf_span(&b), b.len - 1), 1);
    if (b.err != ERR_OK || !span_copy_str(members, x->note.extra, sizeof(x->note.extra)))
        x->note.extra[0] = '\0';
    buf_release(&b);
}
