/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_public.c - public and private parts of a key as bytes between processes
 * and in rows. Layout: u8 type, u8 curve, [u16 bits,] then the numbers as
 * counted bytes in the order of their declaration, absent ones empty.
 */
#include "crypto/key_int.h"

static bool
type_is_ok(unsigned type, unsigned curve)
{
    switch (type) {
    case KEY_RSA:
    case KEY_OCT:
        return curve == CURVE_NONE;
    case KEY_EC:
        return curve > CURVE_NONE && curve < CURVE_ED25519;
    case KEY_OKP:
        return curve == CURVE_ED25519;
    default:
        return false;
    }
}

static void
refuse(struct unpack *u)
{
    u->err = ERR_FORMAT;
    u->rest = (struct span){ 0 };
}

void
key_public_pack(struct sink k, const struct key_public *p)
{
    pack_u8(k, (uint8_t)p->type);
    pack_u8(k, (uint8_t)p->curve);
    pack_u16(k, (uint16_t)p->bits);
    pack_bytes(k, p->n);
    pack_bytes(k, p->e);
    pack_bytes(k, p->x);
    pack_bytes(k, p->y);
}

static bool
rsa_is_ok(const struct key_public *p)
{
    return (p->bits == 2048 || p->bits == 3072 || p->bits == 4096) && p->n.len == p->bits / 8 &&
           p->n.ptr[0] >= 0x80 && (p->n.ptr[p->n.len - 1] & 1) == 1 && p->e.len >= 1 &&
           p->e.len <= EXPONENT_MAX_BYTES && p->e.ptr[0] != 0 &&
           (p->e.ptr[p->e.len - 1] & 1) == 1 && p->x.len == 0 && p->y.len == 0;
}

static unsigned
curve_bits(enum key_curve c)
{
    return c == CURVE_P521 ? 521 : (unsigned)key_curve_bytes(c) * 8;
}

bool
key_public_is_ok(const struct key_public *p)
{
    size_t none = p->n.len + p->e.len;

    if (!type_is_ok(p->type, p->curve))
        return false;
    switch (p->type) {
    case KEY_RSA:
        return rsa_is_ok(p);
    case KEY_EC:
        return none == 0 && p->bits == curve_bits(p->curve) &&
               p->x.len == key_curve_bytes(p->curve) && p->y.len == p->x.len;
    case KEY_OKP:
        return none == 0 && p->bits == curve_bits(p->curve) &&
               p->x.len == key_curve_bytes(p->curve) && p->y.len == 0;
    case KEY_OCT:
        return none + p->x.len + p->y.len == 0 && p->bits % 8 == 0 && p->bits >= 64 &&
               p->bits <= KEY_OCT_MAX * 8;
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return false;
}

bool
key_public_is_same(const struct key_public *a, const struct key_public *b)
{
    return a->type != KEY_NONE && a->type == b->type && a->curve == b->curve &&
           span_is_equal(a->n, b->n) && span_is_equal(a->e, b->e) &&
           span_is_equal(a->x, b->x) && span_is_equal(a->y, b->y);
}

void
key_public_unpack(struct unpack *u, struct key_public *out)
{
    struct key_public p = { .type = KEY_NONE };
    unsigned type = unpack_u8(u), curve = unpack_u8(u);

    *out = p;
    p.bits = unpack_u16(u);
    p.n = unpack_bytes(u, KEY_MODULUS_MAX);
    p.e = unpack_bytes(u, EXPONENT_MAX_BYTES);
    p.x = unpack_bytes(u, KEY_COORDINATE_MAX);
    p.y = unpack_bytes(u, KEY_COORDINATE_MAX);
    if (u->err != ERR_OK)
        return;
    p.type = (enum key_type)type;
    p.curve = (enum key_curve)curve;
    if (!key_public_is_ok(&p)) {
        refuse(u);
        return;
    }
    *out = p;
}

void
key_parts_pack(struct sink k, const struct key_parts *p)
{
    const struct span all[] = { p->n,  p->e,  p->d, p->p, p->q, p->dp,
                                p->dq, p->qi, p->x, p->y, p->k };

    pack_u8(k, (uint8_t)p->type);
    pack_u8(k, (uint8_t)p->curve);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        pack_bytes(k, all[i]);
}

bool
key_parts_fit(const struct key_parts *p)
{
    const struct span all[] = { p->n,  p->e,  p->d, p->p, p->q, p->dp,
                                p->dq, p->qi, p->x, p->y, p->k };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].len > KEY_PART_MAX)
            return false;
    return true;
}

void
key_parts_unpack(struct unpack *u, struct key_parts *out)
{
    struct key_parts p = { .type = KEY_NONE };
    struct span *const all[] = { &p.n,  &p.e,  &p.d, &p.p, &p.q, &p.dp,
                                 &p.dq, &p.qi, &p.x, &p.y, &p.k };
    unsigned type = unpack_u8(u), curve = unpack_u8(u);

    *out = p;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        *all[i] = unpack_bytes(u, KEY_PART_MAX);
    if (u->err == ERR_OK && (type >= KEY_TYPE__MAX || curve >= CURVE__MAX))
        refuse(u);
    if (u->err != ERR_OK)
        return;
    p.type = (enum key_type)type;
    p.curve = (enum key_curve)curve;
    *out = p;
}
