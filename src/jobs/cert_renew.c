/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_renew.c - one renewal: read, ask the keeper without a snapshot, commit from a
 * newer one that still shows the same head.
 */
#include "jobs/cert_renew.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/cert_desk.h"
#include "jobs/cert_renew_int.h"
#include "jobs/schedule.h"
#include "vault/key_leftover.h"

enum { QUESTION_MAX_BYTES = 256 * 1024, ANSWER_BYTES = 256 * 1024 };

static struct renewal *
renewal_new(struct desk *d, struct cert_due *due, int64_t now)
{
    struct renewal *r = calloc(1, sizeof(*r)); /* too much for a stack */

    if (r == NULL)
        return NULL;
    r->desk = d;
    r->vault = due->vault;
    r->at = (struct vault_at){ .rows = d->rows, .vault = due->vault, .kind = KIND_CERTIFICATE };
    r->head = due->cert.head;
    r->now = now;
    secbuf_init(&r->question, QUESTION_MAX_BYTES);
    secbuf_init(&r->answer, ANSWER_BYTES);
    buf_init(&r->why, OPERATION_TEXT_MAX);
    cert_making_init(&r->made, now);
    r->made.name = due->cert.head.name;
    r->made.policy_stays = true;
    r->made.enabled = true;
    return r;
}

static void
renewal_free(struct renewal *r)
{
    cert_making_release(&r->made);
    enrol_release(&r->enrol);
    buf_release(&r->why);
    secbuf_release(&r->answer);
    secbuf_release(&r->question);
    free(r);
}

/* ------------------------------------------------------------------------ reading */

static enum err
read_policy(struct renewal *r)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    enum err e = p == NULL ? ERR_NOMEM : cert_policy_get(&r->at, r->made.name.key, p);

    if (e == ERR_OK)
        e = cert_policy_copy(p, &r->made.policy_bytes, &r->made.policy);
    free(p);
    return e == ERR_NOT_FOUND || e == ERR_BAD_BODY ? ERR_INTEGRITY : e;
}

/* Where the policy wants the key. A token that is away for a while is waited for. */
static enum err
ask_key(struct renewal *r, struct keeper_ask *ask)
{
    struct key_detail d;
    struct cert_heads heads;
    struct object key;
    enum err e = cert_check_add(&r->at, &r->made.name, &heads);

    if (e == ERR_OK)
        e = cert_get_key(&r->at, &r->made.name, &r->head.current, &key, &d);
    if (e != ERR_OK)
        return e;
    ask->home = cert_key_home(&r->made.policy, r->desk->token != NULL || d.home == HOME_TOKEN);
    return cert_making_ask_key(&r->at, &r->made, &heads, ask->home, sink_sec(&r->question),
                               &ask->op);
}

/* The operation of the name; state 0: there is none. */
static enum err
read_operation(struct renewal *r)
{
    enum err e = cert_operation_get(&r->at, r->made.name.key, &r->before);

    r->failures = e == ERR_OK && r->before.state == OPERATION_FAILED ? r->before.failures : 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ------------------------------------------------------------------------- asking */

enum err
renewal_ask(struct renewal *r, const struct keeper_ask *q)
{
    enum err e = r->question.err;

    secbuf_clear(&r->answer);
    if (e == ERR_OK)
        e = desk_ask_home(r->desk, q->home, q->op, &r->question, &r->answer);
    secbuf_clear(&r->question);
    return e;
}

/* packed: how packing the question went. */
static enum err
ask_signature(struct renewal *r, enum err packed)
{
    struct keeper_ask q = { KEEPER_KEY_USE, r->made.key.home };

    return packed == ERR_OK ? renewal_ask(r, &q) : packed;
}

static enum err
sign_itself(struct renewal *r)
{
    struct sink k = sink_sec(&r->question);
    enum err e = ask_signature(r, cert_making_ask_certificate(r->vault, &r->made, k));

    return e == ERR_OK ? cert_making_take_certificate(&r->made, secbuf_span(&r->answer)) : e;
}

static enum err
make(struct renewal *r, const struct keeper_ask *key)
{
    struct keeper_ask secret = { KEEPER_CERT_SECRET, HOME_SOFTWARE };
    struct sink k = sink_sec(&r->question);
    enum err e = renewal_ask(r, key);

    if (e == ERR_OK)
        e = cert_making_take_key(&r->made, secbuf_span(&r->answer));
    if (e == ERR_OK)
        e = ask_signature(r, cert_making_ask_request(r->vault, &r->made, k));
    if (e == ERR_OK)
        e = cert_making_take_request(&r->made, secbuf_span(&r->answer));
    if (e != ERR_OK || r->way == RENEW_LATER)
        return e;
    e = r->way == RENEW_CA ? renewal_enrol(r) : sign_itself(r);
    if (e != ERR_OK)
        return e;
    cert_making_ask_secret(r->vault, &r->made, k);
    return renewal_ask(r, &secret);
}

/* ---------------------------------------------------------------------- committing */

static enum err
commit(struct renewal *r, struct store_write *w, const char *operation, struct span failed)
{
    struct desk_deed deed = { .operation = operation, .vault = r->vault, .failed = failed };
    char url[CERT_PLACE_MAX];

    deed.object_url = cert_url(r->vault, &r->made.name, &r->made.id, url);
    return desk_commit(r->desk, w, &deed);
}

/* The head as it was read: then so are the policy and the operation, whose writers put it. */
static enum err
check_head(const struct renewal *r)
{
    struct object_head head;
    enum err e = object_head_get(&r->at, HEAD_LIVE, r->made.name.key, &head);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && head.revision != r->head.revision))
        return ERR_CONFLICT;
    return e;
}

