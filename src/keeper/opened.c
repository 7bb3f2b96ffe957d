/* SPDX-License-Identifier: Apache-2.0 */
/* opened.c - a miss costs an unwrapping under the root key and a parse; a hit one SHA-256. */
#include "keeper/opened.h"

enum err
opened_row(struct roots *roots, struct cache *cache, const struct wrapped *w,
           struct seal_row_key **out)
{
    uint8_t tag[CACHE_TAG_LEN];
    struct seal_row_key *k = NULL;
    struct secbuf key;
    enum err e;

    e = cache_tag(w, tag);
    if (e != ERR_OK)
        return e;
    *out = cache_row(cache, tag);
    if (*out != NULL)
        return ERR_OK;
    secbuf_init(&key, WRAPPED_MAX);
    e = roots_unwrap(roots, w, &key);
    if (e == ERR_OK && key.len != OPENED_SYMMETRIC_LEN)
        e = ERR_FORMAT;
    if (e == ERR_OK)
        e = seal_row_key_new(secbuf_span(&key), &k);
    secbuf_release(&key);
    if (e == ERR_OK)
        e = cache_put_row(cache, tag, k);
    if (e == ERR_OK)
        *out = k;
    return e;
}

enum err
opened_sign(struct roots *roots, struct cache *cache, const struct wrapped *w,
            struct signkey **out)
{
    uint8_t tag[CACHE_TAG_LEN];
    struct signkey *k = NULL;
    struct secbuf der;
    enum err e;

    e = cache_tag(w, tag);
    if (e != ERR_OK)
        return e;
    *out = cache_sign(cache, tag);
    if (*out != NULL)
        return ERR_OK;
    secbuf_init(&der, WRAPPED_MAX);
    e = roots_unwrap(roots, w, &der);
    if (e == ERR_OK)
        e = signkey_load(secbuf_span(&der), &k);
    secbuf_release(&der);
    if (e == ERR_OK)
        e = cache_put_sign(cache, tag, k);
    if (e == ERR_OK)
        *out = k;
    return e;
}

struct row_id
opened_row_id(const struct object_id *id)
{
    return (struct row_id){ span_str(id->vault.text), (uint8_t)id->kind, id->name,
                            id->version };
}

bool
opened_is_of_key(const struct wrapped *key, const struct object_id *id)
{
    return span_is_str(key->id, id->vault.text);
}
