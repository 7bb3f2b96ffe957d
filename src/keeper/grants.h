/* SPDX-License-Identifier: Apache-2.0 */
/* grants.h - who may ask the keeper what, with how many bytes: one table. */
#ifndef KEEPER_GRANTS_H
#define KEEPER_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/peer.h"
#include "keeper/ask_key.h"
#include "keeper/provider.h"

/* Which purposes a role may name in a question, one bit each; bit 0 stands for "none". */
struct grant {
    size_t max_bytes; /* of the whole question */
    enum key_pace pace;
    uint16_t purposes[ROLE__MAX];
};

/* NULL for an operation that does not exist. Lives for ever. */
const struct grant *grant_of(uint16_t op);
/* May the role ask this at all, whatever it says? */
bool grant_has_role(const struct grant *g, enum ipc_role role);
/* May it ask this question, that was unpacked? */
bool grant_allows(const struct grant *g, enum ipc_role role, enum keeper_op op,
                  const struct keeper_question *q);
/* The same for a question about a user's key: also, that the key lies where it says. */
bool grant_allows_key(const struct grant *g, enum ipc_role role, enum keeper_op op,
                      const struct key_question *q);
/* How long answering takes; what is about users' keys, the provider says. */
enum key_pace grant_pace(const struct grant *g, enum keeper_op op,
                         const struct keeper_question *q);

#endif /* KEEPER_GRANTS_H */
