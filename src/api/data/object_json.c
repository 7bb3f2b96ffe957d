/* SPDX-License-Identifier: Apache-2.0 */
/* object_json.c - ids, attributes, tags, dates of deletion. */
#include "api/data/object_json.h"

#include "api/data/object.h"

void
object_put_id(const struct exchange *x, const char *name, const struct object *o,
              bool versioned, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, object_kind_info(x->route->kind)->collection, o->head.name.spelled,
               versioned ? o->v.id.text : NULL, url);
    jsw_str(w, name, url);
}

/* Order of members: data-plane.md A9; gates: A2.1. */
void
object_open_attributes(const struct exchange *x, const struct attrs *a, struct jsw *w)
{
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
}

/* WIRE: left out when there are none, also after they were set to {} (data-plane.md M22). */
void
object_put_tags(const struct object *o, struct jsw *w)
{
    if (o->v.tags.n == 0)
        return;
    jsw_object(w, "tags");
    for (unsigned i = 0; i < o->v.tags.n; i++)
        jsw_member(w, o->v.tags.tag[i].name, o->v.tags.tag[i].value);
    jsw_end(w);
}

void
object_put_managed(const struct object *o, struct jsw *w)
{
    if (o->head.managed)
        jsw_bool(w, "managed", true);
}

void
object_put_deletion(const struct exchange *x, const struct object *o, struct jsw *w)
{
    char url[OBJECT_URL_MAX];

    object_url(x, object_kind_info(x->route->kind)->deleted, o->head.name.spelled, NULL, url);
    jsw_str(w, "recoveryId", url);
    jsw_i64(w, "deletedDate", o->head.deleted);
    jsw_i64(w, "scheduledPurgeDate", o->head.purge);
}
