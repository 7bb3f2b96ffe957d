/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_token.c - a module may hang or crash: it is loaded by a child that may be ended. */
#include "cli/doctor_token.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "token/main.h"

enum { PATIENCE_MS = 20 * 1000, SECMEM = 1024 * 1024 };

/* The user whose rights decide; who is not root stays who he is. */
static bool
become_user(const struct config *c)
{
    const char *name = c->hsm_user[0] != '\0' ? c->hsm_user : c->user;
    const struct passwd *pw;

    if (geteuid() != 0)
        return true;
    pw = getpwnam(name);
    return pw != NULL && initgroups(name, pw->pw_gid) == 0 &&
           setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == 0 &&
           setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == 0;
}

static void
look(const struct config *c, struct inspection *out)
{
    int fd = open(c->hsm_pin_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    struct secbuf pin;

    if (fd < 0) {
        (void)snprintf(out->text, sizeof(out->text), "%.200s: %s", c->hsm_pin_file,
                       strerror(errno));
        return;
    }
    secbuf_init(&pin, TOKEN_PIN_MAX + 64);
    if (token_read_pin(fd, &pin) != ERR_OK)
        (void)snprintf(out->text, sizeof(out->text), "%.200s holds no PIN in its first line",
                       c->hsm_pin_file);
    else if (!become_user(c))
        (void)snprintf(out->text, sizeof(out->text),
                       "cannot become the user of the token process");
    else
        inspect_token(c->hsm_module, c->hsm_token, secbuf_span(&pin), out);
    secbuf_release(&pin);
}

static void
child(const struct config *c, int to)
{
    struct inspection found = { .works = false };
    ssize_t n;

    secmem_release(); /* locks do not pass to a child: an arena of its own */
    if (secmem_init(SECMEM) != ERR_OK)
        (void)snprintf(found.text, sizeof(found.text), "too little memory may be locked");
    else
        look(c, &found);
    n = write(to, &found, sizeof(found));
    _exit(n == (ssize_t)sizeof(found) ? 0 : 1); /* no handlers: they may be the module's */
}

void
doctor_token(const struct config *c, struct inspection *out)
{
    struct pollfd p = { .events = POLLIN };
    int fds[2], status;
    pid_t pid;

    *out = (struct inspection){ .text = "the module crashed or hung while it was looked at" };
    if (pipe2(fds, O_CLOEXEC) != 0)
        return;
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(c, fds[1]);
    (void)close(fds[1]);
    p.fd = fds[0];
    if (pid > 0 && poll(&p, 1, PATIENCE_MS) == 1) {
        struct inspection found;

        if (read(fds[0], &found, sizeof(found)) == (ssize_t)sizeof(found))
            *out = found;
    }
    (void)close(fds[0]);
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
}
