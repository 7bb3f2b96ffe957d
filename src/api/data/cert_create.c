/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_create.c - POST create: a key, a request signed with it, and what the issuer makes of
 * it (data-plane.md D3).
 *
 *   key -> CSR signed -> [Self: certificate signed -> secret written] -> commit
 *
 * WIRE: a self-signed certificate is complete with the answer, which says inProgress all the
 * same, as Azure's does: clients ask for the operation next.
 */
#include <stdlib.h>

#include "api/data/cert_parts.h"
#include "api/data/cert_policy_body.h"
#include "api/data/certs.h"
#include "api/data/object.h"
#include "base/clock.h"
#include "codec/isotime.h"
#include "crypto/cert_spec.h"
#include "vault/issuer.h"

/* WIRE: notBefore lies so far back (data-plane.md D3.1). */
enum { BACKDATED = 600 };
enum make_phase { MAKE_KEY, MAKE_REQUEST, MAKE_CERTIFICATE, MAKE_SECRET };
enum make_issuer { BY_SELF, BY_MERGE, BY_NOBODY };

struct make {
    struct cert_body body;
    struct object_name name;
    struct hex32 id, request;
    enum make_phase phase;
    enum make_issuer issuer;
    struct buf policy_bytes; /* backs policy */
    struct cert_policy policy;
    struct buf made; /* backs key.public and sealed */
    struct key_detail key;
    struct span sealed;
    struct buf tbs, csr, der;
    int64_t now;
    char provider[ISSUER_TEXT_MAX + 1];
    char why[KEY_WHY_MAX];
};

static void
make_free(void *state)
{
    struct make *m = state;

    cert_body_release(&m->body);
    buf_release(&m->policy_bytes);
    buf_release(&m->made);
    buf_release(&m->tbs);
    buf_release(&m->csr);
    buf_release(&m->der);
    free(m);
}

static struct make *
make_begin(struct exchange *x)
{
    struct make *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    x->state = m;
    x->state_free = make_free;
    buf_init(&m->policy_bytes, CERT_POLICY_ROW_MAX);
    buf_init(&m->made, KEY_SEALED_MAX + KEY_PUBLIC_MAX + 64);
    buf_init(&m->tbs, CERT_TBS_MAX);
    buf_init(&m->csr, CSR_MAX);
    buf_init(&m->der, CERT_TBS_MAX);
    m->id = hex32_new();
    m->request = hex32_new();
    m->now = clock_now();
    return m;
}

/* ------------------------------------------------------------------------- policy */

/* The request's policy, else the stored one. */
static enum err
choose_policy(const struct exchange *x, struct make *m, struct cert_policy *p)
{
    struct vault_at at = object_at(x);
    enum err e;

    if (m->body.policy == NULL) {
        e = cert_policy_get(&at, m->name.key, p);
        return e == ERR_NOT_FOUND ? ERR_BAD_BODY : e;
    }
    cert_policy_defaults(p);
    e = cert_policy_body_read(x, m->body.policy, p, m->why);
    return e == ERR_OK ? cert_policy_body_check(p, m->why) : e;
}

static enum err
read_policy(const struct exchange *x, struct make *m)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    enum err e = p == NULL ? ERR_NOMEM : choose_policy(x, m, p);

    if (e == ERR_OK)
        e = cert_policy_copy(p, &m->policy_bytes, &m->policy);
    free(p);
    return e;
}

static enum err
find_issuer(const struct exchange *x, struct make *m)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct issuer *issuer;
    enum err e;

    m->issuer = cert_policy_is_self(&m->policy) ? BY_SELF : BY_MERGE;
    if (m->issuer == BY_SELF || cert_policy_is_unknown(&m->policy))
        return ERR_OK;
    m->issuer = BY_NOBODY;
    if (!object_name_parse(m->policy.issuer, &name))
        return ERR_ISSUER_NOT_FOUND;
    issuer = malloc(sizeof(*issuer));
    e = issuer == NULL ? ERR_NOMEM : issuer_get(&at, name.key, issuer);
    if (e == ERR_OK)
        (void)span_copy_str(issuer->provider, m->provider, sizeof(m->provider));
    free(issuer);
    return e;
}

/* --------------------------------------------------------------------------- the key */

