/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - the parts of a keeper made, wired and taken down in order. */
#include "keeper/serve.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "keeper/lane.h"
#include "keeper/software.h"

enum {
    THREADS_MAX = 64,
    LOOPS_MAX = BOARD_LANES_MAX - 1,
    CACHE_BYTES = 1024 * 1024, /* keys that are not users', all threads together */
    KEY_CACHE_BYTES = 2 * 1024 * 1024,
    PATH_LEN_MAX = 4096,
    BACKLOG = 8, /* jobs for each worker */
};

/* How many jobs of each pace may wait, of guests and of the house, and of one link. A worker
 * does a thousand RSA signatures while an asker waits a third of a second; a password or a
 * new RSA key takes a hundred times as long. */
static const struct room {
    unsigned guests, house, per_link;
} rooms[PACE__MAX] = {
    [PACE_LONG] = { 1024, 64, 1024 },
    [PACE_MAKING] = { 32, 16, 16 },
    [PACE_IMPORT] = { 8, 4, 8 }, /* files of CERT_FILE_MAX in locked memory */
    [PACE_PASSWORD] = { 64, 64, 32 },
};

/* One thread of a pool. */
struct hired {
    struct keeper *keeper;
    struct hand *hand;
};

struct crew {
    struct pool *pool;
    unsigned count;
    struct hired members[THREADS_MAX];
};

struct keeper {
    const struct keeper_config *cfg;
    unsigned lane_count;
    struct roots *roots;
    struct software software;
    struct lane_shared shared;
    struct board board;
    struct crew crews[PACE__MAX]; /* but for PACE_SHORT: those are the lanes */
    atomic_bool ending;
    struct lane **lanes; /* the last one is everybody else's */
};

static void
run_job(void *state, void *arg)
{
    struct hired *h = state;
    struct job *j = arg;

    if ((j->pace == PACE_MAKING || j->pace == PACE_IMPORT) && atomic_load(&h->keeper->ending))
        j->status = ERR_UNAVAILABLE; /* it may take seconds, and so may each behind it */
    else
        job_run(h->hand, j);
    lane_finish(j);
}

static enum err
read_root(const struct keeper_config *cfg, int fd, const char *path, struct root_key **out)
{
    struct span phrase =
        cfg->passphrase == NULL ? span_of(NULL, 0) : secbuf_span(cfg->passphrase);

    return keyfile_read(fd, path, cfg->seal, phrase, out);
}

static enum err
open_root(struct keeper *k)
{
    struct root_key *root = NULL;
    enum err e;

    if (k->cfg->root_fd < 0)
        return ERR_OK; /* sealed */
    e = read_root(k->cfg, k->cfg->root_fd, k->cfg->root_path, &root);
    close(k->cfg->root_fd);
    return e == ERR_OK ? roots_set(k->roots, root) : e;
}

static enum err
recall_key_new(struct mac_key **out)
{
    WIPED32 uint8_t bytes[32];

    rand_fill(bytes, sizeof(bytes));
    return mac_key_new(span_of(bytes, sizeof(bytes)), out);
}

/* The software provider, or the one that cfg names. */
static enum err
choose_provider(struct keeper *k, unsigned benches)
{
    const struct keeper_config *cfg = k->cfg;
    size_t bytes = cfg->key_cache > 0 ? cfg->key_cache : KEY_CACHE_BYTES;

    k->shared.kit.roots = k->roots;
    if (cfg->provider != NULL) {
        k->shared.keys_only = true;
        k->shared.kit.provider = cfg->provider;
        k->shared.kit.provider_arg = cfg->provider_arg;
        return ERR_OK;
    }
    k->shared.kit.provider = &software_provider;
    k->shared.kit.provider_arg = &k->software;
    k->software.roots = k->roots;
    k->software.ending = &k->ending;
    k->software.cache_bytes = bytes / benches;
    return stock_new(cfg->stock, &k->software.stock);
}

enum err
keeper_new(const struct keeper_config *cfg, struct keeper **out)
{
    struct keeper *k = calloc(1, sizeof(*k));
    enum err e = ERR_NOMEM;
    unsigned threads;

    *out = NULL;
    if (k == NULL)
        return ERR_NOMEM;
    k->cfg = cfg;
    k->lane_count = (cfg->loops > LOOPS_MAX ? LOOPS_MAX : cfg->loops) + 1;
    threads = k->lane_count + cfg->threads;
    k->shared.backlog = BACKLOG * cfg->threads;
    k->shared.kit.cache_bytes = CACHE_BYTES / threads;
    k->lanes = calloc(k->lane_count, sizeof(struct lane *));
    if (k->lanes == NULL)
        goto out;
    e = recall_key_new(&k->shared.recall_key);
    if (e == ERR_OK)
        e = roots_new(&k->roots);
    if (e == ERR_OK)
        e = choose_provider(k, threads);
    if (e == ERR_OK)
        e = open_root(k);
    if (e == ERR_OK && cfg->root_next_fd >= 0)
        e = keeper_root_load_next(k, cfg->root_next_fd);
    if (e == ERR_EXISTS) /* a finished rotation, but for the file that was left behind */
        e = ERR_OK;
    if (e != ERR_OK)
        goto out;
    *out = k;
    k = NULL;
out:
    keeper_free(k);
    return e;
}

