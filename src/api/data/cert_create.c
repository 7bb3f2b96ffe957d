/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_create.c - POST create: a key, a request signed with it, and what the issuer makes of
 * it (data-plane.md D3).
 *
 *   key -> CSR signed -> [Self, authority of ours: certificate signed -> secret written] ->
 * commit
 *
 * The steps are vault/cert_making.h's; here are the request, the issuer and the answer.
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
#include "pki/enrol.h"
#include "vault/cert_making.h"
#include "vault/issuer.h"

enum make_phase { MAKE_KEY, MAKE_REQUEST, MAKE_CERTIFICATE, MAKE_SECRET };
enum make_issuer { BY_SELF, BY_MERGE, BY_CA, BY_CLERK, BY_NOBODY };

struct make {
    struct cert_body body;
    struct cert_making made;
    enum make_phase phase;
    enum make_issuer issuer;
    char provider[ISSUER_TEXT_MAX + 1];
    struct enrol enrol; /* BY_CA */
    char why[KEY_WHY_MAX];
};

static void
make_free(void *state)
{
    struct make *m = state;

    cert_body_release(&m->body);
    cert_making_release(&m->made);
    enrol_release(&m->enrol);
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
    cert_making_init(&m->made, clock_now());
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
        e = cert_policy_get(&at, m->made.name.key, p);
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
        e = cert_policy_copy(p, &m->made.policy_bytes, &m->made.policy);
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

    m->issuer = cert_policy_is_self(&m->made.policy) ? BY_SELF : BY_MERGE;
    if (m->issuer == BY_SELF || cert_policy_is_unknown(&m->made.policy))
        return ERR_OK;
    m->issuer = BY_NOBODY;
    if (!object_name_parse(m->made.policy.issuer, &name))
        return ERR_ISSUER_NOT_FOUND;
    issuer = malloc(sizeof(*issuer));
    e = issuer == NULL ? ERR_NOMEM : issuer_get(&at, name.key, issuer);
    if (e == ERR_OK && issuer_is_dialled(issuer))
        m->issuer = BY_CLERK;
    if (e == ERR_OK)
        (void)span_copy_str(issuer->provider, m->provider, sizeof(m->provider));
    /* What keeps an authority from issuing fails the operation, not the request. */
    if (e == ERR_OK && enrol_is_keyhold(issuer) && enrol_init(&m->enrol, issuer) == ERR_OK)
        m->issuer = BY_CA;
    free(issuer);
    return e;
}

/* ------------------------------------------------------------------------- asking */

static enum err
create_begin(struct exchange *x, struct make *m)
{
    const struct attrs_change *c = &m->body.change.attrs;
    struct cert_making *made = &m->made;
    struct vault_at at = object_at(x);
    struct cert_heads heads;
    enum err e = cert_new_name(x, &made->name);

    if (e != ERR_OK)
        return e;
    object_note(x, made->name.spelled, NULL);
    e = cert_body_read(x, CERT_BODY_CREATE, &m->body);
    if (e == ERR_OK)
        e = cert_check_add(&at, &made->name, &heads);
    if (e == ERR_OK)
        made->name = heads.head[TRIO_CERTIFICATE].name; /* as it was first spelled */
    if (e == ERR_OK)
        e = cert_check_idle(&at, &made->name);
    if (e == ERR_OK)
        e = read_policy(x, m);
    if (e == ERR_OK)
        e = find_issuer(x, m);
    if (e != ERR_OK)
        return e;
    made->tags = m->body.change.tags;
    made->enabled = !c->has_enabled || c->enabled;
    made->keeps_order = m->body.keeps_order;
    x->ask_of = cert_key_home(&made->policy, x->site->has_token);
    return cert_making_ask_key(&at, made, &heads, x->ask_of, sink_sec(&x->ask), &x->ask_op);
}

static enum err
take_key(struct exchange *x, struct make *m)
{
    enum err e = key_provider_err(x->answer_err, ERR_KEY_DATA);

    return e == ERR_OK ? cert_making_take_key(&m->made, secbuf_span(&x->answer)) : e;
}

/* The next question is one for a signature; e: how packing it went. */
static enum err
ask_signature(struct exchange *x, struct make *m, enum err e)
{
    if (e == ERR_BAD_PARAMETER)
        (void)snprintf(m->why, sizeof(m->why), "The certificate policy is invalid.");
    x->ask_op = KEEPER_KEY_USE;
    x->ask_of = m->made.key.home;
    return e;
}

static void
ask_secret(struct exchange *x, const struct make *m)
{
    cert_making_ask_secret(x->vault, &m->made, sink_sec(&x->ask));
    x->ask_op = KEEPER_CERT_SECRET;
    x->ask_of = HOME_SOFTWARE;
}

/* ------------------------------------------------------------------------ the end */

/* Is the certificate there with the answer? */
static bool
makes_itself(const struct make *m)
{
    return m->issuer == BY_SELF || m->issuer == BY_CA;
}

