/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_token_where.c - where a key lies in a token, as the token process reads
 * it. What is accepted is packed again and must give the same bytes.
 */
#include <stdlib.h>

#include "keeper/ask_key.h"
#include "token/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct where w;
    struct buf again;

    if (where_unpack(span_of(data, len), &w) != ERR_OK)
        return 0;
    buf_init(&again, KEY_SEALED_MAX);
    where_pack(sink_buf(&again), &w);
    if (again.err != ERR_OK || !span_is_equal(buf_span(&again), span_of(data, len)))
        abort();
    buf_release(&again);
    return 0;
}
