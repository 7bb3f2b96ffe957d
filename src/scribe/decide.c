/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.c - two passes over a write: first its preconditions, then its
 * effects, so that a refused write leaves no trace in the table.
 *
 * A row written earlier in the batch has no revision yet that its asker could
 * know. So a precondition upon it holds only as "absent", after a delete.
 */
#include "scribe/decide.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/rand.h"
#include "scribe/entries.h"

enum {
    MERGED_MAX = 4 * 1024 * 1024, /* a larger write goes alone */
    OWN_KEYS = 2,                 /* a/head and a/pending */
};

static uint64_t hash_seed;

enum err
decide_init(struct decide *d)
{
    *d = (struct decide){ 0 };
    d->keys = calloc(DECIDE_SLOTS, sizeof(*d->keys));
    d->used = calloc(MAX_COMMIT_KEYS, sizeof(*d->used));
    store_write_init(&d->merged);
    rand_fill(&hash_seed, sizeof(hash_seed));
    if (d->keys != NULL && d->used != NULL)
        return ERR_OK;
    decide_release(d);
    return ERR_NOMEM;
}

void
decide_release(struct decide *d)
{
    free(d->keys);
    free(d->used);
    d->keys = NULL;
    d->used = NULL;
    store_write_release(&d->merged);
}

void
decide_begin(struct decide *d, struct store_view *view)
{
    for (unsigned i = 0; i < d->nkeys; i++)
        d->keys[d->used[i]] = (struct decided_key){ 0 };
    d->nkeys = 0;
    d->view = view;
    store_write_clear(&d->merged);
}

/* FNV-1a from a random start; the table is small and bounded, so no more is at stake. */
static uint64_t
key_hash(struct span key)
{
    uint64_t h = hash_seed ^ 0xcbf29ce484222325u;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.ptr[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* The key's slot, or the free one where it belongs. */
static struct decided_key *
slot_of(const struct decide *d, struct span key, uint64_t hash)
{
    for (size_t i = hash;; i++) {
        struct decided_key *k = &d->keys[i & (DECIDE_SLOTS - 1)];

        if (k->key.ptr == NULL || (k->hash == hash && span_is_equal(k->key, key)))
            return k;
    }
}

static void
note_key(struct decide *d, struct span key, bool there)
{
    uint64_t hash = key_hash(key);
    struct decided_key *k = slot_of(d, key, hash);

    if (k->key.ptr == NULL) {
        bug_on(d->nkeys == MAX_COMMIT_KEYS);
        d->used[d->nkeys++] = (uint32_t)(k - d->keys);
        k->hash = hash;
        k->key = key;
    }
    k->there = there;
}

struct judging {
    struct decide *d;
    unsigned effects; /* puts and deletes */
};

static enum err
judge_entry(void *arg, const struct entry *entry)
{
    struct judging *j = arg;
    const struct decided_key *k;
    struct store_row row = { 0 };
    enum err e;

    if (entry->kind != ENTRY_EXPECT) {
        j->effects++;
        return ERR_OK;
    }
    k = slot_of(j->d, entry->key, key_hash(entry->key));
    if (k->key.ptr != NULL)
        return k->there || entry->revision != 0 ? ERR_CONFLICT : ERR_OK;
    e = store_get(j->d->view, entry->key, &row);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    return row.revision == entry->revision ? ERR_OK : ERR_CONFLICT;
}

static enum err
take_entry(void *arg, const struct entry *entry)
{
    struct decide *d = arg;

    switch (entry->kind) {
    case ENTRY_EXPECT:
        return ERR_OK;
    case ENTRY_PUT:
        store_write_put(&d->merged, entry->key, entry->value);
        break;
    case ENTRY_DELETE:
        store_write_delete(&d->merged, entry->key);
        break;
    }
    note_key(d, entry->key, entry->kind == ENTRY_PUT);
    return ERR_OK;
}

enum err
decide_take(struct decide *d, struct span packed)
{
    struct judging j = { .d = d };
    enum err e;

    if (span_is_empty(packed))
        return ERR_OK;
    e = entries_each(packed, judge_entry, &j);
    if (e != ERR_OK)
        return e;
    if (j.effects > MAX_COMMIT_KEYS - OWN_KEYS)
        return ERR_TOO_LARGE;
    if (d->merged.count > 0 && (d->merged.count + j.effects > MAX_COMMIT_KEYS - OWN_KEYS ||
                                d->merged.bytes.len + packed.len > MERGED_MAX))
        return ERR_BUSY;
    e = entries_each(packed, take_entry, d);
    return e != ERR_OK ? e : store_write_err(&d->merged);
}
