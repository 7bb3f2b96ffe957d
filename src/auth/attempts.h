/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempts.h - wrong passwords, counted by name, whether there is such a user
 * or not: then what an answer says about a lock says nothing about the name.
 *
 * Row lo/<tid>/<keyed hash of the name in lower case>. From the fifth failure
 * in a row the name rests, 30 seconds first, twice as long each time, an hour
 * at most. A day without a failure forgets the row. Two attempts at once cannot
 * both pass: each commit expects the row as it was read.
 */
#ifndef AUTH_ATTEMPTS_H
#define AUTH_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "vault/row.h"

enum { ATTEMPTS_FREE = 5, ATTEMPTS_REST = 30, ATTEMPTS_REST_MAX = 3600 };

struct attempts {
    struct row_key key;
    uint32_t failures;
    int64_t until; /* rests */
    uint64_t revision;
};

/* kind keeps counters of different things apart: "password", "code". ERR_INTEGRITY, ERR_FORMAT,
 * ERR_IO, ERR_CRYPTO; no row is no failure. */
MUST_CHECK enum err attempts_load(const struct rows *rows, struct store_view *view,
                                  const char *kind, const struct guid *tid, struct span name,
                                  int64_t now, struct attempts *out);
bool attempts_is_resting(const struct attempts *a, int64_t now);
/* One more failure; on condition that the row is as it was. */
void attempts_fail(const struct rows *rows, struct store_write *w, const struct attempts *a,
                   int64_t now);
/* It was right: forgets, on the same condition. */
void attempts_pass(struct store_write *w, const struct attempts *a);

#endif /* AUTH_ATTEMPTS_H */
