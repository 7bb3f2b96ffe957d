/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rand.h - random bytes from the kernel; cannot fail softly (aborts instead).
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_fill(void *p, size_t len);
/*
 * The same for a secret that people see as base64url and put into command lines: it does not
 * begin with '-' there, which commands take for an option. Costs a 43rd of a bit.
 */
void rand_fill_shown(uint8_t *p, size_t len);
/*
 * The same for names, of which every request takes some: the kernel is asked for many bytes
 * ahead, so they lie in this thread's memory before they are used. Not for keys. A fork's
 * child does not see what its parent had in stock.
 */
void rand_fill_name(void *p, size_t len);
/* 0 <= result < bound, for jitter and sampling; bound > 0. */
uint64_t rand_below(uint64_t bound);

#endif /* BASE_RAND_H */
