/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_merge.c - POST pending/merge: the certificate that somebody else made from our request
 * (data-plane.md D1 T13).
 *
 *   step 0: operation, key, chain -> secret      step 1: answer -> rows, commit
 */
#include <stdlib.h>

#include "api/data/cert_parts.h"
#include "api/data/certs.h"
#include "api/data/object.h"
#include "base/clock.h"
#include "codec/b64.h"

struct merge {
    struct cert_body body;
    struct object_name name;
    struct cert_bag bag;
    struct span chain[CERT_CHAIN_MAX];
    size_t n;
    char why[KEY_WHY_MAX];
};

static void
merge_free(void *state)
{
    struct merge *m = state;

    cert_body_release(&m->body);
    cert_bag_release(&m->bag);
    free(m);
}

/* What the operation is about, in this snapshot. */
struct merge_about {
    struct cert_operation op;
    struct object cert;
    struct cert_detail detail;
    struct object key;
    struct key_detail key_detail;
};

static enum err
may_merge(const struct merge_about *a, char *why)
{
    bool unknown = span_is_str_nocase(a->op.issuer, "Unknown");

    if (a->op.state == OPERATION_COMPLETED || a->detail.complete)
        return ERR_PENDING_NOT_FOUND;
    if (a->op.state == OPERATION_RUNS && !unknown) {
        (void)span_copy_str(span_head(a->op.issuer, KEY_WHY_MAX - 1), why, KEY_WHY_MAX);
        return ERR_MERGE_EARLY;
    }
    /* Cancelled by who waits for nothing any more; of other issuers a way out (D3). */
    return a->op.state == OPERATION_CANCELLED && unknown ? ERR_PENDING_NOT_FOUND : ERR_OK;
}

static enum err
find_about(const struct exchange *x, struct merge *m, struct merge_about *a)
{
    struct vault_at at = object_at(x);
    enum err e = cert_operation_get(&at, m->name.key, &a->op);

    if (e == ERR_NOT_FOUND)
        return ERR_PENDING_NOT_FOUND;
    if (e == ERR_OK)
        e = object_get(&at, &m->name, &a->op.version, &a->cert);
    if (e == ERR_CERTIFICATE_NOT_FOUND) /* deleted */
        return ERR_PENDING_NOT_FOUND;
    if (e == ERR_OK)
        e = cert_detail_read(a->cert.v.detail, &a->detail);
    if (e == ERR_OK)
        e = may_merge(a, m->why);
    if (e == ERR_OK)
        e = cert_get_key(&at, &m->name, &a->op.version, &a->key, &a->key_detail);
    if (e == ERR_OK)
        m->name = a->cert.head.name;
    return e;
}

/* One element of x5c: base64 of DER, or of PEM text. */
static enum err
add_element(struct merge *m, struct span text)
{
    struct buf bytes;
    enum err e;

    buf_init(&bytes, CERT_CHAIN_BYTES_MAX * 2);
    e = b64_get(text, sink_buf(&bytes));
    if (e == ERR_OK)
        e = cert_bag_add(&m->bag, buf_span(&bytes));
    buf_release(&bytes);
    return e;
}

static enum err
read_chain(struct merge *m, const struct key_public *key, bool keeps_order)
{
    size_t leaf;
    enum err e = ERR_OK;

    for (size_t i = 0; i < jsn_len(m->body.x5c) && e == ERR_OK; i++)
        e = add_element(m, jsn_str(jsn_at(m->body.x5c, i)));
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK) {
        (void)snprintf(m->why, sizeof(m->why), "%s", CERT_BAD_PEM);
        return ERR_BAD_PARAMETER;
    }
    if (!keeps_order) {
        e = cert_bag_order(&m->bag, key);
        leaf = 0;
    } else {
        leaf = cert_bag_find_key(&m->bag, key);
        e = leaf < m->bag.count ? ERR_OK : ERR_CERT_MISMATCH;
    }
    if (e == ERR_OK)
        m->n = cert_chain_spans(&m->bag, leaf, m->chain);
    return e;
}

