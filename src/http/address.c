/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - a small hash table of counters; its seed is random, so nobody aims at a bucket.
 */
#include "http/address_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

enum { BUCKETS = 4096 };

struct address_entry {
    struct address_entry *next;
    uint64_t key;
    unsigned bucket;
    unsigned count;
};

void
address_from(const struct sockaddr_storage *ss, struct address *out)
{
    *out = (struct address){ 0 };
    if (ss->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

        memcpy(out->key + 4, &in->sin_addr, 4);
        (void)inet_ntop(AF_INET, &in->sin_addr, out->text, sizeof(out->text));
    } else if (ss->ss_family == AF_INET6) {
        const struct in6_addr *in6 = &((const struct sockaddr_in6 *)ss)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(in6)) {
            memcpy(out->key + 4, in6->s6_addr + 12, 4);
            (void)inet_ntop(AF_INET, in6->s6_addr + 12, out->text, sizeof(out->text));
            return;
        }
        out->is_ipv6 = true;
        memcpy(out->key, in6->s6_addr, 8);
        (void)inet_ntop(AF_INET6, in6, out->text, sizeof(out->text));
    }
}

enum err
address_table_init(struct address_table *t)
{
    t->buckets = calloc(BUCKETS, sizeof(*t->buckets));
    if (t->buckets == NULL)
        return ERR_NOMEM;
    rand_fill(&t->seed, sizeof(t->seed));
    return ERR_OK;
}

void
address_table_release(struct address_table *t)
{
    if (t->buckets == NULL)
        return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (t->buckets[i] != NULL) {
            struct address_entry *e = t->buckets[i];

            t->buckets[i] = e->next;
            free(e);
        }
    }
    free(t->buckets);
    t->buckets = NULL;
}

/* murmur3's finisher over key and seed. */
static unsigned
bucket_of(const struct address_table *t, uint64_t key)
{
    uint64_t h = key ^ t->seed;

    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return (unsigned)(h & (BUCKETS - 1));
}

enum err
address_enter(struct address_table *t, const struct address *a, unsigned max,
              struct address_entry **out)
{
    struct address_entry *e;
    unsigned bucket;
    uint64_t key;

    *out = NULL;
    memcpy(&key, a->key, sizeof(key));
    bucket = bucket_of(t, key);
    for (e = t->buckets[bucket]; e != NULL && e->key != key; e = e->next)
        ;
    if (e != NULL && max > 0 && e->count >= max)
        return ERR_FULL;
    if (e == NULL) {
        e = calloc(1, sizeof(*e));
        if (e == NULL)
            return ERR_NOMEM;
        e->key = key;
        e->bucket = bucket;
        e->next = t->buckets[bucket];
        t->buckets[bucket] = e;
    }
    e->count++;
    *out = e;
    return ERR_OK;
}

void
address_leave(struct address_table *t, struct address_entry *e)
{
    struct address_entry **at;

    if (e == NULL)
        return;
    e->count--;
    if (e->count > 0)
        return;
    for (at = &t->buckets[e->bucket]; *at != e; at = &(*at)->next)
        ;
    *at = e->next;
    free(e);
}
