/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passwords.c - addPassword and removePassword, of an application or through its principal.
 *
 * The secret is made here, told once, and kept as the keeper's record only.
 */
#include <stdlib.h>

#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "codec/isotime.h"

enum { SECRET_LEN = 40, TWO_YEARS = 24 /* months */ };

/* The application, by its own id or its principal's. ERR_NOT_FOUND: composed. ERR_DENIED:
 * the same. */
static enum err
find_application(struct exchange *x, const char *action, struct object_any *o)
{
    struct principal p;
    enum err e = graph_bound(x, OBJECT_NONE, o);
    bool found = true;

    if (e != ERR_OK)
        return e;
    if (o->type == OBJECT_SP && o->p.kind == PRINCIPAL_APPLICATION) {
        e = application_load(x->rows, x->view, &o->p.appid, &o->a);
        found = e != ERR_NOT_FOUND && (e != ERR_OK || guid_is_equal(&o->a->tid, &o->p.tid));
    } else if (o->type != OBJECT_APPLICATION) {
        found = false;
    }
    if (e == ERR_OK && found) {
        e = principal_find(x->rows, x->view, &o->a->tid, &o->a->appid, &p);
        if (e == ERR_NOT_FOUND ? graph_may(x, action)
                               : (e == ERR_OK && graph_may_on(x, action, &p.oid)))
            return ERR_OK;
        if (e == ERR_OK || e == ERR_NOT_FOUND)
            e = ERR_DENIED;
    }
    graph_object_release(o);
    if (e == ERR_DENIED)
        (void)graph_denied(x);
    if (!found)
        (void)graph_missing(x, x->bind[1]);
    return found ? e : ERR_NOT_FOUND;
}

/* What was wanted, kept while the keeper works. */
struct adding {
    struct secbuf secret;
    int64_t starts, expires;
    char name[MAX_CREDENTIAL_NAME + 1];
};

static void
adding_free(void *state)
{
    struct adding *a = state;

    secbuf_release(&a->secret);
    free(a);
}

/* 204 bits. The three characters of the hint come first; what follows them marks a secret of
 * this kind for scanners of leaked text. */
static void
make_secret(struct secbuf *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~";
    uint8_t bytes[SECRET_LEN];

    rand_fill(bytes, sizeof(bytes));
    for (size_t i = 0; i < SECRET_LEN; i++)
        secbuf_put_byte(out, (uint8_t)letters[bytes[i] & 63]);
    wipe(bytes, sizeof(bytes));
    if (out->len == SECRET_LEN)
        memcpy(out->ptr + 3, "8Q~", 3);
}

static bool
take_time(const struct jsn *p, const char *name, int64_t *out)
{
    struct span text;
    enum jsn_got got = p == NULL ? JSN_ABSENT : jsn_get_str(p, name, &text);

    return got == JSN_ABSENT || (got == JSN_OK && isotime_get(text, out) == ERR_OK);
}

/* The body may be empty. False: the answer was composed. */
static bool
read_wish(struct exchange *x, struct adding *a)
{
    const struct jsn *p = NULL;
    struct jsn *root = NULL;
    struct span name = { 0 };
    enum err e = x->req->body.len == 0 ? ERR_OK : arm_body(x, &root);
    bool ok = e == ERR_OK;

    a->starts = clock_now();
    a->expires = isotime_add_months(a->starts, TWO_YEARS);
    if (ok && root != NULL)
        ok = jsn_get_object(root, "passwordCredential", &p) != JSN_WRONG_TYPE;
    ok = ok && take_time(p, "startDateTime", &a->starts) &&
         take_time(p, "endDateTime", &a->expires) && a->expires > a->starts;
    if (ok && p != NULL)
        ok = jsn_get_str(p, "displayName", &name) != JSN_WRONG_TYPE &&
             span_copy_str(span_head(name, MAX_CREDENTIAL_NAME), a->name, sizeof(a->name));
    jsn_free(root);
    if (!ok)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Invalid value specified for property 'passwordCredential'.");
    return ok;
}

