/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm.h - what the handlers of the resource manager share (management-plane.md A):
 * answers, errors, bodies, lists.
 *
 * Every handler runs after the doors of this plane (arm/doors.h): the caller
 * is known and may do the row's action on x->scope, unless the row says
 * OVER_OWN; then the handler asks arm_may() for each thing it would show.
 */
#ifndef API_ARM_ARM_H
#define API_ARM_ARM_H

#include "api/exchange.h"
#include "auth/condition.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum { ARM_PAGE_MAX = 1000, ARM_URL_MAX = 2048 };

/* Status and the headers of every answer; the body is the caller's to write. */
void arm_headers(struct exchange *x, unsigned status);
/* A JSON answer: headers, and a writer for its body. */
struct jsw arm_reply(struct exchange *x, unsigned status);
/* An answer without a body: 204, or 200 of a DELETE. */
enum next arm_empty(struct exchange *x, unsigned status, enum next next);
/* `next`, unless body or write could not be composed: half of one is never sent. */
enum next arm_finish(struct exchange *x, enum next next);

/* The error answer {"error":{code, message}} (A.7); the message is printf-like. */
enum next arm_fail(struct exchange *x, unsigned status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* An error of ours as this plane words it: what the doors and the engine meet. */
void arm_error(struct exchange *x, enum err e, struct buf *message);
/* A handler's own failure: exchange_fail without a text. */
enum next arm_trouble(struct exchange *x, enum err e);

/* The body as a JSON object. *why is NULL, or the answer was composed: return NEXT_REPLY. */
MUST_CHECK enum err arm_body(struct exchange *x, struct jsn **root);

/* May the caller do this there? scope: an ARM id in lower case. Denied on any failure. */
bool arm_may(struct exchange *x, const char *action, const char *scope);
/* The same, where conditions look at what is written (auth/condition.h). */
bool arm_may_as(struct exchange *x, const char *action, const char *scope,
                const struct attribute *attributes, size_t n);
/*
 * For rows that are OVER_OWN: sets x->scope (lower case) and asks for any one of these actions,
 * NULL behind the last, there; then for locks. False: the answer was composed, a denial with
 * the first action.
 */
bool arm_enter(struct exchange *x, struct span scope, const char *const *actions);
/* The denial of an action at x->scope. */
enum next arm_deny(struct exchange *x, const char *action);
/* Is nothing locked there against the method of the request? scope: an ARM id in lower case.
 * False: the answer was composed. */
bool arm_unlocked(struct exchange *x, const char *scope);
/* Has the caller any role at, above or below this scope? */
bool arm_has_role(struct exchange *x, const char *scope);

/* Text of a bind, NUL-terminated; false if it does not fit. */
bool arm_bind(const struct exchange *x, unsigned i, char *out, size_t cap);
/* The subscription in bind[0], of the caller's tenant. ERR_NOT_FOUND; the answer was composed
 * then (SubscriptionNotFound). */
MUST_CHECK enum err arm_subscription(struct exchange *x, struct guid *out);

/* $top, 1..ARM_PAGE_MAX; ARM_PAGE_MAX when absent or senseless. */
unsigned arm_top(const struct exchange *x);
/*
 * Paging: the position after which a page begins ("" for the first), and the member nextLink
 * behind it when `last` is not NULL. Positions are bound to the path (api/page.h).
 * arm_page_begin: ERR_BAD_PAGE.
 */
MUST_CHECK enum err arm_page_begin(const struct exchange *x,
                                   char after[static MAX_OBJECT_NAME + 1]);
MUST_CHECK enum err arm_page_link(const struct exchange *x, const char *last, struct jsw *w);

/* ISO 8601 UTC of a time in seconds, as a member. */
void arm_put_time(struct jsw *w, const char *name, int64_t t);

#endif /* API_ARM_ARM_H */
