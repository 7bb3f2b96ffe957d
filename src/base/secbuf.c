/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secbuf.c - a buddy allocator over one locked mapping, and buffers in it.
 *
 * Blocks are powers of two from SEC_MIN up to the arena. Each block starts on
 * a multiple of its size, so a block's buddy is found by flipping one bit; the
 * order of the block at each SEC_MIN slot stands in `order_of` outside the
 * arena, so an overrun of a secret cannot steer the allocator. Free blocks are
 * always wiped: a fresh block is all zero.
 */
#include "base/secbuf.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/wipe.h"

enum { SEC_MIN = 64, SEC_ORDERS = 28, SEC_FREE = 0x80, SEC_INSIDE = 0xff };

static struct {
    pthread_mutex_t lock;
    uint8_t *base;
    size_t len;
    size_t used;
    int top; /* order of the whole arena */
    uint8_t *
        order_of; /* per SEC_MIN slot: order, | SEC_FREE when free; SEC_INSIDE within a block */
    uint32_t head[SEC_ORDERS]; /* free lists: slot index + 1; 0 ends */
    uint32_t *next;
    uint32_t *prev;
} arena = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
list_push(int order, uint32_t slot)
{
    arena.order_of[slot] = (uint8_t)(order | SEC_FREE);
    arena.next[slot] = arena.head[order];
    arena.prev[slot] = 0;
    if (arena.head[order] != 0)
        arena.prev[arena.head[order] - 1] = slot + 1;
    arena.head[order] = slot + 1;
}

static void
list_remove(int order, uint32_t slot)
{
    uint32_t next = arena.next[slot], prev = arena.prev[slot];

    if (prev != 0)
        arena.next[prev - 1] = next;
    else
        arena.head[order] = next;
    if (next != 0)
        arena.prev[next - 1] = prev;
    arena.order_of[slot] = SEC_INSIDE;
}

static enum err
arena_map(size_t len)
{
    arena.base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena.base == MAP_FAILED) {
        arena.base = NULL;
        return ERR_NOMEM;
    }
    /* On fault: the budget is taken for all of it now, memory only for what is used. */
    if (mlock2(arena.base, len, MLOCK_ONFAULT) != 0 && mlock(arena.base, len) != 0) {
        log_error("secmem: cannot lock %zu bytes of secret memory (%s); raise RLIMIT_MEMLOCK",
                  len, strerror(errno));
        munmap(arena.base, len);
        arena.base = NULL;
        return ERR_NOMEM;
    }
    (void)madvise(arena.base, len, MADV_DONTDUMP);
    (void)madvise(arena.base, len, MADV_WIPEONFORK);
    return ERR_OK;
}

enum err
secmem_init(size_t len)
{
    size_t slots, size = SEC_MIN;
    int order = 0;

    bug_on(arena.base != NULL);
    while (size < len && order < SEC_ORDERS - 1) {
        size *= 2;
        order++;
    }
    slots = size / SEC_MIN;
    arena.order_of = malloc(slots);
    arena.next = calloc(slots, sizeof(*arena.next));
    arena.prev = calloc(slots, sizeof(*arena.prev));
    if (arena.order_of == NULL || arena.next == NULL || arena.prev == NULL ||
        arena_map(size) != ERR_OK) {
        free(arena.order_of);
        free(arena.next);
        free(arena.prev);
        return ERR_NOMEM;
    }
    memset(arena.order_of, SEC_INSIDE, slots);
    memset(arena.head, 0, sizeof(arena.head));
    arena.len = size;
    arena.used = 0;
    arena.top = order;
    list_push(order, 0);
    return ERR_OK;
}

void
secmem_release(void)
{
    if (arena.base == NULL)
        return;
    wipe(arena.base, arena.len);
    munmap(arena.base, arena.len);
    free(arena.order_of);
    free(arena.next);
    free(arena.prev);
    arena.base = NULL;
    arena.len = 0;
}

void
secmem_usage(size_t *used, size_t *total)
{
    pthread_mutex_lock(&arena.lock);
    *used = arena.used;
    *total = arena.len;
    pthread_mutex_unlock(&arena.lock);
}

static void *
alloc_order(int want)
{
    int order = want;
    uint32_t slot;

    while (order <= arena.top && arena.head[order] == 0)
        order++;
    if (order > arena.top)
        return NULL;
    slot = arena.head[order] - 1;
    list_remove(order, slot);
    while (order > want) {
        order--;
        list_push(order, slot + (1u << order));
    }
    arena.order_of[slot] = (uint8_t)want;
    arena.used += (size_t)SEC_MIN << want;
    return arena.base + (size_t)slot * SEC_MIN;
}

