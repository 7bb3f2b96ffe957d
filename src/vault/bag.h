/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bag.h - the tags of a resource of the management plane: at most 50 pairs
 * (management-plane.md A.14). Names compare without case and keep the spelling
 * they came with. Names and values are borrowed.
 */
#ifndef VAULT_BAG_H
#define VAULT_BAG_H

#include <stdbool.h>

#include "base/sink.h"
#include "codec/jsw.h"
#include "codec/pack.h"
#include "vault/tags.h"

enum { MAX_BAG = 50, MAX_BAG_NAME = 512, MAX_BAG_VALUE = 256, BAG_PACKED_MAX = 128 * 1024 };

struct bag {
    unsigned n;
    struct tag tag[MAX_BAG];
};

/* Puts the pair, replacing the one of that name. False: too many, too long, or a character
 * that names must not have. */
bool bag_put(struct bag *b, struct span name, struct span value);
/* Takes the pair away if name and value match. */
void bag_take(struct bag *b, struct span name, struct span value);
/* NULL when there is none. */
const struct tag *bag_find(const struct bag *b, struct span name);

void bag_pack(struct sink k, const struct bag *b);
/* Borrows from u's bytes. */
void bag_unpack(struct unpack *u, struct bag *out);
/* As members of the open object. */
void bag_put_json(const struct bag *b, struct jsw *w);

#endif /* VAULT_BAG_H */
