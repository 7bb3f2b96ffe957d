/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.c - front's main thread: builds the loops, confines the process, then
 * only carries links and orders from the supervisor to the loops.
 */
#include "daemon/front.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "api/local/health.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/jsn.h"
#include "daemon/front_loop.h"
#include "ipc/control.h"
#include "vault/cert_mail.h"

enum { EXIT_OK = 0, EXIT_SOFTWARE = 70, EXIT_OS = 71, EXIT_TEMP = 75 };

struct front {
    const struct front_config *cfg;
    struct store *store;
    struct quota *quota; /* NULL: off */
    struct front_loop *loops[FRONT_LOOPS_MAX];
    pthread_t threads[FRONT_LOOPS_MAX];
    unsigned nthreads;
    _Atomic unsigned running;
    int control;
};

struct thread_start {
    struct front *front;
    unsigned index;
};

static bool
front_ready(void *arg, struct buf *missing)
{
    struct front *f = arg;
    bool all = true;

    for (unsigned i = 0; i < f->cfg->loops; i++)
        if (!front_loop_is_ready(f->loops[i])) {
            buf_put_fmt(missing, "%sloop %u", all ? "not ready: " : ", ", i);
            all = false;
        }
    return all;
}

static void
print_http(const struct front *f, struct buf *out)
{
    struct http_figures sum = { 0 };

    for (unsigned i = 0; i < f->cfg->loops; i++) {
        struct http_figures one;

        front_loop_http_figures(f->loops[i], &one);
        sum.accepted += one.accepted;
        sum.refused += one.refused;
        sum.handshakes += one.handshakes;
        sum.handshake_failures += one.handshake_failures;
        sum.resumed += one.resumed;
        sum.bad_requests += one.bad_requests;
        sum.evicted += one.evicted;
        sum.deferred += one.deferred;
        sum.waiting += one.waiting;
        sum.conns += one.conns;
    }
    buf_put_fmt(out,
                "# TYPE keyhold_connections_accepted_total counter\n"
                "keyhold_connections_accepted_total %llu\n"
                "# TYPE keyhold_connections_refused_total counter\n"
                "keyhold_connections_refused_total %llu\n"
                "# TYPE keyhold_connections_evicted_total counter\n"
                "keyhold_connections_evicted_total %llu\n"
                "# TYPE keyhold_tls_handshakes_total counter\n"
                "keyhold_tls_handshakes_total{resumed=\"no\"} %llu\n"
                "keyhold_tls_handshakes_total{resumed=\"yes\"} %llu\n"
                "# TYPE keyhold_tls_handshake_failures_total counter\n"
                "keyhold_tls_handshake_failures_total %llu\n"
                "# TYPE keyhold_bad_requests_total counter\n"
                "keyhold_bad_requests_total %llu\n"
                "# TYPE keyhold_turns_deferred_total counter\n"
                "keyhold_turns_deferred_total %llu\n"
                "# TYPE keyhold_connections_waiting gauge\nkeyhold_connections_waiting %u\n"
                "# TYPE keyhold_connections gauge\nkeyhold_connections %u\n",
                (unsigned long long)sum.accepted, (unsigned long long)sum.refused,
                (unsigned long long)sum.evicted,
                (unsigned long long)(sum.handshakes - sum.resumed),
                (unsigned long long)sum.resumed, (unsigned long long)sum.handshake_failures,
                (unsigned long long)sum.bad_requests, (unsigned long long)sum.deferred,
                sum.waiting, sum.conns);
}

static void
print_scribe(const struct front *f, struct buf *out)
{
    struct scribe_stats s;

    if (!front_loop_scribe_stats(f->loops[0], &s))
        return;
    buf_put_fmt(out,
                "# TYPE keyhold_store_commits_total counter\n"
                "keyhold_store_commits_total %llu\n"
                "# TYPE keyhold_store_commit_seconds_total counter\n"
                "keyhold_store_commit_seconds_total %.6f\n"
                "# TYPE keyhold_store_commit_seconds_max gauge\n"
                "keyhold_store_commit_seconds_max %.6f\n"
                "# TYPE keyhold_store_revision gauge\nkeyhold_store_revision %llu\n"
                "# TYPE keyhold_scribe_queue_max gauge\nkeyhold_scribe_queue_max %llu\n"
                "# TYPE keyhold_audit_records_total counter\n"
                "keyhold_audit_records_total %llu\n"
                "# TYPE keyhold_audit_lag_records gauge\nkeyhold_audit_lag_records %llu\n"
                "# TYPE keyhold_audit_replaced_total counter\n"
                "keyhold_audit_replaced_total %llu\n",
                (unsigned long long)s.commits, (double)s.commit_us_total / 1e6,
                (double)s.commit_us_max / 1e6, (unsigned long long)s.revision,
                (unsigned long long)s.queue_max, (unsigned long long)s.records,
                (unsigned long long)s.audit_unsynced, (unsigned long long)s.audit_replaced);
}

/* The clerk counts them in the store; the page is served by the first loop. */
static void
print_mails(const struct front *f, struct buf *out)
{
    const struct rows *rows = front_loop_rows(f->loops[0]);
    struct mail_figures all;
    struct store_view *view;
    enum err e;

    if (rows == NULL || store_begin(f->store, &view) != ERR_OK)
        return;
    e = mail_figures_get(rows, view, &all);
    store_end(view);
    if (e != ERR_OK)
        return;
    buf_put_fmt(out,
                "# TYPE keyhold_mails_total counter\n"
                "keyhold_mails_total{outcome=\"sent\"} %llu\n"
                "keyhold_mails_total{outcome=\"failed\"} %llu\n",
                (unsigned long long)all.sent, (unsigned long long)all.failed);
}

