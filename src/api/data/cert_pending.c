/* SPDX-License-Identifier: Apache-2.0 */
/* cert_pending.c - the operation that makes a certificate: GET, PATCH (cancel), DELETE. */
#include "api/data/cert_parts.h"
#include "api/data/certs.h"
#include "api/data/object.h"

/* The operation of the name in the path; request_id in the query must be its own. */
static enum err
find(struct exchange *x, struct object_name *name, struct cert_operation *op)
{
    struct vault_at at = object_at(x);
    struct object_head head;
    struct span request;
    enum err e = object_name(x, name);

    if (e != ERR_OK)
        return e;
    object_note(x, name->spelled, "pending");
    e = object_head_get(&at, HEAD_LIVE, name->key, &head);
    if (e == ERR_OK)
        e = cert_operation_get(&at, name->key, op);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_PENDING_NOT_FOUND : e;
    *name = head.name;
    object_note(x, name->spelled, "pending");
    if (http_request_param(x->req, "request_id", &request) && request.len > 0 &&
        !span_is_str_nocase(request, op->request.text))
        return ERR_PENDING_NOT_FOUND;
    return ERR_OK;
}

enum next
api_cert_get_pending(struct exchange *x)
{
    struct cert_operation op;
    struct object_name name;
    enum err e = find(x, &name, &op);

    if (e != ERR_OK)
        return cert_fail(x, e, "get", "");
    object_reply(x, 200);
    if (op.state == OPERATION_RUNS)
        http_response_header(&x->resp, "Retry-After",
                             span_is_str_nocase(op.issuer, "Unknown") ? "0" : "10");
    cert_put_operation(x, &name, &op, op.state, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_REPLY);
}

static enum err
read_cancel(const struct exchange *x, bool *wanted)
{
    struct jsn *root = NULL;
    enum err e = jsn_parse(x->req->body, &root);

    if (e == ERR_OK && (!jsn_is_object(root) ||
                        jsn_get_bool(root, "cancellation_requested", wanted) != JSN_OK))
        e = ERR_BAD_BODY;
    jsn_free(root);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_BODY;
}

/* Writers of an operation expect the head too: a delete or a merge that read it notices. */
static enum err
touch_head(const struct vault_at *at, const struct object_name *name, struct store_write *w)
{
    struct object_head head;
    enum err e = object_head_get(at, HEAD_LIVE, name->key, &head);

    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    object_head_put(at, w, HEAD_LIVE, &head);
    return ERR_OK;
}

/*
 * WIRE: the answer says inProgress still, the next GET cancelled (data-plane.md D3). What Self
 * makes is made by the time that anybody can cancel it; that is a cancellation too late, not a
 * wrong request.
 */
static enum err
cancel(struct exchange *x, const struct object_name *name, struct cert_operation *op)
{
    struct vault_at at = object_at(x);
    enum operation_state shown = op->state;
    enum err e;

    if (op->state != OPERATION_RUNS &&
        (op->state != OPERATION_COMPLETED || !span_is_str_nocase(op->issuer, "Self")))
        return ERR_BAD_PARAMETER;
    op->cancel_wanted = true;
    if (op->state == OPERATION_RUNS)
        op->state = OPERATION_CANCELLED;
    e = touch_head(&at, name, &x->write);
    if (e != ERR_OK)
        return e;
    cert_operation_put(&at, &x->write, name->key, op);
    object_reply(x, 200);
    cert_put_operation(x, name, op, shown, sink_sec(&x->resp.body));
    return ERR_OK;
}

enum next
api_cert_update_pending(struct exchange *x)
{
    struct cert_operation op;
    struct object_name name;
    bool wanted = false;
    enum err e = read_cancel(x, &wanted);

    if (e == ERR_OK)
        e = find(x, &name, &op);
    if (e == ERR_OK && !wanted)
        e = ERR_BAD_BODY;
    if (e == ERR_OK)
        e = cancel(x, &name, &op);
    return e == ERR_OK
               ? object_finish(x, NEXT_COMMIT)
               : cert_fail(x, e, "update", "The certificate operation is not in progress.");
}

enum next
api_cert_delete_pending(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct cert_operation op;
    struct object_name name;
    enum err e = find(x, &name, &op);

    if (e == ERR_OK)
        e = touch_head(&at, &name, &x->write);
    if (e != ERR_OK)
        return cert_fail(x, e, "delete", "");
    cert_operation_drop(&at, &x->write, name.key, &op);
    object_reply(x, 200);
    cert_put_operation(x, &name, &op, op.state, sink_sec(&x->resp.body));
    return object_finish(x, NEXT_COMMIT);
}
