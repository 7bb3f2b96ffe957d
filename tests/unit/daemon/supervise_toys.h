/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise_toys.h - children that do nothing but tell on a pipe what the supervisor does with
 * them, and misbehave as told. Included by test_supervise.c alone, which forks them.
 */
#ifndef SUPERVISE_TOYS_H
#define SUPERVISE_TOYS_H

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/children.h"
#include "ipc/control.h"

static int report_fd = -1; /* writing end, kept by every child */

/* Which toy misbehaves, and how; set before the fork. */
static struct {
    enum ipc_role role;
    enum { GOOD, EXIT_CONFIG, EXIT_TEMP, IGNORE_DRAIN, LIE, FLOOD, LOSE_OWN, LOSE_OTHERS } how;
    bool done;
} mischief;

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
    char line[128];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (write(report_fd, line, (size_t)n) != n)
        _exit(98);
}

static void
tell(const struct child_env *env, enum control_op op)
{
    const struct control m = { .op = (uint16_t)op };

    if (control_send(env->control_fd, &m, -1) != ERR_OK)
        _exit(97);
}

/* A toy says hello on each link it gets, and reports what it hears there. */
static void
take_link(const struct child_env *env, const struct control *m, int fd)
{
    say("%s link %s %u\n", ipc_role_name(env->role), ipc_role_name((enum ipc_role)m->role),
        m->index);
    close(fd);
}

static void
lose(const struct child_env *env)
{
    static const struct control lost[] = {
        { .op = CONTROL_LOST, .role = ROLE_KEEPER, .index = 3 },
        { .op = CONTROL_LOST, .role = ROLE_SCRIBE, .index = 1 },
        { .op = CONTROL_LOST, .role = ROLE_CLERK },
        { .op = CONTROL_LOST, .role = ROLE_KEEPER, .index = 4 },
    };
    bool lie = mischief.how == LOSE_OTHERS;

    say("front lost\n");
    for (size_t i = lie ? 2 : 0; i < (lie ? 4U : 2U); i++)
        (void)!control_send(env->control_fd, &lost[i], -1);
}

static bool
obey(const struct child_env *env, const struct control *m, int fd)
{
    const char *me = ipc_role_name(env->role);
    char c = 0;

    switch (m->op) {
    case CONTROL_PEER:
        take_link(env, m, fd);
        /* The last of all that front gets: nobody loses what he has not got yet. */
        if (mischief.role == env->role && env->index == 0 && m->role == ROLE_SCRIBE &&
            m->index == 1 && !mischief.done &&
            (mischief.how == LOSE_OWN || mischief.how == LOSE_OTHERS)) {
            mischief.done = true;
            lose(env);
        }
        return true;
    case CONTROL_DRAIN:
        say("%s drain\n", me);
        return mischief.role == env->role && mischief.how == IGNORE_DRAIN;
    case CONTROL_ROOT_NEXT:
        if (pread(fd, &c, 1, 0) != 1)
            c = '?';
        say("%s next-root %c\n", me, c);
        close(fd);
        tell(env, CONTROL_DONE);
        return true;
    case CONTROL_RELOAD:
        say("%s reload %u%s\n", me, m->index, fd >= 0 ? " file" : "");
        if (fd >= 0)
            close(fd);
        return true;
    default:
        say("%s order %u\n", me, m->op);
        tell(env, CONTROL_DONE);
        return true;
    }
}

/* Three at once, so that the supervisor never finds its end of the socket empty. */
static void
flood(const struct child_env *env)
{
    const struct control ready = { .op = CONTROL_READY };

    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            close(report_fd);
            while (control_send(env->control_fd, &ready, -1) == ERR_OK)
                ;
            _exit(0);
        }
}

static int
misbehave(const struct child_env *env)
{
    struct control odd = { .op = CONTROL_DRAIN };

    if (mischief.how == EXIT_CONFIG)
        return EX_CONFIG;
    if (mischief.how == EXIT_TEMP && env->index == 0)
        return EX_TEMPFAIL;
    if (mischief.how == LIE && env->index == 0) {
        if (control_send(env->control_fd, &odd, -1) != ERR_OK)
            return 97;
        pause();
    }
    if (mischief.how == FLOOD)
        flood(env);
    return 0;
}

/* Says that links were lost, once it has all of them. */
static int
toy_main(const struct child_env *env)
{
    const char *me = ipc_role_name(env->role);
    struct pollfd p = { .fd = env->control_fd, .events = POLLIN };
    struct control m;
    int fd, rc = 0;
    enum err e;

    say("%s start %d %u\n", me, (int)getpid(), env->index);
    if (mischief.role == env->role)
        rc = misbehave(env);
    if (rc != 0)
        return rc;
    tell(env, CONTROL_READY);
    for (;;) {
        (void)poll(&p, 1, -1);
        e = control_recv(env->control_fd, &m, &fd);
        if (e == ERR_CLOSED)
            return 0;
        if (e == ERR_OK && !obey(env, &m, fd))
            break;
    }
    say("%s end\n", me);
    return 0;
}

#endif /* SUPERVISE_TOYS_H */
