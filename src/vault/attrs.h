/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attrs.h - attributes of one version of an object (data-plane.md A9).
 */
#ifndef VAULT_ATTRS_H
#define VAULT_ATTRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"
#include "codec/pack.h"

/* Seconds of 9999-12-31T23:59:59Z: later times are refused. */
#define ATTRS_TIME_MAX INT64_C(253402300799)

struct attrs {
    bool enabled;
    bool has_nbf, has_exp;
    int64_t nbf, exp;
    int64_t created, updated;
};

/* What a request says about them; what it does not say is left alone. */
struct attrs_change {
    bool has_enabled, has_nbf, has_exp;
    bool enabled;
    int64_t nbf, exp;
};

bool attrs_time_is_ok(int64_t t);
/* Of a new version: defaults, then the change. Nothing is inherited from older versions. */
struct attrs attrs_new(const struct attrs_change *c, int64_t now);
void attrs_merge(struct attrs *a, const struct attrs_change *c, int64_t now);

void attrs_pack(struct sink k, const struct attrs *a);
void attrs_unpack(struct unpack *u, struct attrs *out);

#endif /* VAULT_ATTRS_H */
