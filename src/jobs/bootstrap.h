/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap.h - founding an installation in an empty store: system keys,
 * private CA, listener certificate, token signing keys, tenant. One commit:
 * a crash leaves either nothing or all of it.
 */
#ifndef JOBS_BOOTSTRAP_H
#define JOBS_BOOTSTRAP_H

#include "jobs/desk.h"

struct bootstrap {
    const char *domain;
    const char *extra_names;
    struct guid tenant;
    const char *tenant_name;
    int64_t now;
};

/* Fills d->rows, or leaves it NULL. ERR_EXISTS when the store is founded already; else as
 * desk_ask() and desk_commit(). ERR_UNAVAILABLE: look whether it was founded all the same. */
MUST_CHECK enum err bootstrap_found(struct desk *d, const struct bootstrap *b);

#endif /* JOBS_BOOTSTRAP_H */
