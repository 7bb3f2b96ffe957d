/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activity.h - the activity log: what was done and refused on the management plane of a
 * subscription, for those who may read it there (monitoring.md C). The audit log has the same
 * requests and more; these rows are what a client can ask for.
 *
 * Row al/<subscription>/<inverted time>/<id> (docs/formats/store.md), gone after 90 days
 * (auth/expiry.h).
 */
#ifndef API_ACTIVITY_H
#define API_ACTIVITY_H

#include "api/exchange.h"

enum { ACTIVITY_DAYS = 90, ACTIVITY_EVENT_MAX = 8 * 1024 };

enum activity_field {
    ACTIVITY_RESOURCE,
    ACTIVITY_GROUP,
    ACTIVITY_PROVIDER,
    ACTIVITY_CORRELATION,
    ACTIVITY_CALLER,
    ACTIVITY_STATUS,
    ACTIVITY_FIELD__MAX
};

struct activity {
    int64_t time;                           /* 100 ns */
    struct span field[ACTIVITY_FIELD__MAX]; /* what filters look at; borrowed */
    struct span event;                      /* a JSON object, compact; borrowed */
};

/*
 * Puts a row into w for a change that is answered with that status, or for one that was
 * refused; nothing for reading, for other planes, or outside of subscriptions. Refusals beyond
 * a number a second are in the audit log alone. It expects nothing, so it never conflicts.
 */
void activity_note(const struct exchange *x, unsigned status, struct store_write *w);

/* ERR_FORMAT. Borrows from payload. */
MUST_CHECK enum err activity_read(struct span payload, struct activity *out);
/* How the time stands in keys: newest first. 16 hexadecimal digits. */
void activity_inverted(int64_t time, char out[static 17]);

#endif /* API_ACTIVITY_H */
