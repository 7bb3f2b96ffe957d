/* SPDX-License-Identifier: Apache-2.0 */
/* cert_parts.c - see cert_parts.h. */
#include "api/data/cert_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/data/object.h"

enum next
cert_fail(struct exchange *x, enum err e, const char *operation, const char *why)
{
    if (e == ERR_MERGE_EARLY)
        return exchange_fail(x, e, span_str(why));
    return key_fail(x, e, operation, why);
}

enum err
cert_new_name(const struct exchange *x, struct object_name *out)
{
    enum err e = object_name(x, out);

    if (e == ERR_OK && (strcmp(out->key, "CONTACTS") == 0 || strcmp(out->key, "ISSUERS") == 0 ||
                        strcmp(out->key, "RESTORE") == 0))
        return ERR_BAD_NAME;
    return e;
}

enum key_home
cert_home(const struct exchange *x, const struct cert_policy *p)
{
    return p->hsm && x->site->has_token ? HOME_TOKEN : HOME_SOFTWARE;
}

struct key_place
cert_place(const struct exchange *x, const struct object_name *name, const struct hex32 *id,
           const struct cert_policy *p)
{
    return (struct key_place){ .vault = vault_key(x->vault),
                               .id = object_id_of(&x->vault->id, KIND_KEY, name->key, id),
                               .in_secret = p->exportable && cert_home(x, p) == HOME_SOFTWARE };
}

void
cert_key_detail(const struct exchange *x, const struct cert_policy *p, struct key_detail *out)
{
    *out = (struct key_detail){ .hsm = p->hsm, .home = cert_home(x, p) };
    cert_policy_key_ops(p, out);
}

bool
cert_key_in_secret(const struct cert_policy *p, const struct key_detail *key)
{
    return p->exportable && key->home == HOME_SOFTWARE;
}

void
cert_ask_secret(struct exchange *x, const struct object_name *name, const struct hex32 *id,
                struct span sealed, bool in_secret, enum cert_form form,
                const struct span *chain, size_t n)
{
    struct key_place place = { .vault = vault_key(x->vault),
                               .id = object_id_of(&x->vault->id, KIND_KEY, name->key, id) };
    struct object_id secret = object_id_of(&x->vault->id, KIND_SECRET, name->key, id);

    if (in_secret)
        place.sealed = sealed;
    keeper_pack_cert_secret(sink_sec(&x->ask), &place, &secret, form, chain, n);
    x->ask_op = KEEPER_CERT_SECRET;
    x->ask_of = HOME_SOFTWARE;
}

enum err
cert_secret_err(enum err e, char why[static KEY_WHY_MAX])
{
    if (e == ERR_DENIED) {
        (void)snprintf(why, KEY_WHY_MAX, "The key was made as one that is not exportable.");
        return ERR_BAD_PARAMETER;
    }
    if (e == ERR_VALUE_TOO_LARGE || e == ERR_TOO_LARGE) {
        (void)snprintf(why, KEY_WHY_MAX, "The size of the X.509 certificate is too long.");
        return ERR_BAD_PARAMETER;
    }
    return e == ERR_CERT_MISMATCH ? e : object_keeper_err(e);
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
