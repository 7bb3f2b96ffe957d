/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - the loop: wait, take everything that came, answer, one flush a link.
 *
 * A link is broken when its other end broke the protocol or went away. It is
 * freed at the end of the iteration, since later events of the same wait may
 * still name it. A link that does not read its answers is not read either.
 */
#include "keeper/lane.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keeper/grants.h"
#include "keeper/recall.h"
#include "keeper/work.h"

enum { EVENTS = 16 };

struct link {
    struct link *next;
    struct lane *lane;
    struct peer *peer;
    uint64_t number;
    bool posted;  /* something waits for the flush */
    bool writing; /* waiting for writability, not reading */
    bool broken;
};

struct lane {
    struct lane_shared shared;
    pthread_t thread;
    bool running;
    int epoll, wake;
    struct cache *cache;
    struct recall *recall;
    struct secbuf answer;
    struct link *links;
    uint64_t next_number;
    unsigned generation; /* of the root keys that the cache was filled under */

    pthread_mutex_t lock; /* the inbox, below */
    struct link *new_links;
    struct job *finished;
    bool stop;
};

static void
lane_wake(const struct lane *l)
{
    uint64_t one = 1;
    ssize_t n = write(l->wake, &one, sizeof(one));

    (void)n; /* fails only when the counter is full: then it wakes anyway */
}

void
lane_finish(struct job *j)
{
    struct lane *l = j->lane;

    pthread_mutex_lock(&l->lock);
    j->next = l->finished;
    l->finished = j;
    lane_wake(l); /* under the lock: the lane may not be freed in between */
    pthread_mutex_unlock(&l->lock);
}

static void
link_break(struct link *k, const char *why)
{
    if (!k->broken)
        log_warn("keeper: link to %s closed: %s", ipc_role_name(peer_role(k->peer)), why);
    k->broken = true;
}

static void
link_post(struct link *k, uint16_t op, uint64_t id, enum err status, struct span payload)
{
    enum err e;

    if (k->broken)
        return;
    e = peer_post(k->peer, op, id, status, payload);
    if (e != ERR_OK)
        link_break(k, err_text(e));
    k->posted = true;
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
submit_slow(struct link *k, const struct ipc_msg *m, const uint8_t tag[static MAC_LEN])
{
    struct job *j = job_new(k->lane, k->lane->shared.roots, k->number, m->id,
                            (enum keeper_op)m->op, m->payload);
    enum err e;

    if (j == NULL)
        return ERR_NOMEM;
    memcpy(j->tag, tag, MAC_LEN);
    e = pool_submit(k->lane->shared.pool, j);
    if (e != ERR_OK)
        job_free(j);
    return e;
}

static void
answer_allowed(struct link *k, const struct grant *g, const struct ipc_msg *m,
               const struct keeper_question *q)
{
    enum keeper_op op = (enum keeper_op)m->op;
    uint8_t tag[MAC_LEN] = { 0 };
    struct lane *l = k->lane;
    bool known = false;
    enum err e = ERR_OK;

    if (op == KEEPER_PASSWORD_CHECK)
        e = check_recall(l, q, tag, &known);
    if (e == ERR_OK && !known && grant_is_slow(g, op, q)) {
        e = submit_slow(k, m, tag);
        if (e == ERR_OK)
            return; /* answered when it comes back */
    } else if (e == ERR_OK && !known) {
        e = work_do(l->shared.roots, l->cache, op, q, &l->answer);
    }
    link_post(k, m->op, m->id, e, e == ERR_OK ? secbuf_span(&l->answer) : span_of(NULL, 0));
    secbuf_clear(&l->answer);
}

static void
on_message(void *arg, struct peer *p, const struct ipc_msg *m)
{
    const struct grant *g = grant_of(m->op);
    struct span none = { NULL, 0 };
    struct keeper_question q;
    struct link *k = arg;

    if (k->broken)
        return;
    if (g == NULL || m->status != ERR_OK) {
        link_post(k, m->op, m->id, ERR_PROTOCOL, none);
        link_break(k, "a question that does not exist");
    } else if (!grant_has_role(g, peer_role(p))) {
        log_warn("keeper: %s may not ask question %u", ipc_role_name(peer_role(p)),
                 (unsigned)m->op);
        link_post(k, m->op, m->id, ERR_DENIED, none);
    } else if (m->payload.len > g->max_bytes) {
        link_post(k, m->op, m->id, ERR_TOO_LARGE, none);
    } else if (keeper_unpack((enum keeper_op)m->op, m->payload, &q) != ERR_OK) {
        link_post(k, m->op, m->id, ERR_PROTOCOL, none);
        link_break(k, "a malformed question");
    } else if (!grant_allows(g, peer_role(p), (enum keeper_op)m->op, &q)) {
        log_warn("keeper: %s may not ask question %u with a key of that purpose",
                 ipc_role_name(peer_role(p)), (unsigned)m->op);
        link_post(k, m->op, m->id, ERR_DENIED, none);
    } else {
        answer_allowed(k, g, m, &q);
    }
}

static void
link_watch(struct link *k, bool writing)
{
    struct epoll_event ev = { .events = writing ? EPOLLOUT : EPOLLIN, .data.ptr = k };

    if (k->writing == writing)
        return;
    k->writing = writing;
    if (epoll_ctl(k->lane->epoll, EPOLL_CTL_MOD, peer_fd(k->peer), &ev) != 0)
        link_break(k, strerror(errno));
}

/* Answers of this iteration, and the last word to a link that broke. */
static void
link_flush(struct link *k)
{
    if (!k->posted && !k->writing)
        return;
    k->posted = false;
    if (peer_flush(k->peer) != ERR_OK) {
        k->broken = true;
        return;
    }
    if (!k->broken)
        link_watch(k, peer_has_backlog(k->peer));
}

static void
link_free(struct link *k)
{
    peer_free(k->peer); /* closing takes it out of the epoll set */
    free(k);
}

static void
sweep_links(struct lane *l)
{
    struct link **at = &l->links, *k;

    while ((k = *at) != NULL) {
        link_flush(k);
        if (!k->broken) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        link_free(k);
    }
}

static void
link_readable(struct link *k)
{
    enum err e;

    if (k->broken || k->writing)
        return;
    e = peer_drain(k->peer, on_message, k);
    if (e == ERR_CLOSED)
        k->broken = true; /* the ordinary end; the supervisor knows why */
    else if (e != ERR_OK)
        link_break(k, err_text(e));
}

static void
link_begin(struct lane *l, struct link *k)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = k };

    k->number = ++l->next_number;
    k->next = l->links;
    l->links = k;
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, peer_fd(k->peer), &ev) != 0)
        link_break(k, strerror(errno));
}

