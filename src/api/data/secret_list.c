/* SPDX-License-Identifier: Apache-2.0 */
/* object_list.c - the three lists of secrets, a page each. */
#include "vault/object_list.h"

#include "api/data/object.h"
#include "api/data/secret_fail.h"
#include "api/data/secret_json.h"
#include "api/data/secrets.h"
#include "api/page.h"

typedef void (*put_item_fn)(const struct exchange *x, const struct object *s, struct jsw *w);

struct listing {
    const struct exchange *x;
    struct jsw w;
    put_item_fn put;
};

static enum err
put_one(void *arg, const struct object *s)
{
    struct listing *l = arg;

    l->put(l->x, s, &l->w);
    return sink_err(l->w.sink);
}

static enum err
list_names(struct exchange *x, enum head_state state, struct page *page, struct listing *l)
{
    struct vault_at at = object_at(x, KIND_SECRET);

    return object_list(&at, state, &page->list, put_one, l);
}

static enum err
list_versions(struct exchange *x, const struct object_name *name, struct page *page,
              struct listing *l)
{
    struct vault_at at = object_at(x, KIND_SECRET);

    return object_list_versions(&at, name, &page->list, put_one, l);
}

/* name: of the secret whose versions are listed, else NULL. */
static enum next
list(struct exchange *x, const char *path, enum head_state state,
     const struct object_name *name, put_item_fn put)
{
    /* Items hold no values: plain memory, since a page may be large. */
    struct listing l = { .x = x, .w = jsw_of(sink_buf(&x->resp.big_body)), .put = put };
    const char *what;
    struct page page;
    enum err e;

    e = page_read(x, path, &page, &what);
    if (e == ERR_BAD_PAGE)
        return exchange_fail(x, e, span_str(what));
    if (e != ERR_OK)
        return secret_fail(x, e, "list");
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = name != NULL ? list_versions(x, name, &page, &l) : list_names(x, state, &page, &l);
    if (e != ERR_OK)
        return secret_fail(x, e, "list");
    jsw_end(&l.w);
    e = page_put_link(x, path, &page, &l.w);
    jsw_end(&l.w);
    if (e != ERR_OK)
        return secret_fail(x, e, "list");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}

enum next
api_secret_list(struct exchange *x)
{
    return list(x, "/secrets", HEAD_LIVE, NULL, secret_put_item);
}

enum next
api_secret_list_deleted(struct exchange *x)
{
    return list(x, "/deletedsecrets", HEAD_DELETED, NULL, secret_put_deleted_item);
}

enum next
api_secret_list_versions(struct exchange *x)
{
    char path[MAX_OBJECT_NAME + 32];
    struct object_name name;
    enum err e = object_name(x, &name);

    if (e != ERR_OK)
        return secret_fail(x, e, "list");
    (void)snprintf(path, sizeof(path), "/secrets/%s/versions", name.spelled);
    return list(x, path, HEAD_LIVE, &name, secret_put_version_item);
}