static enum err
put_version(struct renewal *r, struct store_write *w)
{
    struct span secret = r->made.n > 0 ? secbuf_span(&r->answer) : (struct span){ 0 };
    struct cert_operation op = { .state = r->made.n > 0 ? OPERATION_COMPLETED : OPERATION_RUNS,
                                 .failures = r->made.n > 0 ? 0 : r->failures };
    struct cert_detail d;
    struct object current, out;
    struct buf room;
    enum err e = check_head(r);

    if (e == ERR_OK)
        e = object_get_current(&r->at, &r->head, &current);
    if (e == ERR_OK)
        e = cert_detail_read(current.v.detail, &d);
    if (e != ERR_OK)
        return e;
    r->made.tags = current.v.tags;
    r->made.keeps_order = d.keeps_order;
    buf_init(&room, DETAIL_MAX);
    e = cert_making_put(&r->at, &r->made, &op, secret, w, &room, &out);
    if (e == ERR_OK && r->way == RENEW_CA)
        e = renewal_enrol_put(r, w);
    buf_release(&room);
    return e;
}

/* A key that was made in the token for a version that somebody else's change forestalled. */
static void
regret(struct renewal *r, const struct store_write *made)
{
    struct store_write w;

    if (r->made.key.home != HOME_TOKEN || store_begin(r->desk->store, &r->at.view) != ERR_OK)
        return;
    store_write_init(&w);
    key_leftover_regret(r->desk->rows, r->at.view, buf_span(&made->bytes), &w);
    store_end(r->at.view);
    if (!store_write_is_empty(&w) && commit(r, &w, "KeyPurge", (struct span){ 0 }) != ERR_OK)
        log_warn("a key of certificate %s stays in the token unused", r->made.name.spelled);
    store_write_release(&w);
}

