/* SPDX-License-Identifier: Apache-2.0 */
/* backup_key.c - finding, making and storing a subscription's backup key. */
#include "vault/backup_key.h"

#include "codec/pack.h"
#include "vault/syskey.h"

static struct span
row_name(struct row_key *k, const struct guid *subscription)
{
    return row_key_make(k, "k", "backup", subscription->text, NULL);
}

static enum err
take(struct backup_key *b, const struct guid *subscription, struct span wrapped)
{
    *b = (struct backup_key){ .subscription = *subscription, .len = wrapped.len };
    if (wrapped.len == 0 || wrapped.len > sizeof(b->bytes))
        return ERR_PROTOCOL;
    memcpy(b->bytes, wrapped.ptr, wrapped.len);
    return ERR_OK;
}

enum err
backup_key_get(const struct vault_at *at, struct backup_key *out)
{
    const struct guid *subscription = &at->vault->subscription;
    struct syskey key;
    struct row_key k;
    uint64_t revision;
    enum err e;

    e = syskey_get(at->rows, at->view, row_name(&k, subscription), &key, &revision);
    if (e != ERR_OK)
        return e;
    if (key.purpose != PURPOSE_BACKUP || !span_is_str(key.id, subscription->text) ||
        take(out, subscription, key.wrapped) != ERR_OK)
        return ERR_FORMAT;
    return ERR_OK;
}

void
backup_key_ask(const struct vault_at *at, struct sink k)
{
    keeper_pack_key_new(k, PURPOSE_BACKUP, span_str(at->vault->subscription.text));
}

enum err
backup_key_adopt(const struct vault_at *at, struct span answer, struct backup_key *out)
{
    struct unpack u = unpack_of(answer);
    struct span wrapped = unpack_bytes(&u, WRAPPED_MAX);

    if (unpack_end(&u) != ERR_OK || take(out, &at->vault->subscription, wrapped) != ERR_OK)
        return ERR_PROTOCOL;
    out->fresh = true;
    return ERR_OK;
}

void
backup_key_store(const struct vault_at *at, const struct backup_key *b, int64_t now,
                 struct store_write *w)
{
    struct wrapped wrapped = backup_key_wrapped(b);
    struct syskey key = { .purpose = wrapped.purpose,
                          .id = wrapped.id,
                          .wrapped = wrapped.bytes,
                          .not_before = now,
                          .not_after = INT64_MAX };
    struct row_key k;

    if (!b->fresh)
        return;
    syskey_put(at->rows, w, row_name(&k, &b->subscription), &key, 0);
    syskey_fence(at->rows, at->view, wrapped.bytes, w);
}

struct wrapped
backup_key_wrapped(const struct backup_key *b)
{
    return (struct wrapped){ .purpose = PURPOSE_BACKUP,
                             .id = span_str(b->subscription.text),
                             .bytes = span_of(b->bytes, b->len) };
}
