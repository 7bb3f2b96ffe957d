/* SPDX-License-Identifier: Apache-2.0 */
/* cert_parts.c - see cert_parts.h. */
#include "vault/cert_parts.h"

#include <stdlib.h>

enum key_home
cert_key_home(const struct cert_policy *p, bool has_token)
{
    return p->hsm && has_token ? HOME_TOKEN : HOME_SOFTWARE;
}

struct key_place
cert_key_place(const struct vault *v, const struct object_name *name, const struct hex32 *id,
               const struct cert_policy *p, enum key_home home)
{
    return (struct key_place){ .vault = vault_key(v),
                               .id = object_id_of(&v->id, KIND_KEY, name->key, id),
                               .in_secret = p->exportable && home == HOME_SOFTWARE };
}

void
cert_key_detail(const struct cert_policy *p, enum key_home home, struct key_detail *out)
{
    *out = (struct key_detail){ .hsm = p->hsm, .home = home };
    cert_policy_key_ops(p, out);
}

bool
cert_key_in_secret(const struct cert_policy *p, const struct key_detail *key)
{
    return p->exportable && key->home == HOME_SOFTWARE;
}

void
cert_secret_pack(struct sink k, const struct vault *v, const struct cert_secret *s)
{
    struct key_place place = { .vault = vault_key(v),
                               .id = object_id_of(&v->id, KIND_KEY, s->name->key, s->id) };
    struct object_id secret = object_id_of(&v->id, KIND_SECRET, s->name->key, s->id);

    if (s->in_secret)
        place.sealed = s->sealed;
    keeper_pack_cert_secret(k, &place, &secret, s->form, s->chain, s->n);
}

enum err
cert_check_idle(const struct vault_at *at, const struct object_name *name)
{
    struct cert_operation op;
    enum err e = cert_operation_get(at, name->key, &op);

    if (e == ERR_OK)
        return op.state == OPERATION_RUNS ? ERR_CERT_PENDING : ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
cert_policy_copy(const struct cert_policy *from, struct buf *room, struct cert_policy *out)
{
    enum err e;

    buf_clear(room);
    cert_policy_pack(sink_buf(room), from);
    if (room->err != ERR_OK)
        return room->err == ERR_TOO_LARGE ? ERR_BAD_BODY : room->err;
    e = cert_policy_read(buf_span(room), out);
    return e == ERR_OK ? ERR_OK : ERR_BAD_BODY;
}

enum err
cert_policy_replace(const struct vault_at *at, const char *name, struct cert_policy *p,
                    int64_t now, struct store_write *w)
{
    struct cert_policy *old = malloc(sizeof(*old)); /* too much for a stack */
    enum err e = old == NULL ? ERR_NOMEM : cert_policy_get(at, name, old);

    if (e == ERR_OK || e == ERR_NOT_FOUND) {
        p->created = e == ERR_OK ? old->created : now;
        p->updated = now;
        p->revision = old->revision;
        cert_policy_put(at, w, name, p);
        e = store_write_err(w);
    }
    free(old);
    return e;
}

enum err
cert_parts_complete(struct cert_parts *p, const struct span *chain, size_t n)
{
    struct cert *leaf;
    enum err e;

    bug_on(n == 0);
    if (n > CERT_CHAIN_MAX)
        return ERR_TOO_LARGE;
    e = cert_new(chain[0], &leaf);
    if (e != ERR_OK)
        return e;
    p->detail.complete = true;
    p->detail.n = (unsigned)n;
    for (size_t i = 0; i < n; i++)
        p->detail.der[i] = chain[i];
    memcpy(p->detail.x5t, cert_sha1(leaf), SHA1_LEN);
    p->attrs.has_nbf = p->attrs.has_exp = true;
    p->attrs.nbf = cert_not_before(leaf);
    p->attrs.exp = cert_not_after(leaf);
    cert_free(leaf);
    return ERR_OK;
}

size_t
cert_chain_spans(const struct cert_bag *b, size_t leaf, struct span out[static CERT_CHAIN_MAX])
{
    size_t n = 0;

    out[n++] = cert_der(b->certs[leaf]);
    for (size_t i = 0; i < b->count; i++)
        if (i != leaf)
            out[n++] = cert_der(b->certs[i]);
    return n;
}

enum err
cert_chain_of_key(struct cert_bag *b, const struct key_public *key, bool keeps_order,
                  struct span out[static CERT_CHAIN_MAX], size_t *n)
{
    size_t leaf = 0;
    enum err e = ERR_OK;

    *n = 0;
    if (keeps_order) {
        leaf = cert_bag_find_key(b, key);
        e = leaf < b->count ? ERR_OK : ERR_CERT_MISMATCH;
    } else {
        e = cert_bag_order(b, key);
    }
    if (e == ERR_OK)
        *n = cert_chain_spans(b, leaf, out);
    return e;
}
