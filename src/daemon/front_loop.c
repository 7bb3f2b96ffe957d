/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_loop.c - libevent turns the loop; everything a turn wants from keeper,
 * scribe and token process leaves in one packet each, at the end of the turn.
 */
#include "daemon/front_loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/front_tls.h"

enum { TICK_MS = 100, LOST_TICKS = 20, TURNS_MAX = 5, GATHER_US = 1000 };

enum link { LINK_KEEPER, LINK_SCRIBE, LINK_TOKEN, LINK_TLS, LINK__MAX };

/* The engine's links: all but the one for TLS. */
static const enum ipc_role roles[LINK_TLS] = { ROLE_KEEPER, ROLE_SCRIBE, ROLE_TOKEN };

/* What waits for the loop: a newer link takes the place of one that was not fetched yet. */
struct mailbox {
    int fd[LINK__MAX]; /* -1: none */
    bool drain;
};

struct front_loop {
    const struct front_config *cfg;
    unsigned index;
    struct store *store;
    struct quota *quota;
    struct event_base *base;
    struct http_server *server;
    struct engine *engine;
    struct front_tls *tls;
    struct event *rd[LINK_TLS], *wr[LINK_TLS], *mail_ev, *tick_ev;
    struct figures figures;
    pthread_mutex_t lock; /* mailbox and the copied figures below */
    struct mailbox mail;
    int mail_fd;
    struct http_figures http;
    struct scribe_stats stats;
    bool have_stats;
    struct keeper_stats keeper_stats;
    bool have_keeper_stats;
    _Atomic bool ready;
    unsigned missing[LINK__MAX];  /* ticks without the link */
    _Atomic bool lost[LINK__MAX]; /* so long that a new one should be asked for */
    bool listening;
    bool draining;
    uint64_t drain_until_ms;
};

/* -------------------------------------------------------------------- links */

static void
event_drop(struct event **ev)
{
    if (*ev != NULL)
        event_free(*ev);
    *ev = NULL;
}

static void
drop_events(struct front_loop *l, enum link link)
{
    event_drop(&l->rd[link]);
    event_drop(&l->wr[link]);
}

static void open_early(struct front_loop *l);

/* A link that died has closed its descriptor: its events must go before the number is used
 * for a connection of this loop. */
static void
hear(struct front_loop *l, enum link link)
{
    engine_on_readable(l->engine, roles[link]);
    if (engine_peer(l->engine, roles[link]) == NULL)
        drop_events(l, link);
    open_early(l);
}

static void
on_keeper(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    hear(arg, LINK_KEEPER);
}

static void
on_scribe(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    hear(arg, LINK_SCRIBE);
}

static void
on_token(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    hear(arg, LINK_TOKEN);
}

static const event_callback_fn on_link[LINK_TLS] = { on_keeper, on_scribe, on_token };

/* Writability only wakes the loop; the flush at the end of the turn does the work. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void
use_link(struct front_loop *l, enum link link, int fd)
{
    enum ipc_role role = roles[link];
    struct peer *p;

    drop_events(l, link);
    if (peer_new(fd, role, MAX_IPC_MESSAGE, &p) != ERR_OK) {
        log_error("cannot use the link to the %s", ipc_role_name(role));
        engine_set_peer(l->engine, role, NULL);
        return;
    }
    l->rd[link] = event_new(l->base, fd, EV_READ | EV_PERSIST, on_link[link], l);
    l->wr[link] = event_new(l->base, fd, EV_WRITE, on_writable, l);
    if (l->rd[link] == NULL || l->wr[link] == NULL || event_add(l->rd[link], NULL) != 0) {
        log_error("cannot watch the link to the %s", ipc_role_name(role));
        drop_events(l, link);
        peer_free(p);
        p = NULL;
    }
    engine_set_peer(l->engine, role, p);
}

/* End of a turn: send the batches; forget the events of a link that died. */
static void
flush(struct front_loop *l, enum link link)
{
    if (l->wr[link] == NULL)
        return;
    if (engine_flush(l->engine, roles[link]))
        (void)event_add(l->wr[link], NULL);
    if (engine_peer(l->engine, roles[link]) == NULL)
        drop_events(l, link);
}

/* ------------------------------------------------------------------ mailbox */

