/* SPDX-License-Identifier: Apache-2.0 */
/* attrs.c - attributes: defaults, merging, their bytes in a row. */
#include "vault/attrs.h"

enum attrs_flag { ATTRS_ENABLED = 1 << 0, ATTRS_NBF = 1 << 1, ATTRS_EXP = 1 << 2 };

bool
attrs_time_is_ok(int64_t t)
{
    return t >= 0 && t <= ATTRS_TIME_MAX;
}

static void
apply(struct attrs *a, const struct attrs_change *c)
{
    if (c->has_enabled)
        a->enabled = c->enabled;
    if (c->has_nbf) {
        a->has_nbf = true;
        a->nbf = c->nbf;
    }
    if (c->has_exp) {
        a->has_exp = true;
        a->exp = c->exp;
    }
}

struct attrs
attrs_new(const struct attrs_change *c, int64_t now)
{
    struct attrs a = { .enabled = true, .created = now, .updated = now };

    apply(&a, c);
    return a;
}

void
attrs_merge(struct attrs *a, const struct attrs_change *c, int64_t now)
{
    apply(a, c);
    a->updated = now;
}

void
attrs_pack(struct sink k, const struct attrs *a)
{
    unsigned flags = (a->enabled ? ATTRS_ENABLED : 0u) | (a->has_nbf ? ATTRS_NBF : 0u) |
                     (a->has_exp ? ATTRS_EXP : 0u);

    pack_u8(k, (uint8_t)flags);
    pack_i64(k, a->has_nbf ? a->nbf : 0);
    pack_i64(k, a->has_exp ? a->exp : 0);
    pack_i64(k, a->created);
    pack_i64(k, a->updated);
}

void
attrs_unpack(struct unpack *u, struct attrs *out)
{
    unsigned flags = unpack_u8(u);

    *out = (struct attrs){ .enabled = (flags & ATTRS_ENABLED) != 0,
                           .has_nbf = (flags & ATTRS_NBF) != 0,
                           .has_exp = (flags & ATTRS_EXP) != 0 };
    out->nbf = unpack_i64(u);
    out->exp = unpack_i64(u);
    out->created = unpack_i64(u);
    out->updated = unpack_i64(u);
    if (flags > (ATTRS_ENABLED | ATTRS_NBF | ATTRS_EXP))
        u->err = ERR_FORMAT;
}
