/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_keeper.c - reads questions as the keeper does, and answers without keys: sealing puts a
 * byte before the plaintext, what is signed or wrapped are zeros.
 */
#include <stdlib.h>

#include "bench.h"
#include "codec/pack.h"
#include "crypto/scrypt.h"
#include "keeper/grants.h"

enum { SEALED_BYTE = 'S', ZEROS = 256 };

static const uint8_t zeros[ZEROS];

static void
no_question(const struct exchange *x, enum err e)
{
    fprintf(stderr, "question %d of %zu bytes: %s\n", (int)x->ask_op, x->ask.len, err_name(e));
    abort();
}

static enum err
seal(struct span plain, struct secbuf *answer)
{
    secbuf_put(answer, span_of((const uint8_t[]){ SEALED_BYTE }, 1));
    secbuf_put(answer, plain);
    return ERR_OK;
}

static enum err
answer_row(enum keeper_op op, const struct keeper_question *q, struct secbuf *answer)
{
    if (op == KEEPER_SEAL)
        return seal(q->bytes, answer);
    if (q->bytes.len == 0 || q->bytes.ptr[0] != SEALED_BYTE)
        return ERR_INTEGRITY; /* backups hold what the fuzzer wrote */
    secbuf_put(answer, op == KEEPER_OPEN ? span_tail(q->bytes, 1) : q->bytes);
    return ERR_OK;
}

static enum err
answer_simple(enum keeper_op op, const struct keeper_question *q, struct secbuf *answer)
{
    static const struct scrypt_cost cheap = { 4, 8, 1 };

    if (op == KEEPER_SEAL || op == KEEPER_OPEN || op == KEEPER_TRANSFER)
        return answer_row(op, q, answer);
    if (op == KEEPER_PASSWORD_HASH)
        return scrypt_record_make(q->bytes, &cheap, sink_sec(answer));
    if (op == KEEPER_PASSWORD_CHECK)
        return ERR_BAD_SECRET;
    if (op == KEEPER_KEY_NEW) {
        pack_bytes(sink_sec(answer), span_of(zeros, 60));
        return ERR_OK;
    }
    if (op == KEEPER_SIGN) {
        secbuf_put(answer, span_of(zeros, ZEROS));
        return ERR_OK;
    }
    return ERR_BUSY;
}

/* A public half that is right for the spec: EC and OKP real, the modulus of RSA any odd one. */
static enum err
make_pair(const struct key_spec *spec, struct secbuf *answer)
{
    static uint8_t modulus[KEY_MODULUS_MAX];
    struct key_public rsa = { .type = KEY_RSA,
                              .bits = spec->bits,
                              .n = span_of(modulus, spec->bits / 8),
                              .e = span_of((const uint8_t *)"\x01\x00\x01", 3) };
    struct key *k = NULL;
    enum err e = ERR_OK;

    if (spec->type == KEY_RSA) {
        if (spec->bits != 2048 && spec->bits != 3072 && spec->bits != 4096)
            return ERR_ARG;
        memset(modulus, 0xc1, sizeof(modulus));
        keypair_answer_pack(sink_sec(answer), span_of(zeros, 60), &rsa);
        return ERR_OK;
    }
    e = key_new(spec, &k);
    if (e == ERR_OK)
        keypair_answer_pack(sink_sec(answer), span_of(zeros, 60), key_public(k));
    key_free(k);
    return e;
}

static enum err
import_pair(const struct key_parts *parts, struct secbuf *answer)
{
    struct key *k = NULL;
    enum err e = key_import(parts, &k);

    if (e == ERR_OK)
        keypair_answer_pack(sink_sec(answer), span_of(zeros, 60), key_public(k));
    key_free(k);
    return e;
}

static enum err
use_key(const struct key_use *u, struct secbuf *answer)
{
    struct key_result result = { .has_iv_tag = u->op == KEY_ENCRYPT };

    if (u->op == KEY_VERIFY)
        return u->signature.len > 0 && u->signature.ptr[0] == 0 ? ERR_OK : ERR_DENIED;
    key_use_answer_pack(sink_sec(answer), &result, span_of(zeros, 64));
    return ERR_OK;
}

static enum err
answer_key(enum keeper_op op, const struct key_question *q, struct secbuf *answer)
{
    if (op == KEEPER_KEYPAIR_NEW)
        return make_pair(&q->spec, answer);
    if (op == KEEPER_KEYPAIR_IMPORT)
        return import_pair(&q->parts, answer);
    if (op == KEEPER_KEY_USE)
        return use_key(&q->use, answer);
    if (op != KEEPER_KEY_RELEASE)
        return ERR_SYNTAX; /* what was transported does not open */
    secbuf_put(answer, span_of(zeros, ZEROS));
    return ERR_OK;
}

enum err
bench_keeper(const struct exchange *x, struct secbuf *answer)
{
    const struct grant *g = grant_of((uint16_t)x->ask_op);
    struct span ask = secbuf_span(&x->ask);
    struct keeper_question q;
    struct key_question key;
    enum err e;

    if (g == NULL || !grant_has_role(g, ROLE_FRONT) || ask.len > g->max_bytes)
        no_question(x, ERR_DENIED);
    if (keeper_op_is_key(x->ask_op)) {
        e = keeper_unpack_key(x->ask_op, ask, &key);
        if (e != ERR_OK || !grant_allows_key(g, ROLE_FRONT, x->ask_op, &key))
            no_question(x, e);
        return answer_key(x->ask_op, &key, answer);
    }
    e = keeper_unpack(x->ask_op, ask, &q);
    if (e != ERR_OK || !grant_allows(g, ROLE_FRONT, x->ask_op, &q))
        no_question(x, e);
    return answer_simple(x->ask_op, &q, answer);
}