static enum next
ask_record(struct exchange *x)
{
    struct adding *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return arm_trouble(x, ERR_NOMEM);
    secbuf_init(&a->secret, SECRET_LEN);
    x->state = a;
    x->state_free = adding_free;
    if (!read_wish(x, a))
        return NEXT_REPLY;
    make_secret(&a->secret);
    if (a->secret.err != ERR_OK)
        return arm_trouble(x, a->secret.err);
    secbuf_clear(&x->ask);
    keeper_pack_password_hash(sink_sec(&x->ask), secbuf_span(&a->secret));
    x->ask_op = KEEPER_PASSWORD_HASH;
    return x->ask.err == ERR_OK ? NEXT_KEEPER : arm_trouble(x, x->ask.err);
}

static enum next
store_secret(struct exchange *x, struct application *app, const struct adding *a)
{
    struct app_secret *s;
    struct guid id;
    struct jsw w;
    enum err e = x->answer_err;

    if (e == ERR_OK)
        e = application_add_secret(app, secbuf_span(&x->answer), secbuf_span(&a->secret),
                                   a->expires, &id);
    if (e == ERR_TOO_LARGE)
        return arm_fail(x, 400, "Directory_QuotaExceeded",
                        "The application has %d passwords already.", MAX_APP_SECRETS);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    s = &app->secrets[app->nsecrets - 1];
    s->starts = a->starts;
    (void)span_copy_str(span_str(a->name), s->name, sizeof(s->name));
    application_store(x->rows, &x->write, app, app->revision);
    graph_headers(x, 200);
    http_response_header(&x->resp, "Content-Type", "application/json;charset=utf-8");
    w = jsw_of(sink_sec(&x->resp.body));
    jsw_object(&w, NULL);
    graph_put_context(x, &w, "microsoft.graph.passwordCredential", false);
    jsw_null(&w, "customKeyIdentifier");
    if (s->name[0] == '\0')
        jsw_null(&w, "displayName");
    else
        jsw_str(&w, "displayName", s->name);
    graph_put_time(&w, "startDateTime", s->starts);
    graph_put_time(&w, "endDateTime", s->expires);
    jsw_str(&w, "hint", s->hint);
    jsw_str(&w, "keyId", s->id.text);
    jsw_span(&w, "secretText", secbuf_span(&a->secret));
    jsw_end(&w);
    if (x->resp.body.err != ERR_OK)
        return arm_trouble(x, x->resp.body.err);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_graph_password_add(struct exchange *x)
{
    struct object_any o;
    enum next next;
    enum err e = find_application(x, x->route->action, &o);

    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    next = x->step == 0 ? ask_record(x) : store_secret(x, o.a, x->state);
    graph_object_release(&o);
    return next;
}

static bool
drop_secret(struct application *a, const struct guid *id)
{
    for (unsigned i = 0; i < a->nsecrets; i++)
        if (guid_is_equal(&a->secrets[i].id, id)) {
            for (unsigned k = i + 1; k < a->nsecrets; k++)
                a->secrets[k - 1] = a->secrets[k];
            a->nsecrets--;
            return true;
        }
    return false;
}

enum next
api_graph_password_remove(struct exchange *x)
{
    struct jsn *root = NULL;
    struct object_any o;
    struct span text;
    struct guid id;
    enum next next;
    enum err e = find_application(x, x->route->action, &o);

    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    e = arm_body(x, &root);
    if (e != ERR_OK) {
        next = arm_trouble(x, e);
    } else if (jsn_get_str(root, "keyId", &text) != JSN_OK || !guid_parse(text, &id) ||
               !drop_secret(o.a, &id)) {
        next =
            arm_fail(x, 400, "Request_BadRequest", "No password credential found with keyId.");
    } else {
        application_store(x->rows, &x->write, o.a, o.a->revision);
        next = graph_empty(x, NEXT_COMMIT);
    }
    jsn_free(root);
    graph_object_release(&o);
    return next;
}
