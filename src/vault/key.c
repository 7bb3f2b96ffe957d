/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - what a version of a key says of itself, and the one table of what may be done. */
#include "vault/key.h"

enum { DETAIL_FORMAT = 1, CONTENT_TYPE_BYTES_MAX = 1024 };
enum detail_flag {
    DETAIL_HSM = 1 << 0,
    DETAIL_EXPORTABLE = 1 << 1,
    DETAIL_RELEASE = 1 << 2,
    DETAIL_IMMUTABLE = 1 << 3,
    DETAIL_ALL_FLAGS = (1 << 4) - 1
};

void
key_detail_pack(struct sink k, const struct key_detail *d)
{
    unsigned flags = (d->hsm ? DETAIL_HSM : 0u) | (d->exportable ? DETAIL_EXPORTABLE : 0u) |
                     (d->release.is_set ? DETAIL_RELEASE : 0u) |
                     (d->release.is_set && d->release.immutable ? DETAIL_IMMUTABLE : 0u);

    pack_u8(k, DETAIL_FORMAT);
    pack_u8(k, (uint8_t)flags);
    pack_u8(k, (uint8_t)d->home);
    pack_bytes(k, span_of(d->ops, d->nops));
    key_public_pack(k, &d->public);
    if (d->release.is_set) {
        pack_bytes(k, d->release.content_type);
        pack_bytes(k, d->release.data);
    }
}

static bool
ops_read(struct span ops, struct key_detail *out)
{
    unsigned seen = 0;

    for (size_t i = 0; i < ops.len; i++) {
        uint8_t op = ops.ptr[i];

        if (op >= KEY_OP__MAX || (seen & KEY_OP_BIT(op)) != 0)
            return false;
        seen |= KEY_OP_BIT(op);
        out->ops[out->nops++] = op;
    }
    return true;
}

enum err
key_detail_read(struct span detail, struct key_detail *out)
{
    struct unpack u = unpack_of(detail);
    struct key_detail d = { .nops = 0 };
    unsigned format = unpack_u8(&u), flags = unpack_u8(&u), home = unpack_u8(&u);
    struct span ops = unpack_bytes(&u, KEY_OPS_MAX);

    *out = d;
    if (format != DETAIL_FORMAT || flags > DETAIL_ALL_FLAGS || home < HOME_SOFTWARE ||
        home >= HOME__MAX || !ops_read(ops, &d))
        return ERR_FORMAT;
    d.hsm = (flags & DETAIL_HSM) != 0;
    d.exportable = (flags & DETAIL_EXPORTABLE) != 0;
    d.home = (enum key_home)home;
    d.release.is_set = (flags & DETAIL_RELEASE) != 0;
    d.release.immutable = (flags & DETAIL_IMMUTABLE) != 0;
    key_public_unpack(&u, &d.public);
    if (d.release.is_set) {
        d.release.content_type = unpack_bytes(&u, CONTENT_TYPE_BYTES_MAX);
        d.release.data = unpack_bytes(&u, RELEASE_POLICY_MAX);
    }
    if (unpack_end(&u) != ERR_OK || (d.release.immutable && !d.release.is_set))
        return ERR_FORMAT;
    *out = d;
    return ERR_OK;
}

bool
key_has_op(const struct key_detail *d, enum key_op op)
{
    for (unsigned i = 0; i < d->nops; i++)
        if (d->ops[i] == op)
            return true;
    return false;
}

/* oct keys can sign too (HS256...), but are not made for it unless that is said. */
static unsigned
default_ops(enum key_type t)
{
    unsigned ops = key_type_ops(t);

    return t == KEY_OCT ? ops & ~(KEY_OP_BIT(KEY_SIGN) | KEY_OP_BIT(KEY_VERIFY)) : ops;
}

void
key_default_ops(enum key_type t, struct key_detail *d)
{
    unsigned ops = default_ops(t);

    d->nops = 0;
    for (unsigned op = 0; op < KEY_OP__MAX; op++) /* in Azure's order already */
        if ((ops & 1u << op) != 0)
            d->ops[d->nops++] = (uint8_t)op;
}

enum err
key_set_ops(struct key_detail *d, enum key_type t, const enum key_op *ops, unsigned n)
{
    unsigned can = key_type_ops(t) | KEY_OP_BIT(KEY_EXPORT), seen = 0;

    /* A key for transporting others in is for nothing else, and RSA (data-plane.md C4). */
    if (n == 1 && t == KEY_RSA)
        can |= KEY_OP_BIT(KEY_IMPORT);
    if (n > KEY_OPS_MAX)
        return ERR_ARG;
    for (unsigned i = 0; i < n; i++) {
        if ((unsigned)ops[i] >= KEY_OP__MAX || (can & KEY_OP_BIT(ops[i])) == 0 ||
            (seen & KEY_OP_BIT(ops[i])) != 0)
            return ERR_ARG;
        seen |= KEY_OP_BIT(ops[i]);
    }
    d->nops = n;
    for (unsigned i = 0; i < n; i++)
        d->ops[i] = (uint8_t)ops[i];
    return ERR_OK;
}

/* What is new is not made with a key outside its days; what is old can still be opened. */
static const struct {
    bool in_window; /* nbf and exp count */
    bool by_export; /* the key must be exportable; key_ops do not matter */
} op_rules[KEY_OP__MAX] = {
    [KEY_ENCRYPT] = { true, false }, [KEY_DECRYPT] = { false, false },
    [KEY_SIGN] = { true, false },    [KEY_VERIFY] = { false, false },
    [KEY_WRAP] = { true, false },    [KEY_UNWRAP] = { false, false },
    [KEY_IMPORT] = { false, false }, [KEY_EXPORT] = { false, true },
};

enum err
key_may(const struct key_detail *d, const struct attrs *a, enum key_op op, int64_t now)
{
    bug_on((unsigned)op >= KEY_OP__MAX);
    if (!a->enabled)
        return ERR_DISABLED;
    if (op_rules[op].by_export ? !d->exportable : !key_has_op(d, op))
        return ERR_KEY_OP;
    if (!op_rules[op].in_window)
        return ERR_OK;
    if (a->has_nbf && now < a->nbf)
        return ERR_NOT_YET;
    return a->has_exp && now >= a->exp ? ERR_EXPIRED : ERR_OK;
}

struct key_place
key_place_of(const struct vault_at *at, const struct object *o, const struct wrapped *vault)
{
    return (struct key_place){ .vault = *vault,
                               .id = object_id_of(&at->vault->id, KIND_KEY, o->head.name.key,
                                                  &o->v.id),
                               .sealed = o->v.sealed };
}
