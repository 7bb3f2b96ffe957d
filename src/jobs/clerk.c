/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clerk.c - the clerk's life: links, founding, seed, then rounds of duties.
 *
 * A duty that fails is logged and met again next round. Rounds are a second
 * apart while something is due and otherwise cost one wake-up a second.
 */
#include "jobs/clerk.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "codec/jsn.h"
#include "ipc/control.h"
#include "jobs/bootstrap.h"
#include "jobs/purge.h"
#include "jobs/renew.h"
#include "jobs/rewrap.h"
#include "jobs/seed.h"
#include "jobs/token_keys.h"

enum {
    TLS_FILE_MAX = 64 * 1024,
    ROUND_MS = 1000,
    RENEW_EVERY_MS = 60000,
    PURGE_BATCH = 100,
    EXIT_OK = 0,
    EXIT_SEED = 65 /* EX_DATAERR */,
    EXIT_SOFTWARE = 70,
    EXIT_TEMP = 75
};

struct clerk {
    const struct clerk_config *cfg;
    struct desk desk;
    struct seed *seed;
    int control;
    bool ready; /* founded, seeded, CONTROL_READY sent */
    bool drain;
    int chain_fd, key_fd; /* the operator's certificate and key to take up, or -1 */
    bool own_leaf;        /* no certificate of the operator's is configured */
    uint64_t next_renew_ms;
};

/* A whole descriptor into secret memory; closes it. -1 gives nothing. */
static enum err
read_all(int fd, size_t max, struct secbuf *out)
{
    enum err e = ERR_OK;

    if (fd < 0)
        return ERR_NOT_FOUND;
    while (e == ERR_OK) {
        size_t before = out->len;
        uint8_t *p = out->len >= max ? NULL : secbuf_grow(out, 4096);
        ssize_t n;

        if (p == NULL) {
            e = ERR_TOO_LARGE;
            break;
        }
        n = read(fd, p, 4096);
        secbuf_truncate(out, before + (n > 0 ? (size_t)n : 0));
        if (n < 0)
            e = ERR_IO;
        if (n <= 0)
            break;
    }
    close(fd);
    return e;
}

static enum err
load_seed(struct clerk *c)
{
    struct secbuf text;
    enum err e;

    if (c->cfg->seed_fd < 0)
        return ERR_OK;
    secbuf_init(&text, MAX_SEED_BYTES + 4096);
    e = read_all(c->cfg->seed_fd, MAX_SEED_BYTES, &text);
    if (e == ERR_OK)
        e = seed_parse(secbuf_span(&text), &c->seed);
    if (e != ERR_OK)
        log_error("the seed file cannot be used: %s", err_text(e));
    secbuf_release(&text);
    return e;
}

static enum err
open_store(struct clerk *c)
{
    struct store_config sc = c->cfg->store;

    if (c->desk.store != NULL)
        return ERR_OK;
    sc.read_only = true;
    return store_open(&sc, &c->desk.store);
}

static enum err
import_tls(struct clerk *c)
{
    struct secbuf chain, key;
    enum err e;

    if (c->chain_fd < 0)
        return ERR_OK;
    secbuf_init(&chain, MAX_CONFIG_BYTES);
    secbuf_init(&key, MAX_CONFIG_BYTES);
    e = read_all(c->chain_fd, TLS_FILE_MAX, &chain);
    if (e == ERR_OK)
        e = read_all(c->key_fd, TLS_FILE_MAX, &key);
    if (e == ERR_OK)
        e = renew_import(&c->desk, secbuf_span(&chain), secbuf_span(&key));
    if (e != ERR_OK)
        log_error("the operator's TLS certificate cannot be used: %s", err_text(e));
    c->chain_fd = c->key_fd = -1;
    secbuf_release(&key);
    secbuf_release(&chain);
    return e;
}

static enum err
renew(struct clerk *c)
{
    return renew_leaf(&c->desk, c->cfg->domain, c->cfg->extra_names, clock_now(), c->own_leaf);
}

/* The supervisor sends the operator's files again, if there are any, then this order. */
static void
reload(struct clerk *c, unsigned index, int fd)
{
    if (index == 1) {
        c->chain_fd = fd;
    } else if (index == 2) {
        c->key_fd = fd;
    } else if (import_tls(c) != ERR_OK || renew(c) != ERR_OK) {
        log_warn("the listener's certificate stays as it was");
    }
}

/* Both links are there: found or greet, then seed. */
static enum err
settle(struct clerk *c)
{
    struct bootstrap b = { .domain = c->cfg->domain,
                           .extra_names = c->cfg->extra_names,
                           .now = clock_now() };
    enum err e;

    e = open_store(c);
    if (e == ERR_OK)
        e = desk_hello(&c->desk);
    if (e == ERR_NOT_FOUND && c->cfg->found) {
        b.tenant = c->seed == NULL ? guid_new() : seed_tenant(c->seed);
        b.tenant_name = c->seed == NULL ? "Keyhold" : seed_tenant_name(c->seed);
        e = bootstrap_found(&c->desk, &b);
    }
    if (e == ERR_OK && c->seed != NULL)
        e = seed_apply(&c->desk, c->seed, c->cfg->location);
    if (e == ERR_OK)
        e = import_tls(c);
    return e;
}

