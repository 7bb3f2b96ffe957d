/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration.h - spans of calendar time as clients spell them: ISO 8601 in years,
 * months, weeks and days ("P18M", "P90D"). Months and years count as in the
 * calendar (UTC).
 */
#ifndef VAULT_DURATION_H
#define VAULT_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { DURATION_TEXT_MAX = 31 };

/* As the client spelled it, for answers, and as numbers. text "" is none. */
struct duration {
    char text[DURATION_TEXT_MAX + 1];
    unsigned months, days;
};
/* "P[nY][nM][nW][nD]", at least one part, at most 100 years; no time parts. False otherwise. */
bool duration_parse(struct span s, struct duration *out);
bool duration_is_set(const struct duration *d);
/* t plus (sign 1) or minus (-1) the duration: first the months, then the days. */
int64_t duration_shift(const struct duration *d, int64_t t, int sign);
/* How many days it is from the first of January of an ordinary year: for bounds. */
unsigned duration_days(const struct duration *d);

#endif /* VAULT_DURATION_H */
