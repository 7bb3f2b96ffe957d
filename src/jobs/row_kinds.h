/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_kinds.h - every kind of row with a payload of its own form, and what reads it: for
 * who looks whether a store is whole (`keyhold doctor`), and for the fuzzer.
 *
 * The tag (vault/row.h) says that we wrote a row; the reader says that we understand it. Kinds
 * without a line here are judged by their tag alone.
 */
#ifndef JOBS_ROW_KINDS_H
#define JOBS_ROW_KINDS_H

#include "base/err.h"
#include "base/span.h"

struct row_kind {
    const char *prefix;
    const char *what; /* in the plural, for people */
    enum err (*read)(struct span payload);
};
extern const struct row_kind row_kinds[];
extern const unsigned row_kinds_count;

/* NULL: a kind without a reader. */
const struct row_kind *row_kind_of(struct span key);

#endif /* JOBS_ROW_KINDS_H */
