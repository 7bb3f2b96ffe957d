/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slowness.h - how many times slower than usual everything may be. A test that waits with a
 * deadline, so that a hang becomes a failure, multiplies it by this. Deadlines that are the
 * subject of a test are not for it.
 *
 * KEYHOLD_TEST_SLOWNESS is set by tools/valgrind and tools/sanitized; without it, 1.
 */
#ifndef TEST_SLOWNESS_H
#define TEST_SLOWNESS_H

#include <stdlib.h>

enum { SLOWNESS_MAX = 100 };

static inline unsigned
slowness(void)
{
    const char *text = getenv("KEYHOLD_TEST_SLOWNESS");
    unsigned long times = text == NULL ? 1 : strtoul(text, NULL, 10);

    return times < 1 ? 1 : times > SLOWNESS_MAX ? SLOWNESS_MAX : (unsigned)times;
}

#endif /* TEST_SLOWNESS_H */
