/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clerk.c - the clerk's life: links, founding, seed, then rounds of duties.
 *
 * A duty that fails is logged and met again next round. Rounds are a second
 * apart while something is due and otherwise cost one wake-up a second.
 */
#include "jobs/clerk.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "codec/jsn.h"
#include "ipc/control.h"
#include "jobs/bootstrap.h"
#include "jobs/cert_hints.h"
#include "jobs/cert_renew.h"
#include "jobs/errands.h"
#include "jobs/mailer.h"
#include "jobs/purge.h"
#include "jobs/release_key.h"
#include "jobs/renew.h"
#include "jobs/rewrap.h"
#include "jobs/rotate.h"
#include "jobs/seed.h"
#include "jobs/sweep.h"
#include "jobs/token_keys.h"

enum {
    TLS_FILE_MAX = 64 * 1024,
    READ_STEP = 4096,
    ROUND_MS = 1000,
    WAIT_MS = 50,    /* for links, before the first settling */
    RETRY_MS = 1000, /* after one that failed */
    LOST_MS = 2000,  /* without a link: the supervisor is asked for one */
    RENEW_EVERY_MS = 60000,
    COMPLAIN_EVERY_MS = 60000,
    REWRAP_SETTLE_MS = 1000, /* front looks for a new k/tls ten times a second */
    PURGE_AT_ONCE = 100,
    SWEEP_AT_ONCE = 2000, /* rows looked at, once a minute */
    ROTATE_AT_ONCE = 20,
    CERTS_AT_ONCE = 200, /* as many as one turn has time for */
    CERT_PLAN_AT_ONCE = 200,
    EXIT_OK = 0,
    EXIT_SEED = 65 /* EX_DATAERR */,
    EXIT_INPUT = 66 /* EX_NOINPUT */,
    EXIT_SOFTWARE = 70,
    EXIT_TEMP = 75,
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
    bool resume;          /* look whether a rotation of the root key was interrupted */
    uint64_t settle_ms;   /* when to try it again */
    uint64_t next_renew_ms, next_complaint_ms;
    uint64_t lost_ms[2]; /* when to ask for a link to keeper, scribe; 0: there is one */
    struct sweep sweep;
    struct cert_plan cert_plan;
    struct errands *errands;
    struct cert_hints *hints;
    struct mailer *mailer;
    uint64_t rewrap_ms; /* when the second pass of an ordered rewrapping is due; 0: none */
};

/*
 * A whole descriptor into secret memory, from its beginning: a clerk that is started again has
 * the same open file, read to its end by the one before.
 */
