/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_keeper_ask.c - a question as the keeper reads it. The first byte is the
 * operation, the rest the payload. What is accepted is packed again and must
 * give the same bytes: no two payloads mean the same.
 */
#include <stdlib.h>

#include "base/secbuf.h"
#include "codec/pack.h"
#include "keeper/ask.h"

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
    case KEEPER_OP__MAX:
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct keeper_question q;
    struct span payload;
    struct buf again;

    if (len == 0)
        return 0;
    payload = span_of(data + 1, len - 1);
    if (keeper_unpack((enum keeper_op)data[0], payload, &q) != ERR_OK)
        return 0;
    buf_init(&again, 1024 * 1024);
    repack(sink_buf(&again), (enum keeper_op)data[0], &q);
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), payload))
        abort();
    buf_release(&again);
    return 0;
}
