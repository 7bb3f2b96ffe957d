/* SPDX-License-Identifier: Apache-2.0 */
/* tags.h - tags and locations in bodies and filters of the resource manager (A.2, A.14). */
#ifndef API_ARM_TAGS_H
#define API_ARM_TAGS_H

#include "api/arm/arm.h"
#include "vault/bag.h"
#include "vault/place.h"

/* The group that bind[0] and bind[1] name. ERR_NOT_FOUND: the answer was composed. */
MUST_CHECK enum err arm_group(struct exchange *x, struct place *out);

/*
 * The member `tags` of a body: replaces the bag; absent it empties the bag, or leaves it
 * alone when patch is true. Borrows from root. False: the answer was composed.
 */
bool arm_read_tags(struct exchange *x, const struct jsn *root, bool patch, struct bag *out);

/* $filter of lists: "tagName eq 'a' [and tagValue eq 'b']"; both empty without one. Borrows
 * from x->req. False: the answer was composed. */
bool arm_tag_filter(struct exchange *x, struct span *name, struct span *value);

/*
 * Normalises a location ("West US" -> "westus") into out. If out holds one already, another one
 * is refused with 409 `code`. False: the answer was composed.
 */
bool arm_location(struct exchange *x, struct span location, char out[static MAX_LOCATION + 1],
                  const char *code, const char *name);

#endif /* API_ARM_TAGS_H */
