/* SPDX-License-Identifier: Apache-2.0 */
/* play_keeper.h - apart from world.h: both rooms below it have a row.h. */
#ifndef TEST_VAULT_PLAY_KEEPER_H
#define TEST_VAULT_PLAY_KEEPER_H

#include "keeper/ask.h"

void play_keeper_begin(void);
void play_keeper_end(void);
enum err play_keeper(enum keeper_op op, struct span question, struct secbuf *answer);

#endif /* TEST_VAULT_PLAY_KEEPER_H */
