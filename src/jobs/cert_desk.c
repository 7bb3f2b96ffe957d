/* SPDX-License-Identifier: Apache-2.0 */
/* cert_desk.c - see cert_desk.h. */
#include "jobs/cert_desk.h"

#include <stdio.h>

struct span
cert_url(const struct vault *v, const struct object_name *name, const struct hex32 *version,
         char out[static CERT_PLACE_MAX])
{
    int n = snprintf(out, CERT_PLACE_MAX, "%s/certificates/%s/%s", v->arm_id, name->spelled,
                     version->text);

    return span_of(out, n < 0                        ? 0
                        : (size_t)n < CERT_PLACE_MAX ? (size_t)n
                                                     : CERT_PLACE_MAX - 1);
}
