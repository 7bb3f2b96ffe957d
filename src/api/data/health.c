/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - GET /healthstatus of a vault host: anybody may ask whether it is there. */
#include "api/data/object.h"
#include "api/data/secrets.h"

enum next
api_healthstatus(struct exchange *x)
{
    x->note.skip = true;
    object_reply(x, 200);
    secbuf_put(&x->resp.body, span_str("{}\r\n")); /* WIRE: four bytes (monitoring.md H.1) */
    return NEXT_REPLY;
}
