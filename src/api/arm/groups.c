/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c - resource groups: put, patch, get, list (management-plane.md A.13). */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/tags.h"
#include "base/clock.h"
#include "vault/place.h"

/* The names of rows in lower case: positions of pages are those. */
static void
lower(const char *name, char out[static MAX_GROUP_NAME + 1])
{
    size_t n = 0;

    for (; name[n] != '\0' && n < MAX_GROUP_NAME; n++)
        out[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] + 32) : name[n];
    out[n] = '\0';
}

static void
put_group(struct jsw *w, const struct place *p)
{
    char id[sizeof(p->name) + GUID_LEN + 40];

    (void)snprintf(id, sizeof(id), "/subscriptions/%s/resourceGroups/%s", p->subscription.text,
                   p->name);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", p->name);
    jsw_str(w, "type", "Microsoft.Resources/resourceGroups");
    jsw_str(w, "location", p->location);
    if (p->managed_by[0] != '\0')
        jsw_str(w, "managedBy", p->managed_by);
    jsw_object(w, "tags");
    bag_put_json(&p->tags, w);
    jsw_end(w);
    jsw_object(w, "properties");
    jsw_str(w, "provisioningState", "Succeeded");
    jsw_end(w);
    jsw_end(w);
}

enum err
arm_group(struct exchange *x, struct place *out)
{
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e != ERR_OK)
        return e;
    e = place_load(x->rows, x->view, &sub, x->bind[1], out);
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(
            x, 404, "ResourceGroupNotFound", "Resource group '%.*s' could not be found.",
            (int)span_head(x->bind[1], MAX_GROUP_NAME).len, (const char *)x->bind[1].ptr);
    return e;
}

enum next
api_arm_group_get(struct exchange *x)
{
    struct place p;
    struct jsw w;
    enum err e = arm_group(x, &p);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (x->req->method == HTTP_HEAD)
        return arm_empty(x, 204, NEXT_REPLY);
    w = arm_reply(x, 200);
    put_group(&w, &p);
    return arm_finish(x, NEXT_REPLY);
}

struct group_list {
    struct exchange *x;
    struct jsw w;
    struct span tag_name, tag_value; /* of the filter */
    bool all;                        /* the caller may read every group */
    unsigned left;
    char last[MAX_GROUP_NAME + 1];
    bool more;
};

static bool
is_wanted(struct group_list *l, const struct place *p)
{
    const struct tag *t;
    char scope[GUID_LEN + MAX_GROUP_NAME + 48], name[MAX_GROUP_NAME + 1];

    if (l->tag_name.len > 0) {
        t = bag_find(&p->tags, l->tag_name);
        if (t == NULL || (l->tag_value.len > 0 && !span_is_equal(t->value, l->tag_value)))
            return false;
    }
    if (l->all)
        return true;
    lower(p->name, name);
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s/resourcegroups/%s",
                   p->subscription.text, name);
    return arm_may(l->x, "Microsoft.Resources/subscriptions/resourceGroups/read", scope);
}

static enum err
list_group(void *arg, const struct place *p)
{
    struct group_list *l = arg;

    if (l->left == 0) {
        l->more = true;
        return ERR_AGAIN;
    }
    lower(p->name, l->last);
    if (!is_wanted(l, p))
        return ERR_OK;
    put_group(&l->w, p);
    l->left--;
    return ERR_OK;
}

enum next
api_arm_groups(struct exchange *x)
{
    struct group_list l = { .x = x, .left = arm_top(x) };
    char after[MAX_OBJECT_NAME + 1], scope[64];
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_page_begin(x, after);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!arm_tag_filter(x, &l.tag_name, &l.tag_value))
        return NEXT_REPLY;
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", sub.text);
    l.all = arm_may(x, "Microsoft.Resources/subscriptions/resourceGroups/read", scope);
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = place_each_group(x->rows, x->view, &sub, span_str(after), list_group, &l);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, l.more ? l.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* Location, managedBy and tags of a body into p. False: the answer was composed. */
static bool
read_body(struct exchange *x, const struct jsn *root, bool patch, struct place *p)
{
    struct span location = { 0 }, managed = { 0 };
    enum jsn_got got = jsn_get_str(root, "location", &location);

    if (got == JSN_WRONG_TYPE || jsn_get_str(root, "managedBy", &managed) == JSN_WRONG_TYPE) {
        (void)arm_fail(x, 400, "InvalidRequestContent",
                       "The request content was invalid and could not be deserialized.");
        return false;
    }
    if (managed.len > 0 && !span_copy_str(managed, p->managed_by, sizeof(p->managed_by))) {
        (void)arm_fail(x, 400, "InvalidRequestContent", "The managedBy property is too long.");
        return false;
    }
    if (!patch && got == JSN_ABSENT) {
        (void)arm_fail(x, 400, "LocationRequired",
                       "The location property is required for this definition.");
        return false;
    }
    if (!patch &&
        !arm_location(x, location, p->location, "InvalidResourceGroupLocation", p->name))
        return false;
    return arm_read_tags(x, root, patch, &p->tags);
}

static enum next
store_group(struct exchange *x, const struct place *p, unsigned status)
{
    struct jsw w = arm_reply(x, status);

    place_store(x->rows, &x->write, p, true, p->revision);
    put_group(&w, p);
    return arm_finish(x, NEXT_COMMIT);
}

/* Makes, or replaces what may be replaced; the location never. */
enum next
api_arm_group_put(struct exchange *x)
{
    struct place p;
    struct jsn *root = NULL;
    struct guid sub;
    enum next next = NEXT_REPLY;
    bool is_new;
    enum err e = arm_subscription(x, &sub);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && !place_group_name_is_ok(x->bind[1]))
        return arm_fail(x, 400, "InvalidResourceGroup",
                        "The provided resource group name '%.*s' has these invalid characters "
                        "or a length that is not allowed.",
                        (int)span_head(x->bind[1], 128).len, (const char *)x->bind[1].ptr);
    if (e == ERR_OK)
        e = place_load(x->rows, x->view, &sub, x->bind[1], &p);
    is_new = e == ERR_NOT_FOUND;
    if (e == ERR_OK || is_new)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (is_new) {
        p = (struct place){ .subscription = sub, .created = clock_now() };
    }
    /* Ids are answered as the last PUT spelled them (A.2). */
    bug_on(!span_copy_str(x->bind[1], p.name, sizeof(p.name)));
    if (read_body(x, root, false, &p))
        next = store_group(x, &p, is_new ? 201 : 200);
    jsn_free(root);
    return next;
}

enum next
api_arm_group_patch(struct exchange *x)
{
    struct place p;
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    enum err e = arm_group(x, &p);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (read_body(x, root, true, &p))
        next = store_group(x, &p, 200);
    jsn_free(root);
    return next;
}