static unsigned
at_most(unsigned n, unsigned most)
{
    return n < most ? n : most;
}

/* Hires so many threads for work of that pace; none is fine. all: may guests take them all? Of
 * one or two they may in any case: the house goes before them, and waits for one job at most.
 */
static enum err
hire(struct keeper *k, enum key_pace pace, unsigned threads, bool all)
{
    struct crew *c = &k->crews[pace];
    const struct room *room = &rooms[pace];
    unsigned q = k->cfg->queue, n = at_most(threads, THREADS_MAX);
    struct pool_spec spec = { .threads = n,
                              .queue = q > 0 ? q : room->house,
                              .guest_queue = q > 0 ? q : room->guests,
                              .guest_threads = all || n < 3 ? n : n - 1,
                              .run = run_job };
    void *states[THREADS_MAX];
    enum err e = ERR_OK;

    for (unsigned i = 0; i < n && e == ERR_OK; i++) {
        c->members[i].keeper = k;
        states[i] = &c->members[i];
        c->count++;
        e = hand_new(&k->shared.kit, pace, &c->members[i].hand);
    }
    spec.states = states;
    if (e == ERR_OK && n > 0)
        e = pool_new(&spec, &c->pool);
    k->shared.pools[pace] = k->board.pools[pace] = c->pool;
    k->board.threads[pace] = n;
    k->shared.per_link[pace] = q > 0 ? q : room->per_link;
    return e;
}

static unsigned
processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : (unsigned)n;
}

enum err
keeper_start(struct keeper *k)
{
    const struct keeper_config *cfg = k->cfg;
    unsigned slow = cfg->slow_threads > 0 ? cfg->slow_threads : processors();
    enum err e;

    k->board.stock = k->software.stock;
    k->shared.board = &k->board;
    e = hire(k, PACE_LONG, cfg->threads, true);
    if (e == ERR_OK)
        e = hire(k, PACE_MAKING, cfg->rsa_threads > 0 ? cfg->rsa_threads : 1, false);
    if (e == ERR_OK)
        e = hire(k, PACE_IMPORT, 1, true);
    if (e == ERR_OK && !k->shared.keys_only)
        e = hire(k, PACE_PASSWORD, slow, false);
    for (unsigned i = 0; i < k->lane_count && e == ERR_OK; i++) {
        bool pin = cfg->pin && i + 1 < k->lane_count;

        e = lane_new(&k->shared, pin ? (int)i : -1, &k->lanes[i]);
        if (e == ERR_OK)
            k->board.tallies[k->board.lanes++] = lane_tally(k->lanes[i]);
    }
    if (e == ERR_OK && k->software.stock != NULL)
        e = stock_start(k->software.stock, cfg->stock_after_ms);
    return e;
}

enum err
keeper_link(struct keeper *k, int fd, enum ipc_role role, uint32_t index)
{
    unsigned others = k->lane_count - 1;
    unsigned at = role == ROLE_FRONT && others > 0 ? index % others : others;

    if (role != ROLE_FRONT && role != ROLE_SCRIBE && role != ROLE_CLERK) {
        close(fd);
        return ERR_DENIED;
    }
    return lane_adopt(k->lanes[at], fd, role);
}

void
keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    atomic_store(&k->ending, true);
    if (k->software.stock != NULL)
        stock_stop(k->software.stock);
    /* First the pools: their last jobs still go back to their lanes and out. */
    for (unsigned i = 0; i < PACE__MAX; i++)
        if (k->crews[i].pool != NULL)
            pool_stop(k->crews[i].pool);
    for (unsigned i = 0; k->lanes != NULL && i < k->lane_count; i++)
        lane_free(k->lanes[i]);
    for (unsigned i = 0; i < PACE__MAX; i++) {
        pool_free(k->crews[i].pool);
        for (unsigned m = 0; m < k->crews[i].count; m++)
            hand_free(k->crews[i].members[m].hand);
    }
    stock_free(k->software.stock);
    mac_key_free(k->shared.recall_key);
    roots_free(k->roots);
    free(k->lanes);
    free(k);
}

enum err
keeper_root_load_next(struct keeper *k, int fd)
{
    struct root_key *next = NULL;
    char path[PATH_LEN_MAX];
    enum err e;

    (void)snprintf(path, sizeof(path), "%s.next", k->cfg->root_path);
    e = read_root(k->cfg, fd, path, &next);
    close(fd);
    if (e == ERR_OK)
        e = roots_set_next(k->roots, next);
    if (e == ERR_EXISTS)
        log_warn("keeper: %s holds the root key that is in use already", path);
    if (e == ERR_BUSY)
        log_error("keeper: %s is not the next root key that a rotation began with", path);
    return e;
}

enum err
keeper_root_finish(struct keeper *k)
{
    enum err e = roots_finish(k->roots);

    if (e == ERR_OK)
        log_info("keeper: the next root key is the root key now");
    return e;
}
