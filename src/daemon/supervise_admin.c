/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise_admin.c - orders from the admin socket.
 *
 * Long orders are sequences of (child, order) steps; each step waits for that
 * child's CONTROL_DONE. One runs at a time; the others hear ERR_BUSY.
 *
 *   seal rotate:  keeper ROOT_NEXT (with the file) -> clerk REWRAP -> keeper ROOT_FINISH
 *   audit rotate: scribe AUDIT_ROTATE
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/supervise_int.h"

enum { CLIENT_MS = 5000 };

static const struct step {
    enum admin_op op;
    enum ipc_role role;
    enum control_op order;
} steps[] = {
    { ADMIN_SEAL_ROTATE, ROLE_KEEPER, CONTROL_ROOT_NEXT },
    { ADMIN_SEAL_ROTATE, ROLE_CLERK, CONTROL_REWRAP },
    { ADMIN_SEAL_ROTATE, ROLE_KEEPER, CONTROL_ROOT_FINISH },
    { ADMIN_AUDIT_ROTATE, ROLE_SCRIBE, CONTROL_AUDIT_ROTATE },
};
enum { NSTEPS = sizeof(steps) / sizeof(steps[0]) };

/* The operator's certificate goes to the clerk as open files: it may not read them itself. */
static void
reload_clerk(struct supervisor *s, const struct child *clerk)
{
    const char *const paths[] = { s->cfg->tls_chain, s->cfg->tls_key };
    int fd;

    for (uint32_t i = 0; i < 2; i++) {
        const struct control m = { .op = CONTROL_RELOAD, .index = i + 1 };

        if (supervise_open_file(paths[i], &fd) != ERR_OK || fd < 0)
            continue;
        if (control_send(clerk->control_fd, &m, fd) != ERR_OK)
            log_warn("cannot hand %s to the clerk", paths[i]);
        (void)close(fd);
    }
}

/* A file that a child reads again as a whole. */
static void
reload_file(const struct child *c, const char *path)
{
    const struct control m = { .op = CONTROL_RELOAD, .index = 1 };
    int fd;

    if (c->control_fd < 0 || supervise_open_file(path, &fd) != ERR_OK || fd < 0)
        return;
    if (control_send(c->control_fd, &m, fd) != ERR_OK)
        log_warn("cannot hand %s to its process", path);
    (void)close(fd);
}

void
supervise_reload(struct supervisor *s)
{
    const struct child *clerk = &s->children[ROLE_CLERK];

    log_info("reloading");
    if (clerk->control_fd >= 0)
        reload_clerk(s, clerk);
    /* The PIN may be another: one that was refused is not tried again without this. */
    reload_file(&s->children[ROLE_TOKEN], s->cfg->hsm_pin_file);
    reload_file(&s->children[ROLE_FRONT], s->cfg->trusted_issuers);
    for (size_t i = 0; i < NCHILDREN; i++)
        supervise_tell(&s->children[start_order[i]], CONTROL_RELOAD);
}

static void
fill_child(struct admin_child *out, const struct child *c, uint64_t now)
{
    out->pid = c->pid;
    out->ready = c->ready;
    out->starts = c->starts;
    out->uptime_s = c->pid == 0 ? 0 : (uint32_t)((now - c->started_ms) / 1000);
}

