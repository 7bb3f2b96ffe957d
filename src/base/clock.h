/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - what time it is, injectable.
 *
 * Wall-clock time decides about objects (exp, purge dates, tokens); monotonic
 * time decides about deadlines. Only wall-clock time can be moved by tests and
 * by `keyhold dev --clock`. Threads: reading is safe everywhere.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z, with the offset applied. */
int64_t clock_now(void);
/* The same in 100 ns units, for audit times. */
int64_t clock_now_100ns(void);
/* Milliseconds of a clock that never jumps; not affected by the offset. */
uint64_t clock_mono_ms(void);
/* Microseconds of the same clock. */
uint64_t clock_mono_us(void);

/* Moves wall-clock time of this process by that many seconds from real time. */
void clock_set_offset(int64_t seconds);
int64_t clock_offset(void);

#endif /* BASE_CLOCK_H */
