/* SPDX-License-Identifier: Apache-2.0 */
/* isotime.h - instants as text, UTC: RFC 3339, RFC 9110 5.6.7 (Date), ASN.1-free. */
#ifndef CODEC_ISOTIME_H
#define CODEC_ISOTIME_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { ISOTIME_MAX = 40 };

/* "2026-03-04T05:06:07Z" */
void isotime_put(int64_t seconds, char out[static ISOTIME_MAX]);
/* "2026-03-04T05:06:07.1234567Z", from 100 ns units (monitoring.md A.2) */
void isotime_put_100ns(int64_t t, char out[static ISOTIME_MAX]);
/* "Wed, 04 Mar 2026 05:06:07 GMT" */
void isotime_put_http(int64_t seconds, char out[static ISOTIME_MAX]);
/* "2026-03-04 05:06:07Z", as the token service's errors have it */
void isotime_put_space(int64_t seconds, char out[static ISOTIME_MAX]);
/* Moved by whole months of the calendar; the day becomes the last of a shorter month. What
 * leaves the years 1 to 9999 stays at their edge. */
int64_t isotime_add_months(int64_t seconds, int months);
/* RFC 3339 with Z or offset; fraction ignored. ERR_SYNTAX. */
MUST_CHECK enum err isotime_get(struct span s, int64_t *out);

#endif /* CODEC_ISOTIME_H */
