/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where vaults stand: subscriptions (sub/<id>) and resource groups
 * (rg/<subscription>/<name in lower case>).
 */
#ifndef VAULT_PLACE_H
#define VAULT_PLACE_H

#include <stdbool.h>

#include "base/ids.h"
#include "vault/row.h"

enum { MAX_GROUP_NAME = 90, MAX_LOCATION = 40 };

struct place {
    struct guid subscription;
    char name[257];                  /* of the subscription, or of the group as first spelled */
    char location[MAX_LOCATION + 1]; /* of a group */
    int64_t created;
    uint64_t revision; /* of its row, set by loading */
};

/* Letters, digits, '-', '_', '.', '(', ')'; 1 to 90; not ending with '.'. */
bool place_group_name_is_ok(struct span name);

/* group empty: the subscription itself. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err place_load(const struct rows *rows, struct store_view *view,
                               const struct guid *subscription, struct span group,
                               struct place *out);
/* is_group: p->name names a group of p->subscription. expect: 0 = new. */
void place_store(const struct rows *rows, struct store_write *w, const struct place *p,
                 bool is_group, uint64_t expect);

#endif /* VAULT_PLACE_H */
