/* SPDX-License-Identifier: Apache-2.0 */
/* key_json.c - bundles, items and audit properties of keys. */
#include "api/data/key_json.h"

#include "api/data/object.h"
#include "api/data/object_json.h"
#include "api/data/release_policy.h"

const char *
key_kty(const struct key_detail *d)
{
    static const char *const hsm[KEY_TYPE__MAX] = {
        [KEY_RSA] = "RSA-HSM", [KEY_EC] = "EC-HSM", [KEY_OCT] = "oct-HSM", [KEY_OKP] = "OKP-HSM"
    };

    return d->hsm ? hsm[d->public.type] : key_type_name(d->public.type);
}

static void
put_operations(const char *name, const struct key_detail *d, struct jsw *w)
{
    jsw_array(w, name);
    for (unsigned i = 0; i < d->nops; i++)
        jsw_str(w, NULL, key_op_name((enum key_op)d->ops[i]));
    jsw_end(w);
}

/* The public half: an oct key has none, and its k is never given. */
static void
put_jwk(const struct exchange *x, const struct object *o, const struct key_detail *d,
        struct jsw *w)
{
    const struct key_public *p = &d->public;

    jsw_object(w, "key");
    object_put_id(x, "kid", o, true, w);
    jsw_str(w, "kty", key_kty(d));
    put_operations("key_ops", d, w);
    switch (p->type) {
    case KEY_RSA:
        jsw_b64url(w, "n", p->n);
        jsw_b64url(w, "e", p->e);
        break;
    case KEY_EC:
        jsw_str(w, "crv", key_curve_name(p->curve));
        jsw_b64url(w, "x", p->x);
        jsw_b64url(w, "y", p->y);
        break;
    case KEY_OKP:
        jsw_str(w, "crv", key_curve_name(p->curve));
        jsw_b64url(w, "x", p->x);
        break;
    case KEY_OCT:
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    jsw_end(w);
}

/*
 * WIRE: "0" says FIPS 140-2 level 1, software: true of every key that the keeper has, -HSM or
 * not. What certificate an operator's token has nobody told us, so there the member is absent.
 */
static void
put_attributes(const struct exchange *x, const struct object *o, const struct key_detail *d,
               struct jsw *w)
{
    object_open_attributes(x, &o->v.attrs, w);
    if (x->version >= V7_3)
        jsw_bool(w, "exportable", d->exportable);
    if (x->version >= V7_5 && d->home == HOME_SOFTWARE)
        jsw_str(w, "hsmPlatform", "0");
    jsw_end(w);
}

static enum err
put_bundle(const struct exchange *x, const struct object *o, bool deleted, struct sink k)
{
    struct jsw w = jsw_of(k);
    struct key_detail d;
    enum err e = key_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    jsw_object(&w, NULL);
    if (deleted)
        object_put_deletion(x, o, &w);
    put_jwk(x, o, &d, &w);
    put_attributes(x, o, &d, &w);
    object_put_tags(o, &w);
    object_put_managed(o, &w);
    if (x->version >= V7_3)
        release_policy_put(&d.release, &w);
    jsw_end(&w);
    return ERR_OK;
}

static enum err
put_live(const struct exchange *x, const struct object *o, struct sink k)
{
    return put_bundle(x, o, false, k);
}

static enum err
put_deleted(const struct exchange *x, const struct object *o, struct sink k)
{
    return put_bundle(x, o, true, k);
}

static enum err
put_item(const struct exchange *x, const struct object *o, enum item_form form, struct jsw *w)
{
    struct key_detail d;
    enum err e = key_detail_read(o->v.detail, &d);

    if (e != ERR_OK)
        return e;
    jsw_object(w, NULL);
    if (form == ITEM_DELETED)
        object_put_deletion(x, o, w);
    object_put_id(x, "kid", o, form == ITEM_VERSION, w);
    put_attributes(x, o, &d, w);
    object_put_tags(o, w);
    object_put_managed(o, w);
    jsw_end(w);
    return ERR_OK;
}

/* keyProperties (monitoring.md A.7), with the curve where there is one. */
static void
put_properties(const struct key_detail *d, const struct attrs *a, struct jsw *w)
{
    jsw_object(w, "keyProperties");
    jsw_str(w, "type", key_kty(d));
    jsw_i64(w, "size", d->public.bits);
    if (d->public.curve != CURVE_NONE)
        jsw_str(w, "curve", key_curve_name(d->public.curve));
    put_operations("operations", d, w);
    jsw_object(w, "attributes");
    jsw_bool(w, "enabled", a->enabled);
    if (a->has_exp)
        jsw_i64(w, "exp", a->exp);
    if (a->has_nbf)
        jsw_i64(w, "nbf", a->nbf);
    if (d->home == HOME_SOFTWARE)
        jsw_str(w, "hsmPlatform", "0");
    jsw_end(w);
    jsw_end(w);
}

enum err
key_note_use(struct exchange *x, const struct key_detail *d, const struct attrs *a,
             enum key_alg alg)
{
    struct span members;
    struct buf b;
    struct jsw w;
    enum err e;

    /* The note takes members without the braces around them. */
    buf_init(&b, sizeof(x->note.extra) + 1);
    w = jsw_of(sink_buf(&b));
    jsw_object(&w, NULL);
    if (alg != ALG_NONE)
        jsw_str(&w, "algorithm", key_alg_info(alg)->name);
    put_properties(d, a, &w);
    jsw_end(&w);
    e = b.err;
    members = span_tail(span_head(buf_span(&b), b.len - 1), 1);
    if (e == ERR_OK && !span_copy_str(members, x->note.extra, sizeof(x->note.extra)))
        e = ERR_INTERNAL;
    buf_release(&b);
    return e;
}

static enum err
note(struct exchange *x, const struct object *o)
{
    struct key_detail d;
    enum err e = key_detail_read(o->v.detail, &d);

    return e == ERR_OK ? key_note_use(x, &d, &o->v.attrs, ALG_NONE) : e;
}

const struct object_wire key_wire = {
    .put_bundle = put_live, .put_deleted = put_deleted, .put_item = put_item, .note = note
};
