/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the two clocks; the offset is atomic, so threads may read freely. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t offset;

int64_t
clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec + atomic_load(&offset);
}

int64_t
clock_now_100ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return ((int64_t)t.tv_sec + atomic_load(&offset)) * 10000000 + t.tv_nsec / 100;
}

uint64_t
clock_mono_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000u;
}

void
clock_set_offset(int64_t seconds)
{
    atomic_store(&offset, seconds);
}

int64_t
clock_offset(void)
{
    return atomic_load(&offset);
}
