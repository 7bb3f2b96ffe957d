/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_key.c - questions about keys of users, and their answers, as bytes.
 *
 * What a client may make too long or too short (digests, ivs, ciphertexts) has
 * generous bounds here: it is for the provider to refuse, with a status. What is
 * beyond them is refused by the reader, with a status too (shape.c).
 */
#include "keeper/ask_key.h"

#include "keeper/ask_int.h"

enum { PLACE_EXPORTABLE = 1, PLACE_IN_SECRET = 2 };
/* Sealed bytes in a place. */
enum sealed { SEALED_NO, SEALED_YES, SEALED_MAYBE };

void
place_pack(struct sink k, const struct key_place *p)
{
    wrapped_pack(k, &p->vault);
    object_pack(k, &p->id);
    pack_bytes(k, p->sealed);
    pack_u8(k, (uint8_t)((p->exportable ? PLACE_EXPORTABLE : 0) |
                         (p->in_secret ? PLACE_IN_SECRET : 0)));
}

void
keeper_pack_keypair_new(struct sink k, const struct key_place *place,
                        const struct key_spec *spec)
{
    place_pack(k, place);
    pack_u8(k, (uint8_t)spec->type);
    pack_u8(k, (uint8_t)spec->curve);
    pack_u32(k, spec->bits);
    pack_u64(k, spec->exponent);
}

void
keeper_pack_keypair_import(struct sink k, const struct key_place *place,
                           const struct key_parts *parts)
{
    place_pack(k, place);
    key_parts_pack(k, parts);
}

void
keeper_pack_keypair_byok(struct sink k, const struct key_place *kek,
                         const struct key_place *place, enum key_type type,
                         struct span ciphertext)
{
    place_pack(k, kek);
    place_pack(k, place);
    pack_u8(k, (uint8_t)type);
    pack_bytes(k, ciphertext);
}

void
keeper_pack_key_use(struct sink k, const struct key_place *place, const struct key_use *u)
{
    place_pack(k, place);
    pack_u8(k, (uint8_t)u->op);
    pack_u8(k, (uint8_t)u->alg);
    pack_bytes(k, u->bytes);
    pack_bytes(k, u->signature);
    pack_bytes(k, u->iv);
    pack_bytes(k, u->aad);
    pack_bytes(k, u->tag);
}

void
keeper_pack_key_release(struct sink k, const struct key_place *place,
                        enum key_transport transport, const struct key_public *recipient)
{
    place_pack(k, place);
    pack_u8(k, (uint8_t)transport);
    key_public_pack(k, recipient);
}

void
keeper_pack_key_destroy(struct sink k, const struct key_place *place)
{
    place_pack(k, place);
}

void
keeper_pack_keypair_copy(struct sink k, const struct key_place *from,
                         const struct key_place *place)
{
    struct key_place to = *place;

    to.exportable = to.in_secret = false;
    place_pack(k, from);
    place_pack(k, &to);
}

void
keypair_answer_pack(struct sink k, struct span sealed, const struct key_public *public)
{
    pack_bytes(k, sealed);
    key_public_pack(k, public);
}

enum err
keypair_answer_read(struct span payload, struct keypair_answer *out)
{
    struct unpack u = unpack_of(payload);
    struct keypair_answer a = { .sealed = unpack_bytes(&u, KEY_SEALED_MAX) };

    *out = (struct keypair_answer){ 0 };
    key_public_unpack(&u, &a.public);
    if (unpack_end(&u) != ERR_OK || a.sealed.len == 0)
        return ERR_PROTOCOL;
    *out = a;
    return ERR_OK;
}

void
key_use_answer_pack(struct sink k, const struct key_result *r, struct span value)
{
    pack_u8(k, r->has_iv_tag ? 1 : 0);
    if (r->has_iv_tag) {
        sink_put(k, span_of(r->iv, sizeof(r->iv)));
        sink_put(k, span_of(r->tag, sizeof(r->tag)));
    }
    sink_put(k, value);
}

enum err
key_use_answer_read(struct span payload, struct key_use_answer *out)
{
    struct key_use_answer a = { 0 };
    struct span rest;

    *out = a;
    if (payload.len == 0)
        return ERR_OK; /* of verify */
    if (payload.ptr[0] > 1)
        return ERR_PROTOCOL;
    a.has_iv_tag = payload.ptr[0] == 1;
    rest = span_tail(payload, 1);
    if (a.has_iv_tag) {
        if (rest.len < GCM_IV_BYTES + GCM_TAG_BYTES)
            return ERR_PROTOCOL;
        a.iv = span_head(rest, GCM_IV_BYTES);
        rest = span_tail(rest, GCM_IV_BYTES);
        a.tag = span_head(rest, GCM_TAG_BYTES);
        rest = span_tail(rest, GCM_TAG_BYTES);
    }
    a.value = rest;
    *out = a;
    return ERR_OK;
}

