/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise_spawn.c - fork, and what the child is left with: its own descriptors,
 * default signals, a name, and the unprivileged user. Everything else it could
 * have inherited is closed before its main runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/confine.h"
#include "daemon/supervise_int.h"

enum { MAX_KEPT = 2048 };

struct kept {
    int fds[MAX_KEPT];
    size_t n;
};

enum err
supervise_open_file(const char *path, int *fd)
{
    *fd = -1;
    if (path[0] == '\0')
        return ERR_OK;
    /* What it is and who owns it is judged by the reader, on the open descriptor. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (*fd >= 0)
        return ERR_OK;
    log_error("cannot open %s: %s", path,
              errno == ELOOP ? "it is a symbolic link" : strerror(errno));
    return errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED;
}

/* The root key, and the next one if a rotation was interrupted. */
static enum err
open_keys(const struct config *cfg, struct child_env *env)
{
    char next[CONFIG_PATH_MAX + 8];
    enum err e = supervise_open_file(cfg->seal_file, &env->root_fd);

    if (e == ERR_NOT_FOUND)
        log_error("no root key at %s: run `keyhold init` first", cfg->seal_file);
    if (e != ERR_OK)
        return e;
    (void)snprintf(next, sizeof(next), "%s.next", cfg->seal_file);
    if (access(next, F_OK) == 0)
        e = supervise_open_file(next, &env->root_next_fd);
    if (e == ERR_OK)
        e = supervise_open_file(cfg->seal_passphrase, &env->passphrase_fd);
    return e;
}

static enum err
open_for_role(const struct supervisor *s, struct child_env *env)
{
    const struct config *cfg = s->cfg;
    enum err e = ERR_OK;

    if (env->role == ROLE_KEEPER)
        return open_keys(cfg, env);
    if (env->role == ROLE_TOKEN)
        return supervise_open_file(cfg->hsm_pin_file, &env->pin_fd);
    if (env->role == ROLE_FRONT) {
        e = supervise_open_file(cfg->identity_header_secret, &env->identity_secret_fd);
        if (e == ERR_OK)
            e = supervise_open_file(cfg->trusted_issuers, &env->attesters_fd);
        return e;
    }
    if (env->role == ROLE_CLERK) {
        env->seed_fd = s->opt->seed_fd;
        e = supervise_open_file(cfg->tls_chain, &env->tls_chain_fd);
        if (e == ERR_OK)
            e = supervise_open_file(cfg->tls_key, &env->tls_key_fd);
        if (e == ERR_OK)
            e = supervise_open_file(cfg->smtp_password_file, &env->smtp_password_fd);
    }
    return e;
}

static void
close_for_role(struct child_env *env)
{
    const int mine[] = { env->root_fd,         env->root_next_fd,
                         env->passphrase_fd,   env->identity_secret_fd,
                         env->tls_chain_fd,    env->tls_key_fd,
                         env->pin_fd,          env->attesters_fd,
                         env->smtp_password_fd };

    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++)
        if (mine[i] >= 0)
            (void)close(mine[i]);
}

static void
env_init(const struct supervisor *s, const struct child *c, struct child_env *env)
{
    *env = (struct child_env){
        .role = c->role,
        .config = s->cfg,
        .control_fd = -1,
        .index = c->starts,
        .public_port = s->listeners.public_port,
        .loops = s->cfg->loops,
        .local_fd = -1,
        .pki_fd = -1,
        .identity_secret_fd = -1,
        .attesters_fd = -1,
        .root_fd = -1,
        .root_next_fd = -1,
        .passphrase_fd = -1,
        .pin_fd = -1,
        .seed_fd = -1,
        .tls_chain_fd = -1,
        .tls_key_fd = -1,
        .smtp_password_fd = -1,
        .parent = getpid(),
        .drop = s->estate.drop,
        .uid = c->role == ROLE_TOKEN ? s->estate.token_uid : s->estate.uid,
        .gid = c->role == ROLE_TOKEN ? s->estate.token_gid : s->estate.gid,
    };
    if (c->role != ROLE_FRONT)
        return;
    env->listen_fds = s->listeners.fds;
    env->naddresses = s->listeners.naddresses;
    env->local_fd = s->listeners.local_fd;
    env->pki_fd = s->listeners.pki_fd;
    env->pki_port = s->listeners.pki_fd >= 0 ? s->listeners.pki.port : 0;
}

