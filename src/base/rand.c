/* SPDX-License-Identifier: Apache-2.0 */
/* rand.c - getrandom(2) until full. */
#include "base/rand.h"

#include <errno.h>
#include <sys/random.h>

#include "base/err.h"

void
rand_fill(void *p, size_t len)
{
    uint8_t *at = p;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        bug_on(n <= 0);
        at += n;
        len -= (size_t)n;
    }
}

uint64_t
rand_below(uint64_t bound)
{
    uint64_t v, limit;

    bug_on(bound == 0);
    limit = UINT64_MAX - UINT64_MAX % bound;
    do
        rand_fill(&v, sizeof(v));
    while (v >= limit);
    return v % bound;
}