static void
ask_new_key(struct exchange *x, const struct make *m)
{
    struct key_place place = cert_place(x, &m->name, &m->id, &m->policy);
    struct key_spec spec = { .type = m->policy.type,
                             .curve = m->policy.curve,
                             .bits = m->policy.type == KEY_RSA ? m->policy.bits : 0 };

    keeper_pack_keypair_new(sink_sec(&x->ask), &place, &spec);
    x->ask_op = KEEPER_KEYPAIR_NEW;
}

static bool
key_fits(const struct make *m, const struct key_detail *d)
{
    return d->home == HOME_SOFTWARE && m->key.home == HOME_SOFTWARE &&
           d->public.type == m->policy.type &&
           (d->public.type == KEY_RSA ? d->public.bits == m->policy.bits
                                      : d->public.curve == m->policy.curve);
}

/* reuse_key: the key of the current version, if there is one as the policy wants it. */
static enum err
ask_key(struct exchange *x, struct make *m, const struct cert_heads *heads)
{
    struct vault_at at = object_at(x);
    struct wrapped vault = vault_key(x->vault);
    struct key_place from, place = cert_place(x, &m->name, &m->id, &m->policy);
    struct key_detail d;
    struct object key;
    enum err e;

    cert_key_detail(x, &m->policy, &m->key);
    x->ask_of = m->key.home;
    if (!m->policy.reuse_key || !heads->has_complete) {
        ask_new_key(x, m);
        return ERR_OK;
    }
    e = cert_get_key(&at, &m->name, &heads->head[TRIO_KEY].current, &key, &d);
    if (e != ERR_OK)
        return e;
    if (!key_fits(m, &d)) {
        ask_new_key(x, m);
        return ERR_OK;
    }
    at.kind = KIND_KEY;
    from = key_place_of(&at, &key, &vault);
    keeper_pack_keypair_copy(sink_sec(&x->ask), &from, &place);
    x->ask_op = KEEPER_KEYPAIR_COPY;
    return ERR_OK;
}

static enum err
create_begin(struct exchange *x, struct make *m)
{
    struct vault_at at = object_at(x);
    struct cert_heads heads;
    enum err e = cert_new_name(x, &m->name);

    if (e != ERR_OK)
        return e;
    object_note(x, m->name.spelled, NULL);
    e = cert_body_read(x, CERT_BODY_CREATE, &m->body);
    if (e == ERR_OK)
        e = cert_check_add(&at, &m->name, &heads);
    if (e == ERR_OK)
        m->name = heads.head[TRIO_CERTIFICATE].name; /* as it was first spelled */
    if (e == ERR_OK)
        e = cert_check_idle(&at, &m->name);
    if (e == ERR_OK)
        e = read_policy(x, m);
    if (e == ERR_OK)
        e = find_issuer(x, m);
    return e == ERR_OK ? ask_key(x, m, &heads) : e;
}

static enum err
take_key(struct exchange *x, struct make *m)
{
    struct keypair_answer made;
    enum err e = key_provider_err(x->answer_err, ERR_KEY_DATA);

    if (e != ERR_OK)
        return e;
    buf_put(&m->made, secbuf_span(&x->answer)); /* sealed, and public */
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

struct spec_room {
    struct alt_name alts[CERT_ALTS_MAX];
};

static void
spec_of(const struct make *m, struct spec_room *room, struct cert_spec *s)
{
    const struct cert_policy *p = &m->policy;
    size_t n = 0;

    for (int kind = 0; kind < ALT_KIND__MAX; kind++)
        for (unsigned i = 0; i < p->sans[kind].n && n < CERT_ALTS_MAX; i++)
            room->alts[n++] = (struct alt_name){ (enum alt_kind)kind, p->sans[kind].name[i] };
    *s = (struct cert_spec){ .subject = p->subject,
                             .alts = room->alts,
                             .alt_count = n,
                             .ekus = p->ekus.name,
                             .eku_count = p->ekus.n,
                             .key_usage = cert_policy_usage(p),
                             .ca = p->ca,
                             .path_length = -1,
                             .not_before = m->now - BACKDATED,
                             .not_after = isotime_add_months(m->now, (int)p->months) };
}

/* Asks for the signature over what is in m->tbs. */
static enum err
ask_signature(struct exchange *x, struct make *m)
{
    struct key_place place = cert_place(x, &m->name, &m->id, &m->policy);
    struct key_use use = { .op = KEY_SIGN };
    struct cert_digest d;
    enum err e = cert_digest(&m->key.public, buf_span(&m->tbs), &d);

    if (e != ERR_OK)
        return e;
    use.alg = d.alg;
    use.bytes = span_of(d.bytes, d.len);
    place.sealed = m->sealed;
    place.in_secret = false;
    keeper_pack_key_use(sink_sec(&x->ask), &place, &use);
    x->ask_op = KEEPER_KEY_USE;
    x->ask_of = m->key.home;
    return ERR_OK;
}

static enum err
take_signature(struct exchange *x, struct make *m, struct buf *out)
{
    struct key_use_answer a;
    enum err e = key_provider_err(x->answer_err, ERR_INTERNAL);

    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&x->answer), &a);
    return e == ERR_OK ? cert_assemble(&m->key.public, buf_span(&m->tbs), a.value, out) : e;
}

