/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_store_write.c - packed writes from anybody, committed to a store.
 *
 * Bytes that pass the check must be what our composer makes of their entries,
 * and are then committed or refused for a precondition; other bytes are refused
 * and leave nothing. The input is taken twice, as two items of one commit.
 */
#include <stdint.h>

#include "store/store_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
compose_again(struct span packed)
{
    struct span rest = packed;
    struct store_write w;

    store_write_init(&w);
    while (!span_is_empty(rest)) {
        struct store_entry entry = store_entry_take(&rest);

        switch (entry.kind) {
        case STORE_EXPECT:
            store_write_expect(&w, entry.key, entry.revision);
            break;
        case STORE_PUT:
            store_write_put(&w, entry.key, entry.value);
            break;
        case STORE_DELETE:
            store_write_delete(&w, entry.key);
            break;
        }
    }
    must(store_write_err(&w) == ERR_OK);
    must(span_is_equal(buf_span(&w.bytes), packed));
    store_write_release(&w);
}

struct count {
    size_t keys;
    struct store_view *view;
};

static enum err
count_key(void *arg, struct span key)
{
    must(key.len > 0);
    ((struct count *)arg)->keys++;
    return ERR_OK;
}

static bool
check_row(void *arg, const struct store_row *row)
{
    struct count *c = arg;
    struct store_row again;

    must(row->revision > 0 && row->revision <= store_revision(c->view));
    must(store_get(c->view, row->key, &again) == ERR_OK);
    must(again.revision == row->revision && span_is_equal(again.value, row->value));
    c->keys--;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct store_config cfg = { .engine = "mem" };
    struct span packed = span_of(data, len);
    struct store_item items[2] = { { .packed = packed }, { .packed = packed } };
    struct count c = { 0 };
    struct store *s;
    enum err checked = store_packed_check(packed);

    must(checked == ERR_OK || checked == ERR_FORMAT || checked == ERR_TOO_LARGE);
    must(store_write_keys(packed, count_key, &c) == (checked == ERR_OK ? ERR_OK : ERR_FORMAT));
    if (checked == ERR_OK)
        compose_again(packed);
    must(store_open(&cfg, &s) == ERR_OK);
    must(store_commit(s, items, 2) == ERR_OK);
    must(checked == ERR_OK ? items[0].result == ERR_OK || items[0].result == ERR_CONFLICT
                           : items[0].result == checked && items[1].result == checked);
    must(store_begin(s, &c.view) == ERR_OK);
    must(store_scan(c.view, span_str(""), span_str(""), SIZE_MAX, check_row, &c) == ERR_OK);
    must(c.keys <= SIZE_MAX / 2); /* no more rows than keys */
    store_end(c.view);
    store_close(s);
    return 0;
}
