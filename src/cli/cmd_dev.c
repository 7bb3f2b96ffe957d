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
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/secbuf.h"
#include "cli/cafile.h"
#include "cli/cli.h"
#include "cli/devinfo.h"
#include "cli/run.h"
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
    pid_t server;
};

/* ---------------------------------------------------------------- directories */

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

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
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "/tmp/keyhold-XXXXXX");
        if (mkdtemp(d->data_dir) == NULL)
            return EX_CANTCREAT;
    } else if (geteuid() == 0) {
        /* The server drops root and must be able to walk there: not under /root. */
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "/var/lib/keyhold-dev");
    } else if (share != NULL && share[0] == '/') {
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%.500s/keyhold-dev", share);
    } else {
        (void)snprintf(d->data_dir, sizeof(d->data_dir), "%.500s/.local/share/keyhold-dev",
                       home == NULL ? "/tmp" : home);
    }
    return EX_OK;
}

/* The shared secret of the managed-identity endpoint: new at each start. */
static int
make_identity_secret(struct dev *d)
{
    uint8_t random[24];
    struct buf text;
    int fd;

    rand_fill(random, sizeof(random));
    buf_init(&text, 128);
    b64url_put(sink_buf(&text), span_of(random, sizeof(random)));
    (void)snprintf(d->identity_secret, sizeof(d->identity_secret), "%s", buf_str(&text));
    buf_release(&text);
    (void)snprintf(d->identity_file, sizeof(d->identity_file), "%s/identity-header",
                   d->data_dir);
    fd = open(d->identity_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, d->identity_secret, strlen(d->identity_secret)) < 0) {
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

/* Forks the server; *ready_fd is where it says that it is ready, if that is wanted. */
static int
start_server(struct dev *d, int seed_fd, bool found_only, int *ready_fd)
{
    int fds[2];
    pid_t parent = getpid();

    if (pipe2(fds, O_CLOEXEC) != 0)
        return EX_OSERR;
    d->server = fork();
    if (d->server < 0)
        return EX_OSERR;
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
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

static int
found_if_new(struct dev *d, const char *path)
{
    int fd = -1, ready_fd = -1, code;

    if (run_is_founded(d->config)) {
        if (founding_read(path, &d->founding) == ERR_OK)
            return EX_OK;
        complain("%s was not made by `keyhold dev`: choose another --data-dir", d->data_dir);
        return EX_DATAERR;
    }
    fprintf(stderr, "keyhold: making root key, private CA, tenant and vault in %s\n",
            d->data_dir);
    founding_make(&d->founding, d->o.vault == NULL ? "dev" : d->o.vault, "dev",
                  d->config->location);
    code = run_prepare(d->config);
    if (code == EX_OK && (founding_save(&d->founding, path) != ERR_OK ||
                          founding_seed(&d->founding, &fd) != ERR_OK))
        code = EX_CANTCREAT;
    if (code == EX_OK)
        code = start_server(d, fd, true, &ready_fd);
    if (code == EX_OK) {
        close(ready_fd);
        code = wait_server(d);
    }
    if (fd >= 0)
        close(fd);
    return code == EX_OK ? cafile_write(d->config) : code;
}

/* -------------------------------------------------------------------- command */

static int
run_command(struct dev *d, const struct devinfo *info)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return EX_OSERR;
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        if (devinfo_environment(info) == ERR_OK)
            execvp(d->o.rest[0], d->o.rest);
        complain("cannot run %s: %s", d->o.rest[0], strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return EX_OSERR;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t server_to_stop;

static void
pass_on(int sig)
{
    if (server_to_stop > 0)
        (void)kill(server_to_stop, sig);
}

static int
serve(struct dev *d)
{
    struct devinfo info = { .config = d->config,
                            .founding = &d->founding,
                            .identity_secret = d->identity_secret };
    struct ready ready;
    int seed_fd = -1, ready_fd, code, ended;

    if (d->o.seed != NULL && (seed_fd = open(d->o.seed, O_RDONLY | O_CLOEXEC)) < 0) {
        complain("cannot open the seed file %s", d->o.seed);
        return EX_NOINPUT;
    }
    code = start_server(d, seed_fd, false, &ready_fd);
    if (code != EX_OK)
        return code;
    server_to_stop = d->server;
    signal(SIGTERM, pass_on);
    signal(SIGINT, SIG_IGN); /* a terminal's Ctrl-C reaches server and command by itself */
    if (read(ready_fd, &ready, sizeof(ready)) != (ssize_t)sizeof(ready))
        return wait_server(d); /* it has said why */
    info.port = ready.port;
    info.local_port = ready.local_port;
    if (d->o.nrest > 0) {
        code = run_command(d, &info);
        (void)kill(d->server, SIGTERM);
        ended = wait_server(d);
        return code != EX_OK ? code : ended;
    }
    if (d->o.json)
        devinfo_print_json(&info);
    else
        devinfo_print(&info);
    return wait_server(d);
}

int
cmd_dev(int argc, char **argv)
{
    static struct dev d;
    char path[PATH_CAP + 16];
    int code = options_parse(&d.o, argc, argv);

    if (code == EX_OK && d.o.nrest > 0 && !d.o.dashes) {
        complain("write `--` before the command to run");
        code = EX_USAGE;
    }
    if (code != EX_OK)
        return code;
    d.ephemeral = d.o.ephemeral || d.o.nrest > 0;
    if (secmem_init(CLI_SECMEM) != ERR_OK)
        return EX_OSERR;
    jsn_setup();
    code = choose_dir(&d);
    if (code == EX_OK)
        code = run_make_dir(d.data_dir);
    if (code == EX_OK)
        code = make_identity_secret(&d);
    if (code == EX_OK)
        code = configure(&d);
    (void)snprintf(path, sizeof(path), "%s/dev.json", d.data_dir);
    if (code == EX_OK)
        code = found_if_new(&d, path);
    if (code == EX_OK)
        code = serve(&d);
    if (d.ephemeral && d.o.data_dir == NULL && d.data_dir[0] != '\0')
        (void)nftw(d.data_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    founding_release(&d.founding);
    config_free(d.config);
    return code;
}
