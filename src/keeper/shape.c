/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.c - which fields a question is made of, whatever they hold.
 *
 * Only asked when a reader refused a question: was it no question at all, or
 * one with a field that is too long or out of range? The first our own askers
 * cannot write, so the link has to end. The second a client may bring about if
 * some bound of ours is wrong, and then it must cost him his answer and nobody
 * else the link.
 */
#include "keeper/ask_int.h"

/* '1', '2', '4', '8': a number of so many bytes. 'b': pack_bytes(). '*': u8, and so many 'b'.
 */
#define WRAPPED "1bb"
#define OBJECT  "b1bb"
#define PLACE   WRAPPED OBJECT "b1"
#define PARTS   "11bbbbbbbbbbb"
#define PUBLIC  "112bbbb"

static const char *const shapes[KEEPER_OP__MAX] = {
    [KEEPER_HELLO] = WRAPPED,
    [KEEPER_KEY_NEW] = "1b",
    [KEEPER_KEY_REWRAP] = WRAPPED,
    [KEEPER_SEAL] = WRAPPED OBJECT "b",
    [KEEPER_OPEN] = WRAPPED OBJECT "b",
    [KEEPER_TRANSFER] = WRAPPED OBJECT "b" WRAPPED OBJECT,
    [KEEPER_SIGNKEY_NEW] = "1b",
    [KEEPER_SIGN] = WRAPPED "11b",
    [KEEPER_PASSWORD_HASH] = "b",
    [KEEPER_PASSWORD_CHECK] = "bb",
    [KEEPER_CA_NEW] = "bb88",
    [KEEPER_LEAF_NEW] = WRAPPED "bbb88",
    [KEEPER_TLS_IMPORT] = "bb",
    [KEEPER_ROOT_STATE] = "",
    [KEEPER_KEYPAIR_NEW] = PLACE "1148",
    [KEEPER_KEYPAIR_IMPORT] = PLACE PARTS,
    [KEEPER_KEYPAIR_BYOK] = PLACE PLACE "1b",
    [KEEPER_KEY_USE] = PLACE "11bbbbb",
    [KEEPER_KEY_RELEASE] = PLACE "1" PUBLIC,
    [KEEPER_KEY_DESTROY] = PLACE,
    [KEEPER_KEYPAIR_COPY] = PLACE PLACE,
    [KEEPER_CERT_IMPORT] = PLACE "1bb",
    [KEEPER_CERT_SECRET] = PLACE OBJECT "1*",
    [KEEPER_STATS] = "",
};

static void
skip_many(struct unpack *u)
{
    unsigned count = unpack_u8(u);

    while (count-- > 0)
        (void)unpack_bytes(u, SIZE_MAX);
}

bool
shape_is_ok(enum keeper_op op, struct span payload)
{
    struct unpack u = unpack_of(payload);

    if ((unsigned)op >= KEEPER_OP__MAX || shapes[op] == NULL)
        return false;
    for (const char *c = shapes[op]; *c != '\0'; c++) {
        if (*c == '1')
            (void)unpack_u8(&u);
        else if (*c == '2')
            (void)unpack_u16(&u);
        else if (*c == '4')
            (void)unpack_u32(&u);
        else if (*c == '8')
            (void)unpack_u64(&u);
        else if (*c == '*')
            skip_many(&u);
        else
            (void)unpack_bytes(&u, SIZE_MAX);
    }
    return unpack_end(&u) == ERR_OK;
}
