/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants.c - the table of write grants. A prefix that is not in it may be
 * written by nobody, so a new kind of row needs a line here.
 */
#include "scribe/grants.h"

#include "base/log.h"
#include "store/store.h"

enum grant {
    BY_FRONT = 1 << 0,
    BY_CLERK = 1 << 1,
    BY_BOTH = BY_FRONT | BY_CLERK,
    AT_INIT = 1 << 2, /* by the clerk, while the store is not founded */
};

/* docs/formats/store.md says what the rows hold. The first prefix that fits decides. */
static const struct {
    const char *prefix;
    int by;
} grants[] = {
    /* clang-format off */
    { "sn/",       BY_BOTH },
    { "sd/",       BY_BOTH },
    { "sv/",       BY_BOTH },
    { "kn/",       BY_BOTH },
    { "kd/",       BY_BOTH },
    { "kv/",       BY_BOTH },
    { "kp/",       BY_BOTH },
    { "kr/",       BY_BOTH },
    { "kq/",       BY_BOTH },
    { "cn/",       BY_BOTH },
    { "cd/",       BY_BOTH },
    { "cv/",       BY_BOTH },
    { "cp/",       BY_BOTH },
    { "co/",       BY_BOTH },
    { "ci/",       BY_BOTH },
    { "ct/",       BY_BOTH },
    { "cr/",       BY_BOTH },
    { "cw/",       BY_BOTH },
    { "ce/",       BY_CLERK },
    { "ch/",       BY_CLERK },
    { "cq/",       BY_CLERK },
    { "ea/",       BY_CLERK },
    { "cm/",       BY_CLERK },
    { "cf/",       BY_CLERK },
    { "hc/",       BY_CLERK },
    { "pq/",       BY_BOTH },
    { "pa/",       BY_BOTH },
    { "pc/",       BY_BOTH },
    { "pl/",       BY_BOTH },
    { "pr/",       BY_BOTH },
    { "v/",        BY_BOTH },
    { "vd/",       BY_BOTH },
    { "vs/",       BY_BOTH },
    { "vx/",       BY_BOTH },
    { "vq/",       BY_BOTH },
    { "vp/",       BY_BOTH },
    { "k/backup/", BY_BOTH },
    { "k/",        BY_CLERK },
    { "t/",        BY_BOTH },
    { "sub/",      BY_BOTH },
    { "rg/",       BY_BOTH },
    { "ap/",       BY_BOTH },
    { "sp/",       BY_BOTH },
    { "spa/",      BY_BOTH },
    { "g/",        BY_BOTH },
    { "gm/",       BY_BOTH },
    { "gr/",       BY_BOTH },
    { "ow/",       BY_BOTH },
    { "pf/",       BY_BOTH },
    { "fc/",       BY_BOTH },
    { "fe/",       BY_BOTH },
    { "rx/",       BY_BOTH },
    { "al/",       BY_BOTH },
    { "ra/",       BY_BOTH },
    { "rs/",       BY_BOTH },
    { "lk/",       BY_BOTH },
    { "rd/",       BY_BOTH },
    { "ri/",       BY_BOTH },
    { "rn/",       BY_BOTH },
    { "ru/",       BY_BOTH },
    { "da/",       BY_BOTH },
    { "mg/",       BY_BOTH },
    { "mc/",       BY_BOTH },
    { "ms/",       BY_BOTH },
    { "mt/",       BY_BOTH },
    { "mi/",       BY_BOTH },
    { "un/",       BY_BOTH },
    { "uc/",       BY_BOTH },
    { "lo/",       BY_BOTH },
    { "ac/",       BY_BOTH },
    { "ae/",       BY_BOTH },
    { "an/",       BY_BOTH },
    { "ai/",       BY_BOTH },
    { "ao/",       BY_BOTH },
    { "dc/",       BY_BOTH },
    { "dp/",       BY_BOTH },
    { "dt/",       BY_BOTH },
    { "du/",       BY_BOTH },
    { "rf/",       BY_BOTH },
    { "rt/",       BY_BOTH },
    { "ss/",       BY_BOTH },
    { "f/",        AT_INIT },
    /* clang-format on */
};

static int
grants_of(struct span key)
{
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
        if (span_has_prefix(key, span_str(grants[i].prefix)))
            return grants[i].by;
    return 0;
}

bool
grants_may_write(enum ipc_role role, bool founded, struct span key)
{
    int by = grants_of(key);

    switch (role) {
    case ROLE_FRONT:
        return (by & BY_FRONT) != 0;
    case ROLE_CLERK:
        return (by & BY_CLERK) != 0 || ((by & AT_INIT) != 0 && !founded);
    case ROLE_SUPERVISOR:
    case ROLE_KEEPER:
    case ROLE_SCRIBE:
    case ROLE_TOKEN:
    case ROLE__MAX:
        return false;
    }
    return false;
}

struct asker {
    enum ipc_role role;
    bool founded;
};

static enum err
check_key(void *arg, struct span key)
{
    const struct asker *a = arg;

    if (grants_may_write(a->role, a->founded, key))
        return ERR_OK;
    log_error("%s may not write the row '%.*s'", ipc_role_name(a->role),
              (int)span_head(key, 64).len, (const char *)key.ptr);
    return ERR_DENIED;
}

enum err
grants_check(enum ipc_role role, bool founded, struct span packed)
{
    struct asker a = { role, founded };

    if (span_is_empty(packed))
        return ERR_OK;
    return store_write_keys(packed, check_key, &a);
}
