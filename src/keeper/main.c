/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the keeper's life: set up, prove the crypto, open keys, confine, serve, end. */
#include "keeper/main.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/cert_file.h"
#include "crypto/setup.h"
#include "ipc/control.h"
#include "keeper/serve.h"

enum { SECMEM_DEFAULT = 4 * 1024 * 1024, PRIVATE_HEAP = 512 * 1024 };

static enum err
set_up(const struct keeper_config *cfg, struct keeper **out)
{
    size_t used, total;
    enum err e = ERR_OK;

    *out = NULL;
    secmem_usage(&used, &total);
    if (total == 0)
        e = secmem_init(cfg->secmem_len > 0 ? cfg->secmem_len : SECMEM_DEFAULT);
    if (e == ERR_OK)
        e = crypto_setup_private(cfg->private_heap > 0 ? cfg->private_heap : PRIVATE_HEAP);
    if (e == ERR_OK)
        e = crypto_selftest();
    if (e == ERR_OK)
        cert_file_setup();
    if (e == ERR_OK)
        e = keeper_new(cfg, out);
    return e;
}

static void
tell(const struct keeper_config *cfg, int control, uint16_t op, enum err status)
{
    struct control c = { .op = op,
                         .role = cfg->role == 0 ? ROLE_KEEPER : (uint16_t)cfg->role,
                         .status = (int32_t)status };

    if (control_send(control, &c, -1) != ERR_OK)
        log_warn("keeper: the supervisor does not listen");
}

static void
take_link(struct keeper *k, const struct control *c, int fd)
{
    enum err e = ERR_ARG;

    if (fd >= 0)
        e = keeper_link(k, fd, (enum ipc_role)c->role, c->index);
    if (e != ERR_OK)
        log_error("keeper: cannot take a link: %s", err_text(e));
}

/* False when it is time to go. */
static bool
obey(const struct keeper_config *cfg, struct keeper *k, int control, const struct control *c,
     int fd)
{
    if (c->op == CONTROL_PEER) {
        take_link(k, c, fd);
        return true;
    }
    if (c->op == CONTROL_ROOT_NEXT) {
        tell(cfg, control, CONTROL_DONE, fd < 0 ? ERR_ARG : keeper_root_load_next(k, fd));
        return true;
    }
    if (c->op == CONTROL_RELOAD && cfg->reload != NULL)
        cfg->reload(cfg->reload_arg, fd);
    else if (fd >= 0)
        close(fd);
    if (c->op == CONTROL_ROOT_FINISH)
        tell(cfg, control, CONTROL_DONE, keeper_root_finish(k));
    return c->op != CONTROL_DRAIN;
}

/* Until CONTROL_DRAIN or the supervisor's end. */
static enum err
serve(const struct keeper_config *cfg, struct keeper *k, int control)
{
    struct pollfd p = { .fd = control, .events = POLLIN };
    struct control c;
    enum err e;
    int fd;

    for (;;) {
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return ERR_IO;
        e = control_recv(control, &c, &fd);
        if (e == ERR_AGAIN)
            continue;
        if (e == ERR_CLOSED)
            return ERR_OK;
        if (e != ERR_OK)
            return e;
        if (!obey(cfg, k, control, &c, fd))
            return ERR_OK;
    }
}

int
keeper_main(int control_fd, const struct keeper_config *cfg)
{
    const char *process = cfg->process == NULL ? "keeper" : cfg->process;
    struct keeper *k = NULL;
    int code = EX_SOFTWARE;
    enum err e;

    log_set_process(process);
    e = set_up(cfg, &k);
    if (e == ERR_DENIED || e == ERR_FORMAT || e == ERR_BAD_SECRET)
        code = EX_CONFIG;
    if (e == ERR_OK && cfg->confine != NULL)
        e = cfg->confine(cfg->confine_arg);
    if (e == ERR_OK)
        e = keeper_start(k);
    if (e == ERR_OK) {
        tell(cfg, control_fd, CONTROL_READY, ERR_OK);
        e = serve(cfg, k, control_fd);
    }
    keeper_free(k);
    close(control_fd);
    if (e == ERR_OK)
        return EX_OK;
    log_error("%s %u: cannot go on: %s", process, cfg->index, err_text(e));
    return code;
}