static enum err
read_all(int fd, size_t max, struct secbuf *out)
{
    (void)lseek(fd, 0, SEEK_SET); /* fails on a pipe, which is read once */
    for (;;) {
        size_t before = out->len;
        uint8_t *p = secbuf_grow(out, READ_STEP);
        ssize_t n;

        if (p == NULL)
            return out->err;
        n = read(fd, p, READ_STEP);
        secbuf_truncate(out, before + (n > 0 ? (size_t)n : 0));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            return ERR_OK;
        if (out->len > max)
            return ERR_TOO_LARGE;
    }
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static enum err
load_seed(struct clerk *c)
{
    struct secbuf text;
    enum err e;

    if (c->cfg->seed_fd < 0)
        return ERR_OK;
    secbuf_init(&text, MAX_SEED_BYTES + READ_STEP);
    e = read_all(c->cfg->seed_fd, MAX_SEED_BYTES, &text);
    if (e == ERR_OK && text.len == 0 && c->cfg->restarted)
        log_info("the seed came through a pipe and is gone: going on without it");
    else if (e == ERR_OK)
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

/* The files are kept for another try if it was not they that failed. */
static enum err
import_tls(struct clerk *c)
{
    struct secbuf chain, key;
    enum err e;

    if (c->chain_fd < 0 || c->key_fd < 0)
        return ERR_OK;
    secbuf_init(&chain, TLS_FILE_MAX + READ_STEP);
    secbuf_init(&key, TLS_FILE_MAX + READ_STEP);
    e = read_all(c->chain_fd, TLS_FILE_MAX, &chain);
    if (e == ERR_OK)
        e = read_all(c->key_fd, TLS_FILE_MAX, &key);
    if (e == ERR_OK)
        e = renew_import(&c->desk, secbuf_span(&chain), secbuf_span(&key), clock_now());
    secbuf_release(&key);
    secbuf_release(&chain);
    if (err_class_of(e) == ERR_CLASS_RETRY)
        return e;
    if (e != ERR_OK)
        log_error("the operator's TLS certificate cannot be used: %s", err_text(e));
    close_fd(&c->chain_fd);
    close_fd(&c->key_fd);
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
    if (index == 1 || index == 2) {
        int *slot = index == 1 ? &c->chain_fd : &c->key_fd;

        close_fd(slot);
        *slot = fd;
        return;
    }
    close_fd(&fd);
    if (!c->ready) /* settling takes them up */
        return;
    if (import_tls(c) != ERR_OK || renew(c) != ERR_OK)
        log_warn("the listener's certificate stays as it was");
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
    /* Only with a seed: it brings the first administrator. */
    if (e == ERR_NOT_FOUND && c->cfg->found && c->seed != NULL) {
        b.tenant = seed_tenant(c->seed);
        b.tenant_name = seed_tenant_name(c->seed);
        e = bootstrap_found(&c->desk, &b);
    }
    if (e == ERR_OK && c->seed != NULL)
        e = seed_apply(&c->desk, c->seed, c->cfg->location);
    if (e == ERR_OK)
        e = import_tls(c);
    if (e == ERR_OK) { /* its secrets need not stay in memory */
        seed_free(c->seed);
        c->seed = NULL;
    }
    return e;
}

static void
say(struct clerk *c, enum control_op op, enum err status)
{
    struct control msg = { .op = (uint16_t)op, .status = (int32_t)status };

    if (control_send(c->control, &msg, -1) != ERR_OK)
        c->drain = true;
}

static void
take_link(struct clerk *c, const struct control *msg, int fd)
{
    enum ipc_role role = (enum ipc_role)msg->role;
    struct peer **link = role == ROLE_KEEPER  ? &c->desk.keeper
                         : role == ROLE_TOKEN ? &c->desk.token
                                              : &c->desk.scribe;

    if (role != ROLE_KEEPER && role != ROLE_SCRIBE && role != ROLE_TOKEN) {
        close_fd(&fd);
        return;
    }
    peer_free(*link);
    *link = NULL;
    c->resume = c->resume || role == ROLE_KEEPER;
    if (fd >= 0 && peer_new(fd, role, MAX_IPC_MESSAGE, link) != ERR_OK)
        log_error("cannot use the link to the %s", ipc_role_name(role));
}

/*
 * The first pass; the order is done after a second one, when nobody works with what he read
 * before the first: the keeper forgets the old root key then.
 */
static void
begin_rewrap(struct clerk *c)
{
    unsigned n;
    enum err e = rewrap_all(&c->desk, &n);

    if (e == ERR_OK)
        c->rewrap_ms = clock_mono_ms() + REWRAP_SETTLE_MS;
    else
        say(c, CONTROL_DONE, e);
}

static void
end_rewrap(struct clerk *c)
{
    unsigned n;

    c->rewrap_ms = 0;
    say(c, CONTROL_DONE, rewrap_all(&c->desk, &n));
}

/* Orders that change what a running front sees go through the store, so nobody is told. */
static void
on_order(struct clerk *c, const struct control *msg, int fd)
{
    switch (msg->op) {
    case CONTROL_PEER:
        take_link(c, msg, fd);
        return;
    case CONTROL_RELOAD:
        reload(c, msg->index, fd);
        return;
    case CONTROL_REWRAP:
        begin_rewrap(c);
        break;
    case CONTROL_DRAIN:
        c->drain = true;
        break;
    default:
        break;
    }
    close_fd(&fd);
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

/* True when a complaint may be logged: what fails every second is said once a minute. */
static bool
may_complain(struct clerk *c)
{
    if (clock_mono_ms() < c->next_complaint_ms)
        return false;
    c->next_complaint_ms = clock_mono_ms() + COMPLAIN_EVERY_MS;
    return true;
}

static void
do_minutely(struct clerk *c)
{
    unsigned n;
    enum err e = renew(c);

    if (e != ERR_OK)
        log_error("renewal of the listener's certificate: %s", err_text(e));
    e = token_keys_rotate(&c->desk, clock_now(), false);
    if (e != ERR_OK)
        log_error("rotation of the token signing keys: %s", err_text(e));
    e = release_key_ensure(&c->desk, clock_now());
    if (e != ERR_OK)
        log_error("the signing key of key release: %s", err_text(e));
    e = sweep_expired(&c->desk, &c->sweep, clock_now(), SWEEP_AT_ONCE, &n);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY)
        log_error("sweeping what has expired: %s", err_text(e));
    if (c->resume && c->rewrap_ms == 0)
        c->resume = rewrap_resume(&c->desk, &n) != ERR_OK;
}

static void
do_certificates(struct clerk *c)
{
    unsigned n;
    enum err e = cert_renew_due(&c->desk, clock_now(), CERTS_AT_ONCE, &n);

    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("renewal of certificates: %s", err_text(e));
    if (c->cert_plan.all)
        return;
    e = cert_plan_step(&c->desk, &c->cert_plan, CERT_PLAN_AT_ONCE, &n);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("planning the renewal of certificates: %s", err_text(e));
}

static void
do_duties(struct clerk *c)
{
    uint64_t now = clock_mono_ms();
    unsigned purged = 0, done = 0;
    enum err e;

    if (c->rewrap_ms != 0 && now >= c->rewrap_ms)
        end_rewrap(c);
    e = purge_due(&c->desk, clock_now(), PURGE_AT_ONCE, &purged);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("scheduled purge: %s", err_text(e));
    e = rotate_due(&c->desk, clock_now(), ROTATE_AT_ONCE, &done);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("scheduled rotation of keys: %s", err_text(e));
    do_certificates(c);
    e = leftovers_destroy(&c->desk, PURGE_AT_ONCE, &done);
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("keys left in the token: %s", err_text(e));
    e = errands_turn(c->errands, clock_now());
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("certificates to be issued: %s", err_text(e));
    e = cert_hints_turn(c->hints, clock_now());
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("asking when to renew: %s", err_text(e));
    e = mailer_turn(c->mailer, clock_now());
    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY && may_complain(c))
        log_error("mail to contacts: %s", err_text(e));
    if (now < c->next_renew_ms)
        return;
    c->next_renew_ms = now + RENEW_EVERY_MS;
    do_minutely(c);
}

static int
exit_code_of(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return EXIT_INPUT;
    switch (err_class_of(e)) {
    case ERR_CLASS_REQUEST:
    case ERR_CLASS_INTEGRITY:
        return EXIT_SEED;
    case ERR_CLASS_NONE:
    case ERR_CLASS_STATE:
    case ERR_CLASS_RETRY:
    case ERR_CLASS_INTERNAL:
        break;
    }
    return EXIT_SOFTWARE;
}

/* A link that broke while both ends live comes from the supervisor, if he is told. */
static void
ask_for_links(struct clerk *c)
{
    const struct peer *links[] = { c->desk.keeper, c->desk.scribe };
    static const enum ipc_role roles[] = { ROLE_KEEPER, ROLE_SCRIBE };
    uint64_t now = clock_mono_ms();

    for (size_t i = 0; i < 2; i++) {
        struct control msg = { .op = CONTROL_LOST, .role = (uint16_t)roles[i] };

        if (links[i] != NULL) {
            c->lost_ms[i] = 0;
            continue;
        }
        if (c->lost_ms[i] != 0 && now >= c->lost_ms[i] &&
            control_send(c->control, &msg, -1) != ERR_OK)
            c->drain = true;
        if (c->lost_ms[i] == 0 || now >= c->lost_ms[i])
            c->lost_ms[i] = now + LOST_MS;
    }
}

/* True when the process should end with *code. */
static bool
try_settle(struct clerk *c, int *code)
{
    enum err e;

    if (clock_mono_ms() < c->settle_ms)
        return false;
    e = settle(c);
    if (e == ERR_OK) {
        c->ready = true;
        say(c, CONTROL_READY, ERR_OK);
        return c->cfg->once;
    }
    if (err_class_of(e) == ERR_CLASS_RETRY) {
        c->settle_ms = clock_mono_ms() + RETRY_MS;
        if (may_complain(c))
            log_warn("the clerk cannot start yet: %s", err_text(e));
        return false;
    }
    if (e == ERR_NOT_FOUND)
        log_error("the store at %s holds no installation: was its content lost?",
                  c->cfg->store.path);
    else
        log_error("the clerk cannot start: %s", err_text(e));
    say(c, CONTROL_DONE, e);
    *code = exit_code_of(e);
    return true;
}

/* True when the process should end with *code. */
static bool
turn(struct clerk *c, int *code)
{
    if (c->drain)
        return true;
    ask_for_links(c);
    if (c->desk.keeper == NULL || c->desk.scribe == NULL)
        return false;
    if (!c->ready)
        return try_settle(c, code);
    do_duties(c);
    return false;
}

static void
clerk_release(struct clerk *c)
{
    close_fd(&c->chain_fd);
    close_fd(&c->key_fd);
    seed_free(c->seed);
    errands_free(c->errands);
    cert_hints_free(c->hints);
    mailer_free(c->mailer);
    rows_free(c->desk.rows);
    peer_free(c->desk.keeper);
    peer_free(c->desk.scribe);
    peer_free(c->desk.token);
    store_close(c->desk.store);
    dial_free(c->cfg->dial);
    close(c->control);
}

int
clerk_main(int control_fd, const struct clerk_config *cfg)
{
    struct clerk c = { .cfg = cfg,
                       .control = control_fd,
                       .chain_fd = cfg->tls_chain_fd,
                       .key_fd = cfg->tls_key_fd,
                       .own_leaf = cfg->tls_chain_fd < 0,
                       .resume = true };
    int code = EXIT_OK;

    clock_set_offset(cfg->clock_offset);
    c.desk.timeout_ms = cfg->answer_ms;
    c.desk.dial = cfg->dials_issuers ? cfg->dial : NULL;
    c.desk.mail = cfg->mail;
    jsn_setup();
    /* Opened before confinement, which would refuse it: the scribe, which makes the store, is
     * ready before we are started. */
    if (open_store(&c) != ERR_OK && !cfg->found)
        return EXIT_TEMP;
    if (cfg->confine != NULL && cfg->confine(cfg->confine_arg) != ERR_OK)
        return EXIT_SOFTWARE;
    c.errands = errands_new(&c.desk);
    c.hints = cert_hints_new(&c.desk);
    c.mailer = mailer_new(&c.desk);
    if (c.errands == NULL || c.hints == NULL || c.mailer == NULL)
        return EXIT_TEMP;
    if (load_seed(&c) != ERR_OK) {
        say(&c, CONTROL_DONE, ERR_SYNTAX);
        clerk_release(&c);
        return EXIT_SEED;
    }
    while (!turn(&c, &code))
        if (dial_wait(cfg->dial, control_fd, c.ready ? ROUND_MS : WAIT_MS))
            read_orders(&c);
    clerk_release(&c);
    return code;
}
