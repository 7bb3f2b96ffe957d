/* SPDX-License-Identifier: Apache-2.0 */
/* secret_deleted.c - DELETE, and the operations on deleted secrets (data-plane.md E). */
#include "vault/object_deleted.h"

#include "api/data/object.h"
#include "api/data/secret_fail.h"
#include "api/data/secret_json.h"
#include "api/data/secrets.h"
#include "base/clock.h"

/* The name, noted as an object of that collection for the audit. */
static enum err
begin(struct exchange *x, const char *collection, struct object_name *name)
{
    enum err e = object_name(x, name);

    if (e == ERR_OK)
        object_note(x, collection, name->spelled, NULL);
    return e;
}

enum next
api_secret_delete(struct exchange *x)
{
    struct vault_at at = object_at(x, KIND_SECRET);
    struct object_name name;
    struct object s;
    enum err e;

    e = begin(x, "secrets", &name);
    if (e == ERR_OK)
        e = object_delete(&at, &name, clock_now(), &x->write, &s);
    if (e != ERR_OK)
        return secret_fail(x, e, "delete");
    secret_note(x, &s);
    object_reply(x, 200);
    secret_put_deleted(x, &s, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_COMMIT);
}

enum next
api_secret_get_deleted(struct exchange *x)
{
    struct vault_at at = object_at(x, KIND_SECRET);
    struct object_name name;
    struct object s;
    enum err e;

    e = begin(x, "deletedsecrets", &name);
    if (e == ERR_OK)
        e = object_get_deleted(&at, &name, &s);
    /* WIRE: a disabled secret is refused here too, though no value is given (B5). */
    if (e == ERR_OK && !s.v.attrs.enabled)
        e = ERR_DISABLED;
    if (e != ERR_OK)
        return secret_fail(x, e, "get");
    secret_note(x, &s);
    object_reply(x, 200);
    secret_put_deleted(x, &s, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_REPLY);
}

enum next
api_secret_recover(struct exchange *x)
{
    struct vault_at at = object_at(x, KIND_SECRET);
    struct object_name name;
    struct object s;
    enum err e;

    e = begin(x, "deletedsecrets", &name);
    if (e == ERR_OK)
        e = object_recover(&at, &name, &x->write, &s);
    if (e != ERR_OK)
        return secret_fail(x, e, "recover");
    secret_note(x, &s);
    object_reply(x, 200);
    secret_put_bundle(x, &s, NULL, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_COMMIT);
}

enum next
api_secret_purge(struct exchange *x)
{
    struct vault_at at = object_at(x, KIND_SECRET);
    struct object_name name;
    enum err e;

    e = begin(x, "deletedsecrets", &name);
    if (e == ERR_OK)
        e = object_purge(&at, &name, &x->write);
    if (e != ERR_OK)
        return secret_fail(x, e, "purge");
    x->resp.status = 204; /* no body, no Content-Type */
    return NEXT_COMMIT;
}
