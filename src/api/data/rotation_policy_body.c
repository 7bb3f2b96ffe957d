/* SPDX-License-Identifier: Apache-2.0 */
/* rotation_policy_body.c - lifetime actions and expiry. */
#include "api/data/rotation_policy_body.h"

#include "api/data/object.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

static const char *const action_names[ACTION__MAX] = {
    [ACTION_ROTATE] = "Rotate", [ACTION_NOTIFY] = "Notify"
};

static bool
read_duration(const struct jsn *obj, const char *name, struct duration *out)
{
    struct span text;

    switch (jsn_get_str(obj, name, &text)) {
    case JSN_ABSENT:
        return true;
    case JSN_OK:
        return duration_parse(text, out);
    case JSN_WRONG_TYPE:
        break;
    }
    return false;
}

static bool
read_action(const struct jsn *item, struct rotation_policy *out)
{
    const struct jsn *trigger, *action;
    struct lifetime_trigger *t;
    enum lifetime_action a;
    struct span type;

    if (!jsn_is_object(item) || jsn_get_object(item, "trigger", &trigger) != JSN_OK ||
        jsn_get_object(item, "action", &action) != JSN_OK ||
        jsn_get_str(action, "type", &type) != JSN_OK)
        return false;
    for (a = 0; a < ACTION__MAX; a++)
        if (span_is_str_nocase(type, action_names[a]))
            break;
    if (a == ACTION__MAX || out->trigger[a].is_set)
        return false;
    t = &out->trigger[a];
    t->is_set = true;
    out->order[out->norder++] = a;
    return read_duration(trigger, "timeAfterCreate", &t->after_create) &&
           read_duration(trigger, "timeBeforeExpiry", &t->before_expiry);
}

static bool
read_policy(const struct jsn *root, struct rotation_policy *out)
{
    const struct jsn *list, *attrs;
    enum jsn_got got;

    if (!jsn_is_object(root))
        return false;
    got = jsn_get_array(root, "lifetimeActions", &list);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && jsn_len(list) > ACTION__MAX))
        return false;
    for (size_t i = 0; got == JSN_OK && i < jsn_len(list); i++)
        if (!read_action(jsn_at(list, i), out))
            return false;
    got = jsn_get_object(root, "attributes", &attrs);
    if (got != JSN_OK)
        return got == JSN_ABSENT;
    return read_duration(attrs, "expiryTime", &out->expiry);
}

enum err
rotation_policy_body_read(struct span text, struct rotation_policy *out)
{
    struct jsn *root = NULL;
    enum err e;

    *out = (struct rotation_policy){ 0 };
    e = jsn_parse(text, &root);
    if (e == ERR_OK && !read_policy(root, out))
        e = ERR_BAD_BODY;
    jsn_free(root);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_BODY;
}

static void
put_action(enum lifetime_action a, const struct lifetime_trigger *t, struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_object(w, "trigger");
    if (duration_is_set(&t->after_create))
        jsw_str(w, "timeAfterCreate", t->after_create.text);
    if (duration_is_set(&t->before_expiry))
        jsw_str(w, "timeBeforeExpiry", t->before_expiry.text);
    jsw_end(w);
    jsw_object(w, "action");
    jsw_str(w, "type", action_names[a]);
    jsw_end(w);
    jsw_end(w);
}

void
rotation_policy_put_body(const struct exchange *x, const struct object_name *name,
                         const struct rotation_policy *p, struct sink k)
{
    char url[OBJECT_URL_MAX];
    struct jsw w = jsw_of(k);

    object_url(x, "keys", name->spelled, "rotationpolicy", url);
    jsw_object(&w, NULL);
    jsw_str(&w, "id", url);
    jsw_array(&w, "lifetimeActions");
    for (unsigned i = 0; i < p->norder; i++)
        put_action(p->order[i], &p->trigger[p->order[i]], &w);
    jsw_end(&w);
    jsw_object(&w, "attributes");
    if (duration_is_set(&p->expiry))
        jsw_str(&w, "expiryTime", p->expiry.text);
    if (p->stored) {
        jsw_i64(&w, "created", p->created);
        jsw_i64(&w, "updated", p->updated);
    }
    jsw_end(&w);
    jsw_end(&w);
}
