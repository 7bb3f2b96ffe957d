/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - what is known at start, and what follows from it.
 *
 *   head     where the chain stood at the store's last commit (a/head)
 *   pending  the lines that the file might lack at that commit (a/pending)
 *   found    the last line in the files whose chain holds
 *
 *   found >= head, and the line at head is the one that head means: go on
 *   found <  head, and pending leads from found to head:            append it
 *   anything else, or found.rev newer than the store:               refuse
 *
 * Bytes behind `found` that are no whole line are what a crash leaves; they
 * are cut off. Whole lines behind it are kept beside the log before they are
 * cut: a crash can leave such, but so can somebody with an editor.
 */
#include "scribe/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "scribe/auditlog_int.h"
#include "scribe/checkpoint.h"
#include "scribe/files.h"
#include "scribe/walk.h"

struct scene {
    struct store *store;
    struct auditlog *log;
    struct chain head;
    struct place place; /* of the head; all zero if the store does not say */
    bool has_head;
    struct buf pending; /* lines */
    uint64_t revision;
    struct chain found;
    uint64_t first_seq;   /* of the file walked */
    uint64_t good_end;    /* behind the line of found, in the current file */
    bool whole_lines_cut; /* there are whole lines behind good_end */
    bool head_differs;    /* the file's line at head.seq is another one */
};

static enum err
load_rows(struct scene *s, struct store_view *v)
{
    struct store_row row;
    struct span lines;
    enum err e = store_get(v, span_str(CHAIN_HEAD_KEY), &row);

    s->revision = store_revision(v);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK)
        e = chain_unpack(row.value, &s->head);
    if (e != ERR_OK)
        return e;
    s->has_head = true;
    if (place_unpack(row.value, &s->place) != ERR_OK)
        s->place = (struct place){ 0 }; /* written by an older release: all is read */
    e = store_get(v, span_str(CHAIN_PENDING_KEY), &row);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK)
        e = chain_unpack_pending(row.value, &lines);
    if (e != ERR_OK)
        return e;
    buf_put(&s->pending, lines);
    return s->pending.err;
}

static enum err
load_store(struct scene *s)
{
    struct store_view *v = NULL;
    enum err e = store_begin(s->store, &v);

    if (e == ERR_OK)
        e = load_rows(s, v);
    store_end(v);
    if (e == ERR_FORMAT)
        log_error("audit: the rows a/ of the store are damaged or of a newer release");
    return e;
}

/* ERR_OK: the line belongs to the chain and found stands on it. */
static enum err
take_line(struct scene *s, struct span line)
{
    uint64_t vouched;
    enum err e = s->found.seq == 0 && s->first_seq == 0 ? chain_start_at(&s->found, line)
                                                        : chain_follow(&s->found, line);

    if (e != ERR_OK)
        return e;
    if (s->first_seq == 0)
        s->first_seq = s->found.seq;
    if (checkpoint_read_seq(line, &vouched))
        s->found.signed_seq = vouched;
    if (s->has_head && s->found.seq == s->head.seq)
        s->head_differs = !span_is_equal(span_of(s->found.hash, LINE_HASH_LEN),
                                         span_of(s->head.hash, LINE_HASH_LEN));
    return ERR_OK;
}

/* Begins behind what the store knows, if that stands where it should, else at the beginning. */
static enum err
begin_walk(struct scene *s, int fd, struct walk *w)
{
    enum err e =
        place_find(&s->place, &s->head, buf_span(&s->pending), fd, &s->found, &s->good_end);

    s->first_seq = e == ERR_OK ? s->place.first_seq : 0;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    e = walk_init(w, fd);
    w->from = s->good_end;
    return e;
}

static enum err
walk_file(struct scene *s, int fd)
{
    struct walk w = { 0 };
    struct span line;
    enum err e = begin_walk(s, fd, &w);

    while (e == ERR_OK) {
        e = walk_next(&w, &line);
        if (e != ERR_OK)
            break;
        e = take_line(s, line);
        if (e == ERR_OK)
            s->good_end = w.from;
        else if (e == ERR_FORMAT || e == ERR_INTEGRITY)
            s->whole_lines_cut = true;
    }
    walk_release(&w);
    if (e == ERR_TOO_LARGE)
        s->whole_lines_cut = true;
    return e == ERR_IO || e == ERR_NOMEM || e == ERR_CRYPTO ? e : ERR_OK;
}

