/* SPDX-License-Identifier: Apache-2.0 */
/* cert_merge.c - the rows of a version that gets its certificate. */
#include "vault/cert_merge.h"

enum err
cert_merge_find(const struct vault_at *at, const struct object_name *name,
                struct cert_merge *out)
{
    enum err e = cert_operation_get(at, name->key, &out->op);

    if (e == ERR_NOT_FOUND)
        return ERR_PENDING_NOT_FOUND;
    if (e == ERR_OK)
        e = object_get(at, name, &out->op.version, &out->cert);
    if (e == ERR_CERTIFICATE_NOT_FOUND) /* deleted */
        return ERR_PENDING_NOT_FOUND;
    if (e == ERR_OK)
        e = cert_detail_read(out->cert.v.detail, &out->detail);
    if (e == ERR_OK && (out->op.state == OPERATION_COMPLETED || out->detail.complete))
        e = ERR_PENDING_NOT_FOUND;
    return e == ERR_OK ? cert_get_key(at, name, &out->op.version, &out->key, &out->key_detail)
                       : e;
}

void
cert_merge_ask(const struct vault_at *at, const struct cert_merge *m,
               const struct cert_policy *p, const struct cert_merged *c, struct sink k)
{
    struct cert_secret s = { .name = &m->cert.head.name,
                             .id = &m->op.version,
                             .sealed = m->key.v.sealed,
                             .in_secret = cert_key_in_secret(p, &m->key_detail),
                             .form = p->form,
                             .chain = c->chain,
                             .n = c->n };

    cert_secret_pack(k, at->vault, &s);
}

static enum err
fill_parts(const struct cert_merge *m, const struct cert_policy *p, const struct cert_merged *c,
           struct span sealed, struct cert_parts *out)
{
    const struct object_change *change = c->change;

    *out = (struct cert_parts){ .id = m->op.version,
                                .tags = change != NULL && change->has_tags ? change->tags
                                                                           : m->cert.v.tags,
                                .key = m->key_detail,
                                .key_sealed = m->key.v.sealed,
                                .secret_sealed = sealed,
                                .form = p->form,
                                .policy = p };
    out->attrs.enabled = change != NULL && change->attrs.has_enabled ? change->attrs.enabled
                                                                     : m->detail.wants_enabled;
    out->detail.has_key = cert_key_in_secret(p, &m->key_detail);
    out->detail.wants_enabled = out->attrs.enabled;
    out->detail.keeps_order = c->keeps_order || m->detail.keeps_order;
    return cert_parts_complete(out, c->chain, c->n);
}

enum err
cert_merge_put(const struct vault_at *at, struct cert_merge *m, struct cert_policy *p,
               const struct cert_merged *c, struct span sealed, int64_t now,
               struct store_write *w, struct buf *room, struct object *out)
{
    const struct object_name *name = &m->cert.head.name;
    struct cert_heads heads;
    struct cert_parts parts;
    enum err e = cert_check_add(at, name, &heads);

    if (e == ERR_OK)
        e = fill_parts(m, p, c, sealed, &parts);
    if (e == ERR_OK)
        e = cert_put(at, &heads, &parts, now, w, room, out);
    if (e != ERR_OK)
        return e;
    p->has_transparency = true; /* WIRE: said from the merge on (data-plane.md D2.1) */
    cert_policy_put(at, w, name->key, p);
    m->op.state = OPERATION_COMPLETED;
    m->op.error_code = m->op.error_message = (struct span){ 0 };
    cert_operation_put(at, w, name->key, &m->op);
    return store_write_err(w);
}
