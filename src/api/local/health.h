/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - /livez, /readyz and /metrics on the loopback listener.
 *
 * What the pages show comes from the process that hosts them, through one
 * record of sources set at start (the loops are its threads).
 */
#ifndef API_LOCAL_HEALTH_H
#define API_LOCAL_HEALTH_H

#include <stdbool.h>

#include "base/buf.h"

struct health_sources {
    /* Fills `missing` with what is not ready, comma-separated; true when all is. */
    bool (*ready)(void *arg, struct buf *missing);
    /* Appends the metrics page. */
    void (*metrics)(void *arg, struct buf *out);
    void *arg;
};

/* Call once before the first request; s is borrowed for the life of the process. */
void health_setup(const struct health_sources *s);

#endif /* API_LOCAL_HEALTH_H */
