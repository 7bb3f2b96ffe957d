/* SPDX-License-Identifier: Apache-2.0 */
/* object_fail.c - what the texts of api/errmap.h name, out of the path. */
#include "api/data/object_fail.h"

enum next
object_fail(struct exchange *x, enum err e, const char *operation)
{
    char text[sizeof(x->fail_text)];
    struct span name = x->bind[0], version = x->bind[1];
    bool is_missing =
        e == ERR_SECRET_NOT_FOUND || e == ERR_KEY_NOT_FOUND || e == ERR_CERTIFICATE_NOT_FOUND;

    if (e == ERR_BAD_VERSION)
        return exchange_fail(x, e, version);
    if (e == ERR_UNSUPPORTED || e == ERR_DISABLED || e == ERR_MANAGED ||
        e == ERR_PURGE_PROTECTED || e == ERR_KEY_OP || e == ERR_NOT_YET || e == ERR_EXPIRED)
        return exchange_fail(x, e, span_str(operation));
    if (!is_missing || span_is_empty(version))
        return exchange_fail(x, e, name);
    (void)snprintf(text, sizeof(text), "%.*s/%.*s", (int)name.len, (const char *)name.ptr,
                   (int)version.len, (const char *)version.ptr);
    return exchange_fail(x, e, span_str(text));
}
