/* SPDX-License-Identifier: Apache-2.0 */
/* cert.c - the trio: certificate, key and secret of one name in one commit. */
#include "vault/cert.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/cert_due.h"
#include "vault/secret.h"

enum { DETAIL_FORMAT = 1 };
enum detail_flag {
    DETAIL_COMPLETE = 1 << 0,
    DETAIL_KEEPS_ORDER = 1 << 1,
    DETAIL_WANTS_ENABLED = 1 << 2,
    DETAIL_HAS_KEY = 1 << 3,
    DETAIL_ALL_FLAGS = (1 << 4) - 1
};

const enum object_kind trio_kinds[TRIO__MAX] = { KIND_CERTIFICATE, KIND_KEY, KIND_SECRET };

struct vault_at
vault_at_kind(const struct vault_at *at, enum object_kind kind)
{
    struct vault_at other = *at;

    other.kind = kind;
    return other;
}

const char *
cert_form_name(enum cert_form f)
{
    return f == CERT_FORM_PEM ? "application/x-pem-file" : "application/x-pkcs12";
}

enum cert_form
cert_form_find(struct span name)
{
    if (span_is_str_nocase(name, cert_form_name(CERT_FORM_PFX)))
        return CERT_FORM_PFX;
    return span_is_str_nocase(name, cert_form_name(CERT_FORM_PEM)) ? CERT_FORM_PEM
                                                                   : CERT_FORM_ANY;
}

void
cert_detail_pack(struct sink k, const struct cert_detail *d)
{
    unsigned flags =
        (d->complete ? DETAIL_COMPLETE : 0u) | (d->keeps_order ? DETAIL_KEEPS_ORDER : 0u) |
        (d->wants_enabled ? DETAIL_WANTS_ENABLED : 0u) | (d->has_key ? DETAIL_HAS_KEY : 0u);

    pack_u8(k, DETAIL_FORMAT);
    pack_u8(k, (uint8_t)flags);
    pack_bytes(k, span_of(d->x5t, sizeof(d->x5t)));
    pack_u8(k, (uint8_t)d->n);
    for (unsigned i = 0; i < d->n; i++)
        pack_bytes(k, d->der[i]);
}

enum err
cert_detail_read(struct span detail, struct cert_detail *out)
{
    struct unpack u = unpack_of(detail);
    unsigned format = unpack_u8(&u), flags = unpack_u8(&u), n;
    struct span x5t = unpack_bytes(&u, SHA1_LEN);

    *out = (struct cert_detail){ 0 };
    n = unpack_u8(&u);
    if (format != DETAIL_FORMAT || flags > DETAIL_ALL_FLAGS || x5t.len != SHA1_LEN ||
        n > CERT_CHAIN_MAX || (n > 0) != ((flags & DETAIL_COMPLETE) != 0))
        return ERR_FORMAT;
    out->complete = (flags & DETAIL_COMPLETE) != 0;
    out->keeps_order = (flags & DETAIL_KEEPS_ORDER) != 0;
    out->has_key = (flags & DETAIL_HAS_KEY) != 0;
    out->wants_enabled = (flags & DETAIL_WANTS_ENABLED) != 0;
    memcpy(out->x5t, x5t.ptr, SHA1_LEN);
    for (unsigned i = 0; i < n; i++)
        out->der[i] = unpack_bytes(&u, DETAIL_MAX);
    out->n = n;
    return unpack_end(&u);
}

/* ------------------------------------------------------------------------- heads */

/* The head of one kind, live; revision 0 if the name is free. */
static enum err
head_for_add(const struct vault_at *at, const struct object_name *name, struct object_head *out)
{
    struct object_head gone;
    enum err e = object_head_get(at, HEAD_LIVE, name->key, out);

    if (e != ERR_NOT_FOUND)
        return e;
    *out = (struct object_head){ .name = *name };
    e = object_head_get(at, HEAD_DELETED, name->key, &gone);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    if (at->kind == KIND_CERTIFICATE)
        return gone.purging ? ERR_BUSY : ERR_SOFT_DELETED;
    return ERR_NAME_TAKEN;
}

enum err
cert_check_add(const struct vault_at *at, const struct object_name *name,
               struct cert_heads *out)
{
    struct cert_detail d;
    struct object o;
    enum err e;

