/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - for tests of what the clock does with keys: P-256 keys of the world's vault. */
#ifndef TEST_VAULT_KEYS_H
#define TEST_VAULT_KEYS_H

#include "vault/rotation.h"
#include "world.h"

enum { DAY = 86400, YEAR = 365 * DAY, MADE = WORLD_NOW };

/* Fails unless the whole schedule is this: "r+90 n+335", letters and days after MADE, in order
 * of time. */
void keys_scheduled(const char *want);

/* A version made at MADE; exp 0: without. */
void keys_add(const char *name, int64_t exp);
struct object_change keys_expiring(int64_t exp);
enum err keys_update(const char *name, const struct hex32 *version,
                     const struct object_change *c);
/* Rotate after that many days, notify that many before expiry; 0: no such action. expiry may be
 * NULL. */
void keys_put_policy(const char *name, unsigned rotate_after, unsigned notify_before,
                     const char *expiry);
enum deed { DELETE, RECOVER, PURGE };
void keys_act(enum deed deed, const char *name);

/* What the first row of the schedule asks for; w is initialised and composed. */
enum err keys_first_due(int64_t now, struct store_write *w, struct rotation_due *out);
/* What a provider answers: a public half like d's, and somewhere to find the private one. */
struct buf keys_answer_of(const struct key_detail *d);
/* Ends a rotation with such an answer, and commits. */
enum err keys_finish(const struct key_rotation *r, int64_t now, struct object *out);

/* The world's vault. */
void keys_delete_vault(void);
void keys_purge_vault(void);

#endif /* TEST_VAULT_KEYS_H */
