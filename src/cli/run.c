/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - fills the supervisor's table, and lays the ground for a founding. */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "daemon/children.h"
#include "daemon/supervise.h"
#include "seal/keyfile.h"
#include "seal/root.h"
#include "store/store.h"
#include "vault/vault.h"

enum { APART_SECMEM = 256 * 1024 };

/* Founded and seeded is all that was wanted: an orderly stop. */
static void
stop_when_ready(void *arg, const struct listeners *l)
{
    const struct run *r = arg;

    if (r->on_ready != NULL)
        r->on_ready(r->arg, l);
    (void)raise(SIGTERM);
}

int
run_server(const struct run *r)
{
    struct supervise_options o = {
        .dev = r->dev, .seed_fd = r->seed_fd, .on_ready = r->on_ready, .arg = r->arg
    };

    log_set_process("supervisor");
    log_set_level(r->config->log_level);
    o.mains[ROLE_KEEPER].run = keeper_child_run;
    o.mains[ROLE_SCRIBE].run = scribe_child_run;
    o.mains[ROLE_CLERK].run = clerk_child_run;
    if (r->found_only) {
        o.on_ready = stop_when_ready;
        o.arg = (void *)(uintptr_t)r;
    } else {
        o.mains[ROLE_TOKEN].run = token_child_run; /* if there is one to serve */
        o.mains[ROLE_FRONT].run = front_child_run;
    }
    return supervise(r->config, &o);
}

int
run_apart(int (*fn)(const struct config *c), const struct config *c)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return EX_OSERR;
    if (pid == 0) {
        secmem_release(); /* locks do not pass to a child: an arena of its own */
        _exit(secmem_init(APART_SECMEM) == ERR_OK ? fn(c) : EX_OSERR);
    }
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return EX_OSERR;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

int
run_server_apart(const struct run *r)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return EX_OSERR;
    if (pid == 0) {
        secmem_release(); /* the children lock memory of their own */
        _exit(run_server(r));
    }
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return EX_OSERR;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* The row that the founding commit has as its precondition. */
static int
look_for_founding(const struct config *c)
{
    struct store_config sc = { .engine = c->store_engine,
                               .path = c->store_dir,
                               .read_only = true };
    struct store *store = NULL;
    struct store_view *view = NULL;
    struct store_row row;
    enum err e = store_open(&sc, &store);

    if (e == ERR_OK)
        e = store_begin(store, &view);
    if (e == ERR_OK)
        e = store_get(view, span_str("f/format"), &row);
    store_end(view);
    store_close(store);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        return e == ERR_OK ? EX_OK : EX_NOINPUT;
    complain("cannot read the store at %s: %s", c->store_dir, err_text(e));
    return child_exit_code(e);
}

int
run_founded(const struct config *c)
{
    return run_apart(look_for_founding, c);
}

int
run_check_vault(const char *name)
{
    if (name == NULL || vault_name_is_ok(span_str(name)))
        return EX_OK;
    complain("'%s' cannot be a vault: 3 to 24 letters, digits and single hyphens, beginning "
             "with a letter, not ending with a hyphen",
             name);
    return EX_USAGE;
}

int
run_make_dir(const char *path, mode_t mode)
{
    char part[CONFIG_PATH_MAX];

    if (!span_copy_str(span_str(path), part, sizeof(part)) || part[0] == '\0') {
        complain("the name of the data directory is too long, or empty");
        return EX_USAGE;
    }
    for (char *p = part + 1; *p != '\0'; p++)
        if (*p == '/') {
            *p = '\0';
            (void)mkdir(part, 0755);
            *p = '/';
        }
    if (mkdir(part, mode) != 0 && errno != EEXIST) {
        complain("cannot make the directory %s: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    return EX_OK;
}

static enum err
read_passphrase(const struct config *c, struct secbuf *out)
{
    int fd = open(c->seal_passphrase, O_RDONLY | O_CLOEXEC);
    enum err e;

    if (fd < 0)
        return ERR_NOT_FOUND;
    e = passphrase_read(fd, out);
    close(fd);
    return e;
}

int
run_make_key(const struct config *c, const char *path)
{
    struct secbuf passphrase;
    struct root_key *root = NULL;
    enum err e;

    secbuf_init(&passphrase, PASSPHRASE_MAX + 64);
    e = root_key_new(&root);
    if (e == ERR_OK && c->seal == SEAL_PASSPHRASE)
        e = read_passphrase(c, &passphrase);
    if (e == ERR_OK)
        e = c->seal == SEAL_PASSPHRASE
                ? keyfile_create_sealed(path, root, secbuf_span(&passphrase))
                : keyfile_create(path, root);
    secbuf_release(&passphrase);
    root_key_free(root);
    if (e == ERR_OK)
        return EX_OK;
    complain("cannot make the root key %s: %s", path, err_text(e));
    return EX_CANTCREAT;
}

/*
 * The root key passes through this process once, on its way into the file; it
 * lies in locked memory and is wiped before anything is served.
 */
static int
prepare(const struct config *c)
{
    struct stat st;

    if (lstat(c->seal_file, &st) == 0 && st.st_size > 0) {
        fprintf(stderr, "keyhold: using the root key that is in %s\n", c->seal_file);
        return EX_OK;
    }
    if (c->seal == SEAL_CREDENTIAL) {
        complain("there is no root key in the credential %s", c->seal_file);
        return EX_NOINPUT;
    }
    /* An empty file holds no key: somebody was interrupted making it. */
    if (lstat(c->seal_file, &st) == 0 && S_ISREG(st.st_mode) && unlink(c->seal_file) != 0) {
        complain("cannot replace the empty file %s: %s", c->seal_file, strerror(errno));
        return EX_CANTCREAT;
    }
    return run_make_key(c, c->seal_file);
}

int
run_prepare(const struct config *c)
{
    return run_apart(prepare, c);
}
