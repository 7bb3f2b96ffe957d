/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software.c - open, use, seal.
 *
 * Nothing here asks what a key may be used for: attributes and key_ops are the
 * business of whoever authorised the request. What is bound here is the place
 * (sealed bytes open as the object they were sealed as, and as no other), and
 * whether the private part may ever leave: a front that was taken over may ask
 * for any release, and gets none of a key that was not made for it.
 */
#include "keeper/software.h"

#include <stdlib.h>

#include "keeper/cache.h"
#include "keeper/opened.h"

enum { PLAIN_MAX = 8 * 1024, CIPHERTEXT_MAX = 16 * 1024, SECRET_MAX = 256 * 1024 };
/* The first sealed byte; docs/formats/seal.md. */
enum { FLAG_EXPORTABLE = 1, FLAG_IN_SECRET = 2, FLAGS_ALL = 3 };

/* One thread's. */
struct bench {
    const struct software *soft;
    struct cache *cache;
    enum key_pace pace;
    unsigned generation;
};

static enum err
bench_new(void *arg, enum key_pace pace, void **out)
{
    struct bench *b = calloc(1, sizeof(*b));
    enum err e;

    *out = NULL;
    if (b == NULL)
        return ERR_NOMEM;
    b->soft = arg;
    b->pace = pace;
    b->generation = roots_generation(b->soft->roots);
    e = cache_new(b->soft->cache_bytes, &b->cache);
    if (e != ERR_OK)
        free(b);
    else
        *out = b;
    return e;
}

static void
bench_free(void *state)
{
    struct bench *b = state;

    if (b == NULL)
        return;
    cache_free(b->cache);
    free(b);
}

/* Microseconds to sign or agree with; the other curves are as slow as RSA-2048. */
static bool
is_fast_curve(enum key_curve c)
{
    return c == CURVE_P256 || c == CURVE_ED25519;
}

static enum key_pace
pace_of_use(const struct key_use *u)
{
    const struct key_alg_info *a = key_alg_info(u->alg);

    if (a->type == KEY_RSA)
        return u->op == KEY_SIGN || u->op == KEY_DECRYPT || u->op == KEY_UNWRAP ? PACE_LONG
                                                                                : PACE_SHORT;
    return a->type == KEY_EC && !is_fast_curve(a->curve) ? PACE_LONG : PACE_SHORT;
}

static enum key_pace
pace_of(void *arg, enum keeper_op op, const struct key_question *q)
{
    const struct software *soft = arg;

    switch ((unsigned)op) {
    case KEEPER_KEYPAIR_NEW:
        if (q->spec.type == KEY_RSA)
            return stock_fits(soft->stock, &q->spec) ? PACE_SHORT : PACE_MAKING;
        return q->spec.type == KEY_EC && !is_fast_curve(q->spec.curve) ? PACE_LONG : PACE_SHORT;
    case KEEPER_KEYPAIR_IMPORT:
        return q->parts.type == KEY_OCT ? PACE_SHORT : PACE_LONG;
    case KEEPER_KEY_USE:
        return pace_of_use(&q->use);
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_SECRET:
        return PACE_LONG;
    default:
        return PACE_SHORT;
    }
}

/* After a root key was forgotten, what was opened under it must be opened anew. */
static void
check_generation(struct bench *b)
{
    unsigned now = roots_generation(b->soft->roots);

    if (now != b->generation)
        cache_clear(b->cache);
    b->generation = now;
}

static uint8_t
flags_of(const struct key_place *place)
{
    return (uint8_t)((place->exportable ? FLAG_EXPORTABLE : 0) |
                     (place->in_secret ? FLAG_IN_SECRET : 0));
}

/* Appends the answer to a question that made a key. */
static enum err
put_sealed(struct bench *b, const struct key_place *place, uint8_t flags, const struct key *k,
           struct secbuf *answer)
{
    struct row_id id = opened_row_id(&place->id);
    struct seal_row_key *row = NULL;
    struct secbuf plain;
    struct buf sealed;
    enum err e;

