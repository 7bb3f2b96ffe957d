/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.h - many submits, one transaction, one append, in one order.
 *
 * What a kill leaves at each step (docs/formats/audit.md, decision 0003):
 *   before the store's commit   neither write nor line
 *   after it                    the write, and its line in a/pending: appended at start
 *   after the append            both; the asker was perhaps not told
 * A power cut may take from the file whatever came after its last sync; a/pending has the lines
 * of all changes among that.
 *
 * Threads: one.
 */
#ifndef SCRIBE_COMMIT_H
#define SCRIBE_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ipc/peer.h"
#include "scribe/ask.h"
#include "scribe/auditlog.h"
#include "scribe/chain.h"
#include "scribe/decide.h"
#include "scribe/recover.h"
#include "store/store.h"

enum { BATCH_MAX = 1024, BATCH_BYTES = 8 * 1024 * 1024 };

struct submit {
    void *from; /* who asked; not looked at here */
    enum ipc_role role;
    uint64_t id;
    size_t at, len;    /* its payload in batch.bytes */
    bool decided;      /* result holds */
    bool writes;       /* its write is not empty */
    enum err result;   /* out, as in scribe/ask.h */
    uint64_t revision; /* out */
};

struct batch {
    struct submit *items; /* BATCH_MAX of them */
    size_t count;
    size_t writes; /* of them */
    struct buf bytes;
};

/* ERR_NOMEM. */
MUST_CHECK enum err batch_init(struct batch *b);
void batch_release(struct batch *b);
void batch_clear(struct batch *b);
/* Copies payload. ERR_BUSY (commit what there is first), ERR_NOMEM. */
MUST_CHECK enum err batch_add(struct batch *b, void *from, enum ipc_role role, uint64_t id,
                              struct span payload);

struct committer {
    struct store *store; /* borrowed */
    struct auditlog log;
    struct chain chain;
    struct decide decide;
    struct buf lines; /* of the commit being composed */
    struct buf row;   /* a/head, a/pending */
    struct store_write head;
    uint64_t noted_seq;  /* what a/head says */
    uint64_t checked_ms; /* last look for meddling */
    char notice[256];    /* to be the next line of the log; empty: none */
    const char *notice_operation;
    uint64_t rotations;
    bool failed; /* the store did not say what it has: end, and open anew */
    struct scribe_stats stats;
};

/*
 * Opens the audit log in dir (adopted, also on failure) and brings it in line with the store.
 * Errors of recover() and auditlog_open().
 */
MUST_CHECK enum err committer_open(struct committer *c, struct store *store, int dir,
                                   uint64_t max_bytes, uint64_t accept_loss);
void committer_close(struct committer *c);

/* Decides, commits, appends; every item has its result afterwards. */
void committer_run(struct committer *c, struct batch *b);

/* A line of the scribe's own. ERR_FULL, ERR_AUDIT, ERR_NOMEM, ERR_CRYPTO, ERR_IO: not chained.
 */
MUST_CHECK enum err committer_chain(struct committer *c, struct span record);
/* The same for a checkpoint that vouches for the line seq. */
MUST_CHECK enum err committer_checkpoint(struct committer *c, struct span record, uint64_t seq);
/* Looks now whether somebody meddled with the file (once a second by itself). */
void committer_look(struct committer *c, uint64_t now_ms);
/* What nobody waits for: sync when it is time, look for meddling, write a waiting notice. */
void committer_tend(struct committer *c, uint64_t now_ms);
/* Makes the log durable and says in the store how far it goes. */
MUST_CHECK enum err committer_note_head(struct committer *c);
/* Finishes the current audit file. ERR_AUDIT, ERR_FULL, ERR_IO: later. */
MUST_CHECK enum err committer_rotate(struct committer *c);
/* Milliseconds until committer_tend() has something to do; UINT64_MAX for never. */
uint64_t committer_wait_ms(const struct committer *c, uint64_t now_ms);

/* A copy with the figures of this moment. */
struct scribe_stats committer_stats(const struct committer *c);

#endif /* SCRIBE_COMMIT_H */