    *out = (struct cert_heads){ .has_complete = false };
    for (int t = 0; t < TRIO__MAX; t++) {
        struct vault_at of = vault_at_kind(at, trio_kinds[t]);

        e = head_for_add(&of, name, &out->head[t]);
        if (e != ERR_OK)
            return e;
        if (out->head[t].revision != 0 && t != TRIO_CERTIFICATE && !out->head[t].managed)
            return ERR_NAME_TAKEN;
        if ((out->head[t].revision == 0) != (out->head[TRIO_CERTIFICATE].revision == 0)) {
            log_error("certificate %s: its %s is missing, or has no certificate", name->key,
                      object_kind_info(of.kind)->word);
            return ERR_INTEGRITY;
        }
    }
    if (out->head[TRIO_CERTIFICATE].revision == 0)
        return ERR_OK;
    e = object_get_current(at, &out->head[TRIO_CERTIFICATE], &o);
    if (e == ERR_OK)
        e = cert_detail_read(o.v.detail, &d);
    out->has_complete = e == ERR_OK && d.complete;
    return e;
}

/* ------------------------------------------------------------------------ putting */

/* What the row of one of the three holds. */
struct leaf_row {
    struct span detail, sealed;
};

/* What is due with the name from now on. */
static enum err
plan(const struct vault_at *at, const struct cert_parts *p, int64_t now, bool is_current,
     struct store_write *w, struct object *out)
{
    struct object_head *head = &out->head;
    struct object current;
    enum err e;

    if (is_current) {
        head->done[CERT_TELL] = 0;
        head->done[CERT_RENEW] = p->detail.complete ? now + CERT_RENEW_FLOOR : 0;
        cert_due_plan(at, w, head, &out->v.attrs, p->policy);
        return ERR_OK;
    }
    e = object_get_current(at, head, &current);
    if (e == ERR_OK)
        cert_due_plan(at, w, head, &current.v.attrs, p->policy);
    return e;
}

static enum err
put_version(const struct vault_at *at, const struct object_head *old,
            const struct cert_parts *p, const struct leaf_row *row, int64_t now,
            bool is_current, struct store_write *w, struct object *out)
{
    struct object_version before;
    enum err e;

    out->head = *old;
    e = object_version_get(at, old->name.key, &p->id, &before);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND)
        before = (struct object_version){ .id = p->id,
                                          .previous = old->current,
                                          .older = old->newest,
                                          .attrs = { .created = now } };
    if (e == ERR_NOT_FOUND)
        out->head.newest = p->id;
    out->v = before;
    out->v.generation++;
    out->v.attrs = p->attrs;
    out->v.attrs.created = before.attrs.created;
    out->v.attrs.updated = now;
    out->v.tags = p->tags;
    out->v.detail = row->detail;
    out->v.sealed = row->sealed;
    out->head.managed = at->kind != KIND_CERTIFICATE;
    if (is_current) {
        out->head.current = p->id;
        out->head.generation = out->v.generation;
    }
    if (at->kind == KIND_CERTIFICATE) {
        e = plan(at, p, now, is_current, w, out);
        if (e != ERR_OK)
            return e;
    }
    if (old->revision == 0)
        object_head_expect_none(at, w, HEAD_DELETED, old->name.key);
    object_head_put(at, w, HEAD_LIVE, &out->head);
    object_version_put(at, w, old->name.key, &out->v);
    return store_write_err(w);
}

static enum err
put_key(const struct vault_at *at, const struct cert_heads *heads, const struct cert_parts *p,
        int64_t now, bool is_current, struct store_write *w)
{
    struct vault_at of = vault_at_kind(at, KIND_KEY);
    struct object out;
    struct buf detail;
    enum err e;

    buf_init(&detail, DETAIL_MAX);
    key_detail_pack(sink_buf(&detail), &p->key);
    e = detail.err;
    if (e == ERR_OK)
        e = put_version(&of, &heads->head[TRIO_KEY], p,
                        &(struct leaf_row){ buf_span(&detail), p->key_sealed }, now, is_current,
                        w, &out);
    buf_release(&detail);
    return e;
}

static enum err
put_secret(const struct vault_at *at, const struct cert_heads *heads,
           const struct cert_parts *p, int64_t now, bool is_current, struct store_write *w)
{
    struct vault_at of = vault_at_kind(at, KIND_SECRET);
    struct object_change c = { .has_detail = false };
    uint8_t room[SECRET_DETAIL_MAX];
    struct object out;

    bug_on(!secret_detail_set(&c, span_str(cert_form_name(p->form)), room));
    return put_version(&of, &heads->head[TRIO_SECRET], p,
                       &(struct leaf_row){ c.detail, p->secret_sealed }, now, is_current, w,
                       &out);
}

