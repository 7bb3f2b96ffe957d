/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - the loop: wait, take everything that came, answer, one flush a link.
 *
 * A link is broken when its other end broke the protocol or went away. It is
 * freed at the end of the iteration, since later events of the same wait may
 * still name it. A link that does not read its answers is not read either.
 *
 * A wake-up for each finished job costs front, scribe and us as much as a tenth
 * of the job. An asker that stands behind many others waits longer than the half
 * of them takes anyway: while many are out, the lane is woken when half of them
 * are done, and looks into its inbox by itself every tick.
 */
#include "keeper/lane.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keeper/lane_int.h"
#include "keeper/work.h"

enum { EVENTS = 16, TICK_MS = 8 };

/* Under the lock: the lane may not be freed in between. */
static void
lane_wake(struct lane *l)
{
    uint64_t one = 1;
    ssize_t n;

    if (l->woken)
        return;
    l->woken = true;
    n = write(l->wake, &one, sizeof(one));
    (void)n; /* fails only when the counter is full: then it wakes anyway */
}

void
lane_finish(struct job *j)
{
    struct lane *l = j->lane;

    pthread_mutex_lock(&l->lock);
    j->next = NULL;
    *l->finished_end = j;
    l->finished_end = &j->next;
    /* Only workers' jobs go in groups: an asker behind a maker has waited long enough. */
    if (j->pace != PACE_LONG || ++l->finished_long >= l->group)
        lane_wake(l);
    pthread_mutex_unlock(&l->lock);
}

void
link_break(struct link *k, const char *why)
{
    if (!k->broken)
        log_warn("keeper: link to %s closed: %s", ipc_role_name(peer_role(k->peer)), why);
    k->broken = true;
}

void
link_post(struct link *k, uint16_t op, uint64_t id, enum err status, struct span payload)
{
    enum err e;

    if (k->broken)
        return;
    e = peer_post(k->peer, op, id, status, payload);
    if ((e == ERR_BUSY || e == ERR_NOMEM) && payload.len > 0) /* no room: the asker is told */
        e = peer_post(k->peer, op, id, e, (struct span){ 0 });
    if (e != ERR_OK)
        link_break(k, err_text(e));
    k->posted = true;
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
        intake_forget(k);
        link_free(k);
    }
}

static void
link_readable(struct link *k)
{
    enum err e;

    if (k->broken || k->writing)
        return;
    e = peer_drain(k->peer, intake_message, k);
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

/* How many finished jobs the next wake-up is for, with so many out. */
static unsigned
group_of(const struct lane *l, unsigned out)
{
    return l->shared.backlog > 0 && out >= l->shared.backlog ? (out + 1) / 2 : 1;
}

/* False when the lane shall end. */
static bool
take_inbox(struct lane *l)
{
    struct link *links;
    struct job *jobs;
    bool stop;

    pthread_mutex_lock(&l->lock);
    links = l->new_links;
    jobs = l->finished;
    stop = l->stop;
    l->new_links = NULL;
    l->finished = NULL;
    l->finished_end = &l->finished;
    l->woken = false;
    l->group = group_of(l, l->long_jobs - l->finished_long);
    l->finished_long = 0;
    pthread_mutex_unlock(&l->lock);
    while (links != NULL) {
        struct link *next = links->next;

        link_begin(l, links);
        links = next;
    }
    while (jobs != NULL) {
        struct job *next = jobs->next;

        intake_job(l, jobs);
        job_free(jobs);
        jobs = next;
    }
    return !stop;
}

static void
clear_wake(const struct lane *l)
{
    uint64_t count;
    ssize_t n = read(l->wake, &count, sizeof(count));

    (void)n; /* what counts is the inbox */
}

static int
patience_ms(const struct lane *l)
{
    return l->group > 1 ? TICK_MS : -1;
}

static void *
lane_thread(void *arg)
{
    struct epoll_event events[EVENTS];
    struct lane *l = arg;
    bool go = true;

    while (go) {
        int n = epoll_wait(l->epoll, events, EVENTS, patience_ms(l));
        uint64_t begun = clock_mono_us();

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                clear_wake(l);
            else
                link_readable(events[i].data.ptr);
        }
        go = take_inbox(l);
        sweep_links(l);
        tally_add(&l->tally.busy_us, clock_mono_us() - begun);
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
    e = hand_new(&l->shared.kit, PACE_SHORT, &l->hand);
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
    l->finished_end = &l->finished;
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

const struct tally *
lane_tally(const struct lane *l)
{
    return &l->tally;
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
    hand_free(l->hand);
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
