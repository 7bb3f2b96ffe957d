/* SPDX-License-Identifier: Apache-2.0 */
/* token_child.c - the supervisor's configuration in the token process's own terms. */
#include <sys/stat.h>

#include "base/log.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "token/main.h"

/* A credential's mode is systemd's business. */
static void
look_at_pin(const struct child_env *env)
{
    struct stat st;

    if (fstat(env->pin_fd, &st) == 0 && (st.st_mode & 077) != 0 && st.st_uid != 0)
        log_warn("%s can be read by others: chmod 600 it", env->config->hsm_pin_file);
}

int
token_child_run(const struct child_env *env)
{
    const struct config *c = env->config;
    struct token_main_config t = { .module = c->hsm_module,
                                   .label = c->hsm_token,
                                   .pin_fd = env->pin_fd,
                                   .pin_path = c->hsm_pin_file,
                                   .loops = c->loops,
                                   .threads = c->hsm_threads,
                                   .secmem_len = confine_locked_memory(env),
                                   .index = env->index,
                                   .confine = confine_process_cb,
                                   .confine_arg = (void *)(uintptr_t)env };

    look_at_pin(env);
    return token_main(env->control_fd, &t);
}
