/* SPDX-License-Identifier: Apache-2.0 */
/* cert_enrol.c - who issues, and a renewal by an authority of ours (pki/enrol.h). */
#include <stdlib.h>

#include "jobs/cert_desk.h"
#include "jobs/cert_renew_int.h"

static enum err
set_way(struct renewal *r, const struct issuer *i)
{
    enum err e;

    r->way = RENEW_NEVER;
    if (enrol_is_keyhold(i)) {
        e = enrol_init(&r->enrol, i);
        if (e == ERR_OK)
            r->way = RENEW_CA;
        else if (e == ERR_DISABLED)
            buf_put_str(&r->why, r->enrol.why);
        return e == ERR_DISABLED ? ERR_OK : e;
    }
    if (!i->enabled)
        buf_put_fmt(&r->why, "The certificate issuer '%s' is disabled.", i->name.spelled);
    else if (span_is_str_nocase(i->provider, "Webhook") ||
             span_is_str_nocase(i->provider, "ACME"))
        r->way = RENEW_LATER;
    else
        buf_put_fmt(&r->why,
                    "The certificate provider '%.*s' is not reachable from this "
                    "service.",
                    (int)i->provider.len, (const char *)i->provider.ptr);
    return ERR_OK;
}

enum err
renewal_find_issuer(struct renewal *r)
{
    struct object_name name;
    struct issuer *i;
    enum err e;

    r->way = RENEW_SELF;
    if (cert_policy_is_self(&r->made.policy))
        return ERR_OK;
    i = malloc(sizeof(*i)); /* too much for a stack */
    if (i == NULL)
        return ERR_NOMEM;
    e = object_name_parse(r->made.policy.issuer, &name) ? issuer_get(&r->at, name.key, i)
                                                        : ERR_ISSUER_NOT_FOUND;
    if (e == ERR_OK)
        e = set_way(r, i);
    free(i);
    if (e != ERR_ISSUER_NOT_FOUND)
        return e;
    r->way = RENEW_NEVER;
    buf_put_fmt(&r->why, "The certificate issuer '%.*s' was not found.",
                (int)r->made.policy.issuer.len, (const char *)r->made.policy.issuer.ptr);
    return ERR_OK;
}

/* What the authority refuses is the operation's to say. */
static enum err
refused(struct renewal *r, enum err e)
{
    if (e == ERR_DENIED || e == ERR_DISABLED)
        buf_put_str(&r->why, r->enrol.why);
    return e;
}

enum err
renewal_enrol(struct renewal *r)
{
    struct keeper_ask q = { .op = KEEPER_KEY_USE };
    const struct rows *rows = r->desk->rows;
    struct store_view *view;
    enum err e = store_begin(r->desk->store, &view);

    if (e != ERR_OK)
        return e;
    e = enrol_begin(rows, view, r->vault, &r->made, &r->enrol, sink_sec(&r->question), &q.home);
    store_end(view);
    if (e == ERR_OK)
        e = renewal_ask(r, &q);
    if (e == ERR_OK)
        e = store_begin(r->desk->store, &view);
    else
        return refused(r, e);
    if (e != ERR_OK)
        return e;
    e = enrol_end(rows, view, &r->enrol, &r->made, secbuf_span(&r->answer));
    store_end(view);
    return refused(r, e);
}

enum err
renewal_enrol_put(struct renewal *r, struct store_write *w)
{
    char url[CERT_PLACE_MAX];
    struct span what = cert_url(r->vault, &r->made.name, &r->made.id, url);

    return refused(r, enrol_put(r->desk->rows, r->at.view, w, &r->enrol, what, r->now));
}
