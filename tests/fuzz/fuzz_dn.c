/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_dn.c - any text as a distinguished name, any bytes as a Name. What is read is printed as
 * a text that reads as the same name.
 */
#include <stdlib.h>

#include "crypto/dn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(struct span der)
{
    struct buf text, again;
    enum err e;

    buf_init(&text, DN_TEXT_MAX);
    buf_init(&again, DN_DER_MAX);
    if (dn_to_text(der, &text) != ERR_OK)
        abort();
    e = dn_from_text(buf_span(&text), &again);
    /* Quotes and spaces may have made it longer than a client's may be. */
    if (e != ERR_TOO_LARGE && (e != ERR_OK || !span_is_equal(der, buf_span(&again))))
        abort();
    buf_release(&text);
    buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf der, text;

    buf_init(&der, DN_DER_MAX);
    buf_init(&text, DN_TEXT_MAX);
    if (dn_from_text(span_of(data, len), &der) == ERR_OK)
        check(buf_span(&der));
    else if (der.len > 0)
        abort();
    if (dn_to_text(span_of(data, len), &text) == ERR_OK &&
        dn_check(buf_span(&text)) == ERR_NOMEM)
        abort();
    buf_release(&der);
    buf_release(&text);
    return 0;
}