static void
wake(struct front_loop *l)
{
    uint64_t one = 1;

    if (write(l->mail_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        log_warn("a loop's mailbox is stuck");
}

void
front_loop_give_link(struct front_loop *l, enum ipc_role role, bool tls, int fd)
{
    enum link link = LINK_KEEPER;
    int before;

    while (link < LINK_TLS && (tls || roles[link] != role))
        link++;
    if (link == LINK_TLS && !tls) { /* nobody we talk to */
        close(fd);
        return;
    }
    pthread_mutex_lock(&l->lock);
    before = l->mail.fd[link];
    l->mail.fd[link] = fd;
    pthread_mutex_unlock(&l->lock);
    if (before >= 0)
        close(before);
    wake(l);
}

void
front_loop_drain(struct front_loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->mail.drain = true;
    pthread_mutex_unlock(&l->lock);
    wake(l);
}

static void
begin_drain(struct front_loop *l)
{
    if (l->draining)
        return;
    l->draining = true;
    l->drain_until_ms = clock_mono_ms() + l->cfg->drain_ms;
    http_server_drain(l->server);
}

static const struct mailbox no_mail = { .fd = { -1, -1, -1, -1 } };

static void
on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct front_loop *l = arg;
    struct mailbox mail;
    uint64_t n;

    (void)what;
    if (read(fd, &n, sizeof(n)) < 0)
        return;
    pthread_mutex_lock(&l->lock);
    mail = l->mail;
    l->mail = no_mail;
    pthread_mutex_unlock(&l->lock);
    if (mail.fd[LINK_TLS] >= 0)
        front_tls_set_link(l->tls, mail.fd[LINK_TLS]);
    for (enum link link = LINK_KEEPER; link < LINK_TLS; link++)
        if (mail.fd[link] >= 0)
            use_link(l, link, mail.fd[link]);
    if (mail.drain)
        begin_drain(l);
    open_early(l);
}

/* --------------------------------------------------------------------- tick */

static void
listen_local(struct front_loop *l)
{
    if (l->index != 0)
        return;
    for (unsigned i = 0; i < l->cfg->nlocal_fds; i++)
        if (http_server_listen(l->server, l->cfg->local_fds[i], NULL) != ERR_OK)
            log_error("cannot listen on a loopback address");
    for (unsigned i = 0; i < l->cfg->npki_fds; i++)
        if (http_server_listen_marked(l->server, l->cfg->pki_fds[i], SITE_MARK_PKI) != ERR_OK)
            log_error("cannot listen on pki.http_listen");
}

/* The public listeners open once there is a certificate to show. */
static void
refresh_tls(struct front_loop *l)
{
    const struct rows *rows = engine_rows(l->engine);

    if (rows == NULL || front_tls_refresh(l->tls, rows, l->store) != ERR_OK)
        return;
    if (l->listening || l->draining)
        return;
    l->listening = true;
    for (unsigned i = 0; i < l->cfg->ntls_fds; i++)
        if (http_server_listen(l->server, l->cfg->tls_fds[l->index][i],
                               front_tls_context(l->tls)) != ERR_OK)
            log_error("cannot listen on a public address");
}

static void
note_ready(struct front_loop *l)
{
    atomic_store(&l->ready, engine_is_ready(l->engine) && l->listening);
}

/* As soon as all is there, rather than with the next tick: clients wait at a start. */
static void
open_early(struct front_loop *l)
{
    if (l->listening || !engine_is_ready(l->engine) || !front_tls_has_link(l->tls))
        return;
    engine_tick(l->engine);
    refresh_tls(l);
    note_ready(l);
}

/* The supervisor sends new links when a process dies; of one that broke he must be told. */
static const struct {
    enum link link;
    enum ipc_role role;
} watched[] = { { LINK_KEEPER, ROLE_KEEPER },
                { LINK_SCRIBE, ROLE_SCRIBE },
                { LINK_TLS, ROLE_KEEPER } };

static void
count_missing(struct front_loop *l)
{
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
        enum link link = watched[i].link;
        bool there = link == LINK_TLS ? front_tls_has_link(l->tls)
                                      : engine_peer(l->engine, watched[i].role) != NULL;

        l->missing[link] = there ? 0 : l->missing[link] + 1;
        if (l->missing[link] < LOST_TICKS)
            continue;
        l->missing[link] = 0;
        atomic_store(&l->lost[link], true);
    }
}

bool
front_loop_lost(struct front_loop *l, enum ipc_role *role, bool *tls)
{
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
        if (!atomic_exchange(&l->lost[watched[i].link], false))
            continue;
        *role = watched[i].role;
        *tls = watched[i].link == LINK_TLS;
        return true;
    }
    return false;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct front_loop *l = arg;

    (void)fd;
    (void)what;
    engine_tick(l->engine);
    count_missing(l);
    refresh_tls(l);
    note_ready(l);
    pthread_mutex_lock(&l->lock);
    http_server_figures(l->server, &l->http);
    l->have_stats = engine_scribe_stats(l->engine, &l->stats);
    l->have_keeper_stats = engine_keeper_stats(l->engine, &l->keeper_stats);
    pthread_mutex_unlock(&l->lock);
}

/* --------------------------------------------------------------------- life */

static struct event *
add_event(struct front_loop *l, int fd, short what, event_callback_fn fn, unsigned every_ms)
{
    struct timeval tv = { every_ms / 1000, (suseconds_t)(every_ms % 1000) * 1000 };
    struct event *ev = event_new(l->base, fd, what, fn, l);

    if (ev != NULL && event_add(ev, every_ms > 0 ? &tv : NULL) != 0) {
        event_free(ev);
        ev = NULL;
    }
    return ev;
}

