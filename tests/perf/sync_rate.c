/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync_rate.c - how often a disk makes durable what one commit of the scribe
 * writes: pages of the store with fdatasync, its meta page through O_DSYNC,
 * and the lines of the audit log with fdatasync.
 *
 *   sync_rate DIR SECONDS [PAGES] [LINE_BYTES]     files in DIR, removed at the end
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, SPAN = 4096, PAGES_MAX = 256, LINE_MAX = 1 << 20 };

struct disk {
    int pages, meta, log, dir;
    unsigned npages;
    size_t line;
    char *bytes;
};

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
put(int fd, const char *bytes, size_t len, off_t at)
{
    return pwrite(fd, bytes, len, at) == (ssize_t)len;
}

static bool
open_all(struct disk *d, const char *dir)
{
    d->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    d->pages = openat(d->dir, "sync_rate.pages", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    d->meta = openat(d->dir, "sync_rate.pages", O_WRONLY | O_DSYNC | O_CLOEXEC);
    d->log = openat(d->dir, "sync_rate.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (d->dir < 0 || d->pages < 0 || d->meta < 0 || d->log < 0)
        return false;
    return posix_fallocate(d->pages, 0, (off_t)SPAN * PAGE) == 0 && fsync(d->pages) == 0;
}

/* LMDB writes dirty pages wherever there was room: not beside each other. */
static bool
commit(const struct disk *d, unsigned turn)
{
    unsigned at = turn * 97;

    for (unsigned i = 0; i < d->npages; i++, at += 31)
        if (!put(d->pages, d->bytes, PAGE, (off_t)(2 + at % (SPAN - 2)) * PAGE))
            return false;
    return fdatasync(d->pages) == 0 && put(d->meta, d->bytes, PAGE, (off_t)(turn % 2) * PAGE) &&
           put(d->log, d->bytes, d->line, (off_t)turn * (off_t)d->line) &&
           fdatasync(d->log) == 0;
}

static void
close_all(struct disk *d)
{
    (void)unlinkat(d->dir, "sync_rate.pages", 0);
    (void)unlinkat(d->dir, "sync_rate.log", 0);
    (void)close(d->pages);
    (void)close(d->meta);
    (void)close(d->log);
    (void)close(d->dir);
    free(d->bytes);
}

int
main(int argc, char **argv)
{
    struct disk d = { .npages = 6, .line = 900 };
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0, begun;
    unsigned turns = 0;
    bool ok;

    if (argc > 3)
        d.npages = (unsigned)strtoul(argv[3], NULL, 10);
    if (argc > 4)
        d.line = strtoul(argv[4], NULL, 10);
    if (seconds <= 0 || d.npages > PAGES_MAX || d.line > LINE_MAX || d.line < 1) {
        fputs("usage: sync_rate DIR SECONDS [PAGES] [LINE_BYTES]\n", stderr);
        return 64;
    }
    d.bytes = calloc(1, d.line > PAGE ? d.line : PAGE);
    ok = d.bytes != NULL && open_all(&d, argv[1]);
    for (begun = now(); ok && now() - begun < seconds; turns++)
        ok = commit(&d, turns);
    if (ok)
        printf("{\"requests\":%u,\"seconds\":%.6f,\"rate\":%.2f}\n", turns, now() - begun,
               turns / (now() - begun));
    else
        perror("sync_rate");
    close_all(&d);
    return ok ? 0 : 1;
}
