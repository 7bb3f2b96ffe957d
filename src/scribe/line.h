/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - one line of the audit log: a record and its link in the chain.
 *
 * The link is three members at the very end of the object, in one canonical
 * spelling: `,"seq":7,"rev":5,"prev":"<43 characters>"}`. prev is base64url of
 * SHA-256 over the whole line before, without its line end; the first line of
 * all has 32 zero bytes there (docs/formats/audit.md).
 */
#ifndef SCRIBE_LINE_H
#define SCRIBE_LINE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "scribe/ask.h"

enum {
    LINE_HASH_LEN = 32,
    LINE_HASH_TEXT = 43,
    LINE_LINK_MAX = 128, /* what a link adds, with the line end */
    LINE_MAX_LEN = AUDIT_RECORD_MAX + LINE_LINK_MAX,
};

struct line_link {
    uint64_t seq; /* 1 for the first line of all; never 0 */
    uint64_t rev; /* of the write recorded, else the store's when the line was chained */
    uint8_t prev[LINE_HASH_LEN];
};

/* Appends the line with its line end; record is one that passed record_check() or is our own.
 */
void line_put(struct buf *out, struct span record, const struct line_link *link);

/* line: without its line end. ERR_FORMAT unless a canonical link stands at its end. */
MUST_CHECK enum err line_parse(struct span line, struct line_link *out);

/* What the next line carries as prev. ERR_CRYPTO. */
MUST_CHECK enum err line_hash(struct span line, uint8_t out[static LINE_HASH_LEN]);

#endif /* SCRIBE_LINE_H */
