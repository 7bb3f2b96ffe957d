/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_json.h - members that answers about all objects have (data-plane.md A9, E).
 */
#ifndef API_DATA_OBJECT_JSON_H
#define API_DATA_OBJECT_JSON_H

#include "api/exchange.h"
#include "codec/jsw.h"
#include "vault/object.h"

/* The member `name` with the id of o, with or without its version. */
void object_put_id(const struct exchange *x, const char *name, const struct object *o,
                   bool versioned, struct jsw *w);
/* Opens `attributes` and writes what all kinds have; the caller adds its own and closes. */
void object_open_attributes(const struct exchange *x, const struct attrs *a, struct jsw *w);
void object_put_tags(const struct object *o, struct jsw *w);
/* Only when true. */
void object_put_managed(const struct object *o, struct jsw *w);
/* recoveryId and the two dates. */
void object_put_deletion(const struct exchange *x, const struct object *o, struct jsw *w);

#endif /* API_DATA_OBJECT_JSON_H */
