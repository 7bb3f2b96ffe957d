/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - names of objects (data-plane.md A8): 1 to 127 letters, digits, '-'.
 *
 * Names compare without case; ids keep the spelling of the first creation. So
 * a name has two forms: as spelled, and upper-cased as it stands in store keys.
 */
#ifndef VAULT_NAME_H
#define VAULT_NAME_H

#include <stdbool.h>

#include "base/limits.h"
#include "base/span.h"

struct object_name {
    char spelled[MAX_OBJECT_NAME + 1];
    char key[MAX_OBJECT_NAME + 1];
};

/* False (and out empty) if s is no name. */
bool object_name_parse(struct span s, struct object_name *out);

/* Length of well-formed UTF-8 in UTF-16 units, as Azure counts characters. */
size_t utf16_len(struct span utf8);

#endif /* VAULT_NAME_H */
