/* SPDX-License-Identifier: Apache-2.0 */
/* scribe_child.c - the supervisor's configuration in the scribe's own terms. */
#include "daemon/children.h"
#include "daemon/confine.h"
#include "scribe/main.h"
#include "vault/syskey.h"

/* Row k/audit: payload and tag. The scribe cannot check the tag; the keeper opens the key
 * only if it is genuine. */
static enum err
audit_key(struct span row, struct wrapped *out)
{
    struct syskey k;
    enum err e;

    if (row.len < ROW_TAG_LEN)
        return ERR_FORMAT;
    e = syskey_read(span_head(row, row.len - ROW_TAG_LEN), &k);
    if (e == ERR_OK)
        *out = syskey_wrapped(&k);
    return e;
}

int
scribe_child_run(const struct child_env *env)
{
    const struct config *c = env->config;
    struct scribe_config s = { .store = { .engine = c->store_engine,
                                          .path = c->store_dir,
                                          .map_size = c->store_map_size },
                               .audit_dir = c->audit_dir,
                               .max_bytes = c->audit_max_bytes,
                               .accept_loss = c->audit_accept_loss,
                               .secmem_len = confine_locked_memory(env),
                               .audit_key = audit_key,
                               .confine = confine_process_cb,
                               .confine_arg = (void *)(uintptr_t)env };

    return scribe_main(env->control_fd, &s);
}