enum err
cert_put(const struct vault_at *at, const struct cert_heads *heads, const struct cert_parts *p,
         int64_t now, struct store_write *w, struct buf *room, struct object *out)
{
    bool is_current = p->detail.complete || !heads->has_complete;
    enum err e;

    bug_on(at->kind != KIND_CERTIFICATE ||
           p->detail.complete == span_is_empty(p->secret_sealed));
    *out = (struct object){ 0 };
    vault_expect(w, at->vault);
    cert_detail_pack(sink_buf(room), &p->detail);
    e = room->err;
    if (e == ERR_OK)
        e = put_version(at, &heads->head[TRIO_CERTIFICATE], p,
                        &(struct leaf_row){ .detail = buf_span(room) }, now, is_current, w,
                        out);
    if (e == ERR_OK)
        e = put_key(at, heads, p, now, is_current, w);
    if (e == ERR_OK)
        e = put_secret(at, heads, p, now, is_current, w);
    return e;
}

/* -------------------------------------------------------------- a version that is */

/* The version of another kind that belongs to it. */
static enum err
get_linked(const struct vault_at *at, const struct object_name *name,
           const struct hex32 *version, struct object *out)
{
    enum err e = object_get(at, name, version, out);

    if (e == object_kind_info(at->kind)->not_found) {
        log_error("certificate %s version %s: no %s", name->key, version->text,
                  object_kind_info(at->kind)->word);
        return ERR_INTEGRITY;
    }
    return e;
}

enum err
cert_get_key(const struct vault_at *at, const struct object_name *name,
             const struct hex32 *version, struct object *key, struct key_detail *d)
{
    struct vault_at of = vault_at_kind(at, KIND_KEY);
    enum err e = get_linked(&of, name, version, key);

    return e == ERR_OK ? key_detail_read(key->v.detail, d) : e;
}

static void
put_changed(const struct vault_at *at, struct object *o, struct store_write *w)
{
    o->v.generation++;
    if (strcmp(o->v.id.text, o->head.current.text) == 0)
        o->head.generation = o->v.generation;
    object_head_put(at, w, HEAD_LIVE, &o->head);
    object_version_put(at, w, o->head.name.key, &o->v);
}

static enum err
mirror_enabled(const struct vault_at *at, const struct object *cert, int64_t now,
               struct store_write *w)
{
    for (int t = TRIO_KEY; t < TRIO__MAX; t++) {
        struct vault_at of = vault_at_kind(at, trio_kinds[t]);
        struct object o;
        enum err e = get_linked(&of, &cert->head.name, &cert->v.id, &o);

        if (e != ERR_OK)
            return e;
        o.v.attrs.enabled = cert->v.attrs.enabled;
        o.v.attrs.updated = now;
        put_changed(&of, &o, w);
    }
    return ERR_OK;
}

/* The clock's work after a change of a version, of the policy (NULL: none), or of both. */
static enum err
plan_changed(const struct vault_at *at, const struct cert_policy *policy, struct store_write *w,
             struct object *o)
{
    const struct attrs *attrs = &o->v.attrs;
    struct object current;
    enum err e;

    if (strcmp(o->v.id.text, o->head.current.text) != 0) {
        e = object_get_current(at, &o->head, &current);
        if (e != ERR_OK)
            return e;
        attrs = &current.v.attrs;
    }
    if (policy == NULL)
        return cert_due_follow(at, w, &o->head, attrs);
    o->head.done[CERT_RENEW] = 0; /* what failed may do now */
    cert_due_plan(at, w, &o->head, attrs, policy);
    cert_policy_put(at, w, o->head.name.key, policy);
    return ERR_OK;
}

enum err
cert_update(const struct vault_at *at, const struct object_name *name,
            const struct hex32 *version, const struct object_change *change,
            const struct cert_policy *policy, int64_t now, struct store_write *w,
            struct buf *room, struct object *out)
{
    /* WIRE: nbf and exp are the certificate's own (data-plane.md D6). */
    struct attrs_change enabled = { .has_enabled = change->attrs.has_enabled,
                                    .enabled = change->attrs.enabled };
    struct cert_detail d;
    enum err e;

    e = object_get(at, name, version, out);
    if (e == ERR_OK)
        e = cert_detail_read(out->v.detail, &d);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    if (!d.complete) { /* what waits is disabled, and will be what is said now */
        if (enabled.has_enabled)
            d.wants_enabled = enabled.enabled;
        enabled.has_enabled = false;
    }
    attrs_merge(&out->v.attrs, &enabled, now);
    if (change->has_tags)
        out->v.tags = change->tags;
    cert_detail_pack(sink_buf(room), &d);
    out->v.detail = buf_span(room);
    e = room->err;
    if (e == ERR_OK)
        e = plan_changed(at, policy, w, out);
    if (e != ERR_OK)
        return e;
    put_changed(at, out, w);
    if (enabled.has_enabled)
        e = mirror_enabled(at, out, now, w);
    return e == ERR_OK ? store_write_err(w) : e;
}
