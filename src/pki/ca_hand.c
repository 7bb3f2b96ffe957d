/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_hand.c - an authority at work. Denied when in doubt: whatever of vault, key and
 * certificate is not as it was when the authority was made, keeps it from issuing.
 */
#include <stdio.h>
#include <string.h>

#include "pki/ca.h"

static enum err
refuse(char why[static CA_WHY_MAX], const struct ca *ca, const char *what)
{
    struct span r = ca->resource;
    size_t name = r.len;

    while (name > 0 && r.ptr[name - 1] != '/')
        name--;
    r = span_head(span_tail(r, name), 128);
    (void)snprintf(why, CA_WHY_MAX, "The certificate authority '%.*s' %s.", (int)r.len,
                   (const char *)r.ptr, what);
    return ERR_DISABLED;
}

/* The vault of that name has to be the one that it was, and of the same tenant. */
static enum err
open_vault(const struct rows *rows, struct store_view *view, const struct ca *ca,
           struct ca_hand *h, char why[static CA_WHY_MAX])
{
    enum err e = vault_load(rows, view, ca->vault_name, &h->vault);

    if (e == ERR_NO_VAULT)
        return refuse(why, ca, "has lost the vault of its key");
    if (e == ERR_OK && (!guid_is_equal(&h->vault->id, &ca->vault) ||
                        !guid_is_equal(&h->vault->tenant, &ca->tenant)))
        return refuse(why, ca, "has lost the vault of its key");
    return e;
}

enum err
ca_hand_find_key(const struct rows *rows, struct store_view *view, const struct ca *ca,
                 int64_t now, struct ca_hand *out, char why[static CA_WHY_MAX])
{
    struct vault_at at = { .rows = rows, .view = view, .kind = KIND_KEY };
    enum err e;

    *out = (struct ca_hand){ .ca = ca };
    e = open_vault(rows, view, ca, out, why);
    if (e != ERR_OK)
        return e;
    at.vault = out->vault;
    out->wrapped = vault_key(out->vault);
    e = object_get(&at, &ca->key, &ca->key_version, &out->key);
    if (e == ERR_KEY_NOT_FOUND)
        return refuse(why, ca, "has lost its key");
    if (e == ERR_OK)
        e = key_detail_read(out->key.v.detail, &out->detail);
    if (e != ERR_OK)
        return e;
    e = key_may(&out->detail, &out->key.v.attrs, KEY_SIGN, now);
    return e == ERR_OK ? ERR_OK : refuse(why, ca, "has a key that must not sign now");
}

static enum err
may_issue(const struct rows *rows, struct store_view *view, const struct ca_hand *h,
          int64_t now, char why[static CA_WHY_MAX])
{
    bool revoked;
    enum err e = ca_is_revoked(rows, view, h->ca, &revoked);

    if (e != ERR_OK)
        return e;
    if (!h->ca->enabled)
        return refuse(why, h->ca, "is disabled");
    if (revoked)
        return refuse(why, h->ca, "is revoked");
    if (now >= cert_not_after(h->cert) || now < cert_not_before(h->cert))
        return refuse(why, h->ca, "has a certificate that is not valid now");
    return ERR_OK;
}

enum err
ca_hand_open(const struct rows *rows, struct store_view *view, const struct ca *ca,
             enum ca_deed deed, int64_t now, struct ca_hand *out, char why[static CA_WHY_MAX])
{
    enum err e;

    *out = (struct ca_hand){ .ca = ca };
    if (ca->state != CA_ACTIVE)
        return refuse(why, ca, "waits for its certificate");
    e = ca_hand_find_key(rows, view, ca, now, out, why);
    if (e == ERR_OK)
        e = cert_new(ca->chain[0], &out->cert);
    if (e == ERR_OK && !cert_is_of_key(out->cert, &out->detail.public))
        e = refuse(why, ca, "has a key that is not its certificate's");
    if (e == ERR_OK && deed == CA_ISSUES)
        e = may_issue(rows, view, out, now, why);
    if (e != ERR_OK)
        ca_hand_release(out);
    return e;
}

void
ca_hand_release(struct ca_hand *h)
{
    cert_free(h->cert);
    vault_unref(h->vault);
    *h = (struct ca_hand){ .ca = NULL };
}

void
ca_ask_signature(const struct ca_hand *h, const struct cert_digest *d, struct sink k)
{
    struct object_id id =
        object_id_of(&h->vault->id, KIND_KEY, h->key.head.name.key, &h->key.v.id);
    struct key_place place = { .vault = h->wrapped, .id = id, .sealed = h->key.v.sealed };
    struct key_use use = { .op = KEY_SIGN, .alg = d->alg, .bytes = span_of(d->bytes, d->len) };

    keeper_pack_key_use(k, &place, &use);
}

const struct key_public *
ca_hand_key(const struct ca_hand *h)
{
    return &h->detail.public;
}

struct cert_issuer
ca_hand_issuer(const struct ca_hand *h)
{
    return (struct cert_issuer){ .name = cert_subject_der(h->cert),
                                 .key_id = cert_key_id(h->cert),
                                 .key = &h->detail.public };
}
