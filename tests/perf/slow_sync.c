/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow_sync.c - a disk that needs KEYHOLD_SYNC_US microseconds longer to make a
 * file durable, to be preloaded: the slow disks that servers have, on a machine
 * that has a fast one.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec longer;

__attribute__((constructor)) static void
read_delay(void)
{
    const char *text = getenv("KEYHOLD_SYNC_US");
    long us = text == NULL ? 0 : strtol(text, NULL, 10);

    longer = (struct timespec){ us / 1000000, us % 1000000 * 1000 };
}

static int
slowly(long number, int fd)
{
    int done = (int)syscall(number, fd);

    (void)nanosleep(&longer, NULL);
    return done;
}

int
fdatasync(int fd)
{
    return slowly(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    return slowly(SYS_fsync, fd);
}
