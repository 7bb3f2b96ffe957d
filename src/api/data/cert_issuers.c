/* SPDX-License-Identifier: Apache-2.0 */
/* cert_issuers.c - the issuers that a vault knows by name (data-plane.md D1 T23-T27). */
#include <stdlib.h>

#include "api/data/cert_parts.h"
#include "api/data/certs.h"
#include "api/data/object.h"
#include "api/page.h"
#include "base/clock.h"
#include "pki/enrol.h"
#include "vault/issuer.h"
#include "vault/resource.h"

#define ISSUERS_PATH "/certificates/issuers"

static void
note(struct exchange *x, const char *name)
{
    object_url(x, "certificates/issuers", name, NULL, x->note.object_url);
}

static void
put_text(const char *name, struct span text, struct jsw *w)
{
    if (text.len > 0)
        jsw_span(w, name, text);
}

static void
put_organisation(const struct issuer *i, struct jsw *w)
{
    jsw_object(w, "org_details");
    put_text("id", i->organisation, w);
    jsw_array(w, "admin_details");
    for (unsigned n = 0; n < i->nadmins; n++) {
        jsw_object(w, NULL);
        put_text("first_name", i->admin[n].first_name, w);
        put_text("last_name", i->admin[n].last_name, w);
        put_text("email", i->admin[n].email, w);
        put_text("phone", i->admin[n].phone, w);
        jsw_end(w);
    }
    jsw_end(w);
    jsw_i64(w, "zip", 0); /* WIRE: as recorded */
    jsw_end(w);
}

/* The password is never given back. */
static void
put(struct exchange *x, const struct issuer *i)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));

    object_reply(x, 200);
    note(x, i->name.spelled);
    jsw_object(&w, NULL);
    jsw_str(&w, "id", x->note.object_url);
    jsw_span(&w, "provider", i->provider);
    if (i->has_account) {
        jsw_object(&w, "credentials");
        jsw_span(&w, "account_id", i->account);
        jsw_end(&w);
    }
    if (i->has_organisation)
        put_organisation(i, &w);
    jsw_object(&w, "attributes");
    jsw_bool(&w, "enabled", i->enabled);
    jsw_i64(&w, "created", i->created);
    jsw_i64(&w, "updated", i->updated);
    jsw_end(&w);
    jsw_end(&w);
}

/* -------------------------------------------------------------------------- the body */

static bool
read_text(const struct jsn *obj, const char *name, struct span *out)
{
    enum jsn_got got = jsn_get_str(obj, name, out);

    if (got == JSN_ABSENT)
        *out = (struct span){ 0 };
    return got != JSN_WRONG_TYPE && out->len <= ISSUER_TEXT_MAX;
}

static bool
read_admins(const struct jsn *org, struct issuer *i)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(org, "admin_details", &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    if (jsn_len(list) > ISSUER_ADMINS_MAX)
        return false;
    i->nadmins = (unsigned)jsn_len(list);
    for (unsigned n = 0; n < i->nadmins; n++) {
        const struct jsn *one = jsn_at(list, n);
        struct issuer_admin *a = &i->admin[n];

        if (!jsn_is_object(one) || !read_text(one, "first_name", &a->first_name) ||
            !read_text(one, "last_name", &a->last_name) ||
            !read_text(one, "email", &a->email) || !read_text(one, "phone", &a->phone))
            return false;
    }
    return true;
}

static bool
read_organisation(const struct jsn *root, struct issuer *i)
{
    const struct jsn *org;
    enum jsn_got got = jsn_get_object(root, "org_details", &org);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    i->has_organisation = true;
    i->nadmins = 0;
    return read_text(org, "id", &i->organisation) && read_admins(org, i);
}

static bool
read_credentials(const struct jsn *root, struct issuer *i, struct span *password)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(root, "credentials", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    got = jsn_get_str(obj, "pwd", password);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && password->len > ISSUER_PASSWORD_MAX))
        return false;
    i->has_account = true;
    return read_text(obj, "account_id", &i->account);
}

/* Lays the body over i, which borrows from root then. */
static bool
bind(const struct jsn *root, bool is_new, struct issuer *i, struct span *password)
{
    const struct jsn *attributes;
    struct span provider;
    enum jsn_got got;
    bool enabled;

    if (!jsn_is_object(root))
        return false;
    got = jsn_get_str(root, "provider", &provider);
    if (got == JSN_WRONG_TYPE || (got == JSN_ABSENT && is_new) ||
        (got == JSN_OK && (provider.len == 0 || provider.len > ISSUER_TEXT_MAX)))
        return false;
    if (got == JSN_OK)
        i->provider = provider;
    got = jsn_get_object(root, "attributes", &attributes);
    if (got == JSN_OK) {
        got = jsn_get_bool(attributes, "enabled", &enabled);
        if (got == JSN_OK)
            i->enabled = enabled;
    }
    return got != JSN_WRONG_TYPE && read_credentials(root, i, password) &&
           read_organisation(root, i);
}

