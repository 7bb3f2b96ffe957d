/* SPDX-License-Identifier: Apache-2.0 */
/*
 * odata.h - the little of OData that $filter of the resource manager and of the directory
 * needs: terms joined by `and`
 *
 *   name eq 'text'          startswith(name,'text')
 *   call()                  call('text')
 *   name/any(c:c eq 'text')
 *
 * A name that the list does not know, or a form not among these, is refused.
 */
#ifndef API_ARM_ODATA_H
#define API_ARM_ODATA_H

#include "api/exchange.h"

enum { ODATA_TERMS_MAX = 6, ODATA_TEXT_MAX = 512 };

enum odata_kind { ODATA_EQ, ODATA_STARTS, ODATA_ANY, ODATA_CALL };

struct odata_term {
    enum odata_kind kind;
    char name[40];
    char value[ODATA_TEXT_MAX + 1]; /* of a call: its argument, or "" */
};

struct odata_filter {
    unsigned n;
    struct odata_term term[ODATA_TERMS_MAX];
};

/* names and calls end with NULL; NULL: any. ERR_SYNTAX. */
MUST_CHECK enum err odata_filter_parse(struct span text, const char *const *names,
                                       const char *const *calls, struct odata_filter *out);
/* $filter of a request; empty without one. False: the answer was composed. */
bool odata_filter_read(struct exchange *x, const char *const *names, const char *const *calls,
                       struct odata_filter *out);

/* Do all terms about `name` hold for this value? Text compares without case. */
bool odata_fits(const struct odata_filter *f, const char *name, struct span value);
/* Is the call there? *argument (may be NULL) borrows from f. */
bool odata_calls(const struct odata_filter *f, const char *name, struct span *argument);
/* The value of `name eq '...'`; empty if there is no such term. */
struct span odata_value(const struct odata_filter *f, const char *name);

#endif /* API_ARM_ODATA_H */
