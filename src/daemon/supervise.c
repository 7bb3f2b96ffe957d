/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise.c - the loop: start what is due, wait, hear, reap, drain.
 *
 * All children start side by side, but for those that open the store, which the
 * scribe does first; supervise_links.c sees to it that nobody is asked too early.
 *
 *   starting --all ready--> serving --stop signal--> draining --all gone--> end
 *       |                      ^  |
 *       | final exit code      |  | a child dies: wait (back-off), start, link
 *       v                      +--+
 *      end
 *
 * Invariant: a child with pid 0 has control_fd -1. One that closed its end early
 * has control_fd -1 too, is no longer ready, and has a moment left to end.
 */
#include "daemon/supervise.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/supervise_int.h"

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 10 * 1000,
    STEADY_MS = 60 * 1000,    /* a life this long is no crash loop */
    LAST_STAGE_MS = 5 * 1000, /* what those behind front get for their own end */
    WAIT_MAX_MS = 60 * 1000,
    HEAR_MAX = 8,
};

const enum ipc_role start_order[NCHILDREN] = { ROLE_KEEPER, ROLE_TOKEN, ROLE_SCRIBE, ROLE_CLERK,
                                               ROLE_FRONT };
/* Each is needed by the ones before it. */
const enum ipc_role drain_order[NCHILDREN] = { ROLE_FRONT, ROLE_CLERK, ROLE_SCRIBE, ROLE_TOKEN,
                                               ROLE_KEEPER };

bool
supervise_is_wanted(const struct supervisor *s, enum ipc_role role)
{
    if (role == ROLE_TOKEN && s->cfg->hsm_module[0] == '\0')
        return false;
    return s->opt->mains[role].run != NULL;
}

static void
hurry(struct child *c, uint64_t now)
{
    if (c->kill_ms != 0)
        c->kill_ms = now;
}

static void
begin_drain(struct supervisor *s)
{
    uint64_t now = clock_mono_ms();

    if (s->draining) {
        log_warn("told to stop again: hurrying");
        s->drain_until_ms = now;
        hurry(&s->children[ROLE_FRONT], now);
        hurry(&s->children[ROLE_CLERK], now);
        return;
    }
    log_info("stopping");
    notify("STOPPING=1");
    s->draining = true;
    s->drain_until_ms = now + s->cfg->limits.drain_ms;
}

static void
end_with(struct supervisor *s, int code)
{
    if (s->exit_code == 0)
        s->exit_code = code;
    if (!s->draining)
        begin_drain(s);
}

static void
schedule(struct child *c, uint64_t now)
{
    if (c->started_ms != 0 && now - c->started_ms >= STEADY_MS)
        c->backoff_ms = BACKOFF_FIRST_MS;
    c->due_ms = now + c->backoff_ms;
    c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
}

/* Starts c; a reason that lasts ends a server that never served. */
static void
start(struct supervisor *s, struct child *c, uint64_t now)
{
    enum err e = supervise_spawn(s, c);

    if (e == ERR_OK)
        return;
    if (!c->ever_ready && child_exit_is_final(child_exit_code(e)))
        end_with(s, child_exit_code(e));
    else
        schedule(c, now);
}

/* Clerk and front open the store, which the scribe makes and judges. The rest of what a child
 * needs comes with its links. */
static bool
must_wait(const struct supervisor *s, const struct child *c)
{
    return (c->role == ROLE_CLERK || c->role == ROLE_FRONT) &&
           supervise_is_wanted(s, ROLE_SCRIBE) && !s->children[ROLE_SCRIBE].ever_ready;
}

static void
start_due(struct supervisor *s, uint64_t now)
{
    for (size_t i = 0; i < NCHILDREN && !s->draining; i++) {
        struct child *c = &s->children[start_order[i]];

        if (supervise_is_wanted(s, c->role) && c->pid == 0 && now >= c->due_ms &&
            !must_wait(s, c))
            start(s, c, now);
    }
    if (!s->draining)
        supervise_link_due(s);
}

static void
announce(struct supervisor *s)
{
    for (size_t i = 0; i < NCHILDREN; i++)
        if (supervise_is_wanted(s, start_order[i]) && !s->children[start_order[i]].ready)
            return;
    if (s->announced)
        return;
    s->announced = true;
    log_info("ready");
    notify("READY=1");
    if (s->opt->on_ready != NULL)
        s->opt->on_ready(s->opt->arg, &s->listeners);
}

