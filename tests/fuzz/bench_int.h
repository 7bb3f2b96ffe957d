/* SPDX-License-Identifier: Apache-2.0 */
/* bench_int.h - the installation behind bench.h. */
#ifndef FUZZ_BENCH_INT_H
#define FUZZ_BENCH_INT_H

#include "bench.h"

struct bench {
    struct store *store;
    struct rows *rows;
    struct site site;
};
extern struct bench bench;

/* Once; later calls do nothing. */
void bench_setup(void);
/* What every input finds besides, from now on. */
void bench_found(void (*fill)(const struct rows *rows, struct store_write *w));
/* A store with nothing in it but what bench.h promises. */
void bench_store_renew(void);
/* "Bearer ..." for the plane of that host. */
struct span bench_token(struct span host, bool weak);

#endif /* FUZZ_BENCH_INT_H */
