/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - the parts of a keeper made, wired and taken down in order. */
#include "keeper/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "keeper/lane.h"
#include "keeper/work.h"

enum {
    SLOW_QUEUE = 128,
    SLOW_THREADS_MAX = 64,
    LOOPS_MAX = 256,
    CACHE_BYTES = 1024 * 1024, /* all lanes together */
    PATH_LEN_MAX = 4096,
};

struct keeper {
    const struct keeper_config *cfg;
    unsigned slow_threads, lane_count;
    struct lane_shared shared;
    struct lane **lanes; /* the last one is everybody else's */
};

static void
run_job(void *arg)
{
    struct job *j = arg;
    struct keeper_question q;

    /* Unpacked again: the question borrows from the payload, and that was copied. */
    j->status = keeper_unpack(j->op, secbuf_span(&j->payload), &q);
    if (j->status == ERR_OK)
        j->status = work_do(j->roots, NULL, j->op, &q, &j->answer);
    secbuf_clear(&j->payload);
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
    return e == ERR_OK ? roots_set(k->shared.roots, root) : e;
}

static unsigned
slow_threads_of(const struct keeper_config *cfg)
{
    long n = cfg->slow_threads > 0 ? (long)cfg->slow_threads : sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > SLOW_THREADS_MAX ? SLOW_THREADS_MAX : (unsigned)n;
}

static enum err
recall_key_new(struct mac_key **out)
{
    WIPED32 uint8_t bytes[32];

    rand_fill(bytes, sizeof(bytes));
    return mac_key_new(span_of(bytes, sizeof(bytes)), out);
}

enum err
keeper_new(const struct keeper_config *cfg, struct keeper **out)
{
    struct keeper *k = calloc(1, sizeof(*k));
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (k == NULL)
        return ERR_NOMEM;
    k->cfg = cfg;
    k->slow_threads = slow_threads_of(cfg);
    k->lane_count = (cfg->loops > LOOPS_MAX ? LOOPS_MAX : cfg->loops) + 1;
    k->shared.cache_bytes = CACHE_BYTES / k->lane_count;
    k->lanes = calloc(k->lane_count, sizeof(struct lane *));
    if (k->lanes == NULL)
        goto out;
    e = recall_key_new(&k->shared.recall_key);
    if (e == ERR_OK)
        e = roots_new(&k->shared.roots);
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

enum err
keeper_start(struct keeper *k)
{
    enum err e = pool_new(k->slow_threads, SLOW_QUEUE, run_job, &k->shared.pool);

    for (unsigned i = 0; i < k->lane_count && e == ERR_OK; i++) {
        bool pin = k->cfg->pin && i + 1 < k->lane_count;

        e = lane_new(&k->shared, pin ? (int)i : -1, &k->lanes[i]);
    }
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
    /* First the pool: its last jobs still go back to their lanes and out. */
    if (k->shared.pool != NULL)
        pool_stop(k->shared.pool);
    for (unsigned i = 0; k->lanes != NULL && i < k->lane_count; i++)
        lane_free(k->lanes[i]);
    pool_free(k->shared.pool);
    mac_key_free(k->shared.recall_key);
    roots_free(k->shared.roots);
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
        e = roots_set_next(k->shared.roots, next);
    if (e == ERR_EXISTS)
        log_warn("keeper: %s holds the root key that is in use already", path);
    if (e == ERR_BUSY)
        log_error("keeper: %s is not the next root key that a rotation began with", path);
    return e;
}

enum err
keeper_root_finish(struct keeper *k)
{
    enum err e = roots_finish(k->shared.roots);

    if (e == ERR_OK)
        log_info("keeper: the next root key is the root key now");
    return e;
}
