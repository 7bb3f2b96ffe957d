/* SPDX-License-Identifier: Apache-2.0 */
/* still_clock.c - base/clock.h for tests: the time of day stands still from its first reading,
 * so that two requests bear the same second however long the machine takes for them;
 * clock_set_offset moves it. Linked in place of base/clock.c, so it has all that header names.
 */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static _Atomic int64_t still;
static _Atomic int64_t offset;

int64_t
clock_now(void)
{
    int64_t first = 0;
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (atomic_compare_exchange_strong(&still, &first, (int64_t)t.tv_sec))
        first = (int64_t)t.tv_sec;
    return first + atomic_load(&offset);
}

int64_t
clock_now_100ns(void)
{
    return clock_now() * 10000000;
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