/* What a child says; anything but the few words that children have is a lie. */
static void
hear(struct supervisor *s, struct child *c)
{
    struct control m;
    enum err e = ERR_OK;
    int fd;

    /* A few a turn: a child that never stops talking shall not keep us from the others. */
    for (int i = 0; e == ERR_OK; i++) {
        if (i == HEAR_MAX)
            return;
        e = control_recv(c->control_fd, &m, &fd);
        if (e == ERR_AGAIN)
            return;
        if (fd >= 0)
            (void)close(fd);
        if (e == ERR_OK && fd < 0 && m.op == CONTROL_READY) {
            c->ready = c->ever_ready = true;
            announce(s);
        } else if (e == ERR_OK && fd < 0 && m.op == CONTROL_DONE) {
            supervise_order_done(s, c->role, (enum err)m.status);
        } else if (e == ERR_OK && fd < 0 && m.op == CONTROL_LOST &&
                   supervise_relink(s, c, (enum ipc_role)m.role, m.index)) {
            continue;
        } else {
            break;
        }
    }
    if (e != ERR_CLOSED) {
        log_error("%s (pid %d) broke the protocol: killing it", ipc_role_name(c->role),
                  (int)c->pid);
        (void)kill(c->pid, SIGKILL);
    }
    (void)close(c->control_fd);
    c->control_fd = -1;
    c->ready = false;
    if (c->kill_ms == 0)
        c->kill_ms = clock_mono_ms() + LAST_STAGE_MS;
}

static void
log_end(const struct child *c, int status, bool expected)
{
    const char *name = ipc_role_name(c->role);

    if (WIFSIGNALED(status))
        log_error("%s (pid %d) was ended by signal %d%s", name, (int)c->pid, WTERMSIG(status),
                  WTERMSIG(status) == SIGSYS ? " (a system call outside its profile)" : "");
    else if (WEXITSTATUS(status) != 0 || !expected)
        log_error("%s (pid %d) ended with exit code %d", name, (int)c->pid,
                  WEXITSTATUS(status));
}

static void
bury(struct supervisor *s, struct child *c, int status, uint64_t now)
{
    log_end(c, status, s->draining);
    if (c->control_fd >= 0)
        (void)close(c->control_fd);
    c->control_fd = -1;
    c->pid = 0;
    c->ready = c->linked = false;
    c->kill_ms = 0;
    supervise_order_done(s, c->role, ERR_UNAVAILABLE);
    if (s->draining)
        return;
    if (!c->ever_ready && WIFEXITED(status) && child_exit_is_final(WEXITSTATUS(status))) {
        end_with(s, WEXITSTATUS(status));
        return;
    }
    schedule(c, now);
}

