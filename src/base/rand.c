/* SPDX-License-Identifier: Apache-2.0 */
/* rand.c - getrandom(2) until full. */
#include "base/rand.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/wipe.h"

enum { STOCK = 1024 };

/* Of one thread. What is in stock was drawn in the process that this number stands for. */
static _Thread_local struct {
    uint8_t bytes[STOCK];
    size_t left;
    unsigned process;
} stock;
static unsigned process = 1;
static pthread_once_t watching = PTHREAD_ONCE_INIT;

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

void
rand_fill_shown(uint8_t *p, size_t len)
{
    enum { DASH = 62 }; /* RFC 4648 table 2 */

    do
        rand_fill(p, len);
    while (len > 0 && p[0] >> 2 == DASH);
}

/* In the child there is one thread yet. */
static void
on_fork(void)
{
    process++;
}

static void
watch_forks(void)
{
    bug_on(pthread_atfork(NULL, NULL, on_fork) != 0);
}

void
rand_fill_name(void *p, size_t len)
{
    bug_on(len > STOCK);
    (void)pthread_once(&watching, watch_forks);
    if (stock.process != process || stock.left < len) {
        rand_fill(stock.bytes, STOCK);
        stock.left = STOCK;
        stock.process = process;
    }
    stock.left -= len;
    memcpy(p, stock.bytes + stock.left, len);
    wipe(stock.bytes + stock.left, len);
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