/* ------------------------------------------------------------------------- PUT, PATCH */

struct issuer_state {
    char why[KEY_WHY_MAX];
    struct jsn *root;
    struct object_name name;
    struct issuer issuer;
    struct span password;
};

static void
state_free(void *state)
{
    struct issuer_state *s = state;

    jsn_free(s->root);
    free(s);
}

struct named {
    struct exchange *x;
    struct span name;
    char id[CA_RESOURCE_MAX + 1];
    unsigned n;
};

static bool
note_named(void *arg, const struct resource *r)
{
    struct named *l = arg;

    if (r->application.text[0] != '\0' && r->principal.text[0] == '\0' &&
        span_is_equal_nocase(resource_name(r), l->name)) {
        l->n++;
        (void)span_copy_str(span_str(r->id), l->id, sizeof(l->id));
    }
    return true;
}

/* An ARM id, or the name of the only authority of that name in the vault's subscription. */
static enum err
find_ca(struct exchange *x, struct span account, struct ca *out)
{
    struct named l = { .x = x, .name = account };
    char prefix[GUID_LEN + 32];
    enum err e;

    if (account.len > 0 && account.ptr[0] == '/')
        return ca_find(x->rows, x->view, account, out);
    (void)snprintf(prefix, sizeof(prefix), "/subscriptions/%s/", x->vault->subscription.text);
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, UINT32_MAX,
                      note_named, &l);
    if (e == ERR_OK && l.n != 1)
        e = ERR_NOT_FOUND;
    return e == ERR_OK ? ca_find(x->rows, x->view, span_str(l.id), out) : e;
}

/* Who sets an issuer lends it its own right to the authority; it is asked for again with every
 * certificate. */
static enum err
lend_right(struct exchange *x, struct issuer_state *s)
{
    struct issuer *i = &s->issuer;
    struct ca *ca = NULL;
    enum err e = ERR_OK;

    i->setter = (struct guid){ "" };
    if (!enrol_is_keyhold(i))
        return ERR_OK;
    ca = malloc(sizeof(*ca));
    e = ca == NULL ? ERR_NOMEM : find_ca(x, i->account, ca);
    if (e == ERR_OK)
        e = guid_is_equal(&ca->tenant, &x->vault->tenant)
                ? issue_check_principal(x->rows, x->view, ca, &x->caller.oid)
                : ERR_DENIED;
    if (e == ERR_OK && i->organisation.len > 0) {
        const struct pki_profile *p = ca_profile(ca, i->organisation);

        e = p == NULL || p->ca ? ERR_DENIED : ERR_OK;
    }
    if (e == ERR_OK) {
        i->account = ca->resource; /* of the view, as what is about to be written */
        i->setter = x->caller.oid;
    }
    if (e == ERR_NOT_FOUND || e == ERR_DENIED) {
        (void)snprintf(s->why, sizeof(s->why),
                       "The certificate authority or its profile does not exist, or the caller "
                       "may not have certificates of it.");
        e = ERR_BAD_PARAMETER;
    }
    free(ca);
    return e;
}

/* The stored one, or a new one; with the body over it. */
static enum err
load(struct exchange *x, bool is_new, struct issuer_state *s)
{
    struct vault_at at = object_at(x);
    struct issuer *i = &s->issuer;
    struct issuer fresh = { .enabled = true, .created = clock_now() };
    enum err e = issuer_get(&at, s->name.key, i);

    if (e == ERR_ISSUER_NOT_FOUND && is_new)
        e = ERR_OK;
    if (e != ERR_OK)
        return e;
    if (is_new) { /* PUT replaces; the day and the spelling of the first stay */
        fresh.revision = i->revision;
        fresh.name = i->revision != 0 ? i->name : s->name;
        if (i->revision != 0)
            fresh.created = i->created;
        *i = fresh;
    }
    i->updated = clock_now();
    return bind(s->root, is_new, i, &s->password) ? lend_right(x, s) : ERR_BAD_BODY;
}

static enum err
write_begin(struct exchange *x, bool is_new, struct issuer_state *s)
{
    enum err e = object_name(x, &s->name);

    if (e != ERR_OK)
        return e;
    note(x, s->name.spelled);
    e = jsn_parse(x->req->body, &s->root);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    return load(x, is_new, s);
}

