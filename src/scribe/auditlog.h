/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auditlog.h - the audit files of one directory: append, keep durable, rotate,
 * notice when somebody meddles.
 *
 * Lines go through three states. Staged: in memory only. Written: the kernel
 * has them. Durable: fdatasync said so. Lines that are not durable stay in
 * memory (the tail), so that a failed write or sync can be done again, and so
 * that the store's row a/pending can carry them.
 *
 * Knows nothing of the chain: bytes, and the sequence number that a file begins with.
 */
#ifndef SCRIBE_AUDITLOG_H
#define SCRIBE_AUDITLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "scribe/place.h"

enum {
    AUDITLOG_TAIL_MAX = 6 * 1024 * 1024,
    AUDITLOG_STEP = 1024 * 1024,     /* room asked of the file system at once */
    AUDITLOG_WRITEBACK = 256 * 1024, /* bytes the disk is told of at once, before the sync */
};

struct auditlog {
    int dir;            /* owned */
    int fd;             /* audit.jsonl; -1 when it could not be made: tried again */
    uint64_t dev, ino;  /* of that file */
    uint64_t max_bytes; /* rotate when the file is larger; 0 = never by itself */
    uint64_t first_seq; /* of the current file; 0 while it is empty */
    uint64_t synced;    /* bytes of the file known to be durable */
    uint64_t written;   /* bytes the kernel has */
    uint64_t begun;    /* up to where the disk was told to begin, or `synced` if that is more */
    uint64_t reserved; /* up to where the file system promised room */
    struct buf tail;   /* the bytes from `synced` on */
    uint64_t tail_lines;
    uint64_t tail_since_ms; /* when the oldest line of the tail was staged */
    uint64_t replaced;      /* times auditlog_check() found something */
};

/* dir is adopted, also on failure. The current file is opened or made. ERR_IO, ERR_FULL. */
MUST_CHECK enum err auditlog_open(struct auditlog *l, int dir, uint64_t max_bytes);
void auditlog_close(struct auditlog *l);

/* Shortens the current file (start only, no tail). ERR_IO. */
MUST_CHECK enum err auditlog_cut(struct auditlog *l, uint64_t at);
/* Makes durable what a process before us has written (start only, no tail). ERR_IO. */
MUST_CHECK enum err auditlog_settle(struct auditlog *l);

/* Where the file will end with what is staged. */
struct place auditlog_place(const struct auditlog *l);
/* Bytes of the current file with what is staged. */
uint64_t auditlog_end(const struct auditlog *l);
/* Lines are staged that the kernel did not take yet. */
bool auditlog_is_stuck(const struct auditlog *l);
bool auditlog_is_large(const struct auditlog *l);

/*
 * Makes sure of room for that many bytes more: what follows then fails for want of space only
 * on file systems that cannot promise any. First writes what is stuck.
 * ERR_FULL (no room), ERR_AUDIT (anything else).
 */
MUST_CHECK enum err auditlog_reserve(struct auditlog *l, size_t bytes);
/* Adds whole lines to the tail. first_seq: of the first of them. ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err auditlog_stage(struct auditlog *l, struct span lines, uint64_t count,
                                   uint64_t first_seq, uint64_t now_ms);
/* Takes the lines of the last auditlog_stage() back; nothing of them was written. */
struct auditlog_mark {
    size_t tail_len;
    uint64_t tail_lines, first_seq, tail_since_ms;
};
struct auditlog_mark auditlog_mark(const struct auditlog *l);
void auditlog_unstage(struct auditlog *l, struct auditlog_mark mark);

/* Hands everything staged to the kernel. ERR_AUDIT (logged): the lines are kept. */
MUST_CHECK enum err auditlog_write(struct auditlog *l);
/* Writes, then makes durable; the tail is empty afterwards. ERR_AUDIT: the tail is kept. */
MUST_CHECK enum err auditlog_sync(struct auditlog *l);

/* Finishes the current file and begins an empty one. No effect on an empty file.
 * ERR_AUDIT: went on in the old file, or without one (tried again at the next write). */
MUST_CHECK enum err auditlog_rotate(struct auditlog *l);

enum auditlog_found {
    FOUND_WELL,
    FOUND_DELETED,   /* nobody names our file any more */
    FOUND_MOVED,     /* it has another name */
    FOUND_REPLACED,  /* another file stands in its place */
    FOUND_TRUNCATED, /* it is shorter than what we wrote */
    FOUND_GROWN,     /* somebody else appended */
};
/* Compares the file with what was written. */
enum auditlog_found auditlog_check(const struct auditlog *l);
/* A short sentence for the log and the notice. */
const char *auditlog_found_text(enum auditlog_found f);

/*
 * After a finding: begins a new file. A file that was deleted or replaced while we held it
 * open is copied back under its finished name; a truncated or grown one is put under that
 * name as it is; a stranger in our place is set aside as audit-found-*. *saved: no line of
 * ours is lost. ERR_AUDIT: no new file could be made (tried again at the next write).
 */
MUST_CHECK enum err auditlog_restart(struct auditlog *l, enum auditlog_found f, bool *saved);

#endif /* SCRIBE_AUDITLOG_H */
