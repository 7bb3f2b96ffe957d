/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - $filter of the lists of resources (management-plane.md A.8): terms joined by `and`
 *
 *   resourceType eq 'x'   name eq 'x'   location eq 'x'   resourceGroup eq 'x'
 *   substringof('x', name)   tagName eq 'x'   tagValue eq 'x'
 *
 * and `ne` for eq. What is not understood is refused, never ignored: a list must not show more
 * than was asked for.
 */
#ifndef API_ARM_FILTER_H
#define API_ARM_FILTER_H

#include "api/arm/arm.h"
#include "vault/vault.h"

enum { FILTER_TERMS_MAX = 8 };

enum filter_subject {
    FILTER_TYPE,
    FILTER_NAME,
    FILTER_LOCATION,
    FILTER_GROUP,
    FILTER_TAG_NAME,
    FILTER_TAG_VALUE,
    FILTER_SUBJECT__MAX
};

struct filter_term {
    enum filter_subject subject;
    bool differs;  /* ne */
    bool contains; /* substringof */
    char value[300];
};

struct resource_filter {
    unsigned n;
    struct filter_term term[FILTER_TERMS_MAX];
};

/* From the request; no terms when there is no filter. False: the answer was composed. */
bool resource_filter_read(struct exchange *x, struct resource_filter *out);
/* ERR_SYNTAX. */
MUST_CHECK enum err resource_filter_parse(struct span text, struct resource_filter *out);
bool resource_filter_fits(const struct resource_filter *f, const struct vault *v);

#endif /* API_ARM_FILTER_H */
