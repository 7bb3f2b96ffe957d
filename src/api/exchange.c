/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - the beginning and the ends that every handler has in common. */
#include "api/exchange.h"

void
exchange_init(struct exchange *x)
{
    memset(x, 0, offsetof(struct exchange, scope));
    x->scope[0] = '\0';
    x->inner_path[0] = '\0';
    x->inner_version[0] = '\0';
    x->fail_text[0] = '\0';
    audit_note_clear(&x->note);
}

enum next
exchange_fail(struct exchange *x, enum err e, struct span text)
{
    x->fail = e;
    if (!span_copy_str(text, x->fail_text, sizeof(x->fail_text)))
        (void)span_copy_str(span_head(text, sizeof(x->fail_text) - 1), x->fail_text,
                            sizeof(x->fail_text));
    return NEXT_FAIL;
}

enum next
exchange_deny(struct exchange *x)
{
    /* What let the caller in has not granted this: neither answer nor record may say so. */
    x->access.allowed = false;
    return exchange_fail(x, ERR_DENIED, (struct span){ 0 });
}