static void
job_deliver(struct lane *l, struct job *j)
{
    struct link *k = l->links;

    if (j->op == KEEPER_PASSWORD_CHECK && j->status == ERR_OK)
        recall_put(l->recall, j->tag, clock_mono_ms());
    while (k != NULL && k->number != j->link)
        k = k->next;
    if (k != NULL)
        link_post(k, (uint16_t)j->op, j->msg, j->status, secbuf_span(&j->answer));
}

/* False when the lane shall end. */
static bool
take_inbox(struct lane *l)
{
    struct link *links;
    struct job *jobs;
    uint64_t count;
    bool stop;
    ssize_t n = read(l->wake, &count, sizeof(count));

    (void)n; /* what counts is the inbox */
    pthread_mutex_lock(&l->lock);
    links = l->new_links;
    jobs = l->finished;
    stop = l->stop;
    l->new_links = NULL;
    l->finished = NULL;
    pthread_mutex_unlock(&l->lock);
    while (links != NULL) {
        struct link *next = links->next;

        link_begin(l, links);
        links = next;
    }
    while (jobs != NULL) {
        struct job *next = jobs->next;

        job_deliver(l, jobs);
        job_free(jobs);
        jobs = next;
    }
    return !stop;
}

static void
check_generation(struct lane *l)
{
    unsigned now = roots_generation(l->shared.roots);

    if (now == l->generation)
        return;
    l->generation = now;
    cache_clear(l->cache);
}

static void *
lane_thread(void *arg)
{
    struct epoll_event events[EVENTS];
    struct lane *l = arg;
    bool go = true;

    while (go) {
        int n = epoll_wait(l->epoll, events, EVENTS, -1);

        check_generation(l);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                go = take_inbox(l);
            else
                link_readable(events[i].data.ptr);
        }
        sweep_links(l);
        if (n < 0 && errno != EINTR) {
            log_error("keeper: epoll_wait: %s", strerror(errno));
            abort();
        }
    }
    return NULL;
}

static enum err
lane_open(struct lane *l)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
    enum err e;

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->epoll < 0 || l->wake < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &ev) != 0)
        return ERR_IO;
    e = cache_new(l->shared.cache_bytes, &l->cache);
    if (e == ERR_OK)
        e = recall_new(&l->recall);
    return e;
}

static void
pin_to(pthread_t thread, int processor)
{
    cpu_set_t set;

    if (processor < 0 || processor >= CPU_SETSIZE)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    (void)pthread_setaffinity_np(thread, sizeof(set), &set); /* a wish, not a need */
}

enum err
lane_new(const struct lane_shared *shared, int processor, struct lane **out)
{
    struct lane *l = calloc(1, sizeof(*l));
    enum err e;

    *out = NULL;
    if (l == NULL)
        return ERR_NOMEM;
    l->shared = *shared;
    l->epoll = l->wake = -1;
    l->generation = roots_generation(shared->roots);
    secbuf_init(&l->answer, ANSWER_MAX);
    pthread_mutex_init(&l->lock, NULL);
    e = lane_open(l);
    if (e == ERR_OK && pthread_create(&l->thread, NULL, lane_thread, l) != 0)
        e = ERR_NOMEM;
    if (e != ERR_OK) {
        lane_free(l);
        return e;
    }
    l->running = true;
    pin_to(l->thread, processor);
    *out = l;
    return ERR_OK;
}

static void
lane_stop(struct lane *l)
{
    if (!l->running)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    lane_wake(l);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->running = false;
}

static void
free_links(struct link *k)
{
    while (k != NULL) {
        struct link *next = k->next;

        link_free(k);
        k = next;
    }
}

void
lane_free(struct lane *l)
{
    if (l == NULL)
        return;
    lane_stop(l);
    free_links(l->links);
    free_links(l->new_links);
    while (l->finished != NULL) {
        struct job *next = l->finished->next;

        job_free(l->finished);
        l->finished = next;
    }
    cache_free(l->cache);
    recall_free(l->recall);
    secbuf_release(&l->answer);
    if (l->epoll >= 0)
        close(l->epoll);
    if (l->wake >= 0)
        close(l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

enum err
lane_adopt(struct lane *l, int fd, enum ipc_role role)
{
    struct link *k = calloc(1, sizeof(*k));
    enum err e;

    if (k == NULL) {
        close(fd);
        return ERR_NOMEM;
    }
    k->lane = l;
    e = peer_new(fd, role, QUESTION_MAX, &k->peer);
    if (e != ERR_OK) {
        free(k);
        return e;
    }
    pthread_mutex_lock(&l->lock);
    k->next = l->new_links;
    l->new_links = k;
    lane_wake(l);
    pthread_mutex_unlock(&l->lock);
    return ERR_OK;
}
