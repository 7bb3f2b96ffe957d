/* SPDX-License-Identifier: Apache-2.0 */
/* object_wire.c - the rows of the kinds. */
#include "api/data/object_wire.h"

const struct object_wire *
object_wire(const struct exchange *x)
{
    switch (x->route->kind) {
    case KIND_SECRET:
        return &secret_wire;
    case KIND_KEY:
        return &key_wire;
    case KIND_CERTIFICATE:
        return &certificate_wire;
    }
    bug_at(__FILE__, __LINE__, "a route of objects without a kind");
}
