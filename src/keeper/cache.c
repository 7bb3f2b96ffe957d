/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c - a chained hash table whose entries also stand in a list by last use. */
#include "keeper/cache.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "keeper/ask_int.h"
#include "keeper/ask_key.h"

enum { BUCKETS = 1024, ROW_WEIGHT = 512 };

struct entry {
    uint8_t tag[CACHE_TAG_LEN];
    struct seal_row_key *row; /* exactly one of the three is set */
    struct signkey *sign;
    struct key *key;
    size_t weight;
    struct entry *chain;         /* next in the bucket */
    struct entry *newer, *older; /* by last use */
};

struct cache {
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t bytes, max, count;
    struct buf text; /* of a tag; kept for its room */
};

enum err
cache_new(size_t max_bytes, struct cache **out)
{
    struct cache *c = calloc(1, sizeof(*c));

    *out = c;
    if (c == NULL)
        return ERR_NOMEM;
    buf_init(&c->text, 2 * WRAPPED_MAX + KEY_SEALED_MAX);
    c->max = max_bytes < CACHE_BYTES_MIN ? CACHE_BYTES_MIN : max_bytes;
    return ERR_OK;
}

static struct entry **
bucket_of(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN])
{
    return &c->buckets[((size_t)tag[0] << 8 | tag[1]) % BUCKETS];
}

static void
list_remove(struct cache *c, struct entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void
list_push(struct cache *c, struct entry *e)
{
    e->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void
entry_drop(struct cache *c, struct entry *e)
{
    struct entry **at = bucket_of(c, e->tag);

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    list_remove(c, e);
    c->bytes -= e->weight;
    c->count--;
    seal_row_key_free(e->row);
    signkey_free(e->sign);
    key_free(e->key);
    free(e);
}

void
cache_clear(struct cache *c)
{
    while (c->oldest != NULL)
        entry_drop(c, c->oldest);
}

void
cache_free(struct cache *c)
{
    if (c == NULL)
        return;
    cache_clear(c);
    buf_release(&c->text);
    free(c);
}

enum err
cache_tag(const struct wrapped *w, uint8_t tag[static CACHE_TAG_LEN])
{
    uint8_t head[2 + KEY_ID_MAX], text[2 + KEY_ID_MAX + 512];
    struct digest *d = NULL;
    enum err e;

    bug_on(w->id.len > KEY_ID_MAX);
    head[0] = (uint8_t)w->purpose;
    head[1] = (uint8_t)w->id.len;
    if (w->id.len > 0)
        memcpy(head + 2, w->id.ptr, w->id.len);
    /* Vault keys are short: one digest, nothing allocated. */
    if (w->bytes.len <= 512) {
        memcpy(text, head, 2 + w->id.len);
        if (w->bytes.len > 0)
            memcpy(text + 2 + w->id.len, w->bytes.ptr, w->bytes.len);
        return digest_sha256(span_of(text, 2 + w->id.len + w->bytes.len), tag);
    }
    e = digest_new(DIGEST_SHA256, &d);
    if (e != ERR_OK)
        return e;
    digest_put(d, span_of(head, 2 + w->id.len));
    digest_put(d, w->bytes);
    e = digest_end(d, tag);
    digest_free(d);
    return e;
}

/* Every part but the last has its length in front, and there is a word at the head that no
 * purpose is: a tag of one kind is none of the other. */
enum err
cache_tag_sealed(struct cache *c, const struct wrapped *w, const struct object_id *id,
                 struct span sealed, uint8_t tag[static CACHE_TAG_LEN])
{
    struct sink k = sink_buf(&c->text);

    buf_clear(&c->text);
    pack_u8(k, PURPOSE__MAX);
    wrapped_pack(k, w);
    object_pack(k, id);
    buf_put(&c->text, sealed);
    if (c->text.err != ERR_OK)
        return c->text.err;
    return digest_sha256(buf_span(&c->text), tag);
}

static struct entry *
entry_find(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN])
{
    struct entry *e = *bucket_of(c, tag);

    while (e != NULL &&
           !span_is_equal(span_of(e->tag, CACHE_TAG_LEN), span_of(tag, CACHE_TAG_LEN)))
        e = e->chain;
    if (e != NULL && e != c->newest) {
        list_remove(c, e);
        list_push(c, e);
    }
    return e;
}

struct seal_row_key *
cache_row(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN])
{
    struct entry *e = entry_find(c, tag);

    return e == NULL ? NULL : e->row;
}

struct signkey *
cache_sign(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN])
{
    struct entry *e = entry_find(c, tag);

    return e == NULL ? NULL : e->sign;
}

struct key *
cache_key(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN])
{
    struct entry *e = entry_find(c, tag);

    return e == NULL ? NULL : e->key;
}

/* Makes room, but always leaves the newest: its key may be in use with the one to come. */
static void
make_room(struct cache *c, size_t weight)
{
    while (c->bytes + weight > c->max && c->oldest != NULL && c->oldest != c->newest)
        entry_drop(c, c->oldest);
}

/* Adopts the key that `what` holds. */
static enum err
entry_put(struct cache *c, const uint8_t *tag, const struct entry *what)
{
    struct entry *e = calloc(1, sizeof(*e));
    struct entry **at = bucket_of(c, tag);

    if (e == NULL) {
        seal_row_key_free(what->row);
        signkey_free(what->sign);
        key_free(what->key);
        return ERR_NOMEM;
    }
    make_room(c, what->weight);
    *e = *what;
    memcpy(e->tag, tag, CACHE_TAG_LEN);
    e->chain = *at;
    *at = e;
    list_push(c, e);
    c->bytes += e->weight;
    c->count++;
    return ERR_OK;
}

enum err
cache_put_row(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN], struct seal_row_key *k)
{
    return entry_put(c, tag, &(struct entry){ .row = k, .weight = ROW_WEIGHT });
}

enum err
cache_put_sign(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN], struct signkey *k)
{
    return entry_put(c, tag, &(struct entry){ .sign = k, .weight = signkey_weight(k) });
}

enum err
cache_put_key(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN], struct key *k)
{
    return entry_put(c, tag, &(struct entry){ .key = k, .weight = key_weight(k) });
}

size_t
cache_count(const struct cache *c)
{
    return c->count;
}

size_t
cache_bytes(const struct cache *c)
{
    return c->bytes;
}
