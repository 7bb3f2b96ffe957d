/* SPDX-License-Identifier: Apache-2.0 */
/* play_key.c - the keeper's answers about keys of users, made in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/ask_key.h"
#include "play_keeper.h"

enum { PLAIN_MAX = 8 * 1024 };

static enum err
put_sealed(const struct key_place *place, const struct key *k, struct secbuf *answer)
{
    struct secbuf plain, sealed;
    enum err e;

    secbuf_init(&plain, KEY_PRIVATE_MAX);
    secbuf_init(&sealed, KEY_SEALED_MAX);
    e = key_put_private(k, &plain);
    if (e == ERR_OK)
        e = play_seal(&place->vault, &place->id, secbuf_span(&plain), sink_sec(&sealed));
    if (e == ERR_OK)
        keypair_answer_pack(sink_sec(answer), secbuf_span(&sealed), key_public(k));
    secbuf_release(&plain);
    secbuf_release(&sealed);
    return e;
}

static enum err
open_key(const struct key_place *place, struct key **out)
{
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, KEY_PRIVATE_MAX);
    e = play_open(&place->vault, &place->id, place->sealed, &plain);
    if (e == ERR_OK)
        e = key_load(secbuf_span(&plain), out);
    secbuf_release(&plain);
    return e;
}

static enum err
byok(const struct key_question *q, struct secbuf *answer)
{
    struct key *kek = NULL, *k = NULL;
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, PLAIN_MAX);
    e = open_key(&q->kek, &kek);
    if (e == ERR_OK)
        e = key_transport_unwrap(TRANSPORT_CKM_RSA_AES, kek, q->ciphertext, &plain);
    if (e == ERR_OK)
        e = key_import_plain(q->type, secbuf_span(&plain), &k);
    if (e == ERR_OK)
        e = put_sealed(&q->place, k, answer);
    key_free(kek);
    key_free(k);
    secbuf_release(&plain);
    return e;
}

static enum err
use(const struct key_question *q, struct secbuf *answer)
{
    struct key_result result;
    struct key *k = NULL;
    struct secbuf value;
    enum err e;

    secbuf_init(&value, PLAIN_MAX + KEY_INPUT_MAX);
    e = open_key(&q->place, &k);
    if (e == ERR_OK)
        e = key_use(k, &q->use, &value, &result);
    if (e == ERR_OK && q->use.op != KEY_VERIFY)
        key_use_answer_pack(sink_sec(answer), &result, secbuf_span(&value));
    key_free(k);
    secbuf_release(&value);
    return e;
}

enum err
play_key(enum keeper_op op, struct span question, struct secbuf *answer)
{
    struct key_question q;
    struct key *k = NULL;
    enum err e;

    assert_int_equal(keeper_unpack_key(op, question, &q), ERR_OK);
    if (op == KEEPER_KEY_USE)
        return use(&q, answer);
    if (op == KEEPER_KEYPAIR_BYOK)
        return byok(&q, answer);
    assert_true(op == KEEPER_KEYPAIR_NEW || op == KEEPER_KEYPAIR_IMPORT);
    e = op == KEEPER_KEYPAIR_NEW ? key_new(&q.spec, &k) : key_import(&q.parts, &k);
    if (e == ERR_OK)
        e = put_sealed(&q.place, k, answer);
    key_free(k);
    return e;
}