static void
keep_fd(struct kept *k, int fd)
{
    bug_on(k->n == MAX_KEPT);
    if (fd >= 0)
        k->fds[k->n++] = fd;
}

static int
by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void
close_gap(unsigned from, unsigned to)
{
    if (from <= to)
        (void)syscall(SYS_close_range, from, to, 0);
}

static void
close_others(const struct supervisor *s, const struct child_env *env)
{
    struct kept k = { .n = 0 };
    unsigned next = STDERR_FILENO + 1;

    keep_fd(&k, env->control_fd);
    for (size_t i = 0; env->listen_fds != NULL && i < env->loops * env->naddresses; i++)
        keep_fd(&k, env->listen_fds[i]);
    keep_fd(&k, env->local_fd);
    keep_fd(&k, env->pki_fd);
    keep_fd(&k, env->identity_secret_fd);
    keep_fd(&k, env->attesters_fd);
    keep_fd(&k, env->root_fd);
    keep_fd(&k, env->root_next_fd);
    keep_fd(&k, env->passphrase_fd);
    keep_fd(&k, env->pin_fd);
    keep_fd(&k, env->seed_fd);
    keep_fd(&k, env->tls_chain_fd);
    keep_fd(&k, env->tls_key_fd);
    keep_fd(&k, env->smtp_password_fd);
    for (size_t i = 0; i < s->opt->nkeep; i++)
        keep_fd(&k, s->opt->keep_fds[i]);
    qsort(k.fds, k.n, sizeof(k.fds[0]), by_number);
    for (size_t i = 0; i < k.n; i++) {
        unsigned fd = (unsigned)k.fds[i];

        if (fd < next)
            continue;
        if (fd > next)
            close_gap(next, fd - 1);
        next = fd + 1;
    }
    close_gap(next, ~0u);
}

static _Noreturn void
become_child(const struct supervisor *s, const struct child_env *env)
{
    const char *name = ipc_role_name(env->role);
    char title[16];

    supervise_signals_child(&s->old_mask);
    close_others(s, env);
    log_set_process(name);
    (void)snprintf(title, sizeof(title), "kh-%s", name);
    (void)prctl(PR_SET_NAME, title);
    if (confine_identity(env) != ERR_OK)
        _exit(EX_OSERR);
    /* _exit: what the parent registered for its own end is none of ours. */
    _exit(s->opt->mains[env->role].run(env));
}

enum err
supervise_spawn(struct supervisor *s, struct child *c)
{
    struct child_env env;
    int fds[2] = { -1, -1 };
    pid_t pid = -1;
    enum err e;

    env_init(s, c, &env);
    e = open_for_role(s, &env);
    if (e == ERR_OK)
        e = ipc_pair(fds);
    if (e == ERR_OK) {
        env.control_fd = fds[1];
        (void)fflush(NULL);
        pid = fork();
        if (pid == 0)
            become_child(s, &env);
        if (pid < 0) {
            log_error("cannot fork %s: %s", ipc_role_name(c->role), strerror(errno));
            e = ERR_IO;
        }
    }
    close_for_role(&env);
    if (fds[1] >= 0)
        (void)close(fds[1]);
    if (e != ERR_OK) {
        if (fds[0] >= 0)
            (void)close(fds[0]);
        return e;
    }
    c->pid = pid;
    c->control_fd = fds[0];
    c->ready = false;
    c->kill_ms = 0;
    c->starts++;
    c->started_ms = clock_mono_ms();
    log_debug("%s started, pid %d", ipc_role_name(c->role), (int)pid);
    return ERR_OK;
}
