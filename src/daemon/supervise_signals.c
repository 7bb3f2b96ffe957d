/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise_signals.c - handlers only count; ppoll lets signals in, so none can
 * slip between looking and sleeping.
 */
#include "daemon/supervise_int.h"

static volatile sig_atomic_t stops, hangups;
static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
enum { NCAUGHT = sizeof(caught) / sizeof(caught[0]) };

static void
on_signal(int sig)
{
    if (sig == SIGTERM || sig == SIGINT)
        stops++;
    else if (sig == SIGHUP)
        hangups++;
    /* SIGCHLD only ends the wait. */
}

void
supervise_signals_catch(sigset_t *old_mask)
{
    struct sigaction act = { .sa_handler = on_signal };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t block;

    stops = hangups = 0;
    sigemptyset(&block);
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < NCAUGHT; i++)
        sigaddset(&block, caught[i]);
    (void)sigprocmask(SIG_BLOCK, &block, old_mask);
    for (size_t i = 0; i < NCAUGHT; i++)
        (void)sigaction(caught[i], &act, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

static void
set_all(void (*handler)(int))
{
    struct sigaction act = { .sa_handler = handler };

    for (size_t i = 0; i < NCAUGHT; i++)
        (void)sigaction(caught[i], &act, NULL);
}

void
supervise_signals_child(const sigset_t *old_mask)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t mask = *old_mask;

    set_all(SIG_DFL);
    /* Ctrl-C, a closed terminal and timeout(1) reach the whole group: the supervisor drains
     * us, in order. */
    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    for (size_t i = 0; i < NCAUGHT; i++)
        sigdelset(&mask, caught[i]);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

void
supervise_signals_release(const sigset_t *old_mask)
{
    set_all(SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, old_mask, NULL);
}

struct supervise_signals
supervise_signals_take(void)
{
    struct supervise_signals t = { .stops = (unsigned)stops, .hangup = hangups > 0 };

    /* Blocked outside ppoll: nothing comes in between. */
    stops = hangups = 0;
    return t;
}
