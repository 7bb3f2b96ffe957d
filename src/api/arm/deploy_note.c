/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_note.c - what a deployment did, as operations, and what went wrong, as details. */
#include <stdio.h>

#include "api/arm/deploy.h"
#include "base/clock.h"
#include "base/ids.h"
#include "codec/isotime.h"
#include "codec/pack.h"

enum { ONE_MAX = 16 * 1024, DETAILS_MAX = 20 };

static void
put_target(struct jsw *w, const struct deploy_op *op)
{
    if (op->id.len == 0)
        return;
    jsw_object(w, "targetResource");
    jsw_span(w, "id", op->id);
    jsw_span(w, "resourceType", op->type);
    jsw_span(w, "resourceName", op->name);
    jsw_end(w);
}

static void
put_op(const struct job *j, const struct deploy_op *op, const char *id, struct jsw *w)
{
    char when[ISOTIME_MAX], own[DEPLOY_ID_MAX + 64];
    int64_t now = clock_now_100ns();

    isotime_put_100ns(now, when);
    (void)snprintf(own, sizeof(own), "%s/operations/%s", j->at.id, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", own);
    jsw_str(w, "operationId", id);
    jsw_object(w, "properties");
    jsw_str(w, "provisioningOperation", op->what);
    jsw_str(w, "provisioningState", op->status < 400 ? "Succeeded" : "Failed");
    jsw_str(w, "timestamp", when);
    deploy_put_duration(w, op->begun, now);
    jsw_str(w, "trackingId", j->correlation.text);
    jsw_str(w, "statusCode", http_status_text(op->status));
    if (op->message.len > 0) {
        jsw_object(w, "statusMessage");
        jsw_raw(w, "error", op->message);
        jsw_end(w);
    }
    put_target(w, op);
    jsw_end(w);
    jsw_end(w);
}

void
deploy_note(struct job *j, const struct deploy_op *op)
{
    struct hex32 random = hex32_new();
    struct buf one;
    struct jsw w;
    char id[17];

    (void)snprintf(id, sizeof(id), "%.16s", random.text);
    buf_init(&one, ONE_MAX);
    w = jsw_of(sink_buf(&one));
    put_op(j, op, id, &w);
    /* One that has no room is missed in the list; the audit log has the request. */
    if (one.err == ERR_OK && j->operations.len + one.len + 64 < DEPLOY_OPS_MAX) {
        pack_str(sink_buf(&j->operations), id);
        pack_bytes(sink_buf(&j->operations), buf_span(&one));
    }
    buf_release(&one);
}

void
deploy_note_failure(struct job *j, const struct deploy_op *op, struct span code,
                    struct span message)
{
    struct deploy_op failed = *op;
    struct buf one;
    struct jsw w;

    buf_init(&one, ONE_MAX);
    w = jsw_of(sink_buf(&one));
    jsw_object(&w, NULL);
    jsw_span(&w, "code", span_head(code, 128));
    if (op->id.len > 0)
        jsw_span(&w, "target", op->id);
    jsw_span(&w, "message", span_head(message, DEPLOY_MESSAGE_MAX));
    jsw_end(&w);
    failed.message = buf_span(&one);
    deploy_note(j, &failed);
    if (one.err == ERR_OK && j->ndetails++ < DETAILS_MAX) {
        if (j->details.len > 0)
            buf_put_byte(&j->details, ',');
        buf_put(&j->details, buf_span(&one));
    }
    buf_release(&one);
    j->failed = true;
}

void
deploy_read_error(struct exchange *x, struct job *j, struct span *code, struct span *message)
{
    const struct value *root = value_null(), *error;

    *code = span_str("InternalServerError");
    *message = span_str("The resource was refused.");
    if (value_parse(j->a, secbuf_span(&x->answer), &root) != ERR_OK)
        return;
    error = value_get(root, "error");
    if (value_is_str(value_get(error, "code")))
        *code = value_get(error, "code")->str;
    if (value_is_str(value_get(error, "message")))
        *message = value_get(error, "message")->str;
}
