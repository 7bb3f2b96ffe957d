/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsn_pool.c - bump allocation out of secret blocks, given back all at once.
 *
 * Single frees are not honoured: what the parser throws away stays in locked
 * memory until the tree goes, and is then wiped with it. One trip to the
 * arena's lock serves a whole ordinary body.
 */
#include "codec/jsn_int.h"

#include <stdint.h>

#include "base/secbuf.h"

enum { ALIGN = 16, BLOCK_MIN = 4 * 1024, BLOCK_MAX = 256 * 1024 };

struct jsn_block {
    struct jsn_block *older;
    size_t used; /* with this header */
    size_t size;
};

/* Before each piece, so that a tree's root leads back to its pool. */
struct piece {
    _Alignas(ALIGN) struct jsn_pool *pool;
};

static _Thread_local struct jsn_pool *open_pool;

static size_t
aligned(size_t len)
{
    return (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static struct jsn_block *
block_new(size_t size, struct jsn_block *older)
{
    struct jsn_block *b = secmem_alloc(size);

    if (b != NULL)
        *b = (struct jsn_block){ .older = older, .used = aligned(sizeof(*b)), .size = size };
    return b;
}

static void *
block_take(struct jsn_block *b, size_t len)
{
    void *p = (uint8_t *)b + b->used;

    b->used += len;
    return p;
}

struct jsn_pool *
jsn_pool_new(size_t len)
{
    size_t size = BLOCK_MIN;
    struct jsn_block *b;
    struct jsn_pool *p;

    /* A tree of a usual body takes some five times its text. */
    while (size < len * 5 && size < BLOCK_MAX)
        size *= 2;
    b = block_new(size, NULL);
    if (b == NULL)
        return NULL;
    p = block_take(b, aligned(sizeof(*p)));
    p->blocks = b;
    p->total = size;
    p->next = size;
    p->err = ERR_OK;
    return p;
}

void
jsn_pool_free(struct jsn_pool *p)
{
    struct jsn_block *b = p == NULL ? NULL : p->blocks;

    while (b != NULL) {
        struct jsn_block *older = b->older;

        secmem_free(b);
        b = older;
    }
}

void
jsn_pool_use(struct jsn_pool *p)
{
    open_pool = p;
}

static _Noreturn void
leave(struct jsn_pool *p, enum err e)
{
    p->err = e;
    longjmp(p->failed, 1);
}

static struct jsn_block *
pool_grow(struct jsn_pool *p, size_t need)
{
    struct jsn_block *b;
    size_t size = p->next;

    if (p->next < BLOCK_MAX)
        p->next *= 2;
    if (size < need)
        size = need;
    if (size > JSN_POOL_MAX - p->total)
        leave(p, ERR_TOO_LARGE);
    b = block_new(size, p->blocks);
    if (b == NULL)
        leave(p, ERR_NOMEM);
    p->total += size;
    p->blocks = b;
    return b;
}

void *
jsn_pool_alloc(size_t len)
{
    struct jsn_pool *p = open_pool;
    struct piece *piece;
    struct jsn_block *b;
    size_t need;

    bug_on(p == NULL); /* trees are only read outside jsn_parse */
    if (len > JSN_POOL_MAX)
        leave(p, ERR_TOO_LARGE);
    need = sizeof(*piece) + aligned(len);
    b = p->blocks;
    if (need > b->size - b->used)
        b = pool_grow(p, need + aligned(sizeof(*b)));
    piece = block_take(b, need);
    piece->pool = p;
    return piece + 1;
}

struct jsn_pool *
jsn_pool_of(const void *p)
{
    return ((const struct piece *)p - 1)->pool;
}
