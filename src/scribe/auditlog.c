/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auditlog.c - appending by position: the file's length is known here and is
 * never asked of the file, so a foreign append is noticed and never built upon.
 *
 * Invariant: synced <= written <= synced + tail.len, and tail holds the bytes
 * of the file from synced on. After a failed fdatasync the kernel may have
 * dropped the pages it could not write, so `written` falls back to `synced`
 * and the whole tail is written again.
 */
#include "scribe/auditlog.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "scribe/auditlog_int.h"
#include "scribe/fault.h"
#include "scribe/files.h"

enum { FILE_MODE = 0640, PAGE = 4096 };

enum err
auditlog_failed(const char *what)
{
    log_error("audit: %s: %s", what, strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_AUDIT;
}

enum err
auditlog_put_at(int fd, struct span bytes, uint64_t at, size_t *done)
{
    *done = 0;
    while (*done < bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr + *done, bytes.len - *done, (off_t)(at + *done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return auditlog_failed("cannot write");
        *done += (size_t)n;
    }
    return ERR_OK;
}

enum err
auditlog_rename(const struct auditlog *l, const char *from, const char *to)
{
    enum err e = fault_at("rename");

    if (e != ERR_OK)
        return e;
    if (renameat2(l->dir, from, l->dir, to, RENAME_NOREPLACE) == 0)
        return ERR_OK;
    if (errno != EEXIST)
        return auditlog_failed("cannot rename the file");
    e = auditlog_set_aside(l, to);
    if (e != ERR_OK)
        return e;
    if (renameat2(l->dir, from, l->dir, to, RENAME_NOREPLACE) != 0)
        return auditlog_failed("cannot rename the file");
    return ERR_OK;
}

enum err
auditlog_set_aside(const struct auditlog *l, const char *name)
{
    char aside[AUDIT_NAME_MAX];

    for (unsigned i = 1; i < 1000; i++) {
        (void)snprintf(aside, sizeof(aside), "audit-found-%u.jsonl", i);
        if (renameat2(l->dir, name, l->dir, aside, RENAME_NOREPLACE) == 0) {
            log_error("audit: a file that is not ours stood at %s; it is %s now", name, aside);
            return ERR_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return auditlog_failed("cannot set a foreign file aside");
}

static int
open_new(const struct auditlog *l)
{
    return openat(l->dir, AUDIT_CURRENT, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  FILE_MODE);
}

static bool
note_identity(struct auditlog *l, struct stat *st)
{
    if (fstat(l->fd, st) != 0)
        return false;
    l->dev = (uint64_t)st->st_dev;
    l->ino = (uint64_t)st->st_ino;
    return true;
}

enum err
auditlog_begin(struct auditlog *l)
{
    enum err e = fault_at("create");
    struct stat st;

    if (e != ERR_OK)
        return e;
    l->fd = open_new(l);
    if (l->fd < 0 && errno == EEXIST) {
        e = auditlog_set_aside(l, AUDIT_CURRENT);
        if (e != ERR_OK)
            return e;
        l->fd = open_new(l);
    }
    if (l->fd < 0)
        return auditlog_failed("cannot make " AUDIT_CURRENT);
    if (!note_identity(l, &st)) /* then the next start reads it whole */
        l->dev = l->ino = 0;
    l->reserved = l->begun = 0;
    if (fsync(l->dir) != 0)
        return auditlog_failed("cannot sync the directory");
    return ERR_OK;
}

enum err
auditlog_open(struct auditlog *l, int dir, uint64_t max_bytes)
{
    struct stat st;
    enum err e;

    *l = (struct auditlog){ .dir = dir, .fd = -1, .max_bytes = max_bytes };
    buf_init(&l->tail, AUDITLOG_TAIL_MAX);
    l->fd = openat(dir, AUDIT_CURRENT, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (l->fd < 0) {
        if (errno != ENOENT)
            return auditlog_failed("cannot open " AUDIT_CURRENT) == ERR_FULL ? ERR_FULL
                                                                             : ERR_IO;
        e = auditlog_begin(l);
        return e == ERR_AUDIT ? ERR_IO : e;
    }
    if (!note_identity(l, &st) || !S_ISREG(st.st_mode)) {
        log_error("audit: " AUDIT_CURRENT " is not a regular file");
        return ERR_IO;
    }
    l->synced = l->written = l->reserved = (uint64_t)st.st_size;
    return ERR_OK;
}

void
auditlog_close(struct auditlog *l)
{
    if (l->fd >= 0)
        close(l->fd);
    if (l->dir >= 0)
        close(l->dir);
    buf_release(&l->tail);
    *l = (struct auditlog){ .dir = -1, .fd = -1 };
}

enum err
auditlog_cut(struct auditlog *l, uint64_t at)
{
    bug_on(l->tail.len != 0 || at > l->synced);
    if (ftruncate(l->fd, (off_t)at) != 0 || fdatasync(l->fd) != 0) {
        (void)auditlog_failed("cannot cut " AUDIT_CURRENT);
        return ERR_IO;
    }
    l->synced = l->written = l->reserved = at;
    return ERR_OK;
}

enum err
auditlog_settle(struct auditlog *l)
{
    enum err e = fault_at("settle");

    bug_on(l->tail.len != 0);
    if (e == ERR_OK && fdatasync(l->fd) != 0) {
        (void)auditlog_failed("cannot sync " AUDIT_CURRENT);
        e = ERR_IO;
    }
    return e;
}

struct place
auditlog_place(const struct auditlog *l)
{
    return (struct place){
        .first_seq = l->first_seq, .end = auditlog_end(l), .dev = l->dev, .ino = l->ino
    };
}

uint64_t
auditlog_end(const struct auditlog *l)
{
    return l->synced + l->tail.len;
}

bool
auditlog_is_stuck(const struct auditlog *l)
{
    return l->fd < 0 || l->written < auditlog_end(l);
}

bool
auditlog_is_large(const struct auditlog *l)
{
    return l->max_bytes != 0 && auditlog_end(l) >= l->max_bytes;
}

static bool
keep_room(struct auditlog *l, uint64_t from, uint64_t len)
{
    int rc;

    do
        rc = fallocate(l->fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)len);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        l->reserved = from + len;
    return rc == 0;
}

enum err
auditlog_reserve(struct auditlog *l, size_t bytes)
{
    uint64_t end;
    enum err e = fault_at("reserve");

    if (e == ERR_OK)
        e = auditlog_write(l);
    if (e != ERR_OK)
        return e;
    end = auditlog_end(l);
    if (end + bytes <= l->reserved)
        return ERR_OK;
    if (keep_room(l, end, bytes + AUDITLOG_STEP) || keep_room(l, end, bytes))
        return ERR_OK;
    /* A file system without promises: auditlog_write() will tell, and its lines are kept. */
    if (errno == EOPNOTSUPP || errno == ENOSYS) {
        l->reserved = UINT64_MAX;
        return ERR_OK;
    }
    return auditlog_failed("cannot reserve room");
}

enum err
auditlog_stage(struct auditlog *l, struct span lines, uint64_t count, uint64_t first_seq,
               uint64_t now_ms)
{
    size_t len = l->tail.len;

    if (span_is_empty(lines))
        return ERR_OK;
    buf_put(&l->tail, lines);
    if (l->tail.err != ERR_OK) {
        enum err e = l->tail.err;

        buf_clear(&l->tail);
        l->tail.len = len;
        return e;
    }
    if (len == 0)
        l->tail_since_ms = now_ms;
    if (l->first_seq == 0)
        l->first_seq = first_seq;
    l->tail_lines += count;
    return ERR_OK;
}

struct auditlog_mark
auditlog_mark(const struct auditlog *l)
{
    return (struct auditlog_mark){ l->tail.len, l->tail_lines, l->first_seq, l->tail_since_ms };
}

void
auditlog_unstage(struct auditlog *l, struct auditlog_mark mark)
{
    bug_on(l->written > l->synced + mark.tail_len);
    l->tail.len = mark.tail_len;
    l->tail_lines = mark.tail_lines;
    l->first_seq = mark.first_seq;
    l->tail_since_ms = mark.tail_since_ms;
}

/*
 * The disk begins with whole pages while we go on. Else all that a busy second wrote waits for
 * the sync, and everybody for that. Failures are the sync's to tell.
 */
static void
begin_writeback(struct auditlog *l)
{
    uint64_t end = l->written / PAGE * PAGE;

    if (l->begun < l->synced)
        l->begun = l->synced / PAGE * PAGE;
    if (end < l->begun + AUDITLOG_WRITEBACK || fault_at("writeback") != ERR_OK)
        return;
    (void)sync_file_range(l->fd, (off_t)l->begun, (off_t)(end - l->begun),
                          SYNC_FILE_RANGE_WRITE);
    l->begun = end;
}

enum err
auditlog_write(struct auditlog *l)
{
    size_t done;
    enum err e = ERR_OK;

    if (!auditlog_is_stuck(l))
        return ERR_OK;
    if (l->fd < 0)
        e = auditlog_begin(l);
    if (e == ERR_OK)
        e = fault_at("write");
    if (e != ERR_OK)
        return ERR_AUDIT;
    e = auditlog_put_at(l->fd, span_tail(buf_span(&l->tail), l->written - l->synced),
                        l->written, &done);
    l->written += done;
    begin_writeback(l);
    return e == ERR_OK ? ERR_OK : ERR_AUDIT;
}

enum err
auditlog_sync(struct auditlog *l)
{
    enum err e = auditlog_write(l);

    if (e != ERR_OK || l->tail.len == 0)
        return e;
    e = fault_at("sync");
    if (e != ERR_OK)
        return ERR_AUDIT;
    if (fdatasync(l->fd) != 0) {
        (void)auditlog_failed("cannot sync");
        l->written = l->begun = l->synced;
        return ERR_AUDIT;
    }
    l->synced = l->written;
    l->tail_lines = 0;
    buf_clear(&l->tail);
    return ERR_OK;
}

enum err
auditlog_rotate(struct auditlog *l)
{
    char name[AUDIT_NAME_MAX];
    enum err e;

    if (l->first_seq == 0)
        return ERR_OK;
    e = auditlog_sync(l);
    if (e == ERR_OK)
        e = fault_at("rotate");
    if (e != ERR_OK)
        return ERR_AUDIT;
    /* Room beyond the end goes back to the file system; failing that, it is kept in vain. */
    if (ftruncate(l->fd, (off_t)l->synced) != 0)
        log_warn("audit: cannot give back reserved room: %s", strerror(errno));
    audit_name_put(name, l->first_seq);
    e = auditlog_rename(l, AUDIT_CURRENT, name);
    if (e != ERR_OK)
        return ERR_AUDIT;
    close(l->fd);
    l->fd = -1;
    l->synced = l->written = l->reserved = l->first_seq = 0;
    e = auditlog_begin(l);
    log_info("audit: finished %s", name);
    return e == ERR_OK ? ERR_OK : ERR_AUDIT;
}
