/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - links are dropped only between turns, and when the batch is carried
 * out, since it points to them; what a link sent before it died is still committed.
 *
 * State: serving --DRAIN or supervisor gone--> draining --checkpoint signed, or
 * SERVE_DRAIN_MS passed--> ended. Draining still commits what arrives.
 */
#include "scribe/serve.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "scribe/fault.h"
#include "scribe/notice.h"

enum { EVENTS = 64, CONTROL_PLACE = SERVE_LINKS, LOST_MS = 2000 };

static enum err
watch(struct serve *s, int op, int fd, uint32_t events, uint32_t place)
{
    struct epoll_event ev = { .events = events, .data.u32 = place };

    if (epoll_ctl(s->epoll, op, fd, &ev) == 0)
        return ERR_OK;
    log_error("epoll: %s", strerror(errno));
    return ERR_IO;
}

enum err
serve_init(struct serve *s, struct committer *c, signer_key_fn key, int control)
{
    enum err e;

    *s = (struct serve){ .committer = c, .control = control, .epoll = -1 };
    s->signer.key = key;
    buf_init(&s->record, NOTICE_MAX);
    e = batch_init(&s->batch);
    if (e != ERR_OK)
        return e;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0)
        return ERR_IO;
    return watch(s, EPOLL_CTL_ADD, control, EPOLLIN, CONTROL_PLACE);
}

void
serve_release(struct serve *s)
{
    for (unsigned i = 0; i < SERVE_LINKS; i++)
        peer_free(s->links[i].peer);
    batch_release(&s->batch);
    buf_release(&s->record);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->control >= 0)
        close(s->control);
}

static void
answer(struct link *l, uint16_t op, uint64_t id, enum err status, struct span payload)
{
    if (l->gone)
        return;
    if (peer_post(l->peer, op, id, status, payload) == ERR_OK) {
        l->dirty = true;
        return;
    }
    log_error("%s does not take its answers", ipc_role_name(peer_role(l->peer)));
    l->gone = true;
}

static void
answer_batch(struct serve *s)
{
    uint8_t room[8];

    for (size_t i = 0; i < s->batch.count; i++) {
        const struct submit *it = &s->batch.items[i];

        for (unsigned j = 0; j < sizeof(room); j++)
            room[j] = (uint8_t)(it->revision >> (56 - 8 * j));
        answer(it->from, SCRIBE_SUBMIT, it->id, it->result,
               span_of(room, it->result == ERR_OK ? sizeof(room) : 0));
    }
}

static void
flush(struct serve *s, struct link *l)
{
    bool waits;

    if (l->gone || peer_flush(l->peer) != ERR_OK) {
        l->gone = true;
        return;
    }
    l->dirty = false;
    waits = peer_has_backlog(l->peer);
    if (waits != l->waits &&
        watch(s, EPOLL_CTL_MOD, peer_fd(l->peer), waits ? EPOLLIN | EPOLLOUT : EPOLLIN,
              (uint32_t)(l - s->links)) != ERR_OK)
        l->gone = true;
    l->waits = waits;
}

