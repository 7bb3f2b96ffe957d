/* SPDX-License-Identifier: Apache-2.0 */
/* confine_probe.c - the hidden self-test: tries, from inside, what must not succeed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/confine.h"

/* errno of a call that failed; 0, and what it made is closed, otherwise. */
static int
refusal_of_fd(int fd)
{
    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

static int
try_open(void)
{
    return refusal_of_fd(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
try_create(void)
{
    return refusal_of_fd(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static int
try_socket(void)
{
    return refusal_of_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* On a descriptor that is surely there: a filter answers before the kernel looks at it. */
static int
try_connect(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons(9),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return connect(STDERR_FILENO, (struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
}

static int
try_ptrace(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? 0 : errno;
}

static int
try_exec(void)
{
    char *argv[] = { NULL }, *envp[] = { NULL };

    return execve("/bin/true", argv, envp) == 0 ? 0 : errno;
}

static int
try_fork(void)
{
    pid_t pid = fork();

    if (pid < 0)
        return errno;
    if (pid == 0)
        _exit(0);
    (void)waitpid(pid, NULL, 0);
    return 0;
}

static int
try_kill(void)
{
    return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
try_map_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return errno;
    (void)munmap(p, 4096);
    return 0;
}

static int
try_root(void)
{
    return setresuid(0, 0, 0) == 0 ? 0 : errno;
}

static const struct {
    const char *what;
    int (*attempt)(void);
} attempts[] = {
    { "open", try_open },       { "create", try_create }, { "socket", try_socket },
    { "connect", try_connect }, { "ptrace", try_ptrace }, { "exec", try_exec },
    { "fork", try_fork },       { "kill", try_kill },     { "map-exec", try_map_exec },
    { "root", try_root },
};

int
confine_probe(const char *what)
{
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (strcmp(what, attempts[i].what) == 0)
            return attempts[i].attempt();
    bug_on(true);
    return 0;
}

int
confine_probe_map(void *map, size_t len)
{
    return mprotect(map, len, PROT_READ | PROT_WRITE) == 0 ? 0 : errno;
}
