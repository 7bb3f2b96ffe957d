/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - binds, URLs and answers of objects. */
#include "api/data/object.h"

#include <stdio.h>

struct vault_at
object_at(const struct exchange *x)
{
    return (struct vault_at){
        .rows = x->rows, .view = x->view, .vault = x->vault, .kind = x->route->kind
    };
}

enum err
object_name(const struct exchange *x, struct object_name *out)
{
    return object_name_parse(x->bind[0], out) ? ERR_OK : ERR_BAD_NAME;
}

enum err
object_version(const struct exchange *x, struct hex32 *out, bool *has)
{
    *has = !span_is_empty(x->bind[1]);
    if (!*has) {
        out->text[0] = '\0';
        return ERR_OK;
    }
    return hex32_parse(x->bind[1], out) ? ERR_OK : ERR_BAD_VERSION;
}

void
object_url(const struct exchange *x, const char *collection, const char *name,
           const char *version, char out[static OBJECT_URL_MAX])
{
    bool usual = x->req->port == 443;
    char room[I64_TEXT_MAX];
    struct span parts[] = {
        span_str("https://"),
        x->req->host,
        span_str(usual ? "" : ":"),
        usual ? span_str("") : span_of_i64(x->req->port, room),
        span_str("/"),
        span_str(collection),
        span_str("/"),
        span_str(name),
        span_str(version != NULL ? "/" : ""),
        span_str(version),
    };

    (void)span_join(parts, sizeof(parts) / sizeof(parts[0]), out, OBJECT_URL_MAX);
}

void
object_note(struct exchange *x, const char *name, const char *version)
{
    object_url(x, object_kind_info(x->route->kind)->collection, name, version,
               x->note.object_url);
}

void
object_note_deleted(struct exchange *x, const char *name)
{
    object_url(x, object_kind_info(x->route->kind)->deleted, name, NULL, x->note.object_url);
}

void
object_reply(struct exchange *x, unsigned status)
{
    x->resp.status = status;
    http_response_header(&x->resp, "Content-Type", "application/json; charset=utf-8");
}

enum next
object_finish(struct exchange *x, enum next next)
{
    enum err e = x->resp.headers.err;

    if (e == ERR_OK)
        e = x->resp.body.err;
    if (e == ERR_OK)
        e = x->resp.big_body.err;
    if (e == ERR_OK)
        e = store_write_err(&x->write);
    return e == ERR_OK ? next : exchange_fail(x, e, (struct span){ 0 });
}

enum err
object_keeper_err(enum err e)
{
    if (err_class_of(e) == ERR_CLASS_REQUEST)
        return ERR_INTERNAL;
    return e;
}