    secbuf_init(&plain, 1 + KEY_PRIVATE_MAX);
    buf_init(&sealed, KEY_SEALED_MAX);
    check_generation(b);
    secbuf_put_byte(&plain, flags);
    e = opened_row(b->soft->roots, b->cache, &place->vault, &row);
    if (e == ERR_OK)
        e = key_put_private(k, &plain);
    if (e == ERR_OK)
        e = row_seal(row, &id, secbuf_span(&plain), sink_buf(&sealed));
    if (e == ERR_OK) {
        keypair_answer_pack(sink_sec(answer), buf_span(&sealed), key_public(k));
        e = answer->err;
    }
    secbuf_release(&plain);
    buf_release(&sealed);
    return e;
}

/* The caller owns the key. */
static enum err
open_sealed(struct bench *b, const struct key_place *place, struct key **out, uint8_t *flags)
{
    struct row_id id = opened_row_id(&place->id);
    struct seal_row_key *row = NULL;
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, 1 + KEY_PRIVATE_MAX);
    check_generation(b);
    e = opened_row(b->soft->roots, b->cache, &place->vault, &row);
    if (e == ERR_OK)
        e = row_open(row, &id, place->sealed, &plain);
    if (e == ERR_OK && (plain.len == 0 || plain.ptr[0] > FLAGS_ALL))
        e = ERR_FORMAT;
    if (e == ERR_OK) {
        *flags = plain.ptr[0];
        e = key_load(span_tail(secbuf_span(&plain), 1), out);
    }
    secbuf_release(&plain);
    return e;
}

/* The key, from the cache if it can be. Borrowed from the cache. */
static enum err
key_at(struct bench *b, const struct key_place *place, struct key **out)
{
    uint8_t tag[CACHE_TAG_LEN];
    struct key *k = NULL;
    uint8_t flags;
    enum err e;

    check_generation(b);
    e = cache_tag_sealed(b->cache, &place->vault, &place->id, place->sealed, tag);
    if (e != ERR_OK)
        return e;
    *out = cache_key(b->cache, tag);
    if (*out != NULL)
        return ERR_OK;
    e = open_sealed(b, place, &k, &flags);
    if (e == ERR_NOMEM) { /* locked memory is short: what others hold is theirs, this is ours */
        cache_clear(b->cache);
        e = open_sealed(b, place, &k, &flags);
    }
    if (e == ERR_OK)
        e = cache_put_key(b->cache, tag, k);
    if (e == ERR_OK)
        *out = k;
    return e;
}

static enum err
software_new(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct bench *b = state;
    struct key *k = stock_take(b->soft->stock, &q->spec);
    enum err e = ERR_OK;

    if (k == NULL && q->spec.type == KEY_RSA && b->pace == PACE_SHORT)
        return ERR_AGAIN; /* a maker has the time */
    if (k == NULL)
        e = key_new_until(&q->spec, b->soft->ending, &k);
    if (e == ERR_AGAIN)
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK)
        e = put_sealed(b, &q->place, flags_of(&q->place), k, answer);
    key_free(k);
    return e;
}

static enum err
software_import(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct key *k = NULL;
    enum err e = key_import(&q->parts, &k);

    if (e == ERR_OK)
        e = put_sealed(state, &q->place, flags_of(&q->place), k, answer);
    key_free(k);
    return e;
}

static enum err
software_byok(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct key *kek = NULL, *k = NULL;
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, PLAIN_MAX);
    e = key_at(state, &q->kek, &kek);
    if (e == ERR_OK)
        e = key_transport_unwrap(TRANSPORT_CKM_RSA_AES, kek, q->ciphertext, &plain);
    if (e == ERR_OK)
        e = key_import_plain(q->type, secbuf_span(&plain), &k);
    if (e == ERR_OK)
        e = put_sealed(state, &q->place, flags_of(&q->place), k, answer);
    key_free(k);
    secbuf_release(&plain);
    return e;
}