static enum err
put_renewed(struct renewal *r)
{
    struct store_write w;
    enum err e = store_begin(r->desk->store, &r->at.view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = put_version(r, &w);
    store_end(r->at.view);
    if (e == ERR_OK)
        e = commit(r, &w, "CertificateRenew", (struct span){ 0 });
    if (e == ERR_CONFLICT)
        regret(r, &w);
    if (e == ERR_OK)
        log_info("certificate %s of vault %s %s", r->made.name.spelled, r->vault->name,
                 r->made.n > 0 ? "was renewed" : "is being renewed");
    store_write_release(&w);
    return e;
}

/* Says in the operation why nothing came of it, and when it is tried again in the head. */
static enum err
put_failed(struct renewal *r, const char *code)
{
    struct cert_operation op = { .failures = r->failures,
                                 .request = r->made.request,
                                 .version = r->made.id,
                                 .issuer = r->made.policy.issuer,
                                 .issuer_type = r->made.policy.issuer_type,
                                 .csr = buf_span(&r->made.csr),
                                 .error_code = span_str(code),
                                 .error_message = buf_span(&r->why),
                                 .created = r->now };
    struct store_write w;
    enum err e = store_begin(r->desk->store, &r->at.view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = check_head(r);
    op.revision = r->before.revision;
    if (e == ERR_OK)
        e = cert_operation_fail(&r->at, r->made.name.key, &op, r->now, &w);
    store_end(r->at.view);
    if (e == ERR_OK)
        e = commit(r, &w, "CertificateRenew", buf_span(&r->why));
    if (e == ERR_OK)
        log_warn("certificate %s of vault %s was not renewed: %.*s", r->made.name.spelled,
                 r->vault->name, (int)r->why.len, (const char *)r->why.ptr);
    store_write_release(&w);
    return e;
}

/* An operation runs: who is at it, or who cancels it, decides; then it is looked at again. */
static enum err
look_later(struct renewal *r)
{
    struct store_write w;
    enum err e;

    store_write_init(&w);
    e = cert_due_postpone(&r->at, &w, r->made.name.key, r->now + CERT_PENDING_LOOK);
    if (e == ERR_OK)
        e = commit(r, &w, "CertificateRenewPostpone", (struct span){ 0 });
    store_write_release(&w);
    return e;
}

/*
 * The version that a failed operation left is asked for once more, if it is still what the
 * policy wants: a new one for each try would only fill the list.
 */
static bool
may_resume(const struct renewal *r)
{
    const struct cert_operation *op = &r->before;

    return r->way == RENEW_LATER && op->state == OPERATION_FAILED && op->csr.len > 0 &&
           r->made.policy.updated <= op->created &&
           span_is_equal(op->issuer, r->made.policy.issuer);
}

static enum err
resume(struct renewal *r)
{
    struct cert_operation op = r->before;
    struct store_write w;
    enum err e;

    op.state = OPERATION_RUNS;
    op.request = r->made.request;
    op.error_code = op.error_message = (struct span){ 0 };
    r->made.id = op.version;
    store_write_init(&w);
    cert_operation_put(&r->at, &w, r->made.name.key, &op);
    e = cert_due_postpone(&r->at, &w, r->made.name.key, r->now + CERT_PENDING_LOOK);
    if (e == ERR_OK)
        e = commit(r, &w, "CertificateRenew", (struct span){ 0 });
    store_write_release(&w);
    return e;
}

/* What the policy or an issuer does not let happen, as opposed to what passes. */
static bool
is_final(enum err e)
{
    enum err_class c = err_class_of(e);

    return c == ERR_CLASS_REQUEST || (c == ERR_CLASS_STATE && e != ERR_CERT_PENDING);
}

static enum err
renew(struct renewal *r)
{
    struct keeper_ask key = { .home = HOME_SOFTWARE };
    bool over;
    enum err e = read_operation(r);

    over = e == ERR_OK && r->before.state == OPERATION_RUNS;
    if (over)
        e = look_later(r);
    else if (e == ERR_OK)
        e = read_policy(r);
    if (e == ERR_OK && !over)
        e = renewal_find_issuer(r);
    if (e == ERR_OK && !over && may_resume(r)) {
        struct cert_merge about;

        over = cert_merge_find(&r->at, &r->made.name, &about) == ERR_OK;
        if (over)
            e = resume(r);
    }
    if (e == ERR_OK && !over && r->way != RENEW_NEVER)
        e = ask_key(r, &key);
    store_end(r->at.view); /* none is held while the keeper is asked */
    if (e != ERR_OK || over)
        return e;
    if (r->way == RENEW_NEVER)
        return put_failed(r, "Certificate issuer error");
    e = make(r, &key);
    if (e == ERR_OK)
        e = put_renewed(r);
    if (r->why.len > 0) /* the authority's */
        return put_failed(r, "Certificate issuer error");
    if (!is_final(e))
        return e;
    buf_put_fmt(&r->why, "The certificate cannot be made as the policy says: %s.", err_text(e));
    return put_failed(r, "Request rejected");
}

/* The view goes with it. */
static enum err
renew_one(struct desk *d, struct store_view *view, struct cert_due *due, int64_t now)
{
    struct renewal *r = renewal_new(d, due, now);
    enum err e;

    if (r == NULL) {
        store_end(view);
        return ERR_NOMEM;
    }
    r->at.view = view;
    e = renew(r);
    renewal_free(r);
    return e;
}

/* ------------------------------------------------------------------------- turning */

static enum err
do_due(struct desk *d, struct store_view *view, struct cert_due *due, struct store_write *w,
       int64_t now)
{
    struct desk_deed drop = { .operation = "CertificateRenew" };

    if (!due->stale && due->act == CERT_RENEW)
        return renew_one(d, view, due, now);
    if (!due->stale)
        return cert_tell(d, view, due, now);
    store_end(view);
    return desk_commit(d, w, &drop);
}

/* What stands behind `after`. ERR_NOT_FOUND: nothing more is due. *passed: left alone. */
static enum err
step(struct desk *d, int64_t now, struct schedule_key *after, bool *passed)
{
    struct cert_due due = { .vault = NULL };
    struct schedule_key row;
    struct store_view *view;
    struct store_write w;
    enum err e = store_begin(d->store, &view);

    *passed = false;
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = schedule_next(view, CERT_SCHEDULE "/", after, &row);
    if (e == ERR_OK)
        e = cert_due_get(d->rows, view, schedule_span(&row), now, &w, &due);
    if (e == ERR_OK)
        e = do_due(d, view, &due, &w, now);
    else
        store_end(view);
    if (e != ERR_OK && e != ERR_NOT_FOUND) {
        *after = row; /* one that fails must not keep the others from their day */
        *passed = true;
    }
    vault_unref(due.vault);
    store_write_release(&w);
    return e;
}

enum err
cert_renew_due(struct desk *d, int64_t now, unsigned limit, unsigned *done)
{
    uint64_t until = clock_mono_ms() + CERT_RENEW_TURN_MS;
    struct schedule_key after = { .len = 0 };
    enum err e, first = ERR_OK;
    bool passed;

    *done = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    for (unsigned looked = 0; *done < limit && looked < 10 * limit; looked++) {
        if (clock_mono_ms() >= until)
            break;
        e = step(d, now, &after, &passed);
        if (e == ERR_NOT_FOUND)
            break;
        if (e == ERR_OK)
            ++*done;
        if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
            return e;
        if (e != ERR_OK && e != ERR_NO_VAULT && e != ERR_CONFLICT && first == ERR_OK)
            first = e;
    }
    return first;
}
