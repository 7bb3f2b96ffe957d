/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - open, bring in line, confine, serve. Nothing that another process
 * sent is read before confine().
 */
#include "scribe/main.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secbuf.h"
#include "crypto/setup.h"
#include "ipc/control.h"
#include "scribe/serve.h"

enum { DIR_MODE = 0750 };

static const uint64_t default_max_bytes = 64 * 1024 * 1024;
static const size_t default_secmem = 1024 * 1024;

/* Orders come through the control socket. A file size limit is an error, not a death. */
static void
ignore_signals(void)
{
    static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGHUP, SIGINT, SIGTERM };

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        (void)signal(ignored[i], SIG_IGN);
}

static int
open_dir(const char *path)
{
    int fd;

    if (mkdir(path, DIR_MODE) != 0 && errno != EEXIST)
        log_error("audit: cannot make %s: %s", path, strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        log_error("audit: cannot open %s: %s", path, strerror(errno));
    return fd;
}

static enum err
open_log(const struct scribe_config *cfg, struct store *store, struct committer *c)
{
    int dir = open_dir(cfg->audit_dir);

    if (dir < 0)
        return ERR_IO;
    return committer_open(c, store, dir,
                          cfg->max_bytes == 0 ? default_max_bytes : cfg->max_bytes,
                          cfg->accept_loss);
}

static enum err
serve(struct serve *s, const struct scribe_config *cfg)
{
    struct control ready = { .op = CONTROL_READY, .role = ROLE_SCRIBE };
    enum err e = cfg->confine == NULL ? ERR_OK : cfg->confine(cfg->confine_arg);

    if (e != ERR_OK)
        return e;
    e = control_send(s->control, &ready, -1);
    return e != ERR_OK ? e : serve_run(s);
}

static int
exit_code(enum err e, bool opened)
{
    if (e == ERR_OK)
        return SCRIBE_EXIT_OK;
    log_error("ending: %s", err_text(e));
    if (err_class_of(e) == ERR_CLASS_INTEGRITY)
        return SCRIBE_EXIT_REFUSED;
    return opened ? SCRIBE_EXIT_IO : SCRIBE_EXIT_SETUP;
}

int
scribe_main(int control_fd, const struct scribe_config *cfg)
{
    struct committer *c = calloc(1, sizeof(*c));
    struct serve *s = calloc(1, sizeof(*s));
    struct store *store = NULL;
    bool opened = false, serving = false;
    enum err e = c == NULL || s == NULL ? ERR_NOMEM : ERR_OK;

    log_set_process("scribe");
    ignore_signals();
    if (e == ERR_OK)
        e = secmem_init(cfg->secmem_len == 0 ? default_secmem : cfg->secmem_len);
    if (e == ERR_OK)
        e = crypto_setup();
    if (e == ERR_OK)
        e = store_open(&cfg->store, &store);
    if (e == ERR_OK)
        e = open_log(cfg, store, c);
    opened = e == ERR_OK;
    if (e == ERR_OK) {
        serving = true;
        e = serve_init(s, c, cfg->audit_key, control_fd);
    }
    if (e == ERR_OK)
        e = serve(s, cfg);
    if (serving)
        serve_release(s);
    else
        close(control_fd);
    if (opened)
        committer_close(c);
    store_close(store);
    free(s);
    free(c);
    return exit_code(e, opened);
}