static enum err
merge_begin(struct exchange *x, struct merge *m)
{
    struct vault_at at = object_at(x);
    struct merge_about a;
    struct cert_policy *p;
    bool keeps_order;
    enum err e = object_name(x, &m->name);

    if (e != ERR_OK)
        return e;
    object_note(x, m->name.spelled, NULL);
    e = cert_body_read(x, CERT_BODY_MERGE, &m->body);
    if (e == ERR_OK)
        e = find_about(x, m, &a);
    if (e != ERR_OK)
        return e;
    keeps_order = m->body.keeps_order || a.detail.keeps_order;
    e = read_chain(m, &a.key_detail.public, keeps_order);
    p = malloc(sizeof(*p)); /* too much for a stack */
    if (e == ERR_OK)
        e = p == NULL ? ERR_NOMEM : cert_policy_get(&at, m->name.key, p);
    if (e == ERR_OK)
        cert_ask_secret(x, &m->name, &a.op.version, a.key.v.sealed,
                        cert_key_in_secret(p, &a.key_detail), p->form, m->chain, m->n);
    free(p);
    return e;
}

static enum err
fill_parts(const struct exchange *x, const struct merge *m, const struct merge_about *a,
           const struct cert_policy *p, struct cert_parts *out)
{
    const struct object_change *c = &m->body.change;

    *out = (struct cert_parts){ .id = a->op.version,
                                .tags = c->has_tags ? c->tags : a->cert.v.tags,
                                .key = a->key_detail,
                                .key_sealed = a->key.v.sealed,
                                .secret_sealed = secbuf_span(&x->answer),
                                .form = p->form };
    out->attrs.enabled = c->attrs.has_enabled ? c->attrs.enabled : a->detail.wants_enabled;
    out->detail.has_key = cert_key_in_secret(p, &a->key_detail);
    out->detail.wants_enabled = out->attrs.enabled;
    out->detail.keeps_order = m->body.keeps_order || a->detail.keeps_order;
    return cert_parts_complete(out, m->chain, m->n);
}

/* The rows, in the snapshot that they are read in. */
static enum err
put_all(struct exchange *x, struct merge *m, struct merge_about *a, struct cert_policy *p,
        struct buf *room)
{
    struct vault_at at = object_at(x);
    struct cert_shown shown = { .policy = p, .has_pending = true };
    struct cert_heads heads;
    struct cert_parts parts;
    struct object out;
    enum err e = cert_check_add(&at, &m->name, &heads);

    if (e == ERR_OK)
        e = fill_parts(x, m, a, p, &parts);
    if (e == ERR_OK)
        e = cert_put(&at, &heads, &parts, clock_now(), &x->write, room, &out);
    if (e != ERR_OK)
        return e;
    p->has_transparency = true; /* WIRE: said from the merge on (data-plane.md D2.1) */
    cert_policy_put(&at, &x->write, m->name.key, p);
    a->op.state = OPERATION_COMPLETED;
    cert_operation_put(&at, &x->write, m->name.key, &a->op);
    object_note(x, m->name.spelled, out.v.id.text);
    object_reply(x, 201);
    http_response_header(&x->resp, "Location", x->note.object_url);
    e = cert_note(x, &out);
    return e == ERR_OK ? cert_put_bundle(x, &out, &shown, sink_sec(&x->resp.body)) : e;
}

static enum err
merge_end(struct exchange *x, struct merge *m)
{
    struct vault_at at = object_at(x);
    struct merge_about a;
    struct cert_policy *p;
    struct buf room;
    enum err e = cert_secret_err(x->answer_err, m->why);

    if (e == ERR_OK)
        e = find_about(x, m, &a);
    if (e != ERR_OK)
        return e;
    p = malloc(sizeof(*p)); /* too much for a stack */
    buf_init(&room, DETAIL_MAX);
    e = p == NULL ? ERR_NOMEM : cert_policy_get(&at, m->name.key, p);
    if (e == ERR_OK)
        e = put_all(x, m, &a, p, &room);
    buf_release(&room);
    free(p);
    return e;
}

enum next
api_cert_merge(struct exchange *x)
{
    struct merge *m = x->step == 0 ? calloc(1, sizeof(*m)) : x->state;
    enum err e;

    if (m == NULL)
        return cert_fail(x, ERR_NOMEM, "merge", "");
    x->state = m;
    x->state_free = merge_free;
    e = x->step == 0 ? merge_begin(x, m) : merge_end(x, m);
    if (e != ERR_OK)
        return cert_fail(x, e, "merge", m->why);
    return x->step == 0 ? NEXT_KEEPER : object_finish(x, NEXT_COMMIT);
}
