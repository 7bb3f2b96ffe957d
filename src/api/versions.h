/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versions.h - the api-version query parameter (data-plane.md A2).
 */
#ifndef API_VERSIONS_H
#define API_VERSIONS_H

#include "api/exchange.h"

/*
 * text: as sent; empty if absent. Known versions and their previews pass.
 * ERR_UNSUPPORTED_VERSION  unknown (strict), absent, or older than `since`;
 * lenient sites take an unknown date- or 7.x-shaped version for the newest.
 */
MUST_CHECK enum err versions_check(const struct site *site, struct span text,
                                   enum api_version since, enum api_version *out);
/* "2026-04-01": the newest, for the error text. */
const char *versions_newest(void);

#endif /* API_VERSIONS_H */
