/* SPDX-License-Identifier: Apache-2.0 */
/* cert_chain.c - a bag is searched from the leaf upwards; there are few certificates. */
#include "crypto/cert_chain.h"

#include "crypto/pem_int.h"

static size_t
bytes_of(const struct cert_bag *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->count; i++)
        n += cert_der(b->certs[i]).len;
    return n;
}

static bool
has(const struct cert_bag *b, const struct cert *c)
{
    for (size_t i = 0; i < b->count; i++)
        if (span_is_equal(cert_der(b->certs[i]), cert_der(c)))
            return true;
    return false;
}

static enum err
add_der(struct cert_bag *b, struct span der)
{
    struct cert *c = NULL;
    enum err e = cert_new(der, &c);

    if (e != ERR_OK)
        return e;
    if (has(b, c)) {
        cert_free(c);
        return ERR_OK;
    }
    if (b->count == CERT_CHAIN_MAX || bytes_of(b) + der.len > CERT_CHAIN_BYTES_MAX) {
        cert_free(c);
        return ERR_TOO_LARGE;
    }
    b->certs[b->count++] = c;
    return ERR_OK;
}

static enum err
add_pem(struct cert_bag *b, struct span text)
{
    struct pem_block block;
    enum err e, found = ERR_CERT_NONE;
    struct buf der;

    buf_init(&der, CERT_MAX);
    for (;;) {
        e = pem_next(&text, &block);
        if (e != ERR_OK)
            break;
        if (!pem_is_certificate(&block))
            continue;
        buf_clear(&der);
        e = pem_base64(block.body, sink_buf(&der));
        if (e == ERR_OK)
            e = add_der(b, buf_span(&der));
        if (e != ERR_OK)
            break;
        found = ERR_OK;
    }
    buf_release(&der);
    if (e == ERR_NOT_FOUND)
        return found;
    return e == ERR_SYNTAX ? ERR_FORMAT : e;
}

enum err
cert_bag_add(struct cert_bag *b, struct span bytes)
{
    b->chain = 0;
    if (bytes.len == 0)
        return ERR_CERT_NONE;
    return pem_is_likely(bytes) ? add_pem(b, bytes) : add_der(b, bytes);
}

void
cert_bag_release(struct cert_bag *b)
{
    for (size_t i = 0; i < b->count; i++)
        cert_free(b->certs[i]);
    *b = (struct cert_bag){ .count = 0 };
}

size_t
cert_bag_find_key(const struct cert_bag *b, const struct key_public *key)
{
    size_t found = b->count;

    for (size_t i = 0; i < b->count; i++)
        if (cert_is_of_key(b->certs[i], key) &&
            (found == b->count ||
             cert_not_after(b->certs[i]) > cert_not_after(b->certs[found])))
            found = i;
    return found;
}

/* Moves certificate `from` to index `to` before it; the others keep their order. */
static void
move_up(struct cert_bag *b, size_t from, size_t to)
{
    struct cert *c = b->certs[from];

    for (size_t i = from; i > to; i--)
        b->certs[i] = b->certs[i - 1];
    b->certs[to] = c;
}

/* Issuers of the chain's end out of the rest, as long as there are any. */
static void
grow_chain(struct cert_bag *b)
{
    bool grown = true;

    while (grown && !cert_is_self_issued(b->certs[b->chain - 1])) {
        grown = false;
        for (size_t i = b->chain; i < b->count && !grown; i++)
            if (cert_is_issued_by(b->certs[b->chain - 1], b->certs[i])) {
                move_up(b, i, b->chain++);
                grown = true;
            }
    }
}

enum err
cert_bag_order(struct cert_bag *b, const struct key_public *key)
{
    size_t leaf = cert_bag_find_key(b, key);

    b->chain = 0;
    if (leaf == b->count)
        return ERR_CERT_MISMATCH;
    move_up(b, leaf, 0);
    b->chain = 1;
    grow_chain(b);
    return ERR_OK;
}

enum err
cert_bag_complete(struct cert_bag *b, struct cert *const *known, size_t count)
{
    for (;;) {
        const struct cert *end;
        size_t i = 0, chain = b->chain;
        enum err e;

        if (chain == 0)
            return ERR_OK; /* there is no chain to complete */
        end = b->certs[chain - 1];
        while (i < count && (has(b, known[i]) || !cert_is_issued_by(end, known[i])))
            i++;
        if (cert_is_self_issued(end) || i == count)
            return ERR_OK;
        e = add_der(b, cert_der(known[i]));
        if (e != ERR_OK)
            return e;
        move_up(b, b->count - 1, chain);
        b->chain = chain + 1;
        grow_chain(b);
    }
}
