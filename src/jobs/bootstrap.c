/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap.c - the founding commit. Keys are made one by one by the keeper and
 * gathered into one write with f/format = absent as its precondition, so two
 * foundings cannot both succeed and a broken one leaves nothing.
 */
#include "jobs/bootstrap.h"

#include "auth/founding.h"
#include "auth/signing_key.h"
#include "auth/tenant.h"
#include "base/log.h"
#include "codec/pack.h"
#include "jobs/renew.h"
#include "jobs/token_keys.h"
#include "vault/syskey.h"

enum { SPKI_MAX = 4096, DER_MAX = 16 * 1024 };

/* The integrity key first: every other row is tagged with it. */
static enum err
found_integrity(struct desk *d, struct store_write *w)
{
    struct wrapped key = { .purpose = PURPOSE_INTEGRITY, .id = span_str("rows") };
    struct secbuf question, answer;
    struct buf wrapped;
    enum err e;

    buf_init(&wrapped, WRAPPED_MAX);
    secbuf_init(&question, WRAPPED_MAX * 2);
    secbuf_init(&answer, 256);
    e = desk_new_key(d, PURPOSE_INTEGRITY, key.id, &wrapped);
    if (e != ERR_OK)
        goto out;
    key.bytes = buf_span(&wrapped);
    keeper_pack_hello(sink_sec(&question), &key);
    e = desk_ask(d, KEEPER_HELLO, &question, &answer);
    if (e != ERR_OK)
        goto out;
    rows_free(d->rows);
    d->rows = NULL;
    e = rows_new(secbuf_span(&answer), &d->rows);
    if (e != ERR_OK)
        goto out;
    store_write_expect(w, span_str("k/integrity"), 0);
    store_write_put(w, span_str("k/integrity"), buf_span(&wrapped));
out:
    secbuf_release(&answer);
    secbuf_release(&question);
    buf_release(&wrapped);
    return e;
}

static enum err
found_audit_key(struct desk *d, struct store_write *w, int64_t now)
{
    struct hex32 kid = hex32_new();
    struct secbuf question, answer;
    struct unpack u;
    struct syskey row;
    enum err e;

    secbuf_init(&question, 1024);
    secbuf_init(&answer, WRAPPED_MAX + SPKI_MAX);
    keeper_pack_signkey_new(sink_sec(&question), PURPOSE_AUDIT, span_str(kid.text));
    e = desk_ask(d, KEEPER_SIGNKEY_NEW, &question, &answer);
    if (e == ERR_OK) {
        u = unpack_of(secbuf_span(&answer));
        row = (struct syskey){ .purpose = PURPOSE_AUDIT,
                               .id = span_str(kid.text),
                               .wrapped = unpack_bytes(&u, WRAPPED_MAX),
                               .pub = unpack_bytes(&u, SPKI_MAX),
                               .not_before = now };
        (void)unpack_bytes(&u, DER_MAX);
        e = unpack_end(&u);
        if (e == ERR_OK)
            syskey_put(d->rows, w, span_str("k/audit"), &row, 0);
    }
    secbuf_release(&answer);
    secbuf_release(&question);
    return e;
}

static enum err
found_tls(struct desk *d, struct store_write *w, const struct bootstrap *b)
{
    struct buf der, wrapped, id;
    struct wrapped ca;
    enum err e;

    buf_init(&der, DER_MAX);
    buf_init(&wrapped, WRAPPED_MAX);
    buf_init(&id, 128);
    e = renew_ca_new(d, w, b->domain, b->now, &der, &wrapped, &id);
    if (e == ERR_OK) {
        ca = (struct wrapped){ .purpose = PURPOSE_CA,
                               .id = buf_span(&id),
                               .bytes = buf_span(&wrapped) };
        e = renew_leaf_new(d, w, b->domain, b->extra_names, b->now, &ca, buf_span(&der), 0);
    }
    buf_release(&id);
    buf_release(&wrapped);
    buf_release(&der);
    return e;
}

static void
found_tenant(struct desk *d, struct store_write *w, const struct bootstrap *b)
{
    struct tenant t = { .tid = b->tenant, .created = b->now };

    (void)span_copy_str(span_str(b->tenant_name), t.name, sizeof(t.name));
    if (tenant_domain_is_ok(span_str(b->domain)))
        (void)span_copy_str(span_str(b->domain), t.domain, sizeof(t.domain));
    tenant_store(d->rows, w, &t, 0);
    founding_put(d->rows, w, &b->tenant, b->now);
}

static bool
is_founded(struct desk *d)
{
    struct store_view *view;
    struct store_row row;
    bool founded;

    if (d->store == NULL || store_begin(d->store, &view) != ERR_OK)
        return false; /* the commit will tell */
    founded = store_get(view, span_str("f/format"), &row) == ERR_OK;
    store_end(view);
    return founded;
}

enum err
bootstrap_found(struct desk *d, const struct bootstrap *b)
{
    struct desk_deed deed = { .operation = "InstallationFound" };
    struct store_write w;
    enum err e;

    if (is_founded(d))
        return ERR_EXISTS;
    store_write_init(&w);
    log_info("founding a new installation for %s", b->domain);
    e = found_integrity(d, &w);
    if (e == ERR_OK)
        e = found_audit_key(d, &w, b->now);
    if (e == ERR_OK)
        e = found_tls(d, &w, b);
    if (e == ERR_OK)
        e = token_keys_found(d, &w, b->now);
    if (e == ERR_OK) {
        found_tenant(d, &w, b);
        e = desk_commit(d, &w, &deed);
    }
    if (e != ERR_OK) { /* whatever key there is in the store, it is not this one */
        rows_free(d->rows);
        d->rows = NULL;
    }
    store_write_release(&w);
    if (e == ERR_CONFLICT || e == ERR_DENIED) /* somebody else was faster */
        return ERR_EXISTS;
    return e;
}
