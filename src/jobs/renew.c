/* SPDX-License-Identifier: Apache-2.0 */
/* renew.c - asks the keeper for CA and leaves; front notices the new k/tls by its revision. */
#include "jobs/renew.h"

#include "base/log.h"
#include "codec/pack.h"
#include "crypto/x509.h"
#include "vault/syskey.h"

enum { DAY = 86400, CLOCK_SLACK = 300, DER_MAX = 16 * 1024, PEM_MAX = 48 * 1024 };

/* Question asked, answer of two byte strings taken apart into a and b. */
static enum err
ask_two(struct desk *d, enum keeper_op op, const struct secbuf *question, struct buf *a,
        struct buf *b)
{
    struct secbuf answer;
    struct unpack u;
    enum err e;

    secbuf_init(&answer, DER_MAX + WRAPPED_MAX);
    e = desk_ask(d, op, question, &answer);
    if (e == ERR_OK) {
        u = unpack_of(secbuf_span(&answer));
        buf_put(a, unpack_bytes(&u, WRAPPED_MAX));
        buf_put(b, unpack_bytes(&u, DER_MAX));
        e = unpack_end(&u);
    }
    if (e == ERR_OK)
        e = a->err != ERR_OK ? a->err : b->err;
    secbuf_release(&answer);
    return e;
}

enum err
renew_ca_new(struct desk *d, struct store_write *w, const char *domain, int64_t now,
             struct buf *der, struct buf *wrapped, struct buf *id)
{
    struct hex32 serial = hex32_new();
    struct syskey row;
    struct secbuf question;
    enum err e;

    secbuf_init(&question, 4096);
    buf_put_fmt(id, "ca-%s", serial.text);
    keeper_pack_ca_new(sink_sec(&question), buf_span(id), span_str(domain), now - CLOCK_SLACK,
                       now + (int64_t)CA_DAYS * DAY);
    e = ask_two(d, KEEPER_CA_NEW, &question, wrapped, der);
    secbuf_release(&question);
    if (e != ERR_OK)
        return e;
    row = (struct syskey){ .purpose = PURPOSE_CA,
                           .id = buf_span(id),
                           .wrapped = buf_span(wrapped),
                           .pub = buf_span(der),
                           .not_before = now - CLOCK_SLACK,
                           .not_after = now + (int64_t)CA_DAYS * DAY };
    syskey_put(d->rows, w, span_str("k/ca"), &row, 0);
    return store_write_err(w);
}

/* Every host name of design 4; wildcards cover one label, so vaults have their own. */
static void
put_names(struct buf *names, const char *domain, const char *extra)
{
    static const char *const labels[] = { "login.", "management.", "graph.",   "portal.",
                                          "pki.",   "vault.",      "*.vault.", "" };

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        buf_put_fmt(names, "%s%s%s", i == 0 ? "" : ",", labels[i], domain);
    if (extra != NULL && extra[0] != '\0')
        buf_put_fmt(names, ",%s", extra);
}

enum err
renew_leaf_new(struct desk *d, struct store_write *w, const char *domain,
               const char *extra_names, int64_t now, const struct wrapped *ca,
               struct span ca_der, uint64_t expect)
{
    int64_t until = now + (int64_t)LEAF_DAYS * DAY;
    struct buf names, wrapped, der, pem, id;
    struct secbuf question;
    struct syskey row;
    enum err e;

    secbuf_init(&question, 64 * 1024);
    buf_init(&names, 8192);
    buf_init(&wrapped, WRAPPED_MAX);
    buf_init(&der, DER_MAX);
    buf_init(&pem, PEM_MAX);
    buf_init(&id, 128);
    put_names(&names, domain, extra_names);
    buf_put_fmt(&id, "tls-%s", hex32_new().text);
    keeper_pack_leaf_new(sink_sec(&question), ca, ca_der, buf_span(&id), buf_span(&names),
                         now - CLOCK_SLACK, until);
    e = names.err;
    if (e == ERR_OK)
        e = ask_two(d, KEEPER_LEAF_NEW, &question, &wrapped, &der);
    if (e == ERR_OK)
        e = pem_put(buf_span(&der), "CERTIFICATE", &pem);
    if (e == ERR_OK)
        e = pem_put(ca_der, "CERTIFICATE", &pem);
    if (e != ERR_OK)
        goto out;
    row = (struct syskey){ .purpose = PURPOSE_TLS,
                           .id = buf_span(&id),
                           .wrapped = buf_span(&wrapped),
                           .pub = buf_span(&pem),
                           .not_before = now - CLOCK_SLACK,
                           .not_after = until };
    syskey_put(d->rows, w, span_str("k/tls"), &row, expect);
    e = store_write_err(w);
out:
    buf_release(&id);
    buf_release(&pem);
    buf_release(&der);
    buf_release(&wrapped);
    buf_release(&names);
    secbuf_release(&question);
    return e;
}

