/* SPDX-License-Identifier: Apache-2.0 */
/* operation.c - 202, and what its Location answers. */
#include "api/arm/operation.h"

#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"

void
operation_accept(struct exchange *x, const char *path)
{
    struct span v = span_head(x->version_text, 32);
    char url[ARM_URL_MAX];

    (void)snprintf(url, sizeof(url), "%s%s/%s?api-version=%.*s", x->site->arm_origin, path,
                   x->request_id.text, (int)v.len, (const char *)v.ptr);
    arm_headers(x, 202);
    http_response_header(&x->resp, "Location", url);
    http_response_header(&x->resp, "Retry-After", "1");
}

enum next
api_arm_operation(struct exchange *x)
{
    return arm_empty(x, 200, NEXT_REPLY);
}
