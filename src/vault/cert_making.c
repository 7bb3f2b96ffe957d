/* SPDX-License-Identifier: Apache-2.0 */
/* cert_making.c - the steps of making a certificate, and its rows. */
#include "vault/cert_making.h"

#include "codec/isotime.h"
#include "crypto/cert_spec.h"

void
cert_making_init(struct cert_making *m, int64_t now)
{
    buf_init(&m->policy_bytes, CERT_POLICY_ROW_MAX);
    buf_init(&m->made, KEY_SEALED_MAX + KEY_PUBLIC_MAX + 64);
    buf_init(&m->tbs, CERT_TBS_MAX);
    buf_init(&m->csr, CSR_MAX);
    buf_init(&m->der, CERT_TBS_MAX);
    m->id = object_version_id();
    m->request = hex32_new();
    m->now = now;
    m->n = 0;
}

void
cert_making_release(struct cert_making *m)
{
    buf_release(&m->policy_bytes);
    buf_release(&m->made);
    buf_release(&m->tbs);
    buf_release(&m->csr);
    buf_release(&m->der);
}

/* --------------------------------------------------------------------------- the key */

static struct key_place
place_of(const struct vault *v, const struct cert_making *m)
{
    return cert_key_place(v, &m->name, &m->id, &m->policy, m->key.home);
}

static void
ask_new_key(const struct vault *v, const struct cert_making *m, struct sink k,
            enum keeper_op *op)
{
    struct key_place place = place_of(v, m);
    struct key_spec spec = { .type = m->policy.type,
                             .curve = m->policy.curve,
                             .bits = m->policy.type == KEY_RSA ? m->policy.bits : 0 };

    keeper_pack_keypair_new(k, &place, &spec);
    *op = KEEPER_KEYPAIR_NEW;
}

static bool
key_fits(const struct cert_making *m, const struct key_detail *d)
{
    return d->home == m->key.home && d->public.type == m->policy.type &&
           (d->public.type == KEY_RSA ? d->public.bits == m->policy.bits
                                      : d->public.curve == m->policy.curve);
}

enum err
cert_making_ask_key(const struct vault_at *at, struct cert_making *m,
                    const struct cert_heads *heads, enum key_home home, struct sink k,
                    enum keeper_op *op)
{
    struct vault_at of = vault_at_kind(at, KIND_KEY);
    struct wrapped vault = vault_key(at->vault);
    struct key_place from, place;
    struct key_detail d;
    struct object key;
    enum err e;

    cert_key_detail(&m->policy, home, &m->key);
    if (!m->policy.reuse_key || !heads->has_complete) {
        ask_new_key(at->vault, m, k, op);
        return ERR_OK;
    }
    e = cert_get_key(at, &m->name, &heads->head[TRIO_KEY].current, &key, &d);
    if (e != ERR_OK)
        return e;
    if (!key_fits(m, &d)) {
        ask_new_key(at->vault, m, k, op);
        return ERR_OK;
    }
    from = key_place_of(&of, &key, &vault);
    place = place_of(at->vault, m);
    keeper_pack_keypair_copy(k, &from, &place);
    *op = KEEPER_KEYPAIR_COPY;
    return ERR_OK;
}

enum err
cert_making_take_key(struct cert_making *m, struct span answer)
{
    struct keypair_answer made;
    enum err e;

    buf_put(&m->made, answer); /* sealed, and public */
    e = m->made.err;
    if (e == ERR_OK)
        e = keypair_answer_read(buf_span(&m->made), &made);
    if (e != ERR_OK)
        return e;
    m->sealed = made.sealed;
    m->key.public = made.public;
    return ERR_OK;
}

/* ------------------------------------------------------------------------ signing */

void
cert_making_spec(const struct cert_making *m, struct cert_spec_room *room,
                 struct cert_spec *out)
{
    const struct cert_policy *p = &m->policy;
    size_t n = 0;

    for (int kind = 0; kind < ALT_KIND__MAX; kind++)
        for (unsigned i = 0; i < p->sans[kind].n && n < CERT_ALTS_MAX; i++)
            room->alts[n++] = (struct alt_name){ (enum alt_kind)kind, p->sans[kind].name[i] };
    *out = (struct cert_spec){ .subject = p->subject,
                               .alts = room->alts,
                               .alt_count = n,
                               .ekus = p->ekus.name,
                               .eku_count = p->ekus.n,
                               .key_usage = cert_policy_usage(p),
                               .ca = p->ca,
                               .path_length = -1,
                               .not_before = m->now - CERT_BACKDATED,
                               .not_after = isotime_add_months(m->now, (int)p->months) };
}

/* Asks for the signature over what is in m->tbs. */
static enum err
ask_signature(const struct vault *v, struct cert_making *m, struct sink k)
{
    struct key_place place = place_of(v, m);
    struct key_use use = { .op = KEY_SIGN };
    struct cert_digest d;
    enum err e = cert_digest(&m->key.public, buf_span(&m->tbs), &d);

    if (e != ERR_OK)
        return e;
    use.alg = d.alg;
    use.bytes = span_of(d.bytes, d.len);
    place.sealed = m->sealed;
    place.in_secret = false;
    keeper_pack_key_use(k, &place, &use);
    return ERR_OK;
}

