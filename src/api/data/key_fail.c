/* SPDX-License-Identifier: Apache-2.0 */
/* key_fail.c - see key_fail.h. */
#include "api/data/key_fail.h"

#include "api/data/object.h"

enum next
key_fail(struct exchange *x, enum err e, const char *operation, const char *why)
{
    if (e == ERR_KEY_TYPE || e == ERR_KEY_SIZE || e == ERR_BAD_PARAMETER ||
        e == ERR_NOT_RELEASED)
        return exchange_fail(x, e, span_str(why));
    return object_fail(x, e, operation);
}

enum err
key_provider_err(enum err e, enum err bad)
{
    if (e == ERR_ARG || e == ERR_SYNTAX || e == ERR_UNSUPPORTED)
        return bad;
    /* The token does not hold the key any more; it may come back. */
    return e == ERR_NOT_FOUND ? ERR_UNAVAILABLE : object_keeper_err(e);
}
