/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - what waits for the next commit; payloads are copied, since messages are borrowed.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "scribe/commit.h"

enum err
batch_init(struct batch *b)
{
    *b = (struct batch){ 0 };
    buf_init(&b->bytes, MAX_IPC_MESSAGE + BATCH_BYTES);
    b->items = calloc(BATCH_MAX, sizeof(*b->items));
    return b->items == NULL ? ERR_NOMEM : ERR_OK;
}

void
batch_release(struct batch *b)
{
    free(b->items);
    buf_release(&b->bytes);
    *b = (struct batch){ 0 };
}

void
batch_clear(struct batch *b)
{
    size_t max = b->bytes.max;

    b->count = 0;
    b->writes = 0;
    buf_clear(&b->bytes);
    /* The room that one restore of a backup took is not kept for ever. */
    if (b->bytes.cap > BATCH_BYTES) {
        buf_release(&b->bytes);
        buf_init(&b->bytes, max);
    }
}

enum err
batch_add(struct batch *b, void *from, enum ipc_role role, uint64_t id, struct span payload)
{
    size_t at = b->bytes.len;

    if (b->count == BATCH_MAX || at >= BATCH_BYTES)
        return ERR_BUSY;
    buf_put(&b->bytes, payload);
    if (b->bytes.err != ERR_OK) {
        b->bytes.err = ERR_OK;
        b->bytes.len = at;
        return ERR_NOMEM;
    }
    b->items[b->count++] =
        (struct submit){ .from = from, .role = role, .id = id, .at = at, .len = payload.len };
    b->writes += scribe_submit_writes(payload);
    return ERR_OK;
}
