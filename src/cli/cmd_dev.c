/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_dev.c - `keyhold dev`: everything with defaults that suit a laptop or a
 * CI job. With `-- COMMAND` the server is throw-away, listens on free ports,
 * lives as long as COMMAND does, and its exit code is COMMAND's.
 *
 * Three processes: this one, the server (a supervisor with its children), and
 * COMMAND. The server says that it is ready through a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "cli/cafile.h"
#include "cli/cli.h"
#include "cli/devinfo.h"
#include "cli/run.h"
#include "cli/scratch.h"
#include "codec/b64.h"
#include "codec/isotime.h"
#include "codec/jsn.h"

enum { CLI_SECMEM = 256 * 1024, PATH_CAP = 600 };

struct ready {
    uint16_t port;
    uint16_t local_port;
};

struct dev {
    struct options o;
    struct config *config;
    struct founding founding;
    char data_dir[PATH_CAP];
    char identity_file[PATH_CAP + 32];
    char identity_secret[64];
    char clock[32];
    bool ephemeral;
    bool throw_away; /* the directory is ours to remove */
    int lock;        /* on it; the server has it too */
    pid_t server;
};

/*
 * Who gets a signal that asks us to end: the command while it runs, else the
 * server. Its end is then the end of our waiting.
 */
static volatile pid_t told;
static volatile sig_atomic_t told_hears_terminal, stop_asked;
static const int caught[] = { SIGTERM, SIGINT, SIGHUP };
enum { NCAUGHT = sizeof(caught) / sizeof(caught[0]) };

/* A terminal's Ctrl-C reaches the command by itself: the kernel sent it to the whole group. */
static void
pass_on(int sig, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    stop_asked = 1;
    if (told > 0 && !(told_hears_terminal && info->si_code == SI_KERNEL))
        (void)kill(told, sig);
    errno = saved;
}

static void
tell(pid_t pid, bool hears_terminal)
{
    told_hears_terminal = hears_terminal;
    told = pid;
    if (stop_asked && pid > 0) /* it came before there was somebody to tell */
        (void)kill(pid, SIGTERM);
}

static void
catch_signals(void)
{
    struct sigaction sa = { .sa_sigaction = pass_on, .sa_flags = SA_RESTART | SA_SIGINFO };

    for (size_t i = 0; i < NCAUGHT; i++)
        (void)sigaction(caught[i], &sa, NULL);
}

/*
 * fork() with default signals in the child, and none that the child takes for the parent. The
 * child is the one that is told from its first moment: a signal that came between the fork and
 * tell() would still go to who was told before.
 */
static pid_t
fork_plain(bool own_group)
{
    sigset_t block, before;
    pid_t pid;

    sigemptyset(&block);
    for (size_t i = 0; i < NCAUGHT; i++)
        sigaddset(&block, caught[i]);
    (void)sigprocmask(SIG_BLOCK, &block, &before);
    pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < NCAUGHT; i++)
            (void)signal(caught[i], SIG_DFL);
        if (own_group) {
            (void)setpgid(0, 0);
            (void)signal(SIGTTOU, SIG_IGN); /* `stty tostop` shall not stop the log */
        }
    } else if (pid > 0) {
        tell(pid, !own_group);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static bool
is_stop(int sig)
{
    return sig == SIGTERM || sig == SIGINT || sig == SIGHUP;
}

/* ---------------------------------------------------------------- directories */

static int
choose_dir(struct dev *d)
{
    const char *home = getenv("HOME"), *share = getenv("XDG_DATA_HOME");

    if (d->o.data_dir != NULL && d->o.data_dir[0] != '/') {
        char cwd[PATH_CAP / 2];

        if (getcwd(cwd, sizeof(cwd)) == NULL)
            return EX_OSERR;
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%s/%.250s", cwd, d->o.data_dir);
    } else if (d->o.data_dir != NULL) {
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%s", d->o.data_dir);
    } else if (d->ephemeral) {
        scratch_sweep();
        if (scratch_make(d->data_dir, sizeof(d->data_dir), &d->lock) != ERR_OK) {
            complain("cannot make a folder in /tmp: %s", strerror(errno));
            return EX_CANTCREAT;
        }
        d->throw_away = true;
    } else if (geteuid() == 0) {
        /* The server drops root and must be able to walk there: not under /root. */
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "/var/lib/keyhold-dev");
    } else if (share != NULL && share[0] == '/') {
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%.500s/keyhold-dev", share);
    } else {
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%.500s/.local/share/keyhold-dev",
                       home == NULL ? "/tmp" : home);
    }
    d->o.data_dir = NULL; /* it is settled, for options_config() too */
    return EX_OK;
}

