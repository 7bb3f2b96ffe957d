/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.c - the two steps in their order. Each step is checked, not hoped for:
 * after giving up root we try to take it back, and die if that works.
 */
#include "daemon/confine.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/confine_int.h"

enum { MEBI = 1024 * 1024 };
static const rlim_t ample_locked = 64 * MEBI;

const struct profile *
confine_profile(enum ipc_role role, const struct config *cfg)
{
    switch (role) {
    case ROLE_FRONT:
        return &confine_front;
    case ROLE_KEEPER:
        return &confine_keeper;
    case ROLE_SCRIBE:
        return &confine_scribe;
    case ROLE_CLERK:
        return config_dials(cfg) ? &confine_clerk_dialling : &confine_clerk;
    case ROLE_TOKEN:
        return &confine_token;
    case ROLE_SUPERVISOR:
    case ROLE__MAX:
        break;
    }
    bug_on(true);
    return NULL;
}

static enum err
failed(const char *step)
{
    log_error("confine: %s: %s", step, strerror(errno));
    return ERR_INTERNAL;
}

/* Without the supervisor nobody would restart or end us: die with it. Changing user ids
 * clears the setting, so this is done before and after. */
static enum err
die_with_parent(const struct child_env *env)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return failed("PR_SET_PDEATHSIG");
    return getppid() == env->parent ? ERR_OK : ERR_CLOSED;
}

/* Soft limit to want, as far as the hard limit goes (root may raise that). */
static void
raise_limit(int which, rlim_t want)
{
    struct rlimit now, r;

    if (getrlimit((__rlimit_resource_t)which, &now) != 0 || now.rlim_cur >= want)
        return;
    r.rlim_cur = want;
    r.rlim_max = now.rlim_max > want ? now.rlim_max : want;
    if (setrlimit((__rlimit_resource_t)which, &r) == 0)
        return;
    r.rlim_cur = r.rlim_max = now.rlim_max;
    (void)setrlimit((__rlimit_resource_t)which, &r);
}

static enum err
lower_limit(int which, rlim_t to)
{
    const struct rlimit r = { to, to };

    return setrlimit((__rlimit_resource_t)which, &r) == 0 ? ERR_OK : failed("setrlimit");
}

static enum err
set_limits(const struct child_env *env, const struct profile *p)
{
    rlim_t files = p->open_files;
    struct stat st;
    enum err e;

    if (env->role == ROLE_FRONT)
        files += env->config->limits.connections * env->loops;
    raise_limit(RLIMIT_NOFILE, files);
    raise_limit(RLIMIT_MEMLOCK, env->config->limits.locked_memory + ample_locked);
    e = lower_limit(RLIMIT_CORE, 0);
    /* Log lines must still reach a plain file behind stderr. */
    if (e == ERR_OK && !p->files && (fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode)))
        e = lower_limit(RLIMIT_FSIZE, 0);
    if (e == ERR_OK && p->one_process)
        e = lower_limit(RLIMIT_NPROC, 0);
    return e;
}

/* None; but a token's device or directory is often open to a group, which its user is in. */
static int
take_groups(const struct child_env *env)
{
    const struct config *c = env->config;
    const char *name = c->hsm_user[0] != '\0' ? c->hsm_user : c->user;
    const struct passwd *pw = env->role == ROLE_TOKEN ? getpwnam(name) : NULL;

    if (pw != NULL && pw->pw_uid == env->uid)
        return initgroups(name, env->gid);
    return setgroups(0, NULL);
}

static enum err
drop_user(const struct child_env *env)
{
    if (take_groups(env) != 0)
        return failed("setgroups");
    if (setresgid(env->gid, env->gid, env->gid) != 0)
        return failed("setresgid");
    if (setresuid(env->uid, env->uid, env->uid) != 0)
        return failed("setresuid");
    if (setuid(0) == 0 || setgid(0) == 0) {
        log_error("confine: could become root again");
        return ERR_INTERNAL;
    }
    return ERR_OK;
}

/* While we still may, if we ever might: a user without capabilities cannot. */
static void
drop_bounding_set(void)
{
    for (int cap = 0; cap < 64; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* All of them, also those that systemd gave us to bind low ports, and root's. */
static enum err
drop_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0 ? ERR_OK : failed("capset");
}

enum err
confine_identity(const struct child_env *env)
{
    const struct profile *p = confine_profile(env->role, env->config);
    enum err e = die_with_parent(env);

    if (e == ERR_OK)
        e = set_limits(env, p);
    if (e == ERR_OK)
        drop_bounding_set();
    if (e == ERR_OK && env->drop)
        e = drop_user(env);
    if (e == ERR_OK)
        e = drop_capabilities();
    if (e != ERR_OK)
        return e;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("PR_SET_NO_NEW_PRIVS");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failed("PR_SET_DUMPABLE");
    return die_with_parent(env);
}

/* Landlock holds for the calling thread and those it starts: there must be no other yet. */
static bool
has_one_thread(void)
{
    DIR *d = opendir("/proc/self/task");
    size_t n = 0;

    if (d == NULL)
        return true; /* no /proc to ask */
    while (readdir(d) != NULL)
        n++;
    (void)closedir(d);
    return n <= 3; /* ".", ".." and one */
}

enum err
confine_process(const struct child_env *env)
{
    const struct profile *p = confine_profile(env->role, env->config);
    enum err e;

    if (!has_one_thread()) {
        log_error("confine: threads were started too early");
        return ERR_INTERNAL;
    }
    if (env->config->confine == CONFINE_LOG)
        log_warn("confine = log: this process is not confined");
    else {
        e = confine_landlock(p, env->config);
        if (e != ERR_OK)
            return e;
    }
    return confine_seccomp(p, env->config->confine);
}

enum err
confine_process_cb(void *arg)
{
    return confine_process(arg);
}

size_t
confine_locked_memory(const struct child_env *env)
{
    size_t want = (size_t)env->config->limits.locked_memory;
    bool ample;
    struct rlimit r;

    if (want == 0) {
        ample = getrlimit(RLIMIT_MEMLOCK, &r) == 0 && r.rlim_cur >= ample_locked;
        want = (ample ? 32 : 4) * (size_t)MEBI;
    }
    /* Only what is sealed passes through scribe and clerk, a batch at a time. */
    if (env->role == ROLE_SCRIBE || env->role == ROLE_CLERK)
        want = want < 4 * MEBI ? want : 4 * MEBI;
    return want;
}
