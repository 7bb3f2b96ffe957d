/* SPDX-License-Identifier: Apache-2.0 */
/* object_deleted.c - DELETE, and the operations on deleted objects (data-plane.md E). */
#include "vault/object_deleted.h"

#include "api/data/object.h"
#include "api/data/object_fail.h"
#include "api/data/object_wire.h"
#include "base/clock.h"

/* The name of a deleted object, noted for the audit. */
static enum err
begin(struct exchange *x, struct object_name *name)
{
    enum err e = object_name(x, name);

    if (e == ERR_OK)
        object_note_deleted(x, name->spelled);
    return e;
}

typedef enum err (*put_fn)(const struct exchange *x, const struct object *o, struct sink k);

/* The end of an operation that gave o, unless it failed with e. */
static enum next
answer(struct exchange *x, enum err e, const struct object *o, put_fn put,
       const char *operation, enum next next)
{
    if (e == ERR_OK)
        e = object_wire(x)->note(x, o);
    if (e == ERR_OK)
        e = put(x, o, sink_sec(&x->resp.body));
    if (e != ERR_OK)
        return object_fail(x, e, operation);
    object_reply(x, 200);
    return object_finish(x, next);
}

enum next
api_object_delete(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct object o;
    enum err e;

    e = object_name(x, &name);
    if (e == ERR_OK) {
        object_note(x, name.spelled, NULL);
        e = object_delete(&at, &name, clock_now(), &x->write, &o);
    }
    if (e == ERR_CERTIFICATE_NOT_FOUND)
        e = ERR_NO_CERTIFICATE; /* WIRE: in other words than for a GET (data-plane.md A6.3) */
    return answer(x, e, &o, object_wire(x)->put_deleted, "delete", NEXT_COMMIT);
}

enum next
api_object_get_deleted(struct exchange *x)
{
    const struct object_wire *wire = object_wire(x);
    struct vault_at at = object_at(x);
    struct object_name name;
    struct object o;
    enum err e;

    e = begin(x, &name);
    if (e == ERR_OK)
        e = object_get_deleted(&at, &name, &o);
    /* WIRE: a disabled secret is refused here too, though no value is given (B5). */
    if (e == ERR_OK && wire->hides_disabled && !o.v.attrs.enabled)
        e = ERR_DISABLED;
    return answer(x, e, &o, wire->put_deleted, "get", NEXT_REPLY);
}

enum next
api_object_recover(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct object o;
    enum err e;

    e = begin(x, &name);
    if (e == ERR_OK)
        e = object_recover(&at, &name, &x->write, &o);
    return answer(x, e, &o, object_wire(x)->put_bundle, "recover", NEXT_COMMIT);
}

enum next
api_object_purge(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    enum err e;

    e = begin(x, &name);
    if (e == ERR_OK)
        e = object_purge(&at, &name, &x->write);
    if (e != ERR_OK)
        return object_fail(x, e, "purge");
    x->resp.status = 204; /* no body, no Content-Type */
    return NEXT_COMMIT;
}