/* The shared secret of the managed-identity endpoint: new at each start. */
static int
make_identity_secret(struct dev *d)
{
    WIPED32 uint8_t random[32];
    struct secbuf text;
    ssize_t len;
    int fd;

    rand_fill_shown(random, sizeof(random));
    secbuf_init(&text, 128);
    b64url_put(sink_sec(&text), span_of(random, sizeof(random)));
    bug_on(!span_copy_str(secbuf_span(&text), d->identity_secret, sizeof(d->identity_secret)));
    len = (ssize_t)text.len;
    secbuf_release(&text);
    (void)snprintf(d->identity_file, sizeof(d->identity_file), "%s/identity-header",
                   d->data_dir);
    fd = open(d->identity_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, d->identity_secret, (size_t)len) != len) {
        complain("cannot write %s: %s", d->identity_file, strerror(errno));
        if (fd >= 0)
            close(fd);
        return EX_CANTCREAT;
    }
    close(fd);
    return EX_OK;
}

/* -------------------------------------------------------------- configuration */

static int
take_clock(struct dev *d)
{
    int64_t then;

    if (d->o.clock == NULL)
        return EX_OK;
    if (isotime_get(span_str(d->o.clock), &then) != ERR_OK) {
        complain("--clock wants a time such as 2030-01-31T12:00:00Z, not '%s'", d->o.clock);
        return EX_USAGE;
    }
    (void)snprintf(d->clock, sizeof(d->clock), "%lld", (long long)(then - time(NULL)));
    options_set(&d->o, "clock_offset", d->clock);
    return EX_OK;
}

/* Defaults of dev come first, so --set wins over them. */
static int
configure(struct dev *d)
{
    struct options mine = d->o;
    int code;

    d->o.nset = 0;
    options_set(&d->o, "data_dir", d->data_dir);
    options_set(&d->o, "listen", d->ephemeral ? "127.0.0.1:0" : "127.0.0.1:8443");
    options_set(&d->o, "listen", d->ephemeral ? "[::1]:0" : "[::1]:8443");
    options_set(&d->o, "local.listen", d->ephemeral ? "127.0.0.1:0" : "127.0.0.1:8480");
    options_set(&d->o, "identity.header_secret", d->identity_file);
    options_set(&d->o, "log.level", "warning");
    code = take_clock(d);
    for (size_t i = 0; code == EX_OK && i < mine.nset; i++)
        options_set(&d->o, mine.set[i].key, mine.set[i].value);
    if (code != EX_OK)
        return code;
    d->config = options_config(&d->o);
    return d->config == NULL ? EX_CONFIG : EX_OK;
}

/* --------------------------------------------------------------------- server */

