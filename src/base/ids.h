/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.h - GUIDs and version ids (data-plane.md A8).
 *
 * A GUID travels as text: 36 lower-case characters. A version id is 32
 * lower-case hex digits. Underneath, both are RFC 9562 UUIDs: version 4, random, or version 7,
 * which begins with the time.
 */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { GUID_LEN = 36, HEX32_LEN = 32 };

struct guid {
    char text[GUID_LEN + 1]; /* lower-case, NUL-terminated; "" is no id */
};

struct hex32 {
    char text[HEX32_LEN + 1];
};

/* A new random id. */
struct guid guid_new(void);
/* Any letter case in, lower case out; false (and out empty) if it is not a GUID. */
bool guid_parse(struct span s, struct guid *out);
bool guid_is_equal(const struct guid *a, const struct guid *b);

struct hex32 hex32_new(void);
/* The same in the order of time: one made in a later millisecond of the clock sorts behind. */
struct hex32 hex32_new_timed(void);
/* Lower case only, as Azure demands of versions; false (and out empty) otherwise. */
bool hex32_parse(struct span s, struct hex32 *out);

#endif /* BASE_IDS_H */