static enum next
write_end(struct exchange *x, struct issuer_state *s)
{
    struct vault_at at = object_at(x);

    issuer_put(&at, &x->write, &s->issuer);
    put(x, &s->issuer);
    return object_finish(x, NEXT_COMMIT);
}

static enum next
write_issuer(struct exchange *x, bool is_new)
{
    struct issuer_state *s = x->step == 0 ? calloc(1, sizeof(*s)) : x->state;
    struct vault_at at = object_at(x);
    enum err e;

    if (s == NULL)
        return cert_fail(x, ERR_NOMEM, "set", "");
    x->state = s;
    x->state_free = state_free;
    if (x->step == 0) {
        e = write_begin(x, is_new, s);
        if (e != ERR_OK)
            return cert_fail(x, e, "set", s->why);
        if (s->password.len == 0)
            return write_end(x, s);
        issuer_ask_seal(&at, &s->name, s->password, sink_sec(&x->ask));
        x->ask_op = KEEPER_SEAL;
        return NEXT_KEEPER;
    }
    e = object_keeper_err(x->answer_err);
    if (e == ERR_OK) /* again: what was read before is of another snapshot */
        e = load(x, is_new, s);
    if (e != ERR_OK)
        return cert_fail(x, e, "set", s->why);
    s->issuer.sealed = secbuf_span(&x->answer);
    return write_end(x, s);
}

enum next
api_issuer_set(struct exchange *x)
{
    return write_issuer(x, true);
}

enum next
api_issuer_update(struct exchange *x)
{
    return write_issuer(x, false);
}

/* ------------------------------------------------------------------------ GET, DELETE */

static enum err
find(struct exchange *x, struct issuer *i)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    enum err e = object_name(x, &name);

    if (e != ERR_OK)
        return e;
    note(x, name.spelled);
    return issuer_get(&at, name.key, i);
}

enum next
api_issuer_get(struct exchange *x)
{
    struct issuer i;
    enum err e = find(x, &i);

    if (e != ERR_OK)
        return cert_fail(x, e, "get", "");
    put(x, &i);
    return object_finish(x, NEXT_REPLY);
}

enum next
api_issuer_delete(struct exchange *x)
{
    struct vault_at at = object_at(x);
    struct issuer i;
    enum err e = find(x, &i);

    if (e != ERR_OK)
        return cert_fail(x, e, "delete", "");
    issuer_drop(&at, &x->write, &i);
    put(x, &i);
    return object_finish(x, NEXT_COMMIT);
}

/* ------------------------------------------------------------------------------ list */

struct listing {
    unsigned n;
    char key[PAGE_MAX + 1][MAX_OBJECT_NAME + 1];
};

static bool
note_key(void *arg, struct span key)
{
    struct listing *l = arg;

    (void)span_copy_str(key, l->key[l->n], sizeof(l->key[0]));
    l->n++;
    return l->n <= PAGE_MAX;
}

static enum err
put_items(struct exchange *x, struct page *page, struct jsw *w)
{
    struct vault_at at = object_at(x);
    struct listing l = { .n = 0 };
    char url[OBJECT_URL_MAX];
    struct issuer i;
    enum err e = issuer_each(&at, page->list.after, page->list.max + 1, note_key, &l);

    page->list.more = l.n > page->list.max;
    for (unsigned n = 0; e == ERR_OK && n < l.n && n < page->list.max; n++) {
        e = issuer_get(&at, l.key[n], &i);
        if (e != ERR_OK)
            break;
        object_url(x, "certificates/issuers", i.name.spelled, NULL, url);
        jsw_object(w, NULL);
        jsw_str(w, "id", url);
        jsw_span(w, "provider", i.provider);
        jsw_end(w);
        memcpy(page->list.last, l.key[n], sizeof(page->list.last));
    }
    return e;
}

enum next
api_issuer_list(struct exchange *x)
{
    struct jsw w = jsw_of(sink_buf(&x->resp.big_body));
    const char *what;
    struct page page;
    enum err e = page_read(x, ISSUERS_PATH, &page, &what);

    if (e == ERR_BAD_PAGE)
        return exchange_fail(x, e, span_str(what));
    if (e != ERR_OK)
        return cert_fail(x, e, "list", "");
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    e = put_items(x, &page, &w);
    if (e != ERR_OK)
        return cert_fail(x, e, "list", "");
    jsw_end(&w);
    e = page_put_link(x, ISSUERS_PATH, &page, &w);
    jsw_end(&w);
    if (e != ERR_OK)
        return cert_fail(x, e, "list", "");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}