/* message: backs the error's text. */
static struct cert_operation
operation_of(const struct make *m, struct buf *message)
{
    struct cert_operation op = { .state = makes_itself(m)          ? OPERATION_COMPLETED
                                          : m->issuer != BY_NOBODY ? OPERATION_RUNS
                                                                   : OPERATION_FAILED };

    if (m->issuer == BY_NOBODY) {
        if (m->enrol.why[0] != '\0')
            buf_put_str(message, m->enrol.why);
        else
            buf_put_fmt(message,
                        "The certificate provider '%s' is not reachable from this service.",
                        m->provider);
        op.error_code = span_str("Certificate issuer error");
        op.error_message = buf_span(message);
    }
    return op;
}

static enum err
put_headers(struct exchange *x, const struct make *m)
{
    char url[OBJECT_URL_MAX];
    struct buf b;
    enum err e;

    object_url(x, "certificates", m->made.name.spelled, "pending", url);
    buf_init(&b, OBJECT_URL_MAX + 256);
    buf_put_fmt(&b, "%s?api-version=%.*s&request_id=%s", url, (int)x->version_text.len,
                (const char *)x->version_text.ptr, m->made.request.text);
    http_response_header(&x->resp, "Location", buf_str(&b));
    http_response_header(&x->resp, "Retry-After", m->issuer == BY_MERGE ? "0" : "10");
    e = b.err;
    buf_release(&b);
    return e;
}

static enum err
create_end(struct exchange *x, struct make *m)
{
    struct vault_at at = object_at(x);
    struct span secret = m->made.n > 0 ? secbuf_span(&x->answer) : (struct span){ 0 };
    struct cert_operation op;
    struct buf room, message;
    struct object out;
    enum err e;

    buf_init(&room, DETAIL_MAX);
    buf_init(&message, OPERATION_TEXT_MAX);
    op = operation_of(m, &message);
    e = message.err;
    if (e == ERR_OK)
        e = cert_making_put(&at, &m->made, &op, secret, &x->write, &room, &out);
    if (e == ERR_OK) {
        object_note(x, m->made.name.spelled, m->made.id.text);
        e = cert_note(x, &out);
    }
    if (e == ERR_OK && m->issuer == BY_CA)
        e = enrol_put(x->rows, x->view, &x->write, &m->enrol, span_str(x->note.object_url),
                      m->made.now);
    if (e == ERR_OK) {
        object_reply(x, 202);
        cert_put_operation(x, &m->made.name, &op, OPERATION_RUNS, sink_sec(&x->resp.body));
        e = put_headers(x, m);
    }
    buf_release(&message);
    buf_release(&room);
    return e;
}

/* With the authority's key, or with its own. What the authority refuses ends the making: the
 * key and the request are kept, as Azure keeps them for an issuer that fails. */
static enum err
ask_certificate(struct exchange *x, struct make *m, bool *done)
{
    struct sink k = sink_sec(&x->ask);
    enum err e;

    if (m->issuer == BY_SELF)
        return ask_signature(x, m, cert_making_ask_certificate(x->vault, &m->made, k));
    x->ask_op = KEEPER_KEY_USE;
    e = enrol_begin(x->rows, x->view, x->vault, &m->made, &m->enrol, k, &x->ask_of);
    *done = e == ERR_DENIED || e == ERR_DISABLED;
    if (*done)
        m->issuer = BY_NOBODY;
    return *done ? ERR_OK : e;
}

static enum err
take_certificate(struct exchange *x, struct make *m)
{
    struct span answer = secbuf_span(&x->answer);
    enum err e = key_provider_err(x->answer_err, ERR_INTERNAL);

    if (e != ERR_OK)
        return e;
    return m->issuer == BY_SELF ? cert_making_take_certificate(&m->made, answer)
                                : enrol_end(x->rows, x->view, &m->enrol, &m->made, answer);
}

/* Takes what the step before asked for, and asks for the next; *done after the last. */
static enum err
create_go_on(struct exchange *x, struct make *m, bool *done)
{
    struct sink k = sink_sec(&x->ask);
    struct span answer = secbuf_span(&x->answer);
    enum err e;

    *done = false;
    switch (m->phase) {
    case MAKE_KEY:
        m->phase = MAKE_REQUEST;
        e = take_key(x, m);
        return e == ERR_OK ? ask_signature(x, m, cert_making_ask_request(x->vault, &m->made, k))
                           : e;
    case MAKE_REQUEST:
        m->phase = MAKE_CERTIFICATE;
        e = key_provider_err(x->answer_err, ERR_INTERNAL);
        if (e == ERR_OK)
            e = cert_making_take_request(&m->made, answer);
        *done = !makes_itself(m);
        return e != ERR_OK || *done ? e : ask_certificate(x, m, done);
    case MAKE_CERTIFICATE:
        m->phase = MAKE_SECRET;
        e = take_certificate(x, m);
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
