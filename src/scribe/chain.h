/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - the chain of audit lines: where it stands, and how the store keeps it.
 *
 * Two rows of the store belong to the chain. a/head says where it stood when
 * the commit was made; it is written with every commit, so a change and its
 * record are one transaction. a/pending holds the lines that were not known
 * to be durable in the audit file at that moment, the commit's own among them
 * (docs/formats/audit.md).
 */
#ifndef SCRIBE_CHAIN_H
#define SCRIBE_CHAIN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "scribe/line.h"

#define CHAIN_HEAD_KEY    "a/head"
#define CHAIN_PENDING_KEY "a/pending"

enum { CHAIN_ROW_FORMAT = 1, CHAIN_ROW_LEN = 1 + 3 * 8 + 4 + LINE_HASH_LEN };

struct chain {
    uint64_t seq;                /* of the last line; 0 before the first */
    uint64_t rev;                /* of the last line */
    uint8_t hash[LINE_HASH_LEN]; /* of the last line; zero before the first */
    uint64_t signed_seq;         /* up to where the last checkpoint line vouches */
};

/*
 * Appends the record as the next line and moves the chain on. The line's rev is rev, or the
 * last line's if that is greater. ERR_CRYPTO, ERR_NOMEM, ERR_TOO_LARGE: the chain has not
 * moved.
 */
MUST_CHECK enum err chain_add(struct chain *c, struct span record, uint64_t rev,
                              struct buf *lines);

/* Moves the chain over a line that stands in a file. line: without its line end.
 * ERR_FORMAT (no line of ours), ERR_INTEGRITY (not the successor), ERR_CRYPTO. */
MUST_CHECK enum err chain_follow(struct chain *c, struct span line);
/* The same without a predecessor: whatever the line says it is. */
MUST_CHECK enum err chain_start_at(struct chain *c, struct span line);

/* a/head up to its place (scribe/place.h), which is not looked at here. ERR_FORMAT. */
void chain_pack(const struct chain *c, struct buf *row);
MUST_CHECK enum err chain_unpack(struct span row, struct chain *out);

/* a/pending: whole lines with their line ends; may be empty. ERR_FORMAT. */
void chain_pack_pending(struct span lines, struct buf *row);
MUST_CHECK enum err chain_unpack_pending(struct span row, struct span *lines);

#endif /* SCRIBE_CHAIN_H */
