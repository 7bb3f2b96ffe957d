/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meddling.c - what somebody else did to the current audit file, and going on
 * after it (auditlog.h). What we held open is evidence: it is kept, or copied
 * back if its name is gone, and never deleted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "scribe/auditlog_int.h"
#include "scribe/files.h"
#include "scribe/line.h"

enum { COPY_ROOM = 256 * 1024 };

enum auditlog_found
auditlog_check(const struct auditlog *l)
{
    struct stat ours, named;

    if (l->fd < 0 || fstat(l->fd, &ours) != 0)
        return FOUND_WELL;
    if (fstatat(l->dir, AUDIT_CURRENT, &named, AT_SYMLINK_NOFOLLOW) != 0)
        return ours.st_nlink == 0 ? FOUND_DELETED : FOUND_MOVED;
    if (named.st_ino != ours.st_ino || named.st_dev != ours.st_dev)
        return FOUND_REPLACED;
    if ((uint64_t)ours.st_size < l->written)
        return FOUND_TRUNCATED;
    return (uint64_t)ours.st_size > l->written ? FOUND_GROWN : FOUND_WELL;
}

const char *
auditlog_found_text(enum auditlog_found f)
{
    switch (f) {
    case FOUND_WELL:
        return "the audit file is as it was written";
    case FOUND_DELETED:
        return "the audit file was deleted";
    case FOUND_MOVED:
        return "the audit file was renamed";
    case FOUND_REPLACED:
        return "the audit file was replaced by another file";
    case FOUND_TRUNCATED:
        return "the audit file was truncated";
    case FOUND_GROWN:
        return "somebody else wrote to the audit file";
    }
    return "the audit file is in an unknown state";
}

static enum err
copy_bytes(int in, uint64_t from, uint64_t to, int out)
{
    uint8_t *room = malloc(COPY_ROOM);
    enum err e = room == NULL ? ERR_AUDIT : ERR_OK;
    size_t done;

    for (uint64_t at = from; e == ERR_OK && at < to;) {
        uint64_t want = to - at < COPY_ROOM ? to - at : COPY_ROOM;
        ssize_t n = pread(in, room, want, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            e = auditlog_failed("cannot read the file that we hold");
        else
            e = auditlog_put_at(out, span_of(room, (size_t)n), at - from, &done);
        at += e == ERR_OK ? (uint64_t)n : 0;
    }
    free(room);
    return e;
}

bool
auditlog_copy(const struct auditlog *l, uint64_t from, uint64_t to, const char *name)
{
    int fd = openat(l->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool ok = fd >= 0 && copy_bytes(l->fd, from, to, fd) == ERR_OK && fsync(fd) == 0;

    if (!ok)
        (void)auditlog_failed("cannot keep a copy");
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Returns whether every line of the old file can still be found in the directory. */
static bool
save_old(const struct auditlog *l, enum auditlog_found f)
{
    char name[AUDIT_NAME_MAX];
    struct stat st;

    audit_name_put(name, l->first_seq);
    switch (f) {
    case FOUND_DELETED:
    case FOUND_REPLACED:
        if (fstat(l->fd, &st) == 0 && st.st_nlink > 0)
            return true; /* it lives under some other name */
        /* The file has no name any more, but our descriptor still reaches its bytes. */
        return l->first_seq == 0 || auditlog_copy(l, 0, l->written, name);
    case FOUND_TRUNCATED:
    case FOUND_GROWN:
        return (l->first_seq == 0 || auditlog_rename(l, AUDIT_CURRENT, name) == ERR_OK) &&
               f == FOUND_GROWN;
    case FOUND_MOVED:
    case FOUND_WELL:
        return true;
    }
    return true;
}

/* The lines that the kernel has not taken whole must go into the new file. */
static void
keep_unwritten(struct auditlog *l)
{
    size_t at = l->written - l->synced;
    struct line_link link;
    struct span first;

    while (at > 0 && l->tail.ptr[at - 1] != '\n')
        at--;
    buf_drop_head(&l->tail, at);
    l->synced = l->written = l->reserved = l->first_seq = l->tail_lines = 0;
    first = span_head(buf_span(&l->tail), span_find(buf_span(&l->tail), '\n'));
    if (span_is_empty(first))
        return;
    bug_on(line_parse(first, &link) != ERR_OK);
    l->first_seq = link.seq;
    for (size_t i = 0; i < l->tail.len; i++)
        l->tail_lines += l->tail.ptr[i] == '\n';
}

enum err
auditlog_restart(struct auditlog *l, enum auditlog_found f, bool *saved)
{
    enum err e;

    *saved = true;
    if (f == FOUND_WELL)
        return ERR_OK;
    l->replaced++;
    log_error("audit: %s", auditlog_found_text(f));
    *saved = save_old(l, f);
    /* What the kernel has of our lines leaves the tail, and a/pending with the next commit. */
    if (fdatasync(l->fd) != 0)
        (void)auditlog_failed("cannot sync the file that we held");
    close(l->fd);
    l->fd = -1;
    keep_unwritten(l);
    e = auditlog_begin(l);
    return e == ERR_OK ? ERR_OK : ERR_AUDIT;
}
