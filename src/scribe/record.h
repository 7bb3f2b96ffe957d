/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - what the scribe accepts as an audit record.
 *
 * A record is one JSON object (RFC 8259) on one line. The scribe reads no
 * meaning out of it but two things: that appending members at its end yields
 * one JSON object again, and that it does not pass itself off as a line of the
 * scribe's own (Checkpoint, Notice) or bring chain members of its own.
 */
#ifndef SCRIBE_RECORD_H
#define SCRIBE_RECORD_H

#include "base/err.h"
#include "base/span.h"

/* The categories that only the scribe writes. */
#define RECORD_CHECKPOINT "Checkpoint"
#define RECORD_NOTICE     "Notice"

/*
 * The value of the member "category" at the top, or empty. Borrowed.
 * The text must be one non-empty JSON object in UTF-8 without control
 * characters, at most MAX_JSON_DEPTH deep; names at the top carry no escapes.
 * ERR_SYNTAX otherwise. The length is not judged here.
 */
MUST_CHECK enum err record_category(struct span text, struct span *out);

/* A record from another process. ERR_SYNTAX, ERR_TOO_LARGE, ERR_DENIED (passes itself off). */
MUST_CHECK enum err record_check(struct span record);

#endif /* SCRIBE_RECORD_H */
