/* SPDX-License-Identifier: Apache-2.0 */
/* secret_read.c - GET of a secret: the current version, or one that is named. */
#include <stdlib.h>

#include "api/data/object.h"
#include "api/data/object_fail.h"
#include "api/data/secret_json.h"
#include "api/data/secrets.h"
#include "keeper/ask_cert.h"
#include "vault/cert.h"

/* The version as read in the first step, kept while the keeper opens its value. */
struct get_state {
    struct object secret;
    struct buf meta; /* backs secret.v */
    /* outContentType: the value is written anew, then opened. */
    bool converts;
    uint8_t type[SECRET_DETAIL_MAX];
};

static void
get_free(void *state)
{
    struct get_state *s = state;

    buf_release(&s->meta);
    free(s);
}

static enum err
get_keep(struct exchange *x, const struct object *from)
{
    struct get_state *s = malloc(sizeof(*s));

    if (s == NULL)
        return ERR_NOMEM;
    x->state = s;
    x->state_free = get_free;
    s->secret = *from;
    s->converts = false;
    s->secret.v.sealed = (struct span){ 0 };
    buf_init(&s->meta, OBJECT_META_MAX);
    object_meta_pack(sink_buf(&s->meta), &from->v);
    if (s->meta.err != ERR_OK)
        return s->meta.err;
    return object_meta_read(buf_span(&s->meta), &s->secret.v);
}

/*
 * outContentType converts certificate-backed secrets; for others there is no certificate to
 * convert, and the value is given as it is (data-plane.md B4). CERT_FORM_ANY: not said.
 */
static bool
read_out_type(const struct exchange *x, enum cert_form *out)
{
    struct span v;

    *out = CERT_FORM_ANY;
    if (x->version < V2025_07_01 || !http_request_param(x->req, "outContentType", &v))
        return true;
    *out = cert_form_find(v);
    return *out != CERT_FORM_ANY;
}

/* WIRE: PKCS#12 to PEM is all that Azure converts. */
static enum err
wants_conversion(const struct exchange *x, const struct object *s, bool *out)
{
    struct secret_detail d;
    enum cert_form wanted, is;
    enum err e = secret_detail_read(s->v.detail, &d);

    *out = false;
    if (e != ERR_OK)
        return e;
    if (!read_out_type(x, &wanted))
        return ERR_ARG;
    is = cert_form_find(d.content_type);
    if (!s->head.managed || wanted == CERT_FORM_ANY || wanted == is)
        return ERR_OK;
    *out = wanted == CERT_FORM_PEM;
    return *out ? ERR_OK : ERR_ARG;
}

/* Has the value written as PEM, from the certificate and the key that belong to it. */
static enum err
ask_pem(struct exchange *x, const struct object *s)
{
    struct vault_at at = object_at(x), certs = vault_at_kind(&at, KIND_CERTIFICATE);
    struct wrapped vault = vault_key(x->vault);
    struct object_id to = object_id_of(&x->vault->id, KIND_SECRET, s->head.name.key, &s->v.id);
    struct key_place place;
    struct cert_detail cd = { .complete = false };
    struct key_detail kd;
    struct object cert, key;
    enum err e = object_get(&certs, &s->head.name, &s->v.id, &cert);

    if (e == ERR_OK)
        e = cert_detail_read(cert.v.detail, &cd);
    if (e == ERR_OK)
        e = cert_get_key(&at, &s->head.name, &s->v.id, &key, &kd);
    if (e != ERR_OK || !cd.complete)
        return ERR_INTEGRITY;
    place = key_place_of(&at, &key, &vault);
    if (!cd.has_key)
        place.sealed = (struct span){ 0 };
    keeper_pack_cert_secret(sink_sec(&x->ask), &place, &to, CERT_FORM_PEM, cd.der, cd.n);
    x->ask_op = KEEPER_CERT_SECRET;
    return ERR_OK;
}

/* The value that was written is sealed like a row's: it is opened as one. */
static enum err
open_converted(struct exchange *x, struct get_state *s)
{
    struct vault_at at = object_at(x);
    struct object_change c = { .has_detail = false };
    struct object sealed = s->secret;

    sealed.v.sealed = secbuf_span(&x->answer);
    secret_ask_open(&at, &sealed, sink_sec(&x->ask));
    x->ask_op = KEEPER_OPEN;
    s->converts = false;
    bug_on(!secret_detail_set(&c, span_str(cert_form_name(CERT_FORM_PEM)), s->type));
    s->secret.v.detail = c.detail;
    return ERR_OK;
}

static enum err
get_begin(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    struct object s;
    bool has, converts;
    enum err e;

    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    e = object_version(x, &version, &has);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, &s);
    if (e != ERR_OK) {
        object_note(x, name.spelled, NULL);
        return e;
    }
    object_note(x, s.head.name.spelled, s.v.id.text);
    secret_note(x, &s);
    /* WIRE: nbf and exp do not hinder a get; disabled does (data-plane.md B5). */
    if (!s.v.attrs.enabled)
        return ERR_DISABLED;
    e = wants_conversion(x, &s, &converts);
    if (e != ERR_OK)
        return e;
    if (converts) {
        e = ask_pem(x, &s);
    } else {
        secret_ask_open(&at, &s, sink_sec(&x->ask));
        x->ask_op = KEEPER_OPEN;
    }
    if (e == ERR_OK)
        e = get_keep(x, &s);
    if (e == ERR_OK)
        ((struct get_state *)x->state)->converts = converts;
    return e;
}

enum next
api_secret_get(struct exchange *x)
{
    struct get_state *s = x->state;
    enum cert_form wanted;
    struct span value;
    enum err e;

    if (x->step == 0) {
        e = read_out_type(x, &wanted) ? get_begin(x) : ERR_ARG;
        if (e == ERR_ARG)
            return exchange_fail(x, e, span_str("outContentType"));
        return e == ERR_OK ? NEXT_KEEPER : object_fail(x, e, "get");
    }
    if (x->answer_err != ERR_OK)
        return object_fail(x, object_keeper_err(x->answer_err), "get");
    if (s->converts) {
        e = open_converted(x, s);
        return e == ERR_OK ? NEXT_KEEPER : object_fail(x, e, "get");
    }
    value = secbuf_span(&x->answer);
    object_reply(x, 200);
    secret_put_bundle(x, &s->secret, &value, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_REPLY);
}
