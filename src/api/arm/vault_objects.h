/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_objects.h - keys and secrets of a vault as resources (management-plane.md B.8, B.9):
 * what the handlers of both share. bind: subscription, group, vault, name, version.
 *
 * They go through the same functions as the data plane, and never answer what is sealed.
 */
#ifndef API_ARM_VAULT_OBJECTS_H
#define API_ARM_VAULT_OBJECTS_H

#include "api/arm/arm.h"
#include "vault/object_list.h"

/* Sets x->vault, once for all steps. ERR_NOT_FOUND: the answer was composed. */
MUST_CHECK enum err arm_object_vault(struct exchange *x);
/* The name in the path. ERR_BAD_NAME. */
MUST_CHECK enum err arm_object_name(const struct exchange *x, struct object_name *out);
/* The object that the path names; has_version: in the version of the path. */
MUST_CHECK enum err arm_object_get(struct exchange *x, bool has_version, struct object *out);

/* An error of the domain, or of bodies, as this plane words it. why: may be "". */
enum next arm_object_fail(struct exchange *x, enum err e, const char *why);

/* Opens the resource and writes id, name, type, location, tags; opens properties and writes
 * attributes (left open for more). */
void arm_object_open(const struct exchange *x, const struct object *o, bool as_version,
                     struct jsw *w);
/* Closes attributes, writes <word>Uri and <word>UriWithVersion. */
void arm_object_uris(const struct exchange *x, const struct object *o, struct jsw *w);

/* Pages of objects, or of the versions of the named one; put writes an element. */
enum next arm_object_list(struct exchange *x, bool versions,
                          enum err (*put)(const struct exchange *x, const struct object *o,
                                          struct jsw *w));

#endif /* API_ARM_VAULT_OBJECTS_H */
