/* SPDX-License-Identifier: Apache-2.0 */
/* object_list.c - the three lists of a kind of objects, a page each. */
#include "vault/object_list.h"

#include "api/data/object.h"
#include "api/data/object_fail.h"
#include "api/data/object_wire.h"
#include "api/page.h"

struct listing {
    const struct exchange *x;
    struct jsw w;
    enum item_form form;
};

static enum err
put_one(void *arg, const struct object *o)
{
    struct listing *l = arg;
    enum err e = object_wire(l->x)->put_item(l->x, o, l->form, &l->w);

    return e == ERR_OK ? sink_err(l->w.sink) : e;
}

/* name: of the object whose versions are listed, else NULL. */
static enum err
put_items(struct exchange *x, const struct object_name *name, struct page *page,
          struct listing *l)
{
    struct vault_at at = object_at(x);

    if (name != NULL)
        return object_list_versions(&at, name, &page->list, put_one, l);
    return object_list(&at, l->form == ITEM_DELETED ? HEAD_DELETED : HEAD_LIVE, &page->list,
                       put_one, l);
}

static enum next
list(struct exchange *x, const char *path, const struct object_name *name, enum item_form form)
{
    /* Items hold no values: plain memory, since a page may be large. */
    struct listing l = { .x = x, .w = jsw_of(sink_buf(&x->resp.big_body)), .form = form };
    const char *what;
    struct page page;
    enum err e;

    e = page_read(x, path, &page, &what);
    if (e == ERR_BAD_PAGE)
        return exchange_fail(x, e, span_str(what));
    if (e != ERR_OK)
        return object_fail(x, e, "list");
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = put_items(x, name, &page, &l);
    if (e != ERR_OK)
        return object_fail(x, e, "list");
    jsw_end(&l.w);
    e = page_put_link(x, path, &page, &l.w);
    jsw_end(&l.w);
    if (e != ERR_OK)
        return object_fail(x, e, "list");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}

static enum next
list_collection(struct exchange *x, const char *collection, enum item_form form)
{
    char path[32];

    (void)snprintf(path, sizeof(path), "/%s", collection);
    return list(x, path, NULL, form);
}

enum next
api_object_list(struct exchange *x)
{
    return list_collection(x, object_kind_info(x->route->kind)->collection, ITEM_LIVE);
}

enum next
api_object_list_deleted(struct exchange *x)
{
    return list_collection(x, object_kind_info(x->route->kind)->deleted, ITEM_DELETED);
}

enum next
api_object_list_versions(struct exchange *x)
{
    char path[MAX_OBJECT_NAME + 32];
    struct object_name name;
    enum err e = object_name(x, &name);

    if (e != ERR_OK)
        return object_fail(x, e, "list");
    (void)snprintf(path, sizeof(path), "/%s/%s/versions",
                   object_kind_info(x->route->kind)->collection, name.spelled);
    return list(x, path, &name, ITEM_VERSION);
}
