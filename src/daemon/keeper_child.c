/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_child.c - the supervisor's configuration in the keeper's own terms. */
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "keeper/main.h"

enum {
    STOCK_AFTER_MS = 2000, /* a server that starts has better things to do */
    /* Measured: an opened RSA key weighs six to nine times what it takes of the locked heap,
     * keys of other types more. So the cache fills half of it; stock and work have the rest. */
    CACHE_PER_HEAP = 3,
};

/* OpenSSL's locked heap, next to our own locked memory: a quarter of it, a power of two. */
static size_t
private_heap_of(size_t locked)
{
    size_t heap = (size_t)512 * 1024;

    while (heap * 8 <= locked)
        heap *= 2;
    return heap;
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
                               .threads = c->keeper_threads,
                               .rsa_threads = c->keeper_rsa_threads,
                               .stock = { c->keeper_stock[0], c->keeper_stock[1],
                                          c->keeper_stock[2] },
                               .stock_after_ms = STOCK_AFTER_MS,
                               .secmem_len = confine_locked_memory(env),
                               .index = env->index,
                               .confine = confine_process_cb,
                               .confine_arg = (void *)(uintptr_t)env };
    struct secbuf passphrase;
    enum err e;

    k.private_heap = private_heap_of(k.secmem_len);
    k.key_cache = CACHE_PER_HEAP * k.private_heap;
    secbuf_init(&passphrase, PASSPHRASE_MAX + 64);
    if (env->passphrase_fd >= 0) {
        if (secmem_init(k.secmem_len) != ERR_OK)
            return EX_OSERR;
        e = passphrase_read(env->passphrase_fd, &passphrase);
        close(env->passphrase_fd);
        if (e != ERR_OK) {
            log_error("cannot read the passphrase from %s", c->seal_passphrase);
            return EX_NOINPUT;
        }
        k.passphrase = &passphrase;
    }
    return keeper_main(env->control_fd, &k);
}