/* What a spec cannot say for the key or within bounds is the policy's fault. */
static enum err
spec_err(struct make *m, enum err e)
{
    if (e != ERR_SYNTAX && e != ERR_TOO_LARGE && e != ERR_ARG)
        return e;
    (void)snprintf(m->why, sizeof(m->why), "The certificate policy is invalid.");
    return ERR_BAD_PARAMETER;
}

static enum err
ask_request(struct exchange *x, struct make *m)
{
    struct spec_room room;
    struct cert_spec s;
    enum err e;

    spec_of(m, &room, &s);
    e = spec_err(m, csr_info_put(&s, &m->key.public, &m->tbs));
    return e == ERR_OK ? ask_signature(x, m) : e;
}

static enum err
ask_certificate(struct exchange *x, struct make *m)
{
    struct spec_room room;
    struct cert_spec s;
    enum err e;

    spec_of(m, &room, &s);
    cert_serial_fill(s.serial);
    buf_clear(&m->tbs);
    e = spec_err(m, cert_tbs_put(&s, &m->key.public, &m->tbs));
    return e == ERR_OK ? ask_signature(x, m) : e;
}

static void
ask_secret(struct exchange *x, const struct make *m)
{
    struct span der = buf_span(&m->der);

    cert_ask_secret(x, &m->name, &m->id, m->sealed, cert_key_in_secret(&m->policy, &m->key),
                    m->policy.form, &der, 1);
}

/* ------------------------------------------------------------------------ the end */

static void
put_operation(struct exchange *x, const struct make *m, uint64_t revision)
{
    struct vault_at at = object_at(x);
    char message[ISSUER_TEXT_MAX + 160];
    struct cert_operation op = { .state = m->issuer == BY_SELF    ? OPERATION_COMPLETED
                                          : m->issuer == BY_MERGE ? OPERATION_RUNS
                                                                  : OPERATION_FAILED,
                                 .request = m->request,
                                 .version = m->id,
                                 .keeps_order = m->body.keeps_order,
                                 .has_transparency = m->policy.has_transparency,
                                 .transparency = m->policy.transparency,
                                 .issuer = m->policy.issuer,
                                 .issuer_type = m->policy.issuer_type,
                                 .csr = buf_span(&m->csr),
                                 .created = m->now,
                                 .revision = revision };

    if (m->issuer == BY_NOBODY) {
        (void)snprintf(message, sizeof(message),
                       "The certificate provider '%s' is not reachable from this service.",
                       m->provider);
        op.error_code = span_str("Certificate issuer error");
        op.error_message = span_str(message);
    }
    cert_operation_put(&at, &x->write, m->name.key, &op);
    object_reply(x, 202);
    cert_put_operation(x, &m->name, &op, OPERATION_RUNS, sink_sec(&x->resp.body));
}

