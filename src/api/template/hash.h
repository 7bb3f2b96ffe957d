/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - the two functions of templates that make names out of texts. */
#ifndef API_TEMPLATE_HASH_H
#define API_TEMPLATE_HASH_H

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"

enum { UNIQUE_LEN = 13 };

/* uniqueString of the arguments joined with '-'. */
void hash_unique(struct span text, char out[static UNIQUE_LEN + 1]);
/* guid of the same: version 5 (SHA-1) in Azure's namespace. ERR_CRYPTO. */
MUST_CHECK enum err hash_guid(struct span text, struct guid *out);

#endif /* API_TEMPLATE_HASH_H */
