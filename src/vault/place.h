/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where vaults stand: subscriptions (sub/<id>) and resource groups
 * (rg/<subscription>/<name in lower case>).
 */
#ifndef VAULT_PLACE_H
#define VAULT_PLACE_H

#include <stdbool.h>

#include "base/ids.h"
#include "vault/bag.h"
#include "vault/row.h"

enum { MAX_GROUP_NAME = 90, MAX_LOCATION = 40, MAX_MANAGED_BY = 400 };

struct place {
    struct guid subscription;
    struct guid tenant;              /* of a subscription; "" in rows of old: the default one */
    char name[257];                  /* of the subscription, or of the group as first spelled */
    char location[MAX_LOCATION + 1]; /* of a group */
    int64_t created;
    char managed_by[MAX_MANAGED_BY + 1]; /* of a group: an ARM id, or "" */
    struct bag tags;                     /* borrowed from the view, when loaded */
    uint64_t revision;                   /* of its row, set by loading */
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
/* Deletes the row of a group, on condition that it is still as it was loaded. */
void place_drop_group(struct store_write *w, const struct place *p);

/* The commit happens only if the row of the group is as it was loaded. */
void place_expect_group(struct store_write *w, const struct place *p);
/* Something comes into the group: not if the group is gone meanwhile, and a deletion that has
 * not seen it is refused (vault/fence.h). Any number at a time do not disturb each other. */
void place_enter_group(const struct rows *rows, struct store_write *w, const struct place *p);

/* One place of a scan, valid for the call; anything but ERR_OK ends the scan and is given back,
 * ERR_AGAIN as ERR_OK. */
typedef enum err (*place_fn)(void *arg, const struct place *p);
/* All subscriptions, in order of their ids. ERR_INTEGRITY, ERR_FORMAT, or what fn says. */
MUST_CHECK enum err place_each_subscription(const struct rows *rows, struct store_view *view,
                                            place_fn fn, void *arg);
/* Groups of a subscription whose lower-case name is greater than `after`. */
MUST_CHECK enum err place_each_group(const struct rows *rows, struct store_view *view,
                                     const struct guid *subscription, struct span after,
                                     place_fn fn, void *arg);

#endif /* VAULT_PLACE_H */