static enum err
leaf_due(struct desk *d, struct store_view *view, int64_t now, bool own, bool *due,
         uint64_t *expect, struct syskey *ca)
{
    struct syskey leaf;
    uint64_t ca_revision;
    enum err e;

    *due = false;
    e = syskey_get(d->rows, view, span_str("k/tls"), &leaf, expect);
    if (e != ERR_OK)
        return e;
    if (!leaf.foreign && leaf.not_after - now > (int64_t)LEAF_RENEW_DAYS * DAY)
        return ERR_OK;
    if (leaf.foreign && !own)
        return ERR_OK;
    e = syskey_get(d->rows, view, span_str("k/ca"), ca, &ca_revision);
    if (e == ERR_OK)
        *due = true;
    return e;
}

enum err
renew_leaf(struct desk *d, const char *domain, const char *extra_names, int64_t now, bool own)
{
    struct desk_deed deed = { .operation = "ListenerCertificateRenew" };
    struct store_view *view;
    struct store_write w;
    struct wrapped ca_key;
    struct syskey ca;
    uint64_t expect = 0;
    bool due;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = leaf_due(d, view, now, own, &due, &expect, &ca);
    if (e == ERR_OK && due) {
        ca_key = syskey_wrapped(&ca);
        e = renew_leaf_new(d, &w, domain, extra_names, now, &ca_key, ca.pub, expect);
        if (e == ERR_OK)
            e = desk_commit(d, &w, &deed);
        if (e == ERR_OK)
            log_info("renewed the listener's certificate for %d days", LEAF_DAYS);
    }
    store_write_release(&w);
    store_end(view);
    return e;
}

/* The operator's first certificate must be the key's, or every handshake would fail. */
static enum err
check_pair(struct span chain_pem, struct span spki, int64_t now)
{
    struct cert *leaf = NULL;
    struct buf der;
    enum err e;

    buf_init(&der, CERT_MAX);
    e = pem_get(chain_pem, "CERTIFICATE", &der, NULL);
    if (e == ERR_OK)
        e = cert_new(buf_span(&der), &leaf);
    if (e != ERR_OK) {
        log_error("the operator's chain does not begin with a certificate in PEM");
        e = e == ERR_NOMEM ? e : ERR_ARG;
    } else if (!span_is_equal(cert_spki(leaf), spki)) {
        log_error("the operator's key is not that of the first certificate of the chain");
        e = ERR_ARG;
    } else if (cert_not_after(leaf) <= now || cert_not_before(leaf) > now) {
        log_warn("the operator's certificate has expired or is not yet valid");
    }
    cert_free(leaf);
    buf_release(&der);
    return e;
}

/* Is this chain in use already? *expect: the revision of the row. */
static enum err
is_in_use(struct desk *d, struct store_view *view, struct span chain_pem, bool *in_use,
          uint64_t *expect)
{
    struct syskey old;
    enum err e = syskey_get(d->rows, view, span_str("k/tls"), &old, expect);

    *in_use = e == ERR_OK && old.foreign && span_is_equal(old.pub, chain_pem);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
import(struct desk *d, struct store_view *view, struct span chain_pem, struct span key_pem,
       int64_t now)
{
    struct desk_deed deed = { .operation = "ListenerCertificateImport" };
    struct buf wrapped, spki, id;
    struct secbuf question;
    struct store_write w;
    struct syskey row;
    uint64_t expect;
    bool in_use;
    enum err e;

    secbuf_init(&question, 80 * 1024);
    buf_init(&wrapped, WRAPPED_MAX);
    buf_init(&spki, DER_MAX);
    buf_init(&id, 128);
    store_write_init(&w);
    buf_put_fmt(&id, "tls-%s", hex32_new().text);
    keeper_pack_tls_import(sink_sec(&question), buf_span(&id), key_pem);
    e = ask_two(d, KEEPER_TLS_IMPORT, &question, &wrapped, &spki);
    if (e == ERR_OK)
        e = check_pair(chain_pem, buf_span(&spki), now);
    if (e == ERR_OK)
        e = is_in_use(d, view, chain_pem, &in_use, &expect);
    if (e == ERR_OK && !in_use) {
        row = (struct syskey){ .purpose = PURPOSE_TLS,
                               .id = buf_span(&id),
                               .wrapped = buf_span(&wrapped),
                               .pub = chain_pem,
                               .foreign = true };
        syskey_put(d->rows, &w, span_str("k/tls"), &row, expect);
        e = desk_commit(d, &w, &deed);
    }
    store_write_release(&w);
    buf_release(&id);
    buf_release(&spki);
    buf_release(&wrapped);
    secbuf_release(&question);
    return e;
}

enum err
renew_import(struct desk *d, struct span chain_pem, struct span key_pem, int64_t now)
{
    struct store_view *view;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    e = import(d, view, chain_pem, key_pem, now);
    store_end(view);
    return e;
}
