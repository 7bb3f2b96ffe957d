/* SPDX-License-Identifier: Apache-2.0 */
/* play_keeper.h - apart from world.h: both rooms below it have a row.h. */
#ifndef TEST_VAULT_PLAY_KEEPER_H
#define TEST_VAULT_PLAY_KEEPER_H

#include "keeper/ask_key.h"

void play_keeper_begin(void);
void play_keeper_end(void);
enum err play_keeper(enum keeper_op op, struct span question, struct secbuf *answer);
/* Questions about keys of users. */
enum err play_key(enum keeper_op op, struct span question, struct secbuf *answer);

/* Bytes sealed as an object under a wrapped key, and opened again. */
enum err play_seal(const struct wrapped *w, const struct object_id *at, struct span plain,
                   struct sink k);
enum err play_open(const struct wrapped *w, const struct object_id *at, struct span sealed,
                   struct secbuf *plain);

#endif /* TEST_VAULT_PLAY_KEEPER_H */
