/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - the keeper's figures as bytes. */
#include "keeper/stats.h"

#include "codec/pack.h"

void
keeper_stats_pack(struct sink k, const struct keeper_stats *s)
{
    for (unsigned i = 0; i < KEEPER_OP__MAX; i++)
        pack_u64(k, s->asked[i]);
    pack_u32(k, s->lanes);
    pack_u64(k, s->lanes_busy_us);
    for (unsigned i = 0; i < PACE__MAX; i++) {
        pack_u32(k, s->crew[i].threads);
        pack_u32(k, s->crew[i].running);
        pack_u32(k, s->crew[i].waiting);
        pack_u64(k, s->crew[i].refused);
    }
    for (unsigned i = 0; i < STOCK__MAX; i++) {
        pack_u32(k, s->stock[i].bits);
        pack_u32(k, s->stock[i].count);
        pack_u32(k, s->stock[i].want);
    }
}

enum err
keeper_stats_unpack(struct span payload, struct keeper_stats *out)
{
    struct unpack u = unpack_of(payload);

    for (unsigned i = 0; i < KEEPER_OP__MAX; i++)
        out->asked[i] = unpack_u64(&u);
    out->lanes = unpack_u32(&u);
    out->lanes_busy_us = unpack_u64(&u);
    for (unsigned i = 0; i < PACE__MAX; i++) {
        out->crew[i].threads = unpack_u32(&u);
        out->crew[i].running = unpack_u32(&u);
        out->crew[i].waiting = unpack_u32(&u);
        out->crew[i].refused = unpack_u64(&u);
    }
    for (unsigned i = 0; i < STOCK__MAX; i++) {
        out->stock[i].bits = unpack_u32(&u);
        out->stock[i].count = unpack_u32(&u);
        out->stock[i].want = unpack_u32(&u);
    }
    if (unpack_end(&u) == ERR_OK)
        return ERR_OK;
    *out = (struct keeper_stats){ 0 };
    return ERR_PROTOCOL;
}

const char *
keeper_op_name(unsigned op)
{
    static const char *const names[KEEPER_OP__MAX] = {
        [KEEPER_HELLO] = "hello",
        [KEEPER_KEY_NEW] = "key_new",
        [KEEPER_KEY_REWRAP] = "key_rewrap",
        [KEEPER_SEAL] = "seal",
        [KEEPER_OPEN] = "open",
        [KEEPER_TRANSFER] = "transfer",
        [KEEPER_SIGNKEY_NEW] = "signkey_new",
        [KEEPER_SIGN] = "sign",
        [KEEPER_PASSWORD_HASH] = "password_hash",
        [KEEPER_PASSWORD_CHECK] = "password_check",
        [KEEPER_CA_NEW] = "ca_new",
        [KEEPER_LEAF_NEW] = "leaf_new",
        [KEEPER_TLS_IMPORT] = "tls_import",
        [KEEPER_ROOT_STATE] = "root_state",
        [KEEPER_KEYPAIR_NEW] = "keypair_new",
        [KEEPER_KEYPAIR_IMPORT] = "keypair_import",
        [KEEPER_KEYPAIR_BYOK] = "keypair_byok",
        [KEEPER_KEY_USE] = "key_use",
        [KEEPER_KEY_RELEASE] = "key_release",
        [KEEPER_KEY_DESTROY] = "key_destroy",
        [KEEPER_KEYPAIR_COPY] = "keypair_copy",
        [KEEPER_CERT_IMPORT] = "cert_import",
        [KEEPER_CERT_SECRET] = "cert_secret",
        [KEEPER_STATS] = "stats",
    };

    return op < KEEPER_OP__MAX ? names[op] : NULL;
}