/* The parts in the order of their needs; the caller frees what was made. */
static enum err
make_parts(struct front_loop *l)
{
    struct engine_config ec = { .site = l->cfg->site,
                                .store = l->store,
                                .figures = &l->figures,
                                .max_flights = l->cfg->max_flights,
                                .strangers = l->cfg->strangers,
                                .quota = l->quota };
    struct http_events events = { .on_request = engine_on_request,
                                  .body_limit = engine_body_limit,
                                  .on_bad = engine_on_bad,
                                  .on_timeout = engine_on_timeout };
    enum err e;

    l->mail_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->base = event_base_new();
    if (l->base == NULL || l->mail_fd < 0)
        return ERR_NOMEM;
    e = engine_new(&ec, &l->engine);
    if (e == ERR_OK)
        e = front_tls_new(&l->tls);
    events.arg = l->engine;
    if (e == ERR_OK)
        e = http_server_new(l->base, &l->cfg->limits, &events, &l->server);
    if (e != ERR_OK)
        return e;
    l->mail_ev = add_event(l, l->mail_fd, EV_READ | EV_PERSIST, on_mail, 0);
    l->tick_ev = add_event(l, -1, EV_PERSIST, on_tick, TICK_MS);
    return l->mail_ev == NULL || l->tick_ev == NULL ? ERR_NOMEM : ERR_OK;
}

enum err
front_loop_new(const struct front_config *cfg, unsigned index, struct store *store,
               struct quota *quota, struct front_loop **out)
{
    struct front_loop *l = calloc(1, sizeof(*l));
    enum err e;

    *out = NULL;
    if (l == NULL)
        return ERR_NOMEM;
    if (pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return ERR_NOMEM;
    }
    l->cfg = cfg;
    l->index = index;
    l->store = store;
    l->quota = quota;
    l->mail = no_mail;
    e = make_parts(l);
    if (e != ERR_OK) {
        front_loop_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

/* Messages so far to keeper, token and scribe. */
static uint64_t
posted(const struct figures *f)
{
    return f->keeper_asks + f->scribe_submits;
}

/*
 * Waits for something to do and does it. What is posted to the links meanwhile goes as one
 * packet, and each packet wakes somebody who may take this processor: as long as there is more
 * to post, a few turns share one. Nothing waits for longer than a turn and GATHER_US for that,
 * and who is alone for nobody.
 */
static bool
gather(struct front_loop *l)
{
    const struct figures *f = &l->figures;
    uint64_t until_us = 0, before;

    for (unsigned i = 0; i < TURNS_MAX; i++) {
        before = posted(f);
        if (event_base_loop(l->base, i == 0 ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0)
            return false;
        if (posted(f) == before || f->in_flight < 2)
            break;
        if (i == 0)
            until_us = clock_mono_us() + GATHER_US;
        else if (clock_mono_us() >= until_us)
            break;
    }
    return true;
}

bool
front_loop_run(struct front_loop *l)
{
    listen_local(l);
    for (;;) {
        if (!gather(l))
            return false;
        for (enum link link = LINK_KEEPER; link < LINK_TLS; link++)
            flush(l, link);
        if (l->draining &&
            (http_server_conns(l->server) == 0 || clock_mono_ms() > l->drain_until_ms))
            return true;
    }
}

void
front_loop_free(struct front_loop *l)
{
    if (l == NULL)
        return;
    for (enum link link = LINK_KEEPER; link < LINK_TLS; link++)
        drop_events(l, link);
    event_drop(&l->mail_ev);
    event_drop(&l->tick_ev);
    http_server_free(l->server);
    engine_free(l->engine);
    front_tls_free(l->tls);
    if (l->base != NULL)
        event_base_free(l->base);
    for (unsigned i = 0; i < LINK__MAX; i++)
        if (l->mail.fd[i] >= 0)
            close(l->mail.fd[i]);
    if (l->mail_fd >= 0)
        close(l->mail_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

bool
front_loop_is_ready(const struct front_loop *l)
{
    return atomic_load(&l->ready);
}

const struct figures *
front_loop_figures(const struct front_loop *l)
{
    return &l->figures;
}

void
front_loop_http_figures(const struct front_loop *l, struct http_figures *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&l->lock;

    pthread_mutex_lock(lock);
    *out = l->http;
    pthread_mutex_unlock(lock);
}

bool
front_loop_scribe_stats(const struct front_loop *l, struct scribe_stats *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&l->lock;
    bool have;

    pthread_mutex_lock(lock);
    *out = l->stats;
    have = l->have_stats;
    pthread_mutex_unlock(lock);
    return have;
}

const struct rows *
front_loop_rows(const struct front_loop *l)
{
    return engine_rows(l->engine);
}

bool
front_loop_keeper_stats(const struct front_loop *l, struct keeper_stats *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&l->lock;
    bool have;

    pthread_mutex_lock(lock);
    *out = l->keeper_stats;
    have = l->have_keeper_stats;
    pthread_mutex_unlock(lock);
    return have;
}
