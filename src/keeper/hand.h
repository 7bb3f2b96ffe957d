/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hand.h - what one thread works with: its caches of opened keys, and the
 * provider's state for it. Belongs to one thread at a time.
 */
#ifndef KEEPER_HAND_H
#define KEEPER_HAND_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/provider.h"
#include "keeper/question.h"
#include "keeper/roots.h"

/* What the hands of a process share; borrowed. */
struct hand_kit {
    struct roots *roots;
    const struct key_provider *provider;
    void *provider_arg;
    size_t cache_bytes; /* for each hand; of keys that are not users' */
};

struct hand;

/* ERR_NOMEM, or what the provider says. */
MUST_CHECK enum err hand_new(const struct hand_kit *kit, enum key_pace pace, struct hand **out);
void hand_free(struct hand *h); /* NULL is allowed */

/* How long will it take? */
enum key_pace hand_pace(const struct hand_kit *kit, const struct question *q);
/* One question in, one answer out; who may ask was settled before. Appends the answer's
 * payload to an empty buffer; on failure nothing is left in it. The status is what the asker
 * gets, but for ERR_AGAIN (see provider.h). */
MUST_CHECK enum err hand_do(struct hand *h, const struct question *q, struct secbuf *answer);

#endif /* KEEPER_HAND_H */
