/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - when a checkpoint is due, and asking the keeper for its signature.
 *
 * Asynchronous: commits go on while the keeper signs. When the keeper is away
 * the checkpoint is asked again later, over all that was chained meanwhile.
 */
#ifndef SCRIBE_SIGNER_H
#define SCRIBE_SIGNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ipc/peer.h"
#include "keeper/ask.h"
#include "scribe/checkpoint.h"
#include "store/store.h"

enum { SIGNER_LINES = 1000, SIGNER_AGE_MS = 60000, SIGNER_RETRY_MS = 1000 };

/* Reads the row k/audit (scribe/main.h). */
typedef enum err (*signer_key_fn)(struct span row, struct wrapped *out);

struct signer {
    signer_key_fn key;   /* NULL: nothing is ever signed */
    struct peer *keeper; /* borrowed; NULL while there is no link */
    uint64_t lines;      /* others' lines chained since the last question */
    uint64_t since_ms;   /* when the first of them was */
    bool now;            /* rotation or end: do not wait for number or age */
    bool open;           /* the keeper was asked */
    uint64_t id;         /* of that question */
    uint64_t retry_ms;   /* not before */
    struct checkpoint what;
    char kid[KEY_ID_MAX + 1];
};

/* A line that is not a checkpoint was chained. */
void signer_count(struct signer *s, uint64_t lines, uint64_t now_ms);
/* A new link to the keeper, or NULL when it is lost. */
void signer_link(struct signer *s, struct peer *keeper);
/* Lines enough, or old enough: the chain's head should be noted in the store, then signed. */
bool signer_is_ripe(const struct signer *s, uint64_t now_ms);
/* signer_ask() should be called: ripe, or something is to be signed for another reason. */
bool signer_is_due(const struct signer *s, uint64_t now_ms);
/* A signature is still wanted or awaited (and there is a key to make it). */
bool signer_is_waiting(const struct signer *s);
/* Asks the keeper to sign where the chain stands. Without keeper or key: again later. */
void signer_ask(struct signer *s, struct store *store, const struct chain *c, uint64_t now_ms);
/* A message from the keeper; true when record now holds a checkpoint record to be chained. */
bool signer_take(struct signer *s, const struct ipc_msg *m, uint64_t now_ms,
                 struct buf *record);

/* What signer_take() gave could not be chained: sign again later. */
void signer_again(struct signer *s, uint64_t now_ms);
/* Milliseconds until signer_is_due(); UINT64_MAX for never. */
uint64_t signer_wait_ms(const struct signer *s, uint64_t now_ms);

#endif /* SCRIBE_SIGNER_H */
