/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - what may be asked of the scribe, the only writer.
 *
 * One question: "commit this write and chain this audit record". Both happen
 * or neither does. The write may be empty (a read is recorded) and so may the
 * record (the clerk's housekeeping that no request caused, e.g. leases; never
 * front's).
 * The scribe merges what is waiting into one commit and one fsync.
 *
 * Who may write which keys stands in scribe/grants.c, by prefix.
 */
#ifndef SCRIBE_ASK_H
#define SCRIBE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

enum { AUDIT_RECORD_MAX = 16 * 1024 };

enum scribe_op {
    SCRIBE_SUBMIT = 1, /* write + record -> revision */
    SCRIBE_STATS,      /* figures for the metrics page */
    SCRIBE_OP__MAX,
};

/*
 * SCRIBE_SUBMIT. write: packed bytes of a store_write. record: one JSON object
 * on one line, without a line end; the scribe adds its chain members.
 * answer: u64 revision (0 when the write was empty; writes committed together share one).
 * ERR_CONFLICT, ERR_DENIED (a key this role may not write), ERR_PROTOCOL (no packed write, or
 * a record that cannot be chained), ERR_TOO_LARGE, ERR_FULL, ERR_NOMEM: nothing was written or
 * recorded. ERR_AUDIT, ERR_IO: as a rule the same; but the write may have been made, as when
 * an answer is lost (docs/formats/audit.md).
 */
void scribe_pack_submit(struct sink k, struct span write, struct span record);
struct scribe_submit {
    struct span write;
    struct span record;
};
MUST_CHECK enum err scribe_unpack_submit(struct span payload, struct scribe_submit *out);
/* Has it a write that is not empty? False also for what cannot be unpacked. */
bool scribe_submit_writes(struct span payload);

/* SCRIBE_STATS. question: empty. answer: this, packed. */
struct scribe_stats {
    uint64_t commits; /* transactions */
    uint64_t writes;  /* accepted non-empty writes */
    uint64_t records; /* audit records chained */
    uint64_t conflicts;
    uint64_t failures;        /* submits answered with an error other than conflict */
    uint64_t commit_us_total; /* time in store_commit */
    uint64_t commit_us_max;
    uint64_t queue_max;      /* most submits in one batch */
    uint64_t audit_bytes;    /* size of the current file */
    uint64_t audit_unsynced; /* records written but not yet fsynced (lag) */
    uint64_t audit_replaced; /* times the file was found deleted or replaced */
    uint64_t revision;
};
void scribe_pack_stats(struct sink k, const struct scribe_stats *s);
MUST_CHECK enum err scribe_unpack_stats(struct span payload, struct scribe_stats *out);

#endif /* SCRIBE_ASK_H */