static void
answer(struct supervisor *s, int client, enum admin_op op, enum err status)
{
    uint64_t now = clock_mono_ms();
    struct admin_answer a = {
        .magic = ADMIN_MAGIC,
        .op = (uint16_t)op,
        .status = (int32_t)status,
        .public_port = s->listeners.public_port,
        .uptime_s = (uint32_t)((now - s->started_ms) / 1000),
        .draining = s->draining,
    };

    for (size_t i = 0; i < NCHILDREN; i++)
        fill_child(&a.child[start_order[i]], &s->children[start_order[i]], now);
    a.child[ROLE_SUPERVISOR].pid = getpid();
    a.child[ROLE_SUPERVISOR].ready = s->announced;
    if (client >= 0)
        (void)send(client, &a, sizeof(a), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Finds the nth step of an order; NULL behind the last. */
static const struct step *
step_of(enum admin_op op, unsigned n)
{
    for (size_t i = 0; i < NSTEPS; i++)
        if (steps[i].op == op && n-- == 0)
            return &steps[i];
    return NULL;
}

static void
order_end(struct supervisor *s, enum err status)
{
    log_info("order %s: %s", s->order.op == ADMIN_SEAL_ROTATE ? "seal rotate" : "audit rotate",
             err_text(status));
    answer(s, s->order.client, s->order.op, status);
    if (s->order.client >= 0)
        (void)close(s->order.client);
    s->order = (struct order){ .client = -1 };
}

/* Sends the step that is due; fd goes with the first. */
static void
order_step(struct supervisor *s, int fd)
{
    const struct step *st = step_of(s->order.op, s->order.step);
    const struct control m = { .op = st == NULL ? 0 : (uint16_t)st->order };
    const struct child *c;
    enum err e;

    if (st == NULL) {
        order_end(s, ERR_OK);
        return;
    }
    c = &s->children[st->role];
    s->order.waiting_for = st->role;
    e = c->ready ? control_send(c->control_fd, &m, fd) : ERR_UNAVAILABLE;
    if (e != ERR_OK)
        order_end(s, e == ERR_CLOSED ? ERR_UNAVAILABLE : e);
}

void
supervise_order_done(struct supervisor *s, enum ipc_role from, enum err status)
{
    if (s->order.op == 0 || s->order.waiting_for != from)
        return;
    if (status != ERR_OK) {
        order_end(s, status);
        return;
    }
    s->order.step++;
    order_step(s, -1);
}

/* Begins a long order; the client waits and is no longer read. */
static void
order_begin(struct supervisor *s, size_t slot, enum admin_op op, int fd)
{
    s->order = (struct order){ .op = op, .client = s->clients[slot] };
    s->clients[slot] = -1;
    order_step(s, fd);
}

static void
drop_client(struct supervisor *s, size_t slot)
{
    (void)close(s->clients[slot]);
    s->clients[slot] = -1;
}

void
supervise_admin_accept(struct supervisor *s)
{
    int client = admin_accept(s->admin_fd);

    if (client < 0)
        return;
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        if (s->clients[i] < 0) {
            s->clients[i] = client;
            s->client_until_ms[i] = clock_mono_ms() + CLIENT_MS;
            return;
        }
    (void)close(client);
}

void
supervise_admin_read(struct supervisor *s, size_t slot)
{
    struct admin_request r;
    int fd = -1;
    enum err e = admin_read(s->clients[slot], &r, &fd);

    if (e == ERR_AGAIN)
        return;
    if (e != ERR_OK) {
        drop_client(s, slot);
        return;
    }
    if (r.op == ADMIN_AUDIT_ROTATE || r.op == ADMIN_SEAL_ROTATE) {
        if (s->order.op == 0 && !s->draining)
            order_begin(s, slot, (enum admin_op)r.op, fd);
        else
            answer(s, s->clients[slot], (enum admin_op)r.op, ERR_BUSY);
    } else {
        if (r.op == ADMIN_RELOAD)
            supervise_reload(s);
        answer(s, s->clients[slot], (enum admin_op)r.op, ERR_OK);
    }
    if (s->clients[slot] >= 0)
        drop_client(s, slot);
    if (fd >= 0)
        (void)close(fd);
}

void
supervise_admin_expire(struct supervisor *s, uint64_t now)
{
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        if (s->clients[i] >= 0 && now >= s->client_until_ms[i])
            drop_client(s, i);
}

void
supervise_admin_close(struct supervisor *s)
{
    if (s->order.op != 0)
        order_end(s, ERR_UNAVAILABLE);
    for (size_t i = 0; i < ADMIN_CLIENTS; i++)
        if (s->clients[i] >= 0)
            drop_client(s, i);
    if (s->admin_fd < 0)
        return;
    admin_unlink(s->cfg->data_dir);
    (void)close(s->admin_fd);
    s->admin_fd = -1;
}
