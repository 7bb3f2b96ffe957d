/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upkeep.c - what the committer does besides committing: opening, the scribe's
 * own lines, syncing in time, rotation, and noticing that somebody meddled.
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "scribe/commit_int.h"
#include "scribe/fault.h"
#include "scribe/notice.h"

enum {
    SYNC_AFTER_MS = 1000,
    CHECK_EVERY_MS = 1000,
    OWN_MAX = 8 * 1024, /* room for a line of our own */
};

/* now may have been read before `since` was: then no time has passed. */
static uint64_t
elapsed(uint64_t now_ms, uint64_t since_ms)
{
    return now_ms > since_ms ? now_ms - since_ms : 0;
}

static void
want_notice(struct committer *c, const char *operation, const char *text)
{
    (void)snprintf(c->notice, sizeof(c->notice), "%s", text);
    c->notice_operation = operation;
}

enum err
committer_open(struct committer *c, struct store *store, int dir, uint64_t max_bytes,
               uint64_t accept_loss)
{
    struct recovery rec;
    enum err e;

    *c = (struct committer){ .store = store };
    buf_init(&c->lines, 2 * 1024 * 1024);
    buf_init(&c->row, MAX_STORE_VALUE);
    store_write_init(&c->head);
    e = auditlog_open(&c->log, dir, max_bytes);
    if (e == ERR_OK)
        e = decide_init(&c->decide);
    if (e == ERR_OK)
        e = recover(store, &c->log, accept_loss, &rec);
    if (e != ERR_OK) {
        committer_close(c);
        return e;
    }
    c->chain = rec.chain;
    c->noted_seq = rec.head_seq;
    c->stats.revision = rec.revision;
    if (rec.notice[0] != '\0')
        want_notice(c, rec.notice_operation, rec.notice);
    committer_tend(c, clock_mono_ms());
    return ERR_OK;
}

void
committer_close(struct committer *c)
{
    auditlog_close(&c->log);
    decide_release(&c->decide);
    store_write_release(&c->head);
    buf_release(&c->lines);
    buf_release(&c->row);
}

enum err
committer_chain(struct committer *c, struct span record)
{
    struct chain next = c->chain;
    enum err e;

    if (c->failed)
        return ERR_IO;
    buf_clear(&c->lines);
    e = chain_add(&next, record, c->stats.revision, &c->lines);
    if (e == ERR_OK)
        e = auditlog_reserve(&c->log, c->lines.len + OWN_MAX);
    if (e == ERR_OK)
        e = auditlog_stage(&c->log, buf_span(&c->lines), 1, next.seq, clock_mono_ms());
    if (e != ERR_OK)
        return e;
    c->chain = next;
    /* Chained: if the kernel does not take it now, it will with what comes next. */
    if (auditlog_write(&c->log) != ERR_OK)
        log_error("audit: a line of our own waits to be written");
    return ERR_OK;
}

enum err
committer_checkpoint(struct committer *c, struct span record, uint64_t seq)
{
    enum err e = fault_at("checkpoint");

    if (e == ERR_OK)
        e = committer_chain(c, record);
    if (e == ERR_OK)
        c->chain.signed_seq = seq;
    return e;
}

enum err
committer_note_head(struct committer *c)
{
    enum err e = c->failed ? ERR_IO : auditlog_sync(&c->log);

    if (e != ERR_OK || c->noted_seq == c->chain.seq)
        return e;
    store_write_clear(&c->head);
    return commit_with_chain(c, &c->head, &c->chain, "head");
}

enum err
committer_rotate(struct committer *c)
{
    /* At start the chain's end is looked for in the newest file only: what is older must be
     * known to the store. */
    enum err e = committer_note_head(c);

    if (e == ERR_OK)
        e = auditlog_rotate(&c->log);
    c->rotations += e == ERR_OK;
    return e;
}

static void
write_notice(struct committer *c)
{
    struct buf record;

    if (c->notice[0] == '\0')
        return;
    buf_init(&record, NOTICE_MAX);
    notice_put(c->notice_operation, c->notice, &record);
    if (record.err == ERR_OK && committer_chain(c, buf_span(&record)) == ERR_OK)
        c->notice[0] = '\0';
    buf_release(&record);
}

void
committer_look(struct committer *c, uint64_t now_ms)
{
    enum auditlog_found f = auditlog_check(&c->log);
    char text[sizeof(c->notice)];
    bool saved;

    c->checked_ms = now_ms;
    if (f == FOUND_WELL)
        return;
    if (auditlog_restart(&c->log, f, &saved) != ERR_OK)
        log_error("audit: no new file could be made; it is tried again with the next record");
    (void)snprintf(text, sizeof(text),
                   "%s while it was being written; the line before was %llu; %s",
                   auditlog_found_text(f), (unsigned long long)c->chain.seq,
                   saved ? "its lines are kept" : "lines were lost");
    want_notice(c, "AuditFileMeddled", text);
}

void
committer_tend(struct committer *c, uint64_t now_ms)
{
    if (c->failed)
        return;
    if (c->checked_ms == 0 || elapsed(now_ms, c->checked_ms) >= CHECK_EVERY_MS)
        committer_look(c, now_ms);
    write_notice(c);
    if (c->log.tail.len > 0 && elapsed(now_ms, c->log.tail_since_ms) >= SYNC_AFTER_MS)
        (void)!auditlog_sync(&c->log);
    if (auditlog_is_large(&c->log))
        (void)!committer_rotate(c);
}

uint64_t
committer_wait_ms(const struct committer *c, uint64_t now_ms)
{
    uint64_t age = elapsed(now_ms, c->log.tail_since_ms);

    if (c->notice[0] != '\0')
        return CHECK_EVERY_MS;
    if (c->log.tail.len == 0)
        return UINT64_MAX;
    return age >= SYNC_AFTER_MS ? SYNC_AFTER_MS : SYNC_AFTER_MS - age;
}

struct scribe_stats
committer_stats(const struct committer *c)
{
    struct scribe_stats s = c->stats;

    s.audit_bytes = auditlog_end(&c->log);
    s.audit_unsynced = c->log.tail_lines;
    s.audit_replaced = c->log.replaced;
    return s;
}