static enum err
take_signature(struct cert_making *m, struct span answer, struct buf *out)
{
    struct key_use_answer a;
    enum err e = key_use_answer_read(answer, &a);

    return e == ERR_OK ? cert_assemble(&m->key.public, buf_span(&m->tbs), a.value, out) : e;
}

/* What a spec cannot say for the key or within bounds is the policy's fault. */
static enum err
spec_err(enum err e)
{
    return e == ERR_SYNTAX || e == ERR_TOO_LARGE || e == ERR_ARG ? ERR_BAD_PARAMETER : e;
}

enum err
cert_making_ask_request(const struct vault *v, struct cert_making *m, struct sink k)
{
    struct cert_spec_room room;
    struct cert_spec s;
    enum err e;

    cert_making_spec(m, &room, &s);
    e = spec_err(csr_info_put(&s, &m->key.public, &m->tbs));
    return e == ERR_OK ? ask_signature(v, m, k) : e;
}

enum err
cert_making_take_request(struct cert_making *m, struct span answer)
{
    return take_signature(m, answer, &m->csr);
}

enum err
cert_making_ask_certificate(const struct vault *v, struct cert_making *m, struct sink k)
{
    struct cert_spec_room room;
    struct cert_spec s;
    enum err e;

    cert_making_spec(m, &room, &s);
    cert_serial_fill(s.serial);
    buf_clear(&m->tbs);
    e = spec_err(cert_tbs_put(&s, &m->key.public, &m->tbs));
    return e == ERR_OK ? ask_signature(v, m, k) : e;
}

enum err
cert_making_take_certificate(struct cert_making *m, struct span answer)
{
    enum err e = take_signature(m, answer, &m->der);

    if (e != ERR_OK)
        return e;
    m->chain[0] = buf_span(&m->der);
    m->n = 1;
    return ERR_OK;
}

void
cert_making_ask_secret(const struct vault *v, const struct cert_making *m, struct sink k)
{
    struct cert_secret s = { .name = &m->name,
                             .id = &m->id,
                             .sealed = m->sealed,
                             .in_secret = cert_key_in_secret(&m->policy, &m->key),
                             .form = m->policy.form,
                             .chain = m->chain,
                             .n = m->n };

    cert_secret_pack(k, v, &s);
}

/* ------------------------------------------------------------------------ the rows */

static enum err
fill_parts(const struct cert_making *m, struct span secret, struct cert_parts *p)
{
    *p = (struct cert_parts){ .id = m->id,
                              .tags = m->tags,
                              .key = m->key,
                              .key_sealed = m->sealed,
                              .form = m->policy.form,
                              .policy = &m->policy };
    p->detail.keeps_order = m->keeps_order;
    p->detail.has_key = cert_key_in_secret(&m->policy, &m->key);
    p->detail.wants_enabled = m->enabled;
    if (m->n > 0) {
        p->attrs.enabled = m->enabled;
        p->secret_sealed = secret;
        return cert_parts_complete(p, m->chain, m->n);
    }
    /* WIRE: what waits has the days that it would have now (data-plane.md D3). */
    p->attrs.has_nbf = p->attrs.has_exp = true;
    p->attrs.nbf = m->now - CERT_BACKDATED;
    p->attrs.exp = isotime_add_months(m->now, (int)m->policy.months);
    return ERR_OK;
}

/* Over the row of the operation before, which is done. */
static enum err
put_operation(const struct vault_at *at, const struct cert_making *m, struct store_write *w,
              struct cert_operation *op)
{
    struct cert_operation old = { .revision = 0 };
    enum err e = cert_operation_get(at, m->name.key, &old);

    if (e == ERR_OK && old.state == OPERATION_RUNS)
        return ERR_CERT_PENDING;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    op->request = m->request;
    op->version = m->id;
    op->keeps_order = m->keeps_order;
    op->has_transparency = m->policy.has_transparency;
    op->transparency = m->policy.transparency;
    op->issuer = m->policy.issuer;
    op->issuer_type = m->policy.issuer_type;
    op->csr = buf_span(&m->csr);
    op->created = m->now;
    op->revision = old.revision;
    cert_operation_put(at, w, m->name.key, op);
    return ERR_OK;
}

enum err
cert_making_put(const struct vault_at *at, struct cert_making *m, struct cert_operation *op,
                struct span secret, struct store_write *w, struct buf *room, struct object *out)
{
    struct cert_heads heads;
    struct cert_parts parts;
    enum err e = cert_check_add(at, &m->name, &heads);

    if (e == ERR_OK)
        e = put_operation(at, m, w, op);
    if (e == ERR_OK)
        e = fill_parts(m, secret, &parts);
    if (e == ERR_OK)
        e = cert_put(at, &heads, &parts, m->now, w, room, out);
    if (e == ERR_OK && !m->policy_stays)
        e = cert_policy_replace(at, m->name.key, &m->policy, m->now, w);
    return e == ERR_OK ? store_write_err(w) : e;
}
