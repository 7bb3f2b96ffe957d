/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.h - schedules: rows that say what the clock has to do with an object, and
 * when (docs/formats/rows.md).
 *
 *     <schedule>/<time>/<letter>/<vault GUID>/<NAME>
 *
 * The time is 16 hex digits of seconds since 1970, so byte order is order of
 * time. A schedule row means something only while the object's head says the
 * same; otherwise it is dropped by whoever meets it.
 */
#ifndef VAULT_DUE_H
#define VAULT_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "vault/name.h"
#include "vault/object.h"

enum { DUE_TEXT = 17 };

/* when: not negative. */
void due_text(int64_t when, char out[static DUE_TEXT]);
/* The time at the beginning of rest, which goes on with '/'. */
bool due_read(struct span rest, int64_t *when);

/* name: upper-cased. Neither expects anything: the object's head is what writers expect. */
void due_put(const struct vault_at *at, struct store_write *w, const char *schedule,
             int64_t when, char letter, const char *name);
void due_drop(const struct vault_at *at, struct store_write *w, const char *schedule,
              int64_t when, char letter, const char *name);

/* Is it what a row of a schedule holds? For checks of the store. ERR_FORMAT. */
MUST_CHECK enum err due_payload_check(struct span payload);

struct due_row {
    int64_t when;
    char letter;
    struct object_name name; /* upper-cased in both forms */
    struct vault *vault;     /* the caller unrefs; NULL: it is gone */
    uint64_t revision;
};
/*
 * ERR_OK          its time has come
 * ERR_NOT_FOUND   no such row, or its time has not come
 * ERR_NO_VAULT    its vault is deleted, but may be recovered: leave the row alone
 * ERR_FORMAT      not a row of that schedule, with one of these letters; ERR_INTEGRITY
 */
MUST_CHECK enum err due_get(const struct rows *rows, struct store_view *view,
                            const char *schedule, const char *letters, struct span key,
                            int64_t now, struct due_row *out);
/* The live object whose head has the row's time as that of `action`, with its current version.
 * at->vault is the row's. ERR_NOT_FOUND: there is none. Errors as object_get_current(). */
MUST_CHECK enum err due_object(const struct vault_at *at, const struct due_row *row,
                               unsigned action, struct object *out);
/* Drops a row whose object is gone or says something else. */
void due_drop_stale(struct store_write *w, struct span key, const struct due_row *row);

#endif /* VAULT_DUE_H */
