/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.h - lines in which the keeper vouches for the chain so far.
 *
 * A checkpoint says: line `seq` has the hash `head`. It is signed with the
 * audit key (Ed25519), which lives in the keeper, so who can write the files
 * and the store still cannot forge one. It stands some lines behind the line
 * that it vouches for, since signing does not hold up the chain.
 */
#ifndef SCRIBE_CHECKPOINT_H
#define SCRIBE_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "codec/isotime.h"
#include "scribe/chain.h"

enum { CHECKPOINT_TEXT_MAX = 512, CHECKPOINT_SIG_MAX = 128 };

struct checkpoint {
    uint64_t seq;   /* the line vouched for */
    uint64_t count; /* lines since the one that the checkpoint before vouches for */
    uint8_t head[LINE_HASH_LEN];
    char time[ISOTIME_MAX];
};

/* Of where the chain stands, now. */
struct checkpoint checkpoint_of(const struct chain *c);
/* The text that is signed (docs/formats/audit.md). */
void checkpoint_put_text(const struct checkpoint *c, struct buf *out);
/* The audit record. */
void checkpoint_put_record(const struct checkpoint *c, struct span kid, struct span signature,
                           struct buf *out);

struct checkpoint_line {
    struct checkpoint what;
    struct span kid;
    uint8_t signature[CHECKPOINT_SIG_MAX];
    size_t signature_len;
};
/* kid is borrowed from line. ERR_NOT_FOUND: a line of another kind. ERR_FORMAT: says that it is
 * a checkpoint, but is not in the spelling we write. */
MUST_CHECK enum err checkpoint_read(struct span line, struct checkpoint_line *out);
/* The line vouched for, if line is a checkpoint. */
bool checkpoint_read_seq(struct span line, uint64_t *seq);

#endif /* SCRIBE_CHECKPOINT_H */
