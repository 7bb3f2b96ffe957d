/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_backup.c - any bytes as a backup blob.
 *
 * First byte even: the rest is a blob as a client sends it; it must be refused,
 * since nobody can make the tag. Odd: the rest gets the right tag, so that the
 * reader behind it is reached; what it accepts can be walked and written. Its
 * other bits say the kind of object that is to be restored.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/secbuf.h"
#include "crypto/digest.h"
#include "vault/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct guid subscription = { "22222222-2222-4222-8222-222222222222" };
static const enum object_kind kinds[] = { KIND_SECRET, KIND_KEY, KIND_CERTIFICATE };
static struct rows *rows;
static struct vault vault = { .id = { "11111111-1111-4111-8111-111111111111" },
                              .name = "contoso" };

static void
setup(void)
{
    static const uint8_t key[ROW_KEY_LEN] = { 1, 2, 3 };

    if (rows == NULL && (secmem_init(1024 * 1024) != ERR_OK ||
                         rows_new(span_of(key, sizeof(key)), &rows) != ERR_OK))
        abort();
}

static void
walk(struct restore *r)
{
    struct vault_at at = { .rows = rows, .vault = &vault, .kind = r->kind };
    struct store_write w;
    uint32_t n = 0;

    store_write_init(&w);
    while (restore_next(r)) {
        restore_add(&at, r, r->version.sealed, &w);
        n++;
    }
    if (n == 0 || n != r->count || n > MAX_BACKUP_VERSIONS || store_write_err(&w) != ERR_OK)
        abort();
    store_write_release(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t digest[SHA256_LEN], tag[ROW_TAG_LEN];
    struct span part = { digest, sizeof(digest) };
    struct restore r;
    struct buf blob;
    enum err e;

    setup();
    if (len == 0)
        return 0;
    buf_init(&blob, BACKUP_BLOB_MAX + 64);
    buf_put(&blob, span_of(data + 1, len - 1));
    if ((data[0] & 1) != 0) {
        if (digest_sha256(buf_span(&blob), digest) != ERR_OK ||
            rows_mac(rows, "keyhold backup v1", &part, 1, tag) != ERR_OK)
            abort();
        buf_put(&blob, span_of(tag, sizeof(tag)));
    }
    e = restore_read(rows, &subscription, kinds[data[0] / 2 % 3], buf_span(&blob), &r);
    if (e == ERR_OK && (data[0] & 1) == 0)
        abort();
    if (e == ERR_OK)
        walk(&r);
    else if (e != ERR_BAD_BACKUP)
        abort();
    buf_release(&blob);
    return 0;
}