/* Between a rotation and the first line after it, the chain's end is in the newest finished
 * file. */
static enum err
walk_finished(struct scene *s)
{
    struct audit_files files;
    enum err e = audit_files_get(s->log->dir, &files);
    int fd;

    if (e != ERR_OK)
        return e;
    if (files.count > 0) {
        fd = openat(s->log->dir, files.list[files.count - 1].name,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            log_error("audit: cannot open %s: %s", files.list[files.count - 1].name,
                      strerror(errno));
        e = fd < 0 ? ERR_IO : walk_file(s, fd);
        if (fd >= 0)
            close(fd);
    }
    audit_files_release(&files);
    return e;
}

static enum err
load_log(struct scene *s)
{
    enum err e = walk_file(s, s->log->fd);
    bool foreign = s->whole_lines_cut;

    if (e != ERR_OK || s->first_seq != 0) {
        s->log->first_seq = s->first_seq;
        return e;
    }
    e = walk_finished(s);
    /* What was walked is not the current file: nothing of the current one is good. */
    s->good_end = 0;
    s->whole_lines_cut = foreign;
    return e;
}

/* The part of pending that the file lacks; ERR_ROLLBACK if it does not lead from found to head.
 */
static enum err
bridge(const struct scene *s, struct chain *end, struct span *missing)
{
    struct span rest = buf_span(&s->pending);
    struct line_link link;
    bool found_start = false;

    *end = s->found;
    *missing = (struct span){ 0 };
    while (!span_is_empty(rest)) {
        struct span line = span_head(rest, span_find(rest, '\n'));
        enum err e = line_parse(line, &link);

        if (e == ERR_OK && link.seq > s->found.seq) {
            if (!found_start)
                *missing = rest;
            found_start = true;
            e = chain_follow(end, line);
        }
        if (e != ERR_OK)
            return e == ERR_CRYPTO ? e : ERR_ROLLBACK;
        rest = span_tail(rest, line.len + 1);
    }
    if (end->seq != s->head.seq ||
        !span_is_equal(span_of(end->hash, LINE_HASH_LEN), span_of(s->head.hash, LINE_HASH_LEN)))
        return ERR_ROLLBACK;
    return ERR_OK;
}

/* Why the two do not belong together; NULL when they do. *missing: lines to append. */
static enum err
judge(const struct scene *s, struct chain *end, struct span *missing, const char **why)
{
    enum err e;

    *end = s->found;
    *missing = (struct span){ 0 };
    *why = NULL;
    if (s->found.rev > s->revision)
        *why = "the store is older than the audit log";
    else if (s->head_differs)
        *why = "store and audit log have different histories";
    if (*why != NULL)
        return ERR_ROLLBACK;
    if (!s->has_head || s->head.seq <= s->found.seq)
        return ERR_OK;
    e = bridge(s, end, missing);
    if (e == ERR_ROLLBACK)
        *why = "the audit log lacks lines that the store knows of";
    return e;
}

/* Whole lines that do not continue the chain: evidence, kept before they are cut. */
static enum err
keep_cut(struct scene *s, struct recovery *out)
{
    char name[AUDIT_NAME_MAX];
    enum err e;
    bool ok;

    (void)snprintf(name, sizeof(name), "audit-cut-%llu.jsonl",
                   (unsigned long long)s->found.seq + 1);
    ok = auditlog_copy(s->log, s->good_end, s->log->synced, name);
    out->notice_operation = "AuditTailCut";
    (void)snprintf(out->notice, sizeof(out->notice),
                   "%llu bytes behind line %llu did not continue the chain and were cut; %s",
                   (unsigned long long)(s->log->synced - s->good_end),
                   (unsigned long long)s->found.seq, ok ? name : "they could not be kept");
    log_error("audit: %s", out->notice);
    e = auditlog_cut(s->log, s->good_end);
    return e;
}

static enum err
mend(struct scene *s, struct span missing, struct recovery *out)
{
    struct line_link link = { 0 };
    uint64_t count = 0;
    enum err e = ERR_OK;

    if (s->log->synced > s->good_end) {
        if (s->whole_lines_cut)
            e = keep_cut(s, out);
        else {
            log_warn("audit: a torn line of %llu bytes was cut off",
                     (unsigned long long)(s->log->synced - s->good_end));
            e = auditlog_cut(s->log, s->good_end);
        }
    }
    /* Who wrote these lines may have been killed before he synced them, and a/pending is going
     * to be written over. */
    if (e == ERR_OK)
        e = auditlog_settle(s->log);
    if (e != ERR_OK || span_is_empty(missing))
        return e;
    for (size_t i = 0; i < missing.len; i++)
        count += missing.ptr[i] == '\n';
    e = line_parse(span_head(missing, span_find(missing, '\n')), &link);
    if (e == ERR_OK)
        e = auditlog_stage(s->log, missing, count, link.seq, clock_mono_ms());
    if (e == ERR_OK)
        e = auditlog_sync(s->log);
    log_info("audit: %llu lines were appended from the store", (unsigned long long)count);
    return e == ERR_AUDIT ? ERR_IO : e;
}

/* A file without one good line cannot be finished under a name of ours: it is set aside. */
static enum err
renew(struct auditlog *l)
{
    enum err e;

    if (l->first_seq != 0 || l->synced == 0) {
        e = auditlog_rotate(l);
    } else {
        close(l->fd);
        l->fd = -1;
        l->synced = l->written = 0;
        e = auditlog_begin(l);
    }
    return e == ERR_AUDIT ? ERR_IO : e;
}

/* The operator named this loss: a new file begins, and says so in its first line. */
static enum err
accept(struct scene *s, uint64_t next, const char *why, struct recovery *out)
{
    enum err e = renew(s->log);

    if (e != ERR_OK)
        return e;
    out->chain = s->found;
    out->chain.seq = next - 1;
    out->chain.rev = s->revision;
    out->notice_operation = "AuditLossAccepted";
    (void)snprintf(out->notice, sizeof(out->notice),
                   "%s; the operator accepted it. Last line of the log: %llu (revision %llu). "
                   "The store knew line %llu and is at revision %llu",
                   why, (unsigned long long)s->found.seq, (unsigned long long)s->found.rev,
                   (unsigned long long)s->head.seq, (unsigned long long)s->revision);
    log_error("audit: %s", out->notice);
    return ERR_OK;
}

static enum err
refuse(const struct scene *s, uint64_t next, const char *why)
{
    log_error("audit: %s: log at line %llu, revision %llu; store at line %llu, revision %llu",
              why, (unsigned long long)s->found.seq, (unsigned long long)s->found.rev,
              (unsigned long long)s->head.seq, (unsigned long long)s->revision);
    log_error(
        "audit: not starting. Put the missing part back; or, to go on without it and leave "
        "the loss on record, set audit.accept_loss = %llu",
        (unsigned long long)next);
    return ERR_ROLLBACK;
}

static enum err
recover_scene(struct scene *s, uint64_t accept_loss, struct recovery *out)
{
    struct span missing;
    const char *why;
    uint64_t next;
    enum err e = load_store(s);

    if (e == ERR_OK)
        e = load_log(s);
    if (e != ERR_OK)
        return e;
    out->head_seq = s->head.seq;
    out->revision = s->revision;
    if (s->found.signed_seq < s->head.signed_seq)
        s->found.signed_seq = s->head.signed_seq;
    e = judge(s, &out->chain, &missing, &why);
    if (e == ERR_OK)
        return mend(s, missing, out);
    if (e != ERR_ROLLBACK)
        return e;
    next = (s->found.seq > s->head.seq ? s->found.seq : s->head.seq) + 1;
    return accept_loss == next ? accept(s, next, why, out) : refuse(s, next, why);
}

enum err
recover(struct store *store, struct auditlog *l, uint64_t accept_loss, struct recovery *out)
{
    struct scene s = { .store = store, .log = l };
    enum err e;

    *out = (struct recovery){ 0 };
    buf_init(&s.pending, MAX_STORE_VALUE);
    e = recover_scene(&s, accept_loss, out);
    buf_release(&s.pending);
    return e;
}
