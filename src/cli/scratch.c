/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.c - making, locking and removing throw-away folders.
 *
 * Between mkdtemp and the lock a folder looks abandoned. So who sweeps takes the
 * lock first, and who makes one looks after locking whether it is still there,
 * and makes another if not.
 *
 * Removing goes from descriptor to descriptor: part of the tree may belong to the
 * unprivileged user, and root must not follow a link that he puts in the way.
 */
#include "cli/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"

#define PARENT "/tmp"
#define PREFIX "keyhold-dev-"
enum { RANDOM_LEN = 6, DEPTH_MAX = 8, TRIES = 16 };
enum { OPEN_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static void
empty(int dir, unsigned depth)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *ent;

    if (d == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return;
    }
    while ((ent = readdir(d)) != NULL) {
        struct span name = span_str(ent->d_name);
        int below;

        if (span_is_str(name, ".") || span_is_str(name, "..") ||
            unlinkat(dir, ent->d_name, 0) == 0 || depth == 0)
            continue;
        below = openat(dir, ent->d_name, OPEN_DIR);
        if (below < 0)
            continue;
        empty(below, depth - 1);
        (void)close(below);
        (void)unlinkat(dir, ent->d_name, AT_REMOVEDIR);
    }
    (void)closedir(d);
}

void
scratch_remove(const char *path)
{
    int fd = open(path, OPEN_DIR);

    if (fd < 0)
        return;
    empty(fd, DEPTH_MAX);
    (void)close(fd);
    (void)rmdir(path);
}

/* Is what is locked what the name says? Somebody may have swept it before. */
static bool
is_there(const char *path, int fd)
{
    struct stat by_name, by_fd;

    return lstat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

enum err
scratch_make(char *path, size_t cap, int *lock)
{
    for (int i = 0; i < TRIES; i++) {
        int n = snprintf(path, cap, PARENT "/" PREFIX "XXXXXX");

        *lock = -1;
        if (n < 0 || (size_t)n >= cap || mkdtemp(path) == NULL)
            break;
        *lock = open(path, OPEN_DIR);
        if (*lock < 0)
            continue;
        if (flock(*lock, LOCK_EX | LOCK_NB) == 0 && is_there(path, *lock) &&
            fchmod(*lock, 0755) == 0)
            return ERR_OK;
        (void)close(*lock);
    }
    path[0] = '\0';
    *lock = -1;
    return ERR_IO;
}

static void
sweep_one(const char *name)
{
    char path[sizeof(PARENT "/" PREFIX) + RANDOM_LEN];
    struct stat st;
    int fd;

    (void)snprintf(path, sizeof(path), PARENT "/%s", name);
    fd = open(path, OPEN_DIR);
    if (fd < 0)
        return;
    /* What is ours stays where it is: the parent is sticky. */
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        is_there(path, fd))
        scratch_remove(path);
    (void)close(fd);
}

void
scratch_sweep(void)
{
    DIR *d = opendir(PARENT);
    const struct dirent *ent;

    if (d == NULL)
        return;
    while ((ent = readdir(d)) != NULL)
        if (strlen(ent->d_name) == strlen(PREFIX) + RANDOM_LEN &&
            span_has_prefix(span_str(ent->d_name), span_str(PREFIX)))
            sweep_one(ent->d_name);
    (void)closedir(d);
}
