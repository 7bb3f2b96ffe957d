/* SPDX-License-Identifier: Apache-2.0 */
/* keyed.h - users' keys over real links: made, used, and put where they do not belong. */
#ifndef TEST_KEEPER_KEYED_H
#define TEST_KEEPER_KEYED_H

#include "crypto/digest.h"
#include "keeper/ask_key.h"
#include "served.h"

/* A key and what was told of it. */
struct made {
    struct secbuf *answer;
    struct keypair_answer a;
};

static inline void
made_release(struct made *m)
{
    secbuf_free(m->answer);
}

static inline struct key_place
place_at(const struct buf *vault, const char *name, struct span sealed)
{
    struct key_place p = { .vault = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(vault)),
                           .id = object_of(GUID_A, name, VERSION_1),
                           .sealed = sealed };

    p.id.kind = KIND_KEY;
    return p;
}

static inline struct key_place
place_of(const struct buf *vault, const struct made *m)
{
    return place_at(vault, "KEY", m->a.sealed);
}

static inline enum err
try_new(struct peer *p, const struct key_place *place, const struct key_spec *spec,
        struct made *out)
{
    struct buf q = question();
    enum err e;

    *out = (struct made){ .answer = secbuf_new(QUESTION_ROOM) };
    keeper_pack_keypair_new(sink_buf(&q), place, spec);
    e = ask(p, KEEPER_KEYPAIR_NEW, &q, out->answer);
    if (e == ERR_OK)
        e = keypair_answer_read(secbuf_span(out->answer), &out->a);
    buf_release(&q);
    return e;
}

/* As a front that was taken over might try: the private part, as if it were a value. */
static inline enum err
open_as(struct peer *p, const struct key_place *place, enum object_kind kind)
{
    struct object_id id = place->id;
    struct buf q = question();
    enum err e;

    id.kind = kind;
    keeper_pack_open(sink_buf(&q), &place->vault, &id, place->sealed);
    e = ask(p, KEEPER_OPEN, &q, NULL);
    buf_release(&q);
    return e;
}

static inline struct made
new_pair(struct peer *p, const struct buf *vault, enum key_type type, enum key_curve curve,
         unsigned bits)
{
    struct key_place place = place_at(vault, "KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    struct made m;

    assert_int_equal(try_new(p, &place, &spec, &m), ERR_OK);
    assert_int_equal(m.a.public.type, type);
    return m;
}

static inline enum err
use_key(struct peer *p, const struct key_place *place, const struct key_use *u,
        struct secbuf *out)
{
    struct buf q = question();
    enum err e;

    keeper_pack_key_use(sink_buf(&q), place, u);
    e = ask(p, KEEPER_KEY_USE, &q, out);
    buf_release(&q);
    return e;
}

static const uint8_t some_digest[64] = { 'd', 'i', 'g', 'e', 's', 't' };

static inline struct key_use
signing(enum key_alg alg)
{
    unsigned len = key_alg_info(alg)->digest_len;

    return (struct key_use){ .op = KEY_SIGN,
                             .alg = alg,
                             .bytes = span_of(some_digest, len == 0 ? 32 : len) };
}

/* Signs with what is at place; the status. */
static inline enum err
try_sign(struct peer *p, const struct key_place *place, enum key_alg alg)
{
    struct key_use u = signing(alg);

    return use_key(p, place, &u, NULL);
}

#endif /* TEST_KEEPER_KEYED_H */
