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

/*
 * A way from one certificate to a root. Of several that issued it (renewed with the same key,
 * cross-certified) the one that ends last is tried first; where none leads to a root, the
 * longest way counts. Each certificate is visited once, and signatures are not for nothing:
 * bags come from strangers.
 */
struct search {
    const struct cert_bag *bag;
    uint32_t seen;
    unsigned left; /* signatures that may still be checked */
    size_t way[CERT_CHAIN_MAX], best[CERT_CHAIN_MAX];
    size_t len, best_len;
};

static bool
issued(struct search *s, const struct cert *c, const struct cert *issuer)
{
    if (s->left == 0 || !cert_may_be_issued_by(c, issuer))
        return false;
    s->left--;
    return cert_is_issued_by(c, issuer);
}

/* Of those not in `seen`: the one that ends last and may be the issuer. count: none. */
static size_t
likely_issuer(const struct cert_bag *b, uint32_t seen, const struct cert *c)
{
    size_t found = b->count;

    for (size_t i = 0; i < b->count; i++)
        if ((seen >> i & 1) == 0 && cert_may_be_issued_by(c, b->certs[i]) &&
            (found == b->count ||
             cert_not_after(b->certs[i]) > cert_not_after(b->certs[found])))
            found = i;
    return found;
}

static void
keep_way(struct search *s)
{
    s->best_len = s->len;
    for (size_t i = 0; i < s->len; i++)
        s->best[i] = s->way[i];
}

/* Does it lead to a root? As deep as there are certificates: CERT_CHAIN_MAX. */
static bool
climb(struct search *s, size_t at)
{
    const struct cert *c = s->bag->certs[at];
    uint32_t tried = 0;
    bool root;

    s->seen |= UINT32_C(1) << at;
    s->way[s->len++] = at;
    root = issued(s, c, c);
    if (root || s->len > s->best_len)
        keep_way(s);
    while (!root) {
        size_t i = likely_issuer(s->bag, s->seen | tried, c);

        if (i == s->bag->count)
            break;
        tried |= UINT32_C(1) << i;
        root = issued(s, c, s->bag->certs[i]) && climb(s, i);
    }
    s->len--;
    return root;
}

/* From the chain's end upwards, out of the rest. */
static void
grow_chain(struct cert_bag *b, unsigned *signatures)
{
    struct search s = { .bag = b, .left = *signatures };
    size_t end = b->chain - 1;

    for (size_t i = 0; i < end; i++)
        s.seen |= UINT32_C(1) << i;
    (void)climb(&s, end);
    for (size_t i = 1; i < s.best_len; i++) {
        size_t from = s.best[i];

        move_up(b, from, b->chain);
        /* Those between have moved back by one. */
        for (size_t k = i + 1; k < s.best_len; k++)
            s.best[k] += s.best[k] < from ? 1 : 0;
        b->chain++;
    }
    *signatures = s.left;
}

enum err
cert_bag_order(struct cert_bag *b, const struct key_public *key)
{
    size_t leaf = cert_bag_find_key(b, key);
    unsigned signatures = CERT_SIGNATURES_MAX;

    b->chain = 0;
    if (leaf == b->count)
        return ERR_CERT_MISMATCH;
    move_up(b, leaf, 0);
    b->chain = 1;
    grow_chain(b, &signatures);
    return ERR_OK;
}

/* Puts one of `known` that issued the chain's end behind it. ERR_NOT_FOUND: none did, or the
 * end is a root. */
static enum err
add_issuer(struct cert_bag *b, struct cert *const *known, size_t count, unsigned *signatures)
{
    const struct cert *end = b->certs[b->chain - 1];
    struct search s = { .bag = b, .left = *signatures };
    size_t i = 0;
    enum err e;

    if (issued(&s, end, end))
        return ERR_NOT_FOUND;
    while (i < count && (has(b, known[i]) || !issued(&s, end, known[i])))
        i++;
    *signatures = s.left;
    if (i == count)
        return ERR_NOT_FOUND;
    e = add_der(b, cert_der(known[i]));
    if (e != ERR_OK)
        return e;
    move_up(b, b->count - 1, b->chain);
    b->chain++;
    return ERR_OK;
}

enum err
cert_bag_complete(struct cert_bag *b, struct cert *const *known, size_t count)
{
    unsigned signatures = CERT_SIGNATURES_MAX;
    enum err e = ERR_OK;

    if (b->chain == 0)
        return ERR_OK; /* there is no chain to complete */
    while (e == ERR_OK) {
        e = add_issuer(b, known, count, &signatures);
        if (e == ERR_OK)
            grow_chain(b, &signatures);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