static void
front_metrics(void *arg, struct buf *out)
{
    struct front *f = arg;
    const struct figures *figures[FRONT_LOOPS_MAX];
    struct keeper_stats keeper;
    size_t used, total;

    for (unsigned i = 0; i < f->cfg->loops; i++)
        figures[i] = front_loop_figures(f->loops[i]);
    figures_print(figures, f->cfg->loops, out);
    print_http(f, out);
    print_scribe(f, out);
    print_mails(f, out);
    if (front_loop_keeper_stats(f->loops[0], &keeper))
        figures_print_keeper(&keeper, out);
    secmem_usage(&used, &total);
    buf_put_fmt(out,
                "# TYPE keyhold_locked_memory_bytes gauge\n"
                "keyhold_locked_memory_bytes{state=\"used\"} %zu\n"
                "keyhold_locked_memory_bytes{state=\"all\"} %zu\n",
                used, total);
}

static void *
thread_body(void *arg)
{
    struct thread_start s = *(struct thread_start *)arg;

    free(arg);
    if (!front_loop_run(s.front->loops[s.index])) {
        log_error("an event loop broke: starting again");
        _exit(EXIT_SOFTWARE); /* half a front would serve half of the clients */
    }
    atomic_fetch_sub(&s.front->running, 1);
    return NULL;
}

static enum err
make_loops(struct front *f)
{
    for (unsigned i = 0; i < f->cfg->loops; i++) {
        enum err e = front_loop_new(f->cfg, i, f->store, f->quota, &f->loops[i]);

        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* After confinement: threads inherit the filter. */
static enum err
start_threads(struct front *f)
{
    atomic_store(&f->running, f->cfg->loops);
    for (unsigned i = 0; i < f->cfg->loops; i++) {
        struct thread_start *s = malloc(sizeof(*s));

        if (s == NULL)
            return ERR_NOMEM;
        *s = (struct thread_start){ f, i };
        if (pthread_create(&f->threads[i], NULL, thread_body, s) != 0) {
            free(s);
            return ERR_NOMEM;
        }
        f->nthreads++;
    }
    return ERR_OK;
}

static void
on_order(struct front *f, const struct control *c, int fd)
{
    unsigned n = f->cfg->loops;

    if (c->op == CONTROL_PEER && fd >= 0 && c->index < 2 * n) {
        front_loop_give_link(f->loops[c->index % n], (enum ipc_role)c->role, c->index >= n, fd);
        return;
    }
    if (c->op == CONTROL_RELOAD && fd >= 0 && f->cfg->reload != NULL)
        f->cfg->reload(f->cfg->reload_arg, fd);
    else if (fd >= 0)
        close(fd);
    if (c->op == CONTROL_DRAIN)
        for (unsigned i = 0; i < n; i++)
            front_loop_drain(f->loops[i]);
}

static void
ask_for_links(struct front *f)
{
    struct control lost = { .op = CONTROL_LOST };
    enum ipc_role role;
    bool tls;

    for (unsigned i = 0; i < f->cfg->loops; i++)
        while (front_loop_lost(f->loops[i], &role, &tls)) {
            lost.role = (uint16_t)role;
            lost.index = tls ? f->cfg->loops + i : i;
            if (control_send(f->control, &lost, -1) != ERR_OK)
                log_warn("the supervisor does not listen");
        }
}

/* Until every loop has drained, or the supervisor is gone. */
static void
carry_orders(struct front *f)
{
    struct pollfd p = { .fd = f->control, .events = POLLIN };
    struct control c;
    enum err e = ERR_OK;
    int fd;

    while (atomic_load(&f->running) > 0) {
        ask_for_links(f);
        if (poll(&p, 1, 100) <= 0)
            continue;
        while ((e = control_recv(f->control, &c, &fd)) == ERR_OK)
            on_order(f, &c, fd);
        if (e != ERR_AGAIN)
            return;
    }
}

int
front_main(int control_fd, const struct front_config *cfg)
{
    static struct front f;
    static struct health_sources health = { front_ready, front_metrics, &f };
    struct control ready = { .op = CONTROL_READY };
    struct store_config sc = cfg->store;
    enum err e;

    f.cfg = cfg;
    f.control = control_fd;
    signal(SIGPIPE, SIG_IGN);
    clock_set_offset(cfg->clock_offset);
    jsn_setup();
    health_setup(&health);
    sc.read_only = true;
    e = routes_setup();
    if (e == ERR_OK)
        e = store_open(&sc, &f.store);
    if (e != ERR_OK) {
        log_error("cannot open the store at %s: %s", sc.path, err_text(e));
        return EXIT_TEMP;
    }
    e = quota_new(&cfg->quota, &f.quota);
    if (e == ERR_OK)
        e = make_loops(&f);
    if (e == ERR_OK && cfg->confine != NULL)
        e = cfg->confine(cfg->confine_arg);
    if (e == ERR_OK)
        e = start_threads(&f);
    if (e != ERR_OK) {
        log_error("cannot start: %s", err_text(e));
        _exit(EXIT_OS);
    }
    if (control_send(control_fd, &ready, -1) != ERR_OK)
        return EXIT_SOFTWARE;
    carry_orders(&f);
    for (unsigned i = 0; i < f.nthreads && atomic_load(&f.running) == 0; i++) {
        pthread_join(f.threads[i], NULL);
        front_loop_free(f.loops[i]);
    }
    if (atomic_load(&f.running) == 0) {
        quota_free(f.quota);
        store_close(f.store);
    }
    return EXIT_OK;
}
