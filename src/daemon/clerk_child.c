/* SPDX-License-Identifier: Apache-2.0 */
/* clerk_child.c - the supervisor's configuration in the clerk's own terms. */
#include <sysexits.h>

#include "base/secbuf.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "jobs/clerk.h"

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

    if (secmem_init(confine_locked_memory(env)) != ERR_OK)
        return EX_OSERR;
    return clerk_main(env->control_fd, &k);
}
