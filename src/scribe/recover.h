/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.h - bringing audit log and store in line at start.
 *
 * After a crash the file may lack lines that a/pending still has, and may end
 * in a torn line. Both are mended. Anything else means that one of the two is
 * older than the other, or was changed: then nothing is touched and the start
 * is refused, unless the operator named this very loss (audit.accept_loss).
 */
#ifndef SCRIBE_RECOVER_H
#define SCRIBE_RECOVER_H

#include <stdint.h>

#include "base/err.h"
#include "scribe/auditlog.h"
#include "scribe/chain.h"
#include "store/store.h"

struct recovery {
    struct chain chain; /* where the chain goes on */
    uint64_t head_seq;  /* what a/head says; 0 without one */
    uint64_t revision;  /* of the store */
    char notice[256];   /* for the log's next line; empty if there is nothing to say */
    const char *notice_operation;
};

/*
 * l: freshly opened; on ERR_OK its file ends with out->chain's line and is durable.
 * accept_loss: 0, or the number the refusal asked for.
 * ERR_ROLLBACK (logged, with the number), ERR_FORMAT (rows a/ are not ours), ERR_IO, ERR_NOMEM,
 * ERR_FULL, ERR_CRYPTO.
 */
MUST_CHECK enum err recover(struct store *store, struct auditlog *l, uint64_t accept_loss,
                            struct recovery *out);

#endif /* SCRIBE_RECOVER_H */
