/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_wire.h - what differs between secrets, keys and certificates on the
 * wire, for the handlers that serve them alike: one row a kind.
 *
 * The kind of a request is that of its route.
 */
#ifndef API_DATA_OBJECT_WIRE_H
#define API_DATA_OBJECT_WIRE_H

#include "api/exchange.h"
#include "codec/jsw.h"
#include "vault/object.h"

enum item_form { ITEM_LIVE, ITEM_DELETED, ITEM_VERSION };

/* All of them: ERR_FORMAT for a row whose detail cannot be read. */
struct object_wire {
    /* The bundle of update, recover and restore: whole, but for what is sealed. */
    enum err (*put_bundle)(const struct exchange *x, const struct object *o, struct sink k);
    enum err (*put_deleted)(const struct exchange *x, const struct object *o, struct sink k);
    /* An item of a list, as a member of the open array. */
    enum err (*put_item)(const struct exchange *x, const struct object *o, enum item_form form,
                         struct jsw *w);
    /* The bundle of restore, whose policy row is not stored yet: its payload. NULL: as
     * put_bundle. */
    enum err (*put_restored)(const struct exchange *x, const struct object *o,
                             struct span policy, struct sink k);
    /* Properties of the object in the audit record (monitoring.md A.7). */
    enum err (*note)(struct exchange *x, const struct object *o);
    bool hides_disabled; /* GET of a deleted one is refused when it is disabled */
};
const struct object_wire *object_wire(const struct exchange *x);

extern const struct object_wire secret_wire, key_wire, certificate_wire;

/* The handlers of every kind. */
enum next api_object_list(struct exchange *x);
enum next api_object_list_versions(struct exchange *x);
enum next api_object_list_deleted(struct exchange *x);
enum next api_object_delete(struct exchange *x);
enum next api_object_get_deleted(struct exchange *x);
enum next api_object_recover(struct exchange *x);
enum next api_object_purge(struct exchange *x);
enum next api_object_backup(struct exchange *x);
enum next api_object_restore(struct exchange *x);

#endif /* API_DATA_OBJECT_WIRE_H */
