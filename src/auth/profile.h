/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - what the directory shows of an object and nothing decides on:
 * mail, given name, description, reply addresses as sent...
 *
 * Row pf/<tid>/<object id> (docs/formats/directory.md), for users, groups,
 * service principals and applications. An object without the row has no such
 * members. No token and no decision reads it. Threads: as the view.
 */
#ifndef AUTH_PROFILE_H
#define AUTH_PROFILE_H

#include "base/err.h"
#include "base/ids.h"
#include "base/sink.h"
#include "base/span.h"
#include "vault/row.h"

enum { PROFILE_ITEMS_MAX = 40, PROFILE_NAME_MAX = 48, PROFILE_JSON_MAX = 8192 };

struct profile_item {
    char name[PROFILE_NAME_MAX + 1];
    char *json;
};
struct profile {
    unsigned n;
    struct profile_item at[PROFILE_ITEMS_MAX];
    uint64_t revision; /* 0: no row */
};

/* Without a row: empty. ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM: *out is empty then. */
MUST_CHECK enum err profile_load(const struct rows *rows, struct store_view *view,
                                 const struct guid *tid, const struct guid *id,
                                 struct profile *out);
void profile_release(struct profile *p);

/* JSON text of a member; empty if it is not there. Borrowed. */
struct span profile_get(const struct profile *p, const char *name);
/* json must be JSON; empty takes the member away. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err profile_set(struct profile *p, struct span name, struct span json);

/* On condition that the row is as it was loaded. Failures stick to the write. */
void profile_store(const struct rows *rows, struct store_write *w, const struct guid *tid,
                   const struct guid *id, const struct profile *p);
/* The payload alone, for rows of the same shape. ERR_FORMAT, ERR_NOMEM: *out is empty. */
MUST_CHECK enum err profile_read(struct span payload, struct profile *out);
void profile_write(const struct profile *p, struct sink to);
void profile_delete(struct store_write *w, const struct guid *tid, const struct guid *id);

#endif /* AUTH_PROFILE_H */
