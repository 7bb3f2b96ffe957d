/* SPDX-License-Identifier: Apache-2.0 */
/* clerk_child.c - the supervisor's configuration in the clerk's own terms. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secbuf.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "dial/dial.h"
#include "jobs/clerk.h"

enum { CA_FILE_MAX = 8 << 20, READ_STEP = 64 * 1024 };

/* Whom TLS believes. Without the file there is no https, and the log says why. */
static void
read_ca(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : 1;
    uint8_t *p;

    while (n > 0 && (p = buf_grow(out, READ_STEP)) != NULL) {
        n = read(fd, p, READ_STEP);
        out->len -= READ_STEP - (n > 0 ? (size_t)n : 0);
    }
    if (n < 0)
        log_warn("dial.ca_file: %s: %s: nothing can be dialled by https", path,
                 strerror(errno));
    else if (out->err != ERR_OK)
        log_warn("dial.ca_file: %s: %s", path, err_text(out->err));
    if (n < 0 || out->err != ERR_OK)
        buf_clear(out);
    if (fd >= 0)
        (void)close(fd);
}

/* Before confinement, which would refuse it. A server that cannot dial is one nevertheless:
 * what would have been dialled fails, and says so. */
static struct dial *
make_dialler(const struct config *c, struct buf *ca)
{
    struct dial_config k = { .proxy = c->dial_proxy };
    struct dial *d = NULL;
    enum err e;

    if (!config_dials(c))
        return NULL;
    read_ca(c->dial_ca_file, ca);
    k.ca_pem = buf_span(ca);
    e = dial_nets_parse(span_str(c->dial_allow), &k.rules.allow);
    if (e == ERR_OK)
        e = dial_nets_parse(span_str(c->dial_deny), &k.rules.deny);
    if (e == ERR_OK)
        e = dial_new(&k, &d);
    if (e != ERR_OK)
        log_error("this server cannot dial out: %s", err_text(e));
    return d;
}

int
clerk_child_run(const struct child_env *env)
{
    const struct config *c = env->config;
    struct clerk_config k = { .store = { .engine = c->store_engine,
                                         .path = c->store_dir,
                                         .map_size = c->store_map_size },
                              .domain = c->domain,
                              .extra_names =
                                  c->tls_extra_names[0] == '\0' ? NULL : c->tls_extra_names,
                              .location = c->location,
                              .seed_fd = env->seed_fd,
                              .tls_chain_fd = env->tls_chain_fd,
                              .tls_key_fd = env->tls_key_fd,
                              /* Only who brings a seed may found: an empty store at an
                               * ordinary start means that something was lost. */
                              .found = env->seed_fd >= 0,
                              .restarted = env->index > 0,
                              .confine = confine_process_cb,
                              .confine_arg = (void *)(uintptr_t)env,
                              .clock_offset = c->clock_offset };
    struct buf ca;
    int code;

    if (secmem_init(confine_locked_memory(env)) != ERR_OK)
        return EX_OSERR;
    buf_init(&ca, CA_FILE_MAX);
    k.dial = make_dialler(c, &ca);
    code = clerk_main(env->control_fd, &k);
    buf_release(&ca);
    return code;
}
