/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_child.c - the supervisor's configuration in the keeper's own terms. */
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "keeper/main.h"

/* The passphrase's file: one line, without its end. */
static enum err
read_passphrase(int fd, struct secbuf *out)
{
    uint8_t *p = secbuf_grow(out, PASSPHRASE_MAX + 2);
    ssize_t n = p == NULL ? -1 : read(fd, p, PASSPHRASE_MAX + 2);

    close(fd);
    if (n <= 0)
        return ERR_IO;
    while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
        n--;
    secbuf_truncate(out, (size_t)n);
    return ERR_OK;
}

int
keeper_child_run(const struct child_env *env)
{
    const struct config *c = env->config;
    struct keeper_config k = { .seal = c->seal,
                               .root_fd = env->root_fd,
                               .root_next_fd = env->root_next_fd,
                               .root_path = c->seal_file,
                               /* the engine's links and those for TLS signatures */
                               .loops = 2 * c->loops,
                               .slow_threads = c->keeper_slow_threads,
                               .secmem_len = confine_locked_memory(env),
                               .index = env->index,
                               .confine = confine_process_cb,
                               .confine_arg = (void *)(uintptr_t)env };
    struct secbuf passphrase;

    secbuf_init(&passphrase, PASSPHRASE_MAX + 64);
    if (env->passphrase_fd >= 0) {
        if (secmem_init(k.secmem_len) != ERR_OK)
            return EX_OSERR;
        if (read_passphrase(env->passphrase_fd, &passphrase) != ERR_OK) {
            log_error("cannot read the passphrase from %s", c->seal_passphrase);
            return EX_NOINPUT;
        }
        k.passphrase = &passphrase;
    }
    return keeper_main(env->control_fd, &k);
}
