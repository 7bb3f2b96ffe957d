/* SPDX-License-Identifier: Apache-2.0 */
/* key_rotate.c - the next version of a key. */
#include "vault/key_rotate.h"

#include "vault/rotation_policy.h"

/* Big-endian, without leading zeros; 0 for what is too long for us to make. */
static uint64_t
exponent_of(const struct key_public *p)
{
    uint64_t e = 0;

    if (p->type != KEY_RSA || p->e.len > sizeof(e))
        return 0;
    for (size_t i = 0; i < p->e.len; i++)
        e = e << 8 | p->e.ptr[i];
    return e;
}

static struct key_spec
spec_of(const struct key_public *p)
{
    return (struct key_spec){
        .type = p->type, .curve = p->curve, .bits = p->bits, .exponent = exponent_of(p)
    };
}

static enum err
read_current(const struct vault_at *at, const struct object_name *name, struct object *o,
             struct key_detail *d)
{
    enum err e;

    bug_on(at->kind != KIND_KEY);
    e = object_get(at, name, NULL, o);
    if (e == ERR_OK && o->head.managed)
        e = ERR_MANAGED;
    return e == ERR_OK ? key_detail_read(o->v.detail, d) : e;
}

enum err
key_rotate_begin(const struct vault_at *at, const struct object_name *name,
                 struct key_rotation *out)
{
    struct key_detail d;
    struct object o;
    enum err e = read_current(at, name, &o, &d);

    *out = (struct key_rotation){ .name = *name };
    if (e != ERR_OK)
        return e;
    *out = (struct key_rotation){ .name = o.head.name,
                                  .from = o.v.id,
                                  .id = object_version_id(),
                                  .home = d.home,
                                  .exportable = d.exportable,
                                  .spec = spec_of(&d.public) };
    return ERR_OK;
}

void
key_rotate_ask(const struct vault_at *at, const struct key_rotation *r, struct sink k)
{
    struct key_place place = { .vault = vault_key(at->vault),
                               .id =
                                   object_id_of(&at->vault->id, KIND_KEY, r->name.key, &r->id),
                               .exportable = r->exportable };

    keeper_pack_keypair_new(k, &place, &r->spec);
}

static bool
is_as_asked(const struct key_rotation *r, const struct key_public *p)
{
    return p->type == r->spec.type && p->curve == r->spec.curve && p->bits == r->spec.bits;
}

/* Of attributes only the policy's expiry. */
static enum err
expiry(const struct vault_at *at, const char *name, int64_t now, struct attrs_change *out)
{
    struct rotation_policy p;
    enum err e = rotation_policy_get(at, name, &p);

    if (e != ERR_OK || !duration_is_set(&p.expiry))
        return e;
    out->has_exp = true;
    out->exp = duration_shift(&p.expiry, now, 1);
    if (!attrs_time_is_ok(out->exp))
        out->exp = ATTRS_TIME_MAX;
    return ERR_OK;
}

enum err
key_rotate_compose(const struct vault_at *at, const struct key_rotation *r, struct span answer,
                   int64_t now, struct store_write *w, struct buf *detail, struct object *out)
{
    struct object_change change = { .has_tags = true, .has_detail = true };
    struct keypair_answer made;
    struct key_detail d;
    struct object from;
    enum err e;

    *out = (struct object){ .head = { .name = r->name } };
    e = keypair_answer_read(answer, &made);
    if (e == ERR_OK && !is_as_asked(r, &made.public))
        e = ERR_PROTOCOL;
    if (e == ERR_OK)
        e = read_current(at, &r->name, &from, &d);
    if (e == ERR_OK && strcmp(from.v.id.text, r->from.text) != 0)
        e = ERR_CONFLICT;
    if (e == ERR_OK)
        e = expiry(at, r->name.key, now, &change.attrs);
    if (e != ERR_OK)
        return e;
    d.public = made.public;
    d.home = r->home;
    key_detail_pack(sink_buf(detail), &d);
    if (detail->err != ERR_OK)
        return detail->err;
    change.tags = from.v.tags;
    change.detail = buf_span(detail);
    return object_add(at, &r->name, &r->id, &change, made.sealed, now, w, out);
}
