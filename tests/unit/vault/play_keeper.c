/* SPDX-License-Identifier: Apache-2.0 */
/* play_keeper.c - the keeper's answers, made with the seal room in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "codec/pack.h"
#include "keeper/ask.h"
#include "play_keeper.h"
#include "seal/root.h"
#include "seal/row.h"
#include "seal/wrap.h"

static struct root_key *root;

void
play_keeper_begin(void)
{
    assert_int_equal(root_key_new(&root), ERR_OK);
}

void
play_keeper_end(void)
{
    root_key_free(root);
    root = NULL;
}

static enum err
unwrapped(const struct wrapped *w, struct seal_row_key **out)
{
    struct secbuf key;
    enum err e;

    *out = NULL;
    secbuf_init(&key, 64);
    e = wrap_open(root, (uint8_t)w->purpose, w->id, w->bytes, &key);
    if (e == ERR_OK)
        e = seal_row_key_new(secbuf_span(&key), out);
    secbuf_release(&key);
    return e;
}

static struct row_id
row_id_of(const struct object_id *id)
{
    return (struct row_id){ span_str(id->vault.text), (uint8_t)id->kind, id->name,
                            id->version };
}

static enum err
wrapped_new(const struct keeper_question *q, struct secbuf *answer)
{
    struct secbuf key;
    struct buf wrapped;
    enum err e;

    secbuf_init(&key, 32);
    buf_init(&wrapped, 256);
    rand_fill(secbuf_grow(&key, 32), 32);
    e = wrap_seal(root, (uint8_t)q->purpose, q->name, secbuf_span(&key), sink_buf(&wrapped));
    pack_bytes(sink_sec(answer), buf_span(&wrapped));
    secbuf_release(&key);
    buf_release(&wrapped);
    return e;
}

static enum err
transfer(const struct keeper_question *q, struct secbuf *answer)
{
    struct row_id from = row_id_of(&q->id), to = row_id_of(&q->to_id);
    struct seal_row_key *a = NULL, *b = NULL;
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, 128 * 1024);
    e = unwrapped(&q->key, &a);
    if (e == ERR_OK)
        e = unwrapped(&q->to, &b);
    if (e == ERR_OK)
        e = row_open(a, &from, q->bytes, &plain);
    if (e == ERR_OK)
        e = row_seal(b, &to, secbuf_span(&plain), sink_sec(answer));
    secbuf_release(&plain);
    seal_row_key_free(a);
    seal_row_key_free(b);
    return e;
}

enum err
play_seal(const struct wrapped *w, const struct object_id *at, struct span plain, struct sink k)
{
    struct row_id id = row_id_of(at);
    struct seal_row_key *key;
    enum err e = unwrapped(w, &key);

    if (e == ERR_OK)
        e = row_seal(key, &id, plain, k);
    seal_row_key_free(key);
    return e;
}

enum err
play_open(const struct wrapped *w, const struct object_id *at, struct span sealed,
          struct secbuf *plain)
{
    struct row_id id = row_id_of(at);
    struct seal_row_key *key;
    enum err e = unwrapped(w, &key);

    if (e == ERR_OK)
        e = row_open(key, &id, sealed, plain);
    seal_row_key_free(key);
    return e;
}

enum err
play_keeper(enum keeper_op op, struct span question, struct secbuf *answer)
{
    struct keeper_question q;

    if (keeper_op_is_key(op))
        return play_key(op, question, answer);
    assert_int_equal(keeper_unpack(op, question, &q), ERR_OK);
    if (op == KEEPER_KEY_NEW)
        return wrapped_new(&q, answer);
    if (op == KEEPER_TRANSFER)
        return transfer(&q, answer);
    assert_true(op == KEEPER_SEAL || op == KEEPER_OPEN);
    return op == KEEPER_SEAL ? play_seal(&q.key, &q.id, q.bytes, sink_sec(answer))
                             : play_open(&q.key, &q.id, q.bytes, answer);
}