/* Of this thread. */
static uint64_t
cpu_us(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Commits, and notes how long that only waited for the disk. */
static void
commit_writes(struct serve *s)
{
    uint64_t wall = s->committer->stats.commit_us_total, cpu = cpu_us();

    committer_run(s->committer, &s->batch);
    wall = s->committer->stats.commit_us_total - wall;
    cpu = cpu_us() - cpu;
    gather_ran(&s->gather, s->batch.writes, (wall > cpu ? wall - cpu : 0) / 1000);
}

static void
run_batch(struct serve *s)
{
    if (s->batch.count == 0)
        return;
    if (s->batch.writes > 0)
        commit_writes(s);
    else
        committer_run(s->committer, &s->batch);
    if (fault_at("answer") == ERR_OK)
        answer_batch(s);
    batch_clear(&s->batch);
    for (unsigned i = 0; i < SERVE_LINKS; i++)
        if (s->links[i].peer != NULL && s->links[i].dirty)
            flush(s, &s->links[i]);
}

struct sender {
    struct serve *s;
    struct link *link;
};

static void
answer_stats(struct serve *s, struct link *l, const struct ipc_msg *m)
{
    struct scribe_stats stats = committer_stats(s->committer);
    struct buf payload;

    buf_init(&payload, 1024);
    scribe_pack_stats(sink_buf(&payload), &stats);
    answer(l, SCRIBE_STATS, m->id, payload.err, buf_span(&payload));
    buf_release(&payload);
}

static void
on_question(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct sender *from = arg;
    struct batch *b = &from->s->batch;
    enum err e;

    if (m->op == SCRIBE_STATS) {
        answer_stats(from->s, from->link, m);
        return;
    }
    if (m->op != SCRIBE_SUBMIT || m->status != ERR_OK) { /* ERR_NOMEM: see peer.h */
        answer(from->link, m->op, m->id, m->status != ERR_OK ? m->status : ERR_PROTOCOL,
               (struct span){ 0 });
        return;
    }
    e = batch_add(b, from->link, peer_role(p), m->id, m->payload);
    if (e == ERR_BUSY) {
        run_batch(from->s);
        e = batch_add(b, from->link, peer_role(p), m->id, m->payload);
    }
    if (e != ERR_OK)
        answer(from->link, m->op, m->id, e, (struct span){ 0 });
}

static void
on_signature(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct serve *s = ((struct sender *)arg)->s;

    (void)p;
    buf_clear(&s->record);
    if (!signer_take(&s->signer, m, clock_mono_ms(), &s->record))
        return;
    if (committer_checkpoint(s->committer, buf_span(&s->record), s->signer.what.seq) != ERR_OK)
        signer_again(&s->signer, clock_mono_ms());
}

static void
receive(struct serve *s, struct link *l)
{
    struct sender from = { s, l };
    bool keeper = peer_role(l->peer) == ROLE_KEEPER;

    if (peer_drain(l->peer, keeper ? on_signature : on_question, &from) != ERR_OK)
        l->gone = true;
}

static void
drop(struct serve *s, struct link *l)
{
    if (s->signer.keeper == l->peer) {
        signer_link(&s->signer, NULL);
        s->lost_ms = clock_mono_ms() + LOST_MS;
    }
    log_info("link to %s %u ended", ipc_role_name(peer_role(l->peer)), l->index);
    peer_free(l->peer); /* closing takes it out of epoll */
    *l = (struct link){ 0 };
}

static enum err
add_link(struct serve *s, int fd, enum ipc_role role, uint32_t index)
{
    struct link *l = NULL;
    enum err e;

    for (unsigned i = 0; i < SERVE_LINKS && l == NULL; i++)
        if (s->links[i].peer == NULL)
            l = &s->links[i];
    if (l == NULL || (role != ROLE_FRONT && role != ROLE_CLERK && role != ROLE_KEEPER)) {
        close(fd);
        return l == NULL ? ERR_FULL : ERR_PROTOCOL;
    }
    e = peer_new(fd, role, MAX_IPC_MESSAGE, &l->peer);
    if (e != ERR_OK)
        return e;
    l->index = index;
    e = watch(s, EPOLL_CTL_ADD, peer_fd(l->peer), EPOLLIN, (uint32_t)(l - s->links));
    if (e != ERR_OK) {
        peer_free(l->peer);
        l->peer = NULL;
        return e;
    }
    if (role == ROLE_KEEPER) {
        signer_link(&s->signer, l->peer);
        s->lost_ms = 0;
    }
    return ERR_OK;
}

static void
begin_drain(struct serve *s)
{
    if (s->drain)
        return;
    s->drain = true;
    s->drain_until_ms = clock_mono_ms() + SERVE_DRAIN_MS;
    s->signer.now = s->signer.key != NULL;
    s->signer.retry_ms = 0;
}

static void
rotate(struct serve *s)
{
    struct control done = { .op = CONTROL_DONE, .role = ROLE_SCRIBE };

    run_batch(s);
    done.status = (int32_t)committer_rotate(s->committer);
    if (control_send(s->control, &done, -1) != ERR_OK)
        log_warn("the supervisor does not listen");
}

static void
obey(struct serve *s, const struct control *c, int fd)
{
    enum err e;

    if (c->op == CONTROL_PEER && fd >= 0) {
        e = add_link(s, fd, (enum ipc_role)c->role, c->index);
        if (e != ERR_OK)
            log_error("a new link was not taken: %s", err_text(e));
        return;
    }
    if (fd >= 0)
        close(fd);
    if (c->op == CONTROL_AUDIT_ROTATE)
        rotate(s);
    else if (c->op == CONTROL_RELOAD)
        committer_look(s->committer, clock_mono_ms());
    else if (c->op == CONTROL_DRAIN)
        begin_drain(s);
}

static void
listen_to_supervisor(struct serve *s)
{
    struct control c;
    enum err e;
    int fd;

    for (;;) {
        e = control_recv(s->control, &c, &fd);
        if (e == ERR_AGAIN)
            return;
        if (e != ERR_OK)
            break;
        obey(s, &c, fd);
    }
    log_info("the supervisor is gone: finishing");
    (void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->control, NULL);
    begin_drain(s);
}

/* Without the keeper nothing is signed; if he lives, the supervisor has a new link. */
static void
ask_for_link(struct serve *s, uint64_t now_ms)
{
    struct control lost = { .op = CONTROL_LOST, .role = ROLE_KEEPER };

    if (s->lost_ms == 0 || now_ms < s->lost_ms || s->drain)
        return;
    s->lost_ms = now_ms + LOST_MS;
    if (control_send(s->control, &lost, -1) != ERR_OK)
        log_warn("the supervisor does not listen");
}

/* What the clock, and what was chained, ask for. */
static void
tend(struct serve *s, uint64_t now_ms)
{
    struct committer *c = s->committer;
    struct signer *g = &s->signer;

    committer_tend(c, now_ms);
    ask_for_link(s, now_ms);
    signer_count(g, c->stats.records - s->counted, now_ms);
    s->counted = c->stats.records;
    if (c->rotations != s->rotations)
        g->now = g->key != NULL;
    s->rotations = c->rotations;
    if (!signer_is_due(g, now_ms))
        return;
    if (signer_is_ripe(g, now_ms) && committer_note_head(c) != ERR_OK)
        log_warn("audit: the store does not know yet how far the log goes");
    signer_ask(g, c->store, &c->chain, now_ms);
}

static int
wait_ms(const struct serve *s, uint64_t now_ms)
{
    uint64_t a = committer_wait_ms(s->committer, now_ms);
    uint64_t b = signer_wait_ms(&s->signer, now_ms);

    if (b < a)
        a = b;
    b = gather_wait_ms(&s->gather, now_ms);
    if (b < a)
        a = b;
    if (s->lost_ms != 0 && !s->drain)
        a = s->lost_ms <= now_ms ? 0 : s->lost_ms - now_ms < a ? s->lost_ms - now_ms : a;
    if (s->drain && s->drain_until_ms - now_ms < a)
        a = s->drain_until_ms - now_ms;
    return a > 60000 ? 60000 : (int)a;
}

static void
turn(struct serve *s, const struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++) {
        uint32_t place = events[i].data.u32;
        struct link *l = place < SERVE_LINKS ? &s->links[place] : NULL;

        if (l == NULL)
            listen_to_supervisor(s);
        else if (l->peer == NULL || l->gone)
            continue;
        else if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            receive(s, l);
        if (l != NULL && !l->gone && (events[i].events & EPOLLOUT) != 0)
            l->dirty = true;
    }
    if (s->drain || !gather_waits(&s->gather, s->batch.count, s->batch.writes, clock_mono_ms()))
        run_batch(s);
    tend(s, clock_mono_ms());
    for (unsigned i = 0; i < SERVE_LINKS; i++) {
        if (s->links[i].peer != NULL && s->links[i].dirty)
            flush(s, &s->links[i]);
        if (s->links[i].peer != NULL && s->links[i].gone) {
            run_batch(s); /* it points to links */
            drop(s, &s->links[i]);
        }
    }
}

enum err
serve_run(struct serve *s)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        uint64_t now_ms = clock_mono_ms();
        int n;

        if (s->drain && (now_ms >= s->drain_until_ms || !signer_is_waiting(&s->signer)))
            break;
        n = epoll_wait(s->epoll, events, EVENTS, wait_ms(s, now_ms));
        if (n < 0 && errno != EINTR) {
            log_error("epoll: %s", strerror(errno));
            return ERR_IO;
        }
        turn(s, events, n);
        if (s->committer->failed)
            return ERR_IO;
    }
    return committer_note_head(s->committer);
}
