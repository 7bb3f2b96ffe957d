/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - the one helper that every handler has in common. */
#include "api/exchange.h"

enum next
exchange_fail(struct exchange *x, enum err e, struct span text)
{
    x->fail = e;
    if (!span_copy_str(text, x->fail_text, sizeof(x->fail_text)))
        (void)span_copy_str(span_head(text, sizeof(x->fail_text) - 1), x->fail_text,
                            sizeof(x->fail_text));
    return NEXT_FAIL;
}