/* iv and tag stand before the value but are known after it. */
static enum err
use_with_iv_tag(struct key *k, const struct key_use *u, struct secbuf *answer)
{
    struct key_result r = { 0 };
    struct secbuf value;
    enum err e;

    secbuf_init(&value, answer->max);
    e = key_use(k, u, &value, &r);
    if (e == ERR_OK)
        key_use_answer_pack(sink_sec(answer), &r, secbuf_span(&value));
    secbuf_release(&value);
    return e;
}

static enum err
software_use(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct key_result r = { 0 };
    struct key *k = NULL;
    enum err e = key_at(state, &q->place, &k);

    if (e != ERR_OK)
        return e;
    if (key_alg_info(q->use.alg)->scheme == SCHEME_GCM)
        return use_with_iv_tag(k, &q->use, answer);
    if (q->use.op != KEY_VERIFY)
        key_use_answer_pack(sink_sec(answer), &r, span_of(NULL, 0));
    return key_use(k, &q->use, answer, &r);
}

static enum err
software_release(void *state, const struct key_question *q, struct secbuf *answer)
{
    uint8_t flags = 0;
    struct key *k = NULL;
    struct secbuf plain;
    struct buf out;
    enum err e = open_sealed(state, &q->place, &k, &flags); /* rare: not from the cache */

    secbuf_init(&plain, PLAIN_MAX);
    buf_init(&out, CIPHERTEXT_MAX);
    if (e == ERR_OK && (flags & FLAG_EXPORTABLE) == 0)
        e = ERR_DENIED;
    if (e == ERR_OK)
        e = key_put_plain(k, &plain);
    if (e == ERR_OK)
        e = key_transport_wrap(q->transport, &q->recipient, secbuf_span(&plain), &out);
    if (e == ERR_OK)
        secbuf_put(answer, buf_span(&out));
    key_free(k);
    secbuf_release(&plain);
    buf_release(&out);
    return e;
}

/* Rare, like all that follows: not from the cache. What it may be used for does not change. */
static enum err
software_copy(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct key *k = NULL;
    uint8_t flags = 0;
    enum err e = open_sealed(state, &q->kek, &k, &flags);

    if (e == ERR_OK)
        e = put_sealed(state, &q->place, flags, k, answer);
    key_free(k);
    return e;
}

/* Seals the secret's value in its place. */
static enum err
put_secret(struct bench *b, const struct key_question *q, const struct key *k,
           struct secbuf *answer)
{
    struct row_id id = opened_row_id(&q->secret);
    struct seal_row_key *row = NULL;
    struct secbuf text;
    enum err e;

    secbuf_init(&text, SECRET_MAX);
    check_generation(b);
    e = cert_file_write(q->form, k, q->chain, q->chain_count, &text);
    if (e == ERR_OK && text.len > MAX_SECRET_CHARS)
        e = ERR_VALUE_TOO_LARGE;
    if (e == ERR_OK)
        e = opened_row(b->soft->roots, b->cache, &q->place.vault, &row);
    if (e == ERR_OK)
        e = row_seal(row, &id, secbuf_span(&text), sink_sec(answer));
    secbuf_release(&text);
    return e;
}

static enum err
software_secret(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct key *k = NULL;
    uint8_t flags = 0;
    enum err e = ERR_OK;

    if (q->place.sealed.len > 0)
        e = open_sealed(state, &q->place, &k, &flags);
    if (e == ERR_OK && k != NULL && (flags & FLAG_IN_SECRET) == 0)
        e = ERR_DENIED;
    if (e == ERR_OK)
        e = put_secret(state, q, k, answer);
    key_free(k);
    return e;
}

const struct key_provider software_provider = {
    .state_new = bench_new,
    .state_free = bench_free,
    .pace = pace_of,
    .new = software_new,
    .import = software_import,
    .byok = software_byok,
    .use = software_use,
    .release = software_release,
    .copy = software_copy,
    .secret = software_secret,
};
