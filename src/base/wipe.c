/* SPDX-License-Identifier: Apache-2.0 */
/* wipe.c - explicit_bzero, wrapped once, and the constant-time comparison. */
#include "base/wipe.h"

#include <string.h>

void
wipe(void *p, size_t len)
{
    if (len > 0)
        explicit_bzero(p, len);
}

bool
ct_equal(struct span a, struct span b)
{
    volatile uint8_t diff = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        diff = (uint8_t)(diff | (a.ptr[i] ^ b.ptr[i]));
    return diff == 0;
}

void
wipe32(uint8_t (*p)[32])
{
    wipe(*p, sizeof(*p));
}
