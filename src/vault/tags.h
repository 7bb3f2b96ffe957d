/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags.h - the tags of one version: at most 15 pairs of text (data-plane.md A11).
 *
 * Names and values are borrowed, from a request's JSON tree or from a row.
 */
#ifndef VAULT_TAGS_H
#define VAULT_TAGS_H

#include <stdbool.h>

#include "base/limits.h"
#include "base/sink.h"
#include "base/span.h"
#include "codec/pack.h"

struct tag {
    struct span name;
    struct span value;
};

struct tags {
    unsigned n;
    struct tag tag[MAX_TAGS];
};

/* False when there are 15 already, or name (not empty) or value are too long. */
bool tags_add(struct tags *t, struct span name, struct span value);

void tags_pack(struct sink k, const struct tags *t);
/* Borrows from u's bytes. */
void tags_unpack(struct unpack *u, struct tags *out);

#endif /* VAULT_TAGS_H */
