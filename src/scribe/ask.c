/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - the bytes of the scribe's questions; both sides use this file, so they agree. */
#include "scribe/ask.h"

#include "base/limits.h"
#include "codec/pack.h"

void
scribe_pack_submit(struct sink k, struct span write, struct span record)
{
    pack_bytes(k, write);
    pack_bytes(k, record);
}

enum err
scribe_unpack_submit(struct span payload, struct scribe_submit *out)
{
    struct unpack u = unpack_of(payload);

    out->write = unpack_bytes(&u, MAX_IPC_MESSAGE);
    out->record = unpack_bytes(&u, AUDIT_RECORD_MAX);
    if (unpack_end(&u) == ERR_OK)
        return ERR_OK;
    *out = (struct scribe_submit){ 0 };
    return ERR_PROTOCOL;
}

bool
scribe_submit_writes(struct span payload)
{
    struct scribe_submit s;

    return scribe_unpack_submit(payload, &s) == ERR_OK && !span_is_empty(s.write);
}

void
scribe_pack_stats(struct sink k, const struct scribe_stats *s)
{
    pack_u64(k, s->commits);
    pack_u64(k, s->writes);
    pack_u64(k, s->records);
    pack_u64(k, s->conflicts);
    pack_u64(k, s->failures);
    pack_u64(k, s->commit_us_total);
    pack_u64(k, s->commit_us_max);
    pack_u64(k, s->queue_max);
    pack_u64(k, s->audit_bytes);
    pack_u64(k, s->audit_unsynced);
    pack_u64(k, s->audit_replaced);
    pack_u64(k, s->revision);
}

enum err
scribe_unpack_stats(struct span payload, struct scribe_stats *out)
{
    struct unpack u = unpack_of(payload);

    out->commits = unpack_u64(&u);
    out->writes = unpack_u64(&u);
    out->records = unpack_u64(&u);
    out->conflicts = unpack_u64(&u);
    out->failures = unpack_u64(&u);
    out->commit_us_total = unpack_u64(&u);
    out->commit_us_max = unpack_u64(&u);
    out->queue_max = unpack_u64(&u);
    out->audit_bytes = unpack_u64(&u);
    out->audit_unsynced = unpack_u64(&u);
    out->audit_replaced = unpack_u64(&u);
    out->revision = unpack_u64(&u);
    if (unpack_end(&u) == ERR_OK)
        return ERR_OK;
    *out = (struct scribe_stats){ 0 };
    return ERR_PROTOCOL;
}
