/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rand.h - random bytes from the kernel; cannot fail softly (aborts instead).
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_fill(void *p, size_t len);
/* 0 <= result < bound, for jitter and sampling; bound > 0. */
uint64_t rand_below(uint64_t bound);

#endif /* BASE_RAND_H */
