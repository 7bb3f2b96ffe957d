/* SPDX-License-Identifier: Apache-2.0 */
/* cert_contacts.c - whom a vault tells of its certificates: GET, PUT, DELETE (D1 T20-T22). */
#include "vault/cert_contacts.h"

#include "api/data/cert_parts.h"
#include "api/data/certs.h"
#include "api/data/object.h"

static void
note(struct exchange *x)
{
    object_url(x, "certificates", "contacts", NULL, x->note.object_url);
}

static void
put(struct exchange *x, const struct cert_contacts *c)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));

    object_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_str(&w, "id", x->note.object_url);
    jsw_array(&w, "contacts");
    for (unsigned i = 0; i < c->n; i++) {
        jsw_object(&w, NULL);
        jsw_span(&w, "email", c->contact[i].email);
        if (c->contact[i].name.len > 0)
            jsw_span(&w, "name", c->contact[i].name);
        if (c->contact[i].phone.len > 0)
            jsw_span(&w, "phone", c->contact[i].phone);
        jsw_end(&w);
    }
    jsw_end(&w);
    jsw_end(&w);
}

static enum err
find(struct exchange *x, struct cert_contacts *c)
{
    struct vault_at at = object_at(x);
    enum err e;

    note(x);
    e = cert_contacts_get(&at, c);
    return e == ERR_NOT_FOUND ? ERR_CONTACTS_NOT_FOUND : e;
}

enum next
api_cert_get_contacts(struct exchange *x)
{
    struct cert_contacts c;
    enum err e = find(x, &c);

    if (e != ERR_OK)
        return cert_fail(x, e, "get", "");
    put(x, &c);
    return object_finish(x, NEXT_REPLY);
}

enum next
api_cert_delete_contacts(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct cert_contacts c;
    enum err e = find(x, &c);

    if (e != ERR_OK)
        return cert_fail(x, e, "delete", "");
    cert_contacts_drop(&at, &x->write, &c);
    put(x, &c);
    return object_finish(x, NEXT_COMMIT);
}

static bool
read_text(const struct jsn *obj, const char *name, struct span *out)
{
    enum jsn_got got = jsn_get_str(obj, name, out);

    if (got == JSN_ABSENT)
        *out = (struct span){ 0 };
    return got != JSN_WRONG_TYPE && out->len <= CONTACT_TEXT_MAX;
}

static bool
read_contacts(const struct jsn *root, struct cert_contacts *c)
{
    const struct jsn *list;

    if (!jsn_is_object(root) || jsn_get_array(root, "contacts", &list) != JSN_OK ||
        jsn_len(list) > CONTACTS_MAX || jsn_len(list) == 0)
        return false;
    c->n = (unsigned)jsn_len(list);
    for (unsigned i = 0; i < c->n; i++) {
        const struct jsn *one = jsn_at(list, i);
        struct cert_contact *to = &c->contact[i];

        if (!jsn_is_object(one) || !read_text(one, "email", &to->email) ||
            !read_text(one, "name", &to->name) || !read_text(one, "phone", &to->phone) ||
            span_find(to->email, '@') == to->email.len)
            return false;
    }
    return true;
}

enum next
api_cert_set_contacts(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct cert_contacts old, c = { 0 };
    struct jsn *root = NULL;
    enum err e = find(x, &old);

    if (e == ERR_OK || e == ERR_CONTACTS_NOT_FOUND)
        e = jsn_parse(x->req->body, &root);
    if (e == ERR_OK && read_contacts(root, &c)) {
        c.revision = old.revision;
        cert_contacts_put(&at, &x->write, &c);
        put(x, &c);
    } else if (e == ERR_OK || e == ERR_SYNTAX || e == ERR_TOO_LARGE) {
        e = ERR_BAD_BODY;
    }
    jsn_free(root);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : cert_fail(x, e, "set", "");
}
