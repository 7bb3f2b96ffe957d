/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.c - a question is refused, answered at once, or given to a pool.
 *
 * No link may fill a pool by itself: each has a number of jobs that it may have
 * there. Beyond that it hears ERR_BUSY, as with a full queue.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "keeper/grants.h"
#include "keeper/lane_int.h"

static const struct span none = { NULL, 0 };

static enum err
submit(struct link *k, enum key_pace pace, const struct ipc_msg *m,
       const uint8_t tag[static MAC_LEN])
{
    const struct lane_shared *s = &k->lane->shared;
    enum pool_class class = peer_role(k->peer) == ROLE_FRONT ? POOL_GUEST : POOL_HOUSE;
    struct job *j;
    enum err e;

    if (k->jobs[pace] >= s->per_link[pace]) {
        tally_add(&k->lane->tally.refused[pace], 1);
        return ERR_BUSY;
    }
    j = job_new((enum keeper_op)m->op, m->payload);
    if (j == NULL)
        return ERR_NOMEM;
    j->lane = k->lane;
    j->link = k->number;
    j->msg = m->id;
    j->pace = pace;
    memcpy(j->tag, tag, MAC_LEN);
    e = pool_submit(s->pools[pace], j, class);
    if (e != ERR_OK) {
        tally_add(&k->lane->tally.refused[pace], 1);
        job_free(j);
        return e;
    }
    k->jobs[pace]++;
    k->lane->long_jobs += pace == PACE_LONG;
    return ERR_OK;
}

/* Password checks that need no scrypt; else the tag for later. */
static enum err
check_recall(struct lane *l, const struct keeper_question *q, uint8_t tag[static MAC_LEN],
             bool *known)
{
    enum err e = recall_tag(l->shared.recall_key, q->record, q->bytes, tag);

    *known = e == ERR_OK && recall_has(l->recall, tag, clock_mono_ms());
    return e;
}

static enum err
put_stats(struct lane *l)
{
    struct keeper_stats stats;

    board_read(l->shared.board, &stats);
    keeper_stats_pack(sink_sec(&l->answer), &stats);
    return l->answer.err;
}

/* On the lane, into its answer; or in a pool, then *later is set. */
static enum err
do_or_submit(struct link *k, const struct ipc_msg *m, const struct question *q,
             const uint8_t tag[static MAC_LEN], bool *later)
{
    struct lane *l = k->lane;
    enum key_pace pace = hand_pace(&l->shared.kit, q);
    enum err e = ERR_AGAIN;

    if (l->shared.pools[pace] == NULL) {
        e = hand_do(l->hand, q, &l->answer);
        pace = PACE_MAKING;
    }
    if (e != ERR_AGAIN || l->shared.pools[pace] == NULL)
        return e;
    e = submit(k, pace, m, tag);
    *later = e == ERR_OK;
    return e;
}

static void
answer_allowed(struct link *k, const struct ipc_msg *m, const struct question *q)
{
    uint8_t tag[MAC_LEN] = { 0 };
    struct lane *l = k->lane;
    bool known = false, later = false;
    enum err e = ERR_OK;

    tally_add(&l->tally.asked[q->op], 1);
    if (q->op == KEEPER_PASSWORD_CHECK)
        e = check_recall(l, &q->plain, tag, &known);
    if (q->op == KEEPER_STATS)
        e = put_stats(l);
    else if (e == ERR_OK && !known)
        e = do_or_submit(k, m, q, tag, &later);
    if (later)
        return; /* answered when it comes back */
    link_post(k, m->op, m->id, e, e == ERR_OK ? secbuf_span(&l->answer) : none);
    secbuf_clear(&l->answer);
}

static bool
is_allowed(const struct grant *g, enum ipc_role role, const struct question *q)
{
    if (keeper_op_is_key(q->op))
        return grant_allows_key(g, role, q->op, &q->key);
    return grant_allows(g, role, q->op, &q->plain);
}

/* ERR_DENIED, with a line in the log: our own processes do not ask what they may not. */
static bool
may_ask(const struct link *k, const struct grant *g, uint16_t op)
{
    enum ipc_role role = peer_role(k->peer);

    if (grant_has_role(g, role) &&
        (!k->lane->shared.keys_only || keeper_op_is_key((enum keeper_op)op)))
        return true;
    log_warn("keeper: %s may not ask question %u", ipc_role_name(role), (unsigned)op);
    return false;
}

/*
 * What no asker of ours can write ends the link (ERR_PROTOCOL). What a client may have brought
 * about, should a bound of ours be wrong, costs him his answer and nobody else theirs.
 */
static enum err
judge(const struct link *k, const struct ipc_msg *m, struct question *q)
{
    enum ipc_role role = peer_role(k->peer);
    const struct grant *g = grant_of(m->op);
    enum err e;

    if (m->status == ERR_NOMEM) /* of ours, for a question in pieces; see peer.h */
        return ERR_NOMEM;
    if (g == NULL || m->status != ERR_OK)
        return ERR_PROTOCOL;
    if (!may_ask(k, g, m->op))
        return ERR_DENIED;
    if (m->payload.len > g->max_bytes)
        return ERR_TOO_LARGE;
    e = question_read((enum keeper_op)m->op, m->payload, q);
    if (e == ERR_ARG)
        log_warn("keeper: question %u of %s has a field that is too long or out of range",
                 (unsigned)m->op, ipc_role_name(role));
    if (e != ERR_OK || is_allowed(g, role, q))
        return e;
    log_warn("keeper: %s may not ask question %u with a key of that purpose or place",
             ipc_role_name(role), (unsigned)m->op);
    return ERR_DENIED;
}

void
intake_message(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct link *k = arg;
    struct question q;
    enum err e;

    if (k->broken)
        return;
    e = judge(k, m, &q);
    if (e == ERR_OK)
        answer_allowed(k, m, &q);
    else
        link_post(k, m->op, m->id, e, none);
    if (e == ERR_PROTOCOL)
        link_break(k, "a question that is malformed or does not exist");
    if (peer_is_stuck(p)) /* answers come first: a question must not be what fills the queue */
        peer_pause(p);
}

void
intake_job(struct lane *l, const struct job *j)
{
    struct link *k = l->links;

    l->long_jobs -= j->pace == PACE_LONG;
    if (j->op == KEEPER_PASSWORD_CHECK && j->status == ERR_OK)
        recall_put(l->recall, j->tag, clock_mono_ms());
    while (k != NULL && k->number != j->link)
        k = k->next;
    if (k == NULL)
        return;
    k->jobs[j->pace]--;
    link_post(k, (uint16_t)j->op, j->msg, j->status, secbuf_span(&j->answer));
}

static bool
is_of_link(const void *job, const void *link)
{
    const struct job *j = job;
    const struct link *k = link;

    return j->lane == k->lane && j->link == k->number;
}

/* On the lane's own thread, as all that asks pool_drop(). */
static void
drop_job(void *job)
{
    struct job *j = job;

    j->lane->long_jobs -= j->pace == PACE_LONG;
    job_free(j);
}

void
intake_forget(struct link *k)
{
    for (unsigned i = 0; i < PACE__MAX; i++)
        if (k->jobs[i] > 0)
            pool_drop(k->lane->shared.pools[i], is_of_link, k, drop_job);
}
