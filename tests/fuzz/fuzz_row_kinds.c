/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_row_kinds.c - payloads of the rows of every kind that has a reader
 * (jobs/row_kinds.h). The first line says which: "pa/" and so on.
 *
 * A payload that is read is read to its end: neither one byte less nor one more is one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/row_kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct row_kind *kind = row_kind_of(span_of(data, len));
    struct span payload;
    uint8_t *longer;

    if (kind == NULL || len <= strlen(kind->prefix))
        return 0;
    payload = span_tail(span_of(data, len), strlen(kind->prefix) + 1); /* and the line's end */
    if (kind->read(payload) != ERR_OK)
        return 0;
    must(payload.len > 0 && kind->read(span_head(payload, payload.len - 1)) != ERR_OK);
    longer = malloc(payload.len + 1);
    must(longer != NULL);
    memcpy(longer, payload.ptr, payload.len);
    longer[payload.len] = 0;
    must(kind->read(span_of(longer, payload.len + 1)) != ERR_OK);
    free(longer);
    return 0;
}
