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
#include "vault/cert_merge.h"

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

static enum err
may_merge(const struct cert_merge *a, char *why)
{
    bool unknown = span_is_str_nocase(a->op.issuer, "Unknown");

    if (a->op.state == OPERATION_RUNS && !unknown) {
        (void)span_copy_str(span_head(a->op.issuer, KEY_WHY_MAX - 1), why, KEY_WHY_MAX);
        return ERR_MERGE_EARLY;
    }
    /* Cancelled by who waits for nothing any more; of other issuers a way out (D3). */
    return a->op.state == OPERATION_CANCELLED && unknown ? ERR_PENDING_NOT_FOUND : ERR_OK;
}

static enum err
find_about(const struct exchange *x, struct merge *m, struct cert_merge *a)
{
    struct vault_at at = object_at(x);
    enum err e = cert_merge_find(&at, &m->name, a);

    if (e == ERR_OK)
        e = may_merge(a, m->why);
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
    enum err e = ERR_OK;

    for (size_t i = 0; i < jsn_len(m->body.x5c) && e == ERR_OK; i++)
        e = add_element(m, jsn_str(jsn_at(m->body.x5c, i)));
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK) {
        (void)snprintf(m->why, sizeof(m->why), "%s", CERT_BAD_PEM);
        return ERR_BAD_PARAMETER;
    }
    return cert_chain_of_key(&m->bag, key, keeps_order, m->chain, &m->n);
}

static struct cert_merged
merged_of(const struct merge *m)
{
    return (struct cert_merged){ .chain = m->chain,
                                 .n = m->n,
                                 .change = &m->body.change,
                                 .keeps_order = m->body.keeps_order };
}

static enum err
merge_begin(struct exchange *x, struct merge *m)
{
    struct vault_at at = object_at(x);
    struct cert_merged merged;
    struct cert_merge a;
    struct cert_policy *p;
    enum err e = object_name(x, &m->name);

    if (e != ERR_OK)
        return e;
    object_note(x, m->name.spelled, NULL);
    e = cert_body_read(x, CERT_BODY_MERGE, &m->body);
    if (e == ERR_OK)
        e = find_about(x, m, &a);
    if (e != ERR_OK)
        return e;
    e = read_chain(m, &a.key_detail.public, m->body.keeps_order || a.detail.keeps_order);
    p = malloc(sizeof(*p)); /* too much for a stack */
    if (e == ERR_OK)
        e = p == NULL ? ERR_NOMEM : cert_policy_get(&at, m->name.key, p);
    if (e == ERR_OK) {
        merged = merged_of(m);
        cert_merge_ask(&at, &a, p, &merged, sink_sec(&x->ask));
        x->ask_op = KEEPER_CERT_SECRET;
        x->ask_of = HOME_SOFTWARE;
    }
    free(p);
    return e;
}

/* The rows, in the snapshot that they are read in. */
static enum err
put_all(struct exchange *x, struct merge *m, struct cert_merge *a, struct cert_policy *p,
        struct buf *room)
{
    struct vault_at at = object_at(x);
    struct cert_shown shown = { .policy = p, .has_pending = true };
    struct cert_merged merged = merged_of(m);
    struct object out;
    enum err e = cert_merge_put(&at, a, p, &merged, secbuf_span(&x->answer), clock_now(),
                                &x->write, room, &out);

    if (e != ERR_OK)
        return e;
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
    struct cert_merge a;
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
