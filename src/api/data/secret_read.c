/* SPDX-License-Identifier: Apache-2.0 */
/* secret_read.c - GET of a secret: the current version, or one that is named. */
#include <stdlib.h>

#include "api/data/object.h"
#include "api/data/object_fail.h"
#include "api/data/secret_json.h"
#include "api/data/secrets.h"

/* The version as read in the first step, kept while the keeper opens its value. */
struct get_state {
    struct object secret;
    struct buf meta; /* backs secret.v */
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
    struct get_state *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return ERR_NOMEM;
    x->state = s;
    x->state_free = get_free;
    s->secret = *from;
    s->secret.v.sealed = (struct span){ 0 };
    buf_init(&s->meta, OBJECT_META_MAX);
    object_meta_pack(sink_buf(&s->meta), &from->v);
    if (s->meta.err != ERR_OK)
        return s->meta.err;
    return object_meta_read(buf_span(&s->meta), &s->secret.v);
}

/*
 * outContentType converts certificate-backed secrets; for others there is no certificate to
 * convert, and the value is given as it is (data-plane.md B4).
 */
static bool
out_type_is_ok(const struct exchange *x)
{
    struct span v;

    if (x->version < V2025_07_01 || !http_request_param(x->req, "outContentType", &v))
        return true;
    return span_is_str(v, "application/x-pkcs12") || span_is_str(v, "application/x-pem-file");
}

static enum err
get_begin(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    struct object s;
    bool has;
    enum err e;

    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = object_version(x, &version, &has);
    if (e != ERR_OK)
        return e;
    e = object_get(&at, &name, has ? &version : NULL, &s);
    if (e != ERR_OK)
        return e;
    object_note(x, s.head.name.spelled, s.v.id.text);
    secret_note(x, &s);
    /* WIRE: nbf and exp do not hinder a get; disabled does (data-plane.md B5). */
    if (!s.v.attrs.enabled)
        return ERR_DISABLED;
    secret_ask_open(&at, &s, sink_sec(&x->ask));
    return get_keep(x, &s);
}

enum next
api_secret_get(struct exchange *x)
{
    const struct get_state *s;
    struct span value;
    enum err e;

    if (x->step == 0) {
        if (!out_type_is_ok(x))
            return exchange_fail(x, ERR_ARG, span_str("outContentType"));
        e = get_begin(x);
        if (e != ERR_OK)
            return object_fail(x, e, "get");
        x->ask_op = KEEPER_OPEN;
        return NEXT_KEEPER;
    }
    if (x->answer_err != ERR_OK)
        return object_fail(x, object_keeper_err(x->answer_err), "get");
    s = x->state;
    value = secbuf_span(&x->answer);
    object_reply(x, 200);
    secret_put_bundle(x, &s->secret, &value, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_REPLY);
}
