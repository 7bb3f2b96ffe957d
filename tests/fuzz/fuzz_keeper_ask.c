/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_keeper_ask.c - a question as the keeper reads it. The first byte is the
 * operation, the rest the payload. What is accepted is packed again and must
 * give the same bytes: no two payloads mean the same.
 */
#include <stdlib.h>

#include "base/secbuf.h"
#include "codec/pack.h"
#include "keeper/ask_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
repack(struct sink k, enum keeper_op op, const struct keeper_question *q)
{
    switch (op) {
    case KEEPER_HELLO:
        keeper_pack_hello(k, &q->key);
        break;
    case KEEPER_KEY_NEW:
        keeper_pack_key_new(k, q->purpose, q->name);
        break;
    case KEEPER_KEY_REWRAP:
        keeper_pack_key_rewrap(k, &q->key);
        break;
    case KEEPER_SEAL:
        keeper_pack_seal(k, &q->key, &q->id, q->bytes);
        break;
    case KEEPER_OPEN:
        keeper_pack_open(k, &q->key, &q->id, q->bytes);
        break;
    case KEEPER_TRANSFER:
        keeper_pack_transfer(k, &q->key, &q->id, q->bytes, &q->to, &q->to_id);
        break;
    case KEEPER_SIGNKEY_NEW:
        keeper_pack_signkey_new(k, q->purpose, q->name);
        break;
    case KEEPER_SIGN:
        keeper_pack_sign(k, &q->key, q->alg, q->digest, q->bytes);
        break;
    case KEEPER_PASSWORD_HASH:
        keeper_pack_password_hash(k, q->bytes);
        break;
    case KEEPER_PASSWORD_CHECK:
        keeper_pack_password_check(k, q->record, q->bytes);
        break;
    case KEEPER_CA_NEW:
        keeper_pack_ca_new(k, q->name, q->domain, q->not_before, q->not_after);
        break;
    case KEEPER_LEAF_NEW:
        keeper_pack_leaf_new(k, &q->key, q->bytes, q->name, q->domain, q->not_before,
                             q->not_after);
        break;
    case KEEPER_TLS_IMPORT:
        keeper_pack_tls_import(k, q->name, q->bytes);
        break;
    case KEEPER_ROOT_STATE:
    case KEEPER_KEYPAIR_NEW:
    case KEEPER_KEYPAIR_IMPORT:
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_USE:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEY_DESTROY:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_IMPORT:
    case KEEPER_CERT_SECRET:
    case KEEPER_STATS:
    case KEEPER_OP__MAX:
        break;
    }
}

static void
repack_key(struct sink k, enum keeper_op op, const struct key_question *q)
{
    if (op == KEEPER_KEYPAIR_NEW)
        keeper_pack_keypair_new(k, &q->place, &q->spec);
    else if (op == KEEPER_KEYPAIR_IMPORT)
        keeper_pack_keypair_import(k, &q->place, &q->parts);
    else if (op == KEEPER_KEYPAIR_BYOK)
        keeper_pack_keypair_byok(k, &q->kek, &q->place, q->type, q->ciphertext);
    else if (op == KEEPER_KEY_USE)
        keeper_pack_key_use(k, &q->place, &q->use);
    else if (op == KEEPER_KEY_RELEASE)
        keeper_pack_key_release(k, &q->place, q->transport, &q->recipient);
    else if (op == KEEPER_KEYPAIR_COPY)
        keeper_pack_keypair_copy(k, &q->kek, &q->place);
    else if (op == KEEPER_CERT_IMPORT)
        keeper_pack_cert_import(k, &q->place, q->form, q->file, q->password);
    else if (op == KEEPER_CERT_SECRET)
        keeper_pack_cert_secret(k, &q->place, &q->secret, q->form, q->chain, q->chain_count);
    else
        keeper_pack_key_destroy(k, &q->place);
}

/* Answers are read by front, whose keeper is not taken over; but it costs nothing to know. */
static void
read_answers(struct span payload)
{
    struct keypair_answer pair;
    struct key_use_answer use;
    struct buf again;

    if (key_use_answer_read(payload, &use) == ERR_OK && use.value.len > payload.len)
        abort();
    if (keypair_answer_read(payload, &pair) != ERR_OK)
        return;
    buf_init(&again, 1024 * 1024);
    keypair_answer_pack(sink_buf(&again), pair.sealed, &pair.public);
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), payload))
        abort();
    buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct keeper_question q;
    struct key_question key;
    enum keeper_op op;
    struct span payload;
    struct buf again;

    if (len == 0)
        return 0;
    op = (enum keeper_op)data[0];
    payload = span_of(data + 1, len - 1);
    read_answers(payload);
    buf_init(&again, 1024 * 1024);
    if (keeper_op_is_key(op)) {
        if (keeper_unpack_key(op, payload, &key) != ERR_OK)
            return 0;
        repack_key(sink_buf(&again), op, &key);
    } else {
        if (keeper_unpack(op, payload, &q) != ERR_OK)
            return 0;
        repack(sink_buf(&again), op, &q);
    }
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), payload))
        abort();
    buf_release(&again);
    return 0;
}