static void
say(struct clerk *c, enum control_op op, enum err status)
{
    struct control msg = { .op = (uint16_t)op, .status = (int32_t)status };

    if (control_send(c->control, &msg, -1) != ERR_OK)
        c->drain = true;
}

/* Orders that change what a running front sees go through the store, so nobody is told. */
static void
on_order(struct clerk *c, const struct control *msg, int fd)
{
    struct peer **link;
    unsigned rewrapped;

    switch (msg->op) {
    case CONTROL_PEER:
        link = msg->role == ROLE_KEEPER ? &c->desk.keeper : &c->desk.scribe;
        peer_free(*link);
        *link = NULL;
        if (fd >= 0 && peer_new(fd, (enum ipc_role)msg->role, MAX_IPC_MESSAGE, link) != ERR_OK)
            log_error("cannot use the link to the %s", ipc_role_name((enum ipc_role)msg->role));
        return;
    case CONTROL_REWRAP:
        say(c, CONTROL_DONE, rewrap_all(&c->desk, &rewrapped));
        break;
    case CONTROL_RELOAD:
        reload(c, msg->index, fd);
        return;
    case CONTROL_DRAIN:
        c->drain = true;
        break;
    default:
        break;
    }
    if (fd >= 0)
        close(fd);
}

static void
read_orders(struct clerk *c)
{
    struct control msg;
    enum err e;
    int fd;

    while ((e = control_recv(c->control, &msg, &fd)) == ERR_OK)
        on_order(c, &msg, fd);
    if (e != ERR_AGAIN)
        c->drain = true;
}

static void
do_duties(struct clerk *c)
{
    unsigned purged = 0;
    enum err e;

    e = purge_due(&c->desk, clock_now(), PURGE_BATCH, &purged);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY)
        log_error("scheduled purge: %s", err_text(e));
    if (clock_mono_ms() < c->next_renew_ms)
        return;
    c->next_renew_ms = clock_mono_ms() + RENEW_EVERY_MS;
    e = renew(c);
    if (e != ERR_OK)
        log_error("renewal of the listener's certificate: %s", err_text(e));
    e = token_keys_rotate(&c->desk, clock_now(), false);
    if (e != ERR_OK)
        log_error("rotation of the token signing keys: %s", err_text(e));
}

/* True when the process should end with *code. */
static bool
turn(struct clerk *c, int *code)
{
    enum err e;

    if (c->drain)
        return true;
    if (c->desk.keeper == NULL || c->desk.scribe == NULL)
        return false;
    if (c->ready) {
        do_duties(c);
        return false;
    }
    e = settle(c);
    if (e == ERR_OK) {
        c->ready = true;
        say(c, CONTROL_READY, ERR_OK);
        return c->cfg->once;
    }
    if (err_class_of(e) == ERR_CLASS_RETRY)
        return false;
    log_error("the clerk cannot start: %s", err_text(e));
    say(c, CONTROL_DONE, e);
    *code = err_class_of(e) == ERR_CLASS_REQUEST ? EXIT_SEED : EXIT_SOFTWARE;
    return true;
}

static void
clerk_release(struct clerk *c)
{
    seed_free(c->seed);
    rows_free(c->desk.rows);
    peer_free(c->desk.keeper);
    peer_free(c->desk.scribe);
    store_close(c->desk.store);
    close(c->control);
}

int
clerk_main(int control_fd, const struct clerk_config *cfg)
{
    struct clerk c = { .cfg = cfg,
                       .control = control_fd,
                       .chain_fd = cfg->tls_chain_fd,
                       .key_fd = cfg->tls_key_fd,
                       .own_leaf = cfg->tls_chain_fd < 0 };
    int code = EXIT_OK;

    clock_set_offset(cfg->clock_offset);
    jsn_setup();
    /* The store may not exist before the scribe has made it: then it is opened when it does,
     * which confinement allows for this one directory. */
    if (open_store(&c) != ERR_OK && !cfg->found)
        return EXIT_TEMP;
    if (cfg->confine != NULL && cfg->confine(cfg->confine_arg) != ERR_OK)
        return EXIT_SOFTWARE;
    if (load_seed(&c) != ERR_OK) {
        say(&c, CONTROL_DONE, ERR_SYNTAX);
        clerk_release(&c);
        return EXIT_SEED;
    }
    while (!turn(&c, &code)) {
        struct pollfd p = { .fd = control_fd, .events = POLLIN };

        if (poll(&p, 1, c.ready ? ROUND_MS : 50) > 0)
            read_orders(&c);
    }
    clerk_release(&c);
    return code;
}