static enum err
put_headers(struct exchange *x, const struct make *m)
{
    char url[OBJECT_URL_MAX];
    struct buf b;
    enum err e;

    object_url(x, "certificates", m->name.spelled, "pending", url);
    buf_init(&b, OBJECT_URL_MAX + 256);
    buf_put_fmt(&b, "%s?api-version=%.*s&request_id=%s", url, (int)x->version_text.len,
                (const char *)x->version_text.ptr, m->request.text);
    http_response_header(&x->resp, "Location", buf_str(&b));
    http_response_header(&x->resp, "Retry-After", m->issuer == BY_MERGE ? "0" : "10");
    e = b.err;
    buf_release(&b);
    return e;
}

static enum err
fill_parts(const struct exchange *x, const struct make *m, struct cert_parts *p)
{
    const struct attrs_change *c = &m->body.change.attrs;
    struct span der = buf_span(&m->der);
    bool enabled = !c->has_enabled || c->enabled;

    *p = (struct cert_parts){ .id = m->id,
                              .tags = m->body.change.tags,
                              .key = m->key,
                              .key_sealed = m->sealed,
                              .form = m->policy.form };
    p->detail.keeps_order = m->body.keeps_order;
    p->detail.has_key = cert_key_in_secret(&m->policy, &m->key);
    p->detail.wants_enabled = enabled;
    if (m->issuer == BY_SELF) {
        p->attrs.enabled = enabled;
        p->secret_sealed = secbuf_span(&x->answer);
        return cert_parts_complete(p, &der, 1);
    }
    /* WIRE: what waits has the days that it would have now (data-plane.md D3). */
    p->attrs.has_nbf = p->attrs.has_exp = true;
    p->attrs.nbf = m->now - BACKDATED;
    p->attrs.exp = isotime_add_months(m->now, (int)m->policy.months);
    return ERR_OK;
}

static enum err
create_end(struct exchange *x, struct make *m)
{
    struct vault_at at = object_at(x);
    struct cert_heads heads;
    struct cert_parts parts;
    struct cert_operation op = { .revision = 0 };
    struct object out;
    struct buf room;
    enum err e = cert_check_add(&at, &m->name, &heads);

    if (e == ERR_OK)
        e = cert_operation_get(&at, m->name.key, &op);
    if (e == ERR_OK && op.state == OPERATION_RUNS)
        e = ERR_CERT_PENDING;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    e = fill_parts(x, m, &parts);
    buf_init(&room, DETAIL_MAX);
    if (e == ERR_OK)
        e = cert_put(&at, &heads, &parts, m->now, &x->write, &room, &out);
    if (e == ERR_OK)
        e = cert_policy_replace(&at, m->name.key, &m->policy, m->now, &x->write);
    if (e == ERR_OK) {
        object_note(x, m->name.spelled, m->id.text);
        e = cert_note(x, &out);
    }
    if (e == ERR_OK) {
        put_operation(x, m, op.revision);
        e = put_headers(x, m);
    }
    buf_release(&room);
    return e;
}

/* Takes what the step before asked for, and asks for the next; *done after the last. */
static enum err
create_go_on(struct exchange *x, struct make *m, bool *done)
{
    enum err e;

    *done = false;
    switch (m->phase) {
    case MAKE_KEY:
        e = take_key(x, m);
        m->phase = MAKE_REQUEST;
        return e == ERR_OK ? ask_request(x, m) : e;
    case MAKE_REQUEST:
        e = take_signature(x, m, &m->csr);
        m->phase = MAKE_CERTIFICATE;
        *done = m->issuer != BY_SELF;
        return e == ERR_OK && !*done ? ask_certificate(x, m) : e;
    case MAKE_CERTIFICATE:
        e = take_signature(x, m, &m->der);
        m->phase = MAKE_SECRET;
        if (e == ERR_OK)
            ask_secret(x, m);
        return e;
    case MAKE_SECRET:
        *done = true;
        return cert_secret_err(x->answer_err, m->why);
    }
    return ERR_INTERNAL;
}

enum next
api_cert_create(struct exchange *x)
{
    struct make *m = x->step == 0 ? make_begin(x) : x->state;
    bool done = false;
    enum err e;

    if (m == NULL)
        return cert_fail(x, ERR_NOMEM, "create", "");
    e = x->step == 0 ? create_begin(x, m) : create_go_on(x, m, &done);
    if (e == ERR_OK && !done)
        return NEXT_KEEPER;
    if (e == ERR_OK)
        e = create_end(x, m);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : cert_fail(x, e, "create", m->why);
}
