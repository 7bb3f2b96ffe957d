/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wipe.h - forgetting and comparing secrets.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Overwrites len bytes; the compiler may not drop it. NULL with 0 is allowed. */
void wipe(void *p, size_t len);

/* CT: time depends on the lengths only. */
bool ct_equal(struct span a, struct span b);

void wipe32(uint8_t (*p)[32]);
/* For the only stack copies of key bytes we make: WIPED32 uint8_t kek[32]. */
#define WIPED32 __attribute__((cleanup(wipe32)))

#endif /* BASE_WIPE_H */