static void
reap(struct supervisor *s, uint64_t now)
{
    int status;

    for (size_t i = 0; i < NCHILDREN; i++) {
        struct child *c = &s->children[start_order[i]];

        if (c->pid != 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
            bury(s, c, status, now);
    }
}

/* Ends one child after the other. True when all are gone. */
static bool
drain_step(struct supervisor *s, uint64_t now)
{
    for (; s->drain_stage < NCHILDREN; s->drain_stage++) {
        struct child *c = &s->children[drain_order[s->drain_stage]];

        if (c->pid == 0)
            continue;
        if (c->kill_ms == 0) {
            uint64_t least = now + LAST_STAGE_MS;

            supervise_tell(c, CONTROL_DRAIN);
            /* The others get their time even after a front that took all. */
            c->kill_ms = s->drain_until_ms;
            if (c->role != ROLE_FRONT && c->kill_ms < least)
                c->kill_ms = least;
        }
        return false;
    }
    return true;
}

static void
kill_late(struct supervisor *s, uint64_t now)
{
    for (size_t i = 0; i < NCHILDREN; i++) {
        struct child *c = &s->children[start_order[i]];

        if (c->pid == 0 || c->kill_ms == 0 || now < c->kill_ms)
            continue;
        log_error("%s (pid %d) did not stop in time: killing it", ipc_role_name(c->role),
                  (int)c->pid);
        (void)kill(c->pid, SIGKILL);
        c->kill_ms = now + WAIT_MAX_MS;
        if (s->exit_code == 0)
            s->exit_code = EX_SOFTWARE;
    }
}

static void
sooner(uint64_t *at, uint64_t than)
{
    if (than < *at)
        *at = than;
}

/* When something is due even if nothing happens. */
static uint64_t
next_due(const struct supervisor *s, uint64_t now)
{
    uint64_t at = now + WAIT_MAX_MS;

    for (size_t i = 0; i < NCHILDREN; i++) {
        const struct child *c = &s->children[start_order[i]];

        if (c->pid != 0 && c->kill_ms != 0)
            sooner(&at, c->kill_ms);
        if (c->pid == 0 && !s->draining && supervise_is_wanted(s, c->role) && c->due_ms > now)
            sooner(&at, c->due_ms);
    }
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        if (s->clients[i] >= 0)
            sooner(&at, s->client_until_ms[i]);
    return at;
}

static void
wait_and_hear(struct supervisor *s, uint64_t now)
{
    struct pollfd p[NCHILDREN + ADMIN_CLIENTS + 1];
    uint64_t due = next_due(s, now);
    uint64_t ms = due > now ? due - now : 0;
    const struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    size_t n = 0;

    /* poll skips negative descriptors: each has its fixed place. */
    for (size_t i = 0; i < NCHILDREN; i++)
        p[n++] = (struct pollfd){ s->children[start_order[i]].control_fd, POLLIN, 0 };
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        p[n++] = (struct pollfd){ s->clients[i], POLLIN, 0 };
    p[n++] = (struct pollfd){ s->admin_fd, POLLIN, 0 };
    if (ppoll(p, n, &ts, &s->old_mask) <= 0)
        return;
    for (size_t i = 0; i < NCHILDREN; i++)
        if (p[i].revents != 0)
            hear(s, &s->children[start_order[i]]);
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        if (p[NCHILDREN + i].revents != 0 && s->clients[i] >= 0)
            supervise_admin_read(s, i);
    if (p[n - 1].revents != 0)
        supervise_admin_accept(s);
}

static void
obey_signals(struct supervisor *s)
{
    struct supervise_signals sig = supervise_signals_take();

    if (sig.stops > 0 || (sig.hangup && s->opt->dev))
        begin_drain(s);
    else if (sig.hangup && !s->draining)
        supervise_reload(s);
}

static void
run(struct supervisor *s)
{
    for (;;) {
        uint64_t now = clock_mono_ms();

        obey_signals(s);
        reap(s, now);
        start_due(s, now);
        if (s->draining && drain_step(s, now))
            return;
        kill_late(s, now);
        supervise_admin_expire(s, now);
        wait_and_hear(s, now);
    }
}

static void
supervisor_init(struct supervisor *s, const struct config *cfg,
                const struct supervise_options *opt)
{
    *s = (struct supervisor){ .cfg = cfg, .opt = opt, .admin_fd = -1 };
    s->started_ms = clock_mono_ms();
    s->order.client = -1;
    s->listeners.local_fd = s->listeners.pki_fd = -1;
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        s->clients[i] = -1;
    for (int r = 0; r < ROLE__MAX; r++)
        s->children[r] = (struct child){ .role = (enum ipc_role)r,
                                         .control_fd = -1,
                                         .backoff_ms = BACKOFF_FIRST_MS };
}

int
supervise(const struct config *cfg, const struct supervise_options *opt)
{
    struct supervisor s;
    enum err e = ERR_OK;
    int rc;

    supervisor_init(&s, cfg, opt);
    rc = estate_open(cfg, opt->dev, &s.estate);
    if (rc != 0)
        return rc;
    /* A founding serves nobody: it must not mind who has the ports meanwhile. */
    if (supervise_is_wanted(&s, ROLE_FRONT))
        e = listeners_open(cfg, &s.listeners);
    if (e == ERR_OK)
        e = admin_listen(cfg->data_dir, &s.admin_fd);
    if (e == ERR_OK) {
        supervise_signals_catch(&s.old_mask);
        run(&s);
        supervise_signals_release(&s.old_mask);
        rc = s.exit_code;
    } else {
        rc = e == ERR_DENIED ? EX_NOPERM : EX_OSERR;
    }
    supervise_admin_close(&s);
    listeners_close(&s.listeners);
    estate_close(&s.estate);
    return rc;
}