void *
secmem_alloc(size_t len)
{
    void *p = NULL;
    int order = 0;

    if (arena.base == NULL || len > arena.len)
        return NULL;
    while (((size_t)SEC_MIN << order) < len)
        order++;
    pthread_mutex_lock(&arena.lock);
    p = alloc_order(order);
    pthread_mutex_unlock(&arena.lock);
    return p;
}

/* The room of a block we gave out. */
static size_t
block_size(const void *p, uint32_t *slot)
{
    size_t off = (size_t)((const uint8_t *)p - arena.base);

    bug_on(off >= arena.len || off % SEC_MIN != 0);
    *slot = (uint32_t)(off / SEC_MIN);
    bug_on((arena.order_of[*slot] & SEC_FREE) != 0);
    return (size_t)SEC_MIN << arena.order_of[*slot];
}

void
secmem_free(void *p)
{
    uint32_t slot;
    size_t size;
    int order;

    if (p == NULL)
        return;
    pthread_mutex_lock(&arena.lock);
    size = block_size(p, &slot);
    wipe(p, size);
    arena.used -= size;
    order = arena.order_of[slot];
    arena.order_of[slot] = SEC_INSIDE;
    while (order < arena.top) {
        uint32_t buddy = slot ^ (1u << order);

        if (arena.order_of[buddy] != (uint8_t)(order | SEC_FREE))
            break;
        list_remove(order, buddy);
        slot &= ~(1u << order);
        order++;
    }
    list_push(order, slot);
    pthread_mutex_unlock(&arena.lock);
}

void
secbuf_init(struct secbuf *s, size_t max)
{
    *s = (struct secbuf){ .max = max };
}

struct secbuf *
secbuf_new(size_t max)
{
    struct secbuf *s = malloc(sizeof(*s));

    if (s != NULL)
        secbuf_init(s, max);
    return s;
}

void
secbuf_release(struct secbuf *s)
{
    secmem_free(s->ptr);
    *s = (struct secbuf){ 0 };
}

void
secbuf_free(struct secbuf *s)
{
    if (s == NULL)
        return;
    secbuf_release(s);
    free(s);
}

void
secbuf_clear(struct secbuf *s)
{
    secbuf_truncate(s, 0);
    s->err = ERR_OK;
}

static bool
secbuf_reserve(struct secbuf *s, size_t more)
{
    size_t want, cap = s->cap == 0 ? SEC_MIN : s->cap;
    uint8_t *p;

    if (s->err != ERR_OK)
        return false;
    if (__builtin_add_overflow(s->len, more, &want) || want > s->max) {
        s->err = ERR_TOO_LARGE;
        return false;
    }
    if (want <= s->cap)
        return true;
    while (cap < want)
        cap *= 2;
    p = secmem_alloc(cap);
    if (p == NULL) {
        s->err = ERR_NOMEM;
        return false;
    }
    if (s->len > 0)
        memcpy(p, s->ptr, s->len);
    secmem_free(s->ptr);
    s->ptr = p;
    s->cap = cap;
    return true;
}

uint8_t *
secbuf_grow(struct secbuf *s, size_t len)
{
    uint8_t *p;

    if (!secbuf_reserve(s, len) || s->ptr == NULL)
        return NULL;
    p = s->ptr + s->len;
    s->len += len;
    return p;
}

void
secbuf_room(struct secbuf *s, size_t len)
{
    (void)secbuf_reserve(s, len);
}

void
secbuf_put_growing(struct secbuf *s, struct span bytes)
{
    if (bytes.len == 0 || !secbuf_reserve(s, bytes.len))
        return;
    memcpy(s->ptr + s->len, bytes.ptr, bytes.len);
    s->len += bytes.len;
}

void
secbuf_truncate(struct secbuf *s, size_t len)
{
    if (len >= s->len)
        return;
    wipe(s->ptr + len, s->len - len);
    s->len = len;
}

void
secbuf_drop_head(struct secbuf *s, size_t len)
{
    if (len >= s->len) {
        secbuf_truncate(s, 0);
        return;
    }
    memmove(s->ptr, s->ptr + len, s->len - len);
    secbuf_truncate(s, s->len - len);
}

void
secbuf_move(struct secbuf *to, struct secbuf *from)
{
    secbuf_release(to);
    *to = *from;
    *from = (struct secbuf){ .max = to->max };
}
