/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource.h - resources beside vaults that are stored as they were put: user-assigned
 * identities and their federated credentials, diagnostic settings.
 *
 * Row rx<id in lower case> (docs/formats/store.md). What belongs to a resource has an id that
 * begins with that of the resource, so it is found, listed and dropped with it.
 *
 * Threads: as the view.
 */
#ifndef VAULT_RESOURCE_H
#define VAULT_RESOURCE_H

#include "base/ids.h"
#include "vault/bag.h"
#include "vault/place.h"
#include "vault/row.h"

enum {
    MAX_RESOURCE_KEY = MAX_STORE_KEY - 2, /* of an id */
    MAX_RESOURCE_PROPERTIES = 64 * 1024,
    MAX_RESOURCES_READ = 1000, /* by one scan */
};

struct resource {
    char id[MAX_RESOURCE_KEY + 1]; /* as first spelled */
    char location[MAX_LOCATION + 1];
    struct guid principal, application; /* of an identity */
    int64_t created, updated;
    struct bag tags;        /* borrowed from the view, when loaded */
    struct span properties; /* a JSON object; borrowed likewise */
    uint64_t revision;      /* of its row, set by loading; 0 = new */
};

/* id in any letter case. ERR_NOT_FOUND (also an id that is too long), ERR_INTEGRITY,
 * ERR_FORMAT. */
MUST_CHECK enum err resource_load(const struct rows *rows, struct store_view *view,
                                  struct span id, struct resource *out);
/* Expects r->revision. Failures stick to the write. */
void resource_store(const struct rows *rows, struct store_write *w, const struct resource *r);
void resource_drop(struct store_write *w, const struct resource *r);
/* The commit happens only if the row is as it was loaded. */
void resource_expect(struct store_write *w, const struct resource *r);

/* r is borrowed for the call; false to stop. */
typedef bool (*resource_fn)(void *arg, const struct resource *r);
/*
 * Those whose id begins with prefix, in order of the ids in lower case, behind `after` (such
 * an id, or empty); at most max. ERR_INTEGRITY, ERR_FORMAT, ERR_IO; ERR_ARG: prefix too long.
 */
MUST_CHECK enum err resource_each(const struct rows *rows, struct store_view *view,
                                  struct span prefix, struct span after, unsigned max,
                                  resource_fn fn, void *arg);

/* Last segment of the id. Borrowed. */
struct span resource_name(const struct resource *r);

#endif /* VAULT_RESOURCE_H */