static void
say_ready(void *arg, const struct listeners *l)
{
    struct ready r = { .port = l->public_port,
                       .local_port = l->local_fd >= 0 ? l->local.port : 0 };
    int fd = *(const int *)arg;

    if (write(fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
        complain("nobody waits for this server");
    close(fd);
}

/*
 * Forks the server; *ready_fd is where it says that it is ready, if that is wanted. It is in a
 * group of its own: Ctrl-C is the command's, and what the command then still has to do needs
 * the server.
 */
static int
start_server(struct dev *d, int seed_fd, bool found_only, int *ready_fd)
{
    int fds[2];
    pid_t parent = getpid();

    if (pipe2(fds, O_CLOEXEC) != 0)
        return EX_OSERR;
    d->server = fork_plain(true);
    if (d->server < 0) {
        close(fds[0]);
        close(fds[1]);
        return EX_OSERR;
    }
    if (d->server == 0) {
        struct run r = { .config = d->config,
                         .seed_fd = seed_fd,
                         .dev = true,
                         .found_only = found_only,
                         .on_ready = found_only ? NULL : say_ready,
                         .arg = &fds[1] };

        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(EX_OSERR);
        close(fds[0]);
        secmem_release(); /* the children lock memory of their own */
        _exit(run_server(&r));
    }
    close(fds[1]);
    *ready_fd = fds[0];
    return EX_OK;
}

static int
wait_server(const struct dev *d)
{
    int status;

    while (waitpid(d->server, &status, 0) != d->server)
        if (errno != EINTR)
            return EX_OSERR;
    tell(0, false);
    if (WIFSIGNALED(status) && stop_asked && is_stop(WTERMSIG(status)))
        return EX_OK; /* told before it listened to signals */
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* The founding run of the server, which ends by itself; then the CA's files. */
static int
found(struct dev *d)
{
    int fd = -1, ready_fd = -1, code = run_prepare(d->config);

    if (code == EX_OK && founding_seed(&d->founding, &fd) != ERR_OK)
        code = EX_CANTCREAT;
    if (code == EX_OK)
        code = start_server(d, fd, true, &ready_fd);
    if (code == EX_OK) {
        close(ready_fd);
        code = wait_server(d);
    }
    if (fd >= 0)
        close(fd);
    if (code == EX_OK && stop_asked)
        code = EX_TEMPFAIL;
    return code == EX_OK ? cafile_write(d->config) : code;
}

/*
 * dev.json says that the founding was finished; until then what was begun is in
 * dev.json.part, and the next start goes on with it.
 */
static int
found_if_new(struct dev *d, const char *path)
{
    char part[PATH_CAP + 32];
    int founded = run_founded(d->config), code;
    bool again;
    enum err e;

    (void)snprintf(part, sizeof(part), "%s.part", path);
    if (founded != EX_OK && founded != EX_NOINPUT)
        return founded;
    if (founded == EX_OK && founding_read(path, &d->founding) == ERR_OK)
        return EX_OK;
    if (founded == EX_OK && access(part, F_OK) != 0) {
        complain("%s was not made by `keyhold dev`: choose another --data-dir", d->data_dir);
        return EX_DATAERR;
    }
    e = founding_begin(&d->founding, part, d->o.vault == NULL ? "dev" : d->o.vault, "dev",
                       d->config->location, d->config->domain, &again);
    if (e != ERR_OK) {
        complain("cannot use %s: %s", part, err_text(e));
        return EX_CANTCREAT;
    }
    fprintf(stderr, "keyhold: %s root key, private CA, tenant and vault in %s\n",
            again ? "going on making" : "making", d->data_dir);
    code = found(d);
    if (code == EX_OK && rename(part, path) != 0) {
        complain("cannot rename %s: %s", part, strerror(errno));
        code = EX_CANTCREAT;
    }
    return code;
}

/* -------------------------------------------------------------------- command */

static _Noreturn void
become_command(const struct dev *d, const struct devinfo *info)
{
    int why = ENOMEM;

    if (devinfo_environment(info) == ERR_OK) {
        execvp(d->o.rest[0], d->o.rest);
        why = errno;
    }
    complain("cannot run %s: %s", d->o.rest[0], strerror(why));
    _exit(why == ENOENT ? 127 : 126); /* as shells have it */
}

static int
run_command(const struct dev *d, const struct devinfo *info)
{
    pid_t pid = fork_plain(false);
    int status;

    if (pid < 0)
        return EX_OSERR;
    if (pid == 0)
        become_command(d, info);
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return EX_OSERR;
    tell(0, false);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The server is ready: the command's life, or its own. */
static int
live(struct dev *d, const struct devinfo *info)
{
    int code, ended;

    if (d->o.nrest > 0) {
        code = run_command(d, info);
        (void)kill(d->server, SIGTERM);
        ended = wait_server(d);
        return code != EX_OK ? code : ended;
    }
    if (d->o.json)
        devinfo_print_json(info);
    else
        devinfo_print(info);
    return wait_server(d);
}

static int
serve(struct dev *d)
{
    struct devinfo info = { .config = d->config,
                            .founding = &d->founding,
                            .identity_secret = d->identity_secret };
    struct ready ready;
    int seed_fd = -1, ready_fd, code;
    ssize_t n;

    if (d->o.seed != NULL && (seed_fd = open(d->o.seed, O_RDONLY | O_CLOEXEC)) < 0) {
        complain("cannot open the seed file %s: %s", d->o.seed, strerror(errno));
        return EX_NOINPUT;
    }
    code = start_server(d, seed_fd, false, &ready_fd);
    if (seed_fd >= 0)
        close(seed_fd);
    if (code != EX_OK)
        return code;
    n = read(ready_fd, &ready, sizeof(ready));
    close(ready_fd);
    if (n != (ssize_t)sizeof(ready))
        return wait_server(d); /* it has said why */
    info.port = ready.port;
    info.local_port = ready.local_port;
    return live(d, &info);
}

static int
dev(struct dev *d)
{
    char path[PATH_CAP + 16];
    int code = choose_dir(d);

    if (code == EX_OK)
        code = run_make_dir(d->data_dir, 0755);
    if (code == EX_OK)
        code = make_identity_secret(d);
    if (code == EX_OK)
        code = configure(d);
    (void)snprintf(path, sizeof(path), "%s/dev.json", d->data_dir);
    if (code == EX_OK)
        code = found_if_new(d, path);
    if (code == EX_OK)
        code = serve(d);
    if (d->throw_away)
        scratch_remove(d->data_dir);
    return code;
}

int
cmd_dev(int argc, char **argv)
{
    static struct dev d;
    int code = options_parse(&d.o, argc, argv);

    if (code == EX_OK && d.o.nrest > 0 && !d.o.dashes) {
        complain("write `--` before the command to run");
        code = EX_USAGE;
    }
    if (code == EX_OK)
        code = run_check_vault(d.o.vault);
    if (code != EX_OK)
        return code;
    d.ephemeral = d.o.ephemeral || d.o.nrest > 0;
    if (secmem_init(CLI_SECMEM) != ERR_OK)
        return EX_OSERR;
    jsn_setup();
    catch_signals();
    code = dev(&d);
    founding_release(&d.founding);
    wipe(d.identity_secret, sizeof(d.identity_secret));
    config_free(d.config);
    return code;
}
