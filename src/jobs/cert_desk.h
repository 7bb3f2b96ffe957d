/* SPDX-License-Identifier: Apache-2.0 */
/* cert_desk.h - what the clerk's duties with certificates share. */
#ifndef JOBS_CERT_DESK_H
#define JOBS_CERT_DESK_H

#include "vault/name.h"
#include "vault/vault.h"

enum { CERT_PLACE_MAX = 600 };

/* Where a record says it happened: no host is known here. */
struct span cert_url(const struct vault *v, const struct object_name *name,
                     const struct hex32 *version, char out[static CERT_PLACE_MAX]);

#endif /* JOBS_CERT_DESK_H */
