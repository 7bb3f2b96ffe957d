/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_scribe.c - kill -9 of the scribe while four clients write, a few hundred times.
 *
 * Each round: a scribe over a real store, four clients over real links, and a
 * death: at a random moment, before the n-th time of a named step of a commit,
 * of everybody at once, or with what a power cut takes besides. Then the
 * judge. Usage: crash_scribe [rounds [seed]]
 */
#include "crash_scribe.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "ipc/control.h"
#include "scribe/fault.h"
#include "scribe/main.h"

enum {
    ROUNDS = 200,
    FRESH_EVERY = 25,
    AUDIT_MAX = 20 * 1000,
    DELAY_MAX_US = 60000,
    STEP_MAX_MS = 3000
};

static const char *const steps[] = {
    "reserve", "commit", "begin", "put",    "before-commit", "after-commit", "write",
    "sync",    "answer", "head",  "rotate", "rename",        "create",
};
enum { NSTEPS = sizeof(steps) / sizeof(steps[0]), NCOMMIT_STEPS = NSTEPS - 4 };

static struct death planned;

static enum err
die_at(const char *step)
{
    if (planned.step != NULL && strcmp(step, planned.step) == 0 && --planned.count == 0)
        (void)raise(SIGKILL);
    return ERR_OK;
}

_Noreturn void
scribe_process(int control, const char *dir, const struct death *death)
{
    static char store[128], audit[128];
    struct scribe_config cfg = {
        .store = { .engine = "lmdb", .path = store, .map_size = 64 << 20 },
        .audit_dir = audit,
        .max_bytes = AUDIT_MAX
    };

    (void)snprintf(store, sizeof(store), "%s/store", dir);
    (void)snprintf(audit, sizeof(audit), "%s/audit", dir);
    planned = *death;
    scribe_fault = die_at;
    store_fault = die_at;
    log_set_level(LOG_ERROR);
    _exit(scribe_main(control, &cfg));
}

struct round {
    struct shared *shared;
    const char *dir;
    uint64_t *seed;
    struct death death;
    bool everybody; /* clients die too, at the same moment */
    bool power;
    pid_t scribe;
    pid_t client[CLIENTS];
    int control;
};

static bool
link_client(struct round *r, unsigned who)
{
    struct control c = { .op = CONTROL_PEER, .role = ROLE_FRONT, .index = who };
    int pair[2];
    enum err e;

    if (ipc_pair(pair) != ERR_OK)
        return false;
    e = control_send(r->control, &c, pair[1]);
    close(pair[1]);
    /* It may have died already, which is what this is about. */
    r->client[who] = fork();
    if (r->client[who] == 0) {
        close(r->control);
        client_main(r->shared, who, pair[0], crash_random(r->seed) + who);
    }
    close(pair[0]);
    return r->client[who] > 0 && (e == ERR_OK || e == ERR_CLOSED);
}

static bool
start(struct round *r)
{
    int pair[2];
    bool ok = true;

    if (ipc_pair(pair) != ERR_OK)
        return false;
    r->control = pair[0];
    r->scribe = fork();
    if (r->scribe == 0) {
        close(pair[0]);
        scribe_process(pair[1], r->dir, &r->death);
    }
    close(pair[1]);
    for (unsigned i = 0; i < CLIENTS; i++)
        ok = link_client(r, i) && ok;
    return ok && r->scribe > 0;
}

/* Until it dies by itself, or the moment has come. */
static bool
let_it_die(struct round *r)
{
    uint64_t until = clock_mono_ms() + STEP_MAX_MS;
    int status = 0;
    pid_t got = 0;

    if (r->death.step == NULL) {
        (void)usleep((useconds_t)(crash_random(r->seed) % DELAY_MAX_US));
    } else {
        while (got == 0 && clock_mono_ms() < until) {
            got = waitpid(r->scribe, &status, WNOHANG);
            if (got == 0)
                (void)usleep(500);
        }
    }
    for (unsigned i = 0; r->everybody && i < CLIENTS; i++)
        (void)kill(r->client[i], SIGKILL);
    if (got == 0) {
        (void)kill(r->scribe, SIGKILL);
        got = waitpid(r->scribe, &status, 0);
        if (r->death.step != NULL)
            (void)fprintf(stderr, "step %s did not come\n", r->death.step);
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)waitpid(r->client[i], NULL, 0);
    close(r->control);
    if (got == r->scribe && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    (void)fprintf(stderr, "the scribe ended by itself, status %x\n", (unsigned)status);
    return false;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static bool
fresh(struct shared *s, const char *dir)
{
    char audit[128];

    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    memset((void *)s, 0, sizeof(*s));
    (void)snprintf(audit, sizeof(audit), "%s/audit", dir);
    return mkdir(dir, 0700) == 0 && mkdir(audit, 0700) == 0;
}

static const char *
plan(struct round *r, unsigned n)
{
    /* Every step in turn, and as often a random moment. */
    r->death = (struct death){ 0 };
    if (n % 2 == 0) {
        r->death.step = steps[n / 2 % NSTEPS];
        /* Files are finished less often than commits are made. */
        r->death.count = 1 + crash_random(r->seed) % (n / 2 % NSTEPS < NCOMMIT_STEPS ? 30 : 2);
    }
    atomic_store(&r->shared->reads_only,
                 r->death.step != NULL && strcmp(r->death.step, "head") == 0);
    r->everybody = n % 3 == 1;
    r->power = n % 5 == 4;
    return r->death.step == NULL ? "random moment" : r->death.step;
}

static bool
run_round(struct round *r, unsigned n)
{
    const char *how = plan(r, n);
    bool ok = start(r) && let_it_die(r);

    if (ok && r->power)
        ok = power_cut(r->dir, crash_random(r->seed));
    ok = ok && judge(r->shared, r->dir, r->power);
    if (!ok)
        (void)fprintf(stderr, "round %u (%s%s%s) failed; the directory is kept: %s\n", n, how,
                      r->everybody ? ", everybody" : "", r->power ? ", power cut" : "", r->dir);
    return ok;
}

int
main(int argc, char **argv)
{
    static char dir[64];
    uint64_t seed = (uint64_t)clock_now_100ns() | 1, rounds = ROUNDS, writes = 0;
    struct shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *base = getenv("TMPDIR");
    bool ok = s != MAP_FAILED;

    if ((argc > 1 && !span_get_u64(span_str(argv[1]), &rounds)) ||
        (argc > 2 && !span_get_u64(span_str(argv[2]), &seed)))
        return 64;
    (void)printf("seed %llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
    (void)signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_ERROR);
    (void)snprintf(dir, sizeof(dir), "%.30s/crash-scribe-%d", base == NULL ? "/tmp" : base,
                   (int)getpid());
    for (unsigned n = 0; ok && n < rounds; n++) {
        struct round r = { .shared = s, .dir = dir, .seed = &seed };

        if (n % FRESH_EVERY == 0) {
            for (unsigned i = 0; i < CLIENTS; i++)
                writes += atomic_load(&s->client[i].acked);
            ok = fresh(s, dir);
        }
        ok = ok && run_round(&r, n);
    }
    for (unsigned i = 0; ok && i < CLIENTS; i++)
        writes += atomic_load(&s->client[i].acked);
    if (!ok)
        return 1;
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    (void)printf("%llu rounds, %llu writes, nothing lost\n", (unsigned long long)rounds,
                 (unsigned long long)writes);
    return 0;
}
