/* SPDX-License-Identifier: Apache-2.0 */
/* question.h - a question of either kind, read from its payload. */
#ifndef KEEPER_QUESTION_H
#define KEEPER_QUESTION_H

#include "base/err.h"
#include "keeper/ask_key.h"

struct question {
    enum keeper_op op;
    union {
        struct keeper_question plain;
        struct key_question key; /* keeper_op_is_key(op) */
    };
};

/* Borrows from payload. ERR_PROTOCOL, ERR_ARG: as keeper_unpack() says. */
MUST_CHECK static inline enum err
question_read(enum keeper_op op, struct span payload, struct question *out)
{
    out->op = op;
    if (keeper_op_is_key(op))
        return keeper_unpack_key(op, payload, &out->key);
    return keeper_unpack(op, payload, &out->plain);
}

#endif /* KEEPER_QUESTION_H */