static bool
place_get(struct unpack *u, enum sealed sealed, struct key_place *p)
{
    bool ok = wrapped_get(u, &p->vault);
    uint8_t flags;

    ok = object_id_get(u, &p->id) && ok;
    p->sealed = unpack_bytes(u, KEY_SEALED_MAX);
    flags = unpack_u8(u);
    p->exportable = (flags & PLACE_EXPORTABLE) != 0;
    p->in_secret = (flags & PLACE_IN_SECRET) != 0;
    if (sealed != SEALED_MAYBE && (p->sealed.len > 0) != (sealed == SEALED_YES))
        return false;
    return ok && flags <= (sealed == SEALED_NO ? PLACE_EXPORTABLE | PLACE_IN_SECRET : 0);
}

static bool
type_get(struct unpack *u, enum key_type *type)
{
    uint8_t v = unpack_u8(u);

    *type = (enum key_type)v;
    return v > KEY_NONE && v < KEY_TYPE__MAX;
}

static bool
spec_get(struct unpack *u, struct key_spec *spec)
{
    bool ok = type_get(u, &spec->type);
    uint8_t curve = unpack_u8(u);

    spec->curve = (enum key_curve)curve;
    spec->bits = unpack_u32(u);
    spec->exponent = unpack_u64(u);
    return ok && curve < CURVE__MAX;
}

static bool
use_get(struct unpack *u, struct key_use *use)
{
    uint8_t op = unpack_u8(u), alg = unpack_u8(u);

    use->op = (enum key_op)op;
    use->alg = (enum key_alg)alg;
    use->bytes = unpack_bytes(u, KEY_FIELD_MAX);
    use->signature = unpack_bytes(u, KEY_FIELD_MAX);
    use->iv = unpack_bytes(u, KEY_FIELD_MAX);
    use->aad = unpack_bytes(u, KEY_FIELD_MAX);
    use->tag = unpack_bytes(u, KEY_FIELD_MAX);
    return op <= KEY_UNWRAP && alg > ALG_NONE && alg < KEY_ALG__MAX;
}

static bool
byok_get(struct unpack *u, struct key_question *q)
{
    bool ok = place_get(u, SEALED_YES, &q->kek);

    ok = place_get(u, SEALED_NO, &q->place) && ok;
    ok = type_get(u, &q->type) && ok;
    q->ciphertext = unpack_bytes(u, KEY_FIELD_MAX);
    return ok;
}

static bool
release_get(struct unpack *u, struct key_question *q)
{
    bool ok = place_get(u, SEALED_YES, &q->place);
    uint8_t transport = unpack_u8(u);

    q->transport = (enum key_transport)transport;
    key_public_unpack(u, &q->recipient);
    return ok && transport <= TRANSPORT_RSA_AES_384;
}

static bool
copy_get(struct unpack *u, struct key_question *q)
{
    bool ok = place_get(u, SEALED_YES, &q->kek);

    ok = place_get(u, SEALED_NO, &q->place) && ok;
    return ok && !q->place.exportable && !q->place.in_secret;
}

static bool
cert_get(enum keeper_op op, struct unpack *u, struct key_question *q)
{
    bool import = op == KEEPER_CERT_IMPORT;
    bool ok = place_get(u, import ? SEALED_NO : SEALED_MAYBE, &q->place);

    return (import ? cert_import_get(u, q) : cert_secret_get(u, q)) && ok;
}

static bool
question_get(enum keeper_op op, struct unpack *u, struct key_question *q)
{
    bool ok;

    if (op == KEEPER_KEYPAIR_NEW) {
        ok = place_get(u, SEALED_NO, &q->place);
        return spec_get(u, &q->spec) && ok;
    }
    if (op == KEEPER_KEYPAIR_IMPORT) {
        ok = place_get(u, SEALED_NO, &q->place);
        key_parts_unpack(u, &q->parts);
        return ok;
    }
    if (op == KEEPER_KEYPAIR_BYOK)
        return byok_get(u, q);
    if (op == KEEPER_KEY_USE) {
        ok = place_get(u, SEALED_YES, &q->place);
        return use_get(u, &q->use) && ok;
    }
    if (op == KEEPER_KEY_RELEASE)
        return release_get(u, q);
    if (op == KEEPER_KEYPAIR_COPY)
        return copy_get(u, q);
    if (op == KEEPER_CERT_IMPORT || op == KEEPER_CERT_SECRET)
        return cert_get(op, u, q);
    return op == KEEPER_KEY_DESTROY && place_get(u, SEALED_YES, &q->place);
}

bool
keeper_op_is_key(enum keeper_op op)
{
    return op >= KEEPER_KEYPAIR_NEW && op <= KEEPER_CERT_SECRET;
}

enum err
keeper_unpack_key(enum keeper_op op, struct span payload, struct key_question *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct key_question){ 0 };
    if (question_get(op, &u, out) && unpack_end(&u) == ERR_OK)
        return ERR_OK;
    *out = (struct key_question){ 0 };
    return keeper_op_is_key(op) && shape_is_ok(op, payload) ? ERR_ARG : ERR_PROTOCOL;
}
