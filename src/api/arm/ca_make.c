/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_make.c - PUT of a certificate authority: its key is found, what is to be signed is
 * composed, the key of its own or of its parent signs, and everything is committed at once.
 *
 * Two rights beside the one of the route: to use the key (read and sign, of the vault's data
 * plane), and to issue at the parent. Who makes an authority lends its key to those who may
 * issue with it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/cas.h"
#include "api/arm/handlers.h"
#include "api/arm/tags.h"
#include "api/data/key_fail.h"
#include "auth/access.h"
#include "base/clock.h"

enum ca_kind { KIND_ROOT, KIND_BELOW, KIND_EXTERNAL };

struct make {
    struct jsn *root; /* backs body */
    struct ca_body body;
    enum ca_kind kind;
    struct place group;
    struct resource r;
    struct ca parent; /* of this step's view */
    char vault_name[MAX_VAULT_NAME + 1];
    struct issue_made made; /* tbs: of the certificate, or of the request */
    char why[CA_WHY_MAX];
    int64_t now;
    bool answered;
};

static void
make_free(void *state)
{
    struct make *m = state;

    jsn_free(m->root);
    issue_made_release(&m->made);
    free(m);
}

/* Answers, and says so: the error is no error of ours any more. */
static enum err
answered(struct make *m, enum next composed)
{
    (void)composed;
    m->answered = true;
    return ERR_DENIED;
}

/* --------------------------------------------------------------------------- the key */

static bool
may_use(struct exchange *x, const struct vault *v, const struct object_name *key,
        enum perm need)
{
    struct access_question q = { .caller = &x->caller,
                                 .vault = v,
                                 .need = need,
                                 .object = span_str(key->spelled),
                                 .cache = x->access_cache };
    struct access_answer a = { .allowed = false };

    return access_check(x->rows, x->view, &q, &a) == ERR_OK && a.allowed;
}

/* The vault, if the caller may use that key in it. Who may not learns nothing of it. */
static enum err
check_vault(struct exchange *x, struct make *m)
{
    static const char action[] = "Microsoft.KeyVault/vaults/keys/sign/action";
    struct ca *ca = &m->body.ca;
    struct vault *v = NULL;
    enum err e = vault_load(x->rows, x->view, m->body.vault, &v);
    bool may = e == ERR_OK && guid_is_equal(&v->tenant, &x->caller.tid) &&
               may_use(x, v, &ca->key, PERM_KEY_GET) && may_use(x, v, &ca->key, PERM_KEY_SIGN);

    if (may) {
        ca->vault = v->id;
        ca->tenant = v->tenant;
        bug_on(!span_copy_str(span_str(v->name), m->vault_name, sizeof(m->vault_name)));
        ca->vault_name = span_str(m->vault_name);
    }
    vault_unref(v);
    if (may || (e != ERR_OK && e != ERR_NO_VAULT))
        return e;
    return answered(m, ca_deny_linked(x, action, m->body.vault));
}

/* The current version, unless one is named. A certificate's key stays its own. */
static enum err
choose_version(struct exchange *x, struct make *m)
{
    struct vault_at at = { .rows = x->rows, .view = x->view, .kind = KIND_KEY };
    struct ca *ca = &m->body.ca;
    struct vault *v = NULL;
    struct object_head head;
    enum err e = vault_load(x->rows, x->view, ca->vault_name, &v);

    at.vault = v;
    if (e == ERR_OK)
        e = object_head_get(&at, HEAD_LIVE, ca->key.key, &head);
    vault_unref(v);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && head.managed))
        return answered(m, arm_fail(x, 400, "KeyNotFound",
                                    "There is no key '%s' that is free to be an authority's.",
                                    ca->key.spelled));
    if (e != ERR_OK)
        return e;
    ca->key = head.name;
    if (m->body.version.len == 0)
        ca->key_version = head.current;
    return ERR_OK;
}

/* ------------------------------------------------------------------------ the parent */

static enum err
find_parent(struct exchange *x, struct make *m)
{
    struct span id = m->body.ca.parent;
    enum err e;

    if (id.len == 0) {
        m->kind = KIND_ROOT;
        return ERR_OK;
    }
    if (span_is_str_nocase(id, "external")) {
        m->kind = KIND_EXTERNAL;
        return ERR_OK;
    }
    m->kind = KIND_BELOW;
    e = ca_find(x->rows, x->view, id, &m->parent);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    /* An authority is more than a certificate: who only enrols makes none. */
    if (e == ERR_NOT_FOUND || !guid_is_equal(&m->parent.tenant, &x->caller.tid) ||
        !ca_may(x, CA_ISSUE_ACTION, id) || !ca_may(x, CA_ACTION_WRITE, id))
        return answered(m, ca_deny_linked(x, CA_ISSUE_ACTION, id));
    m->body.ca.parent = m->parent.resource;
    return ERR_OK;
}

/* ---------------------------------------------------------------------- what is signed */

static enum err
compose_below(struct exchange *x, struct make *m, const struct ca_hand *own)
{
    struct ca_hand above = { .ca = NULL };
    struct issue_asked asked;
    struct found_room room;
    enum err e = ca_hand_open(x->rows, x->view, &m->parent, CA_ISSUES, m->now, &above, m->why);

    found_asked(own, m->now, &asked, &room);
    if (e == ERR_OK)
        e = issue_begin(&above, &asked, m->now, &m->made, m->why);
    if (e == ERR_OK) {
        ca_ask_signature(&above, &m->made.digest, sink_sec(&x->ask));
        x->ask_of = above.detail.home;
    }
    ca_hand_release(&above);
    return e;
}

static enum err
compose(struct exchange *x, struct make *m)
{
    struct ca_hand own = { .ca = NULL };
    enum err e = ca_hand_find_key(x->rows, x->view, &m->body.ca, m->now, &own, m->why);

    x->ask_op = KEEPER_KEY_USE;
    if (e == ERR_OK && m->kind == KIND_BELOW) {
        e = compose_below(x, m, &own);
    } else if (e == ERR_OK) {
        e = m->kind == KIND_ROOT ? found_root(&own, m->now, &m->made, m->why)
                                 : found_request(&own, &m->made.tbs, &m->made.digest, m->why);
        if (e == ERR_OK) {
            ca_ask_signature(&own, &m->made.digest, sink_sec(&x->ask));
            x->ask_of = own.detail.home;
        }
    }
    ca_hand_release(&own);
    return e;
}

/* -------------------------------------------------------------------------- step 0 */

static void
fill(struct exchange *x, struct make *m)
{
    struct ca *ca = &m->body.ca;

    m->now = clock_now();
    ca->id = guid_new();
    ca->state = m->kind == KIND_EXTERNAL ? CA_WAITS : CA_ACTIVE;
    ca->resource = span_str(m->r.id);
    ca->created = ca->updated = m->now;
    if (!m->body.has_url)
        ca->url = span_str(x->site->pki_origin);
}

static enum err
read_new(struct exchange *x, struct make *m)
{
    struct span location;

    if (jsn_get_str(m->root, "location", &location) != JSN_OK)
        return answered(m, arm_fail(x, 400, "LocationRequired",
                                    "The location property is required for this definition."));
    if (!arm_location(x, location, m->r.location, "InvalidResourceLocation",
                      "the certificate authority") ||
        !arm_read_tags(x, m->root, false, &m->r.tags))
        return answered(m, NEXT_REPLY);
    if (!m->body.has_key || !m->body.has_subject)
        return answered(m, arm_fail(x, 400, "InvalidRequestContent",
                                    "The request content is not valid: '%s' is missing.",
                                    m->body.has_key ? "subject" : "key"));
    return ERR_OK;
}

static enum err
make_begin(struct exchange *x, struct make *m)
{
    enum err e = read_new(x, m);

    if (e == ERR_OK)
        e = check_vault(x, m);
    if (e == ERR_OK)
        e = choose_version(x, m);
    if (e == ERR_OK)
        e = find_parent(x, m);
    if (e != ERR_OK)
        return e;
    fill(x, m);
    return compose(x, m);
}

/* Finds what the path names, and either changes it or begins to make it. */
static enum err
begin(struct exchange *x, struct make *m, bool *done, enum next *next)
{
    static const struct resource none;
    char id[MAX_RESOURCE_KEY + 1];
    struct ca *known = &m->parent; /* room; the parent is read later */
    enum err e = arm_group(x, &m->group);

    if (e == ERR_NOT_FOUND)
        return answered(m, NEXT_REPLY);
    if (e != ERR_OK)
        return e;
    if (!pki_profile_name_is_ok(x->bind[2]))
        return answered(m, arm_fail(x, 400, "InvalidResourceName",
                                    "The name '%.*s' is not valid: 1 to 64 letters, digits, "
                                    "'-' and '_'.",
                                    (int)span_head(x->bind[2], 128).len,
                                    (const char *)x->bind[2].ptr));
    e = arm_body(x, &m->root);
    if (e != ERR_OK)
        return e;
    if (!ca_body_read(x, m->root, &m->body))
        return answered(m, NEXT_REPLY);
    ca_id_of_path(x, &m->group, id);
    e = resource_load(x->rows, x->view, span_str(id), &m->r);
    if (e == ERR_OK)
        e = ca_load(x->rows, x->view, &m->r.application, known);
    *done = e == ERR_OK;
    if (*done)
        *next = ca_update(x, m->root, &m->body, false, &m->r, known);
    if (e != ERR_NOT_FOUND)
        return e;
    m->r = none;
    memcpy(m->r.id, id, sizeof(id));
    return make_begin(x, m);
}

/* -------------------------------------------------------------------------- step 1 */

static void
put_above(struct ca *ca, const struct ca *parent, const char *serial)
{
    ca->above[0].id = parent->id;
    bug_on(!span_copy_str(span_str(serial), ca->above[0].serial, sizeof(ca->above[0].serial)));
    ca->nabove = 1;
    for (unsigned i = 0; i < parent->nabove && ca->nabove < CA_CHAIN_MAX; i++)
        ca->above[ca->nabove++] = parent->above[i];
}

static enum err
end_below(struct exchange *x, struct make *m, struct span signature)
{
    struct issue_who who = { .principal = x->caller.oid, .what = span_str("arm") };
    struct ca *ca = &m->body.ca;
    struct ca_hand above = { .ca = NULL };
    enum err e = ca_find(x->rows, x->view, ca->parent, &m->parent);

    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->parent, CA_ISSUES, m->now, &above, m->why);
    if (e == ERR_OK && m->parent.nchain == CA_CHAIN_MAX) {
        (void)snprintf(m->why, sizeof(m->why), "The chain would be too long.");
        e = ERR_DENIED;
    }
    if (e == ERR_OK)
        e = issue_end(&above, &m->made, signature);
    if (e == ERR_OK) {
        issue_put(x->rows, &x->write, &above, &m->made, &who, m->now);
        ca->chain[ca->nchain++] = buf_span(&m->made.der);
        for (unsigned i = 0; i < m->parent.nchain; i++)
            ca->chain[ca->nchain++] = m->parent.chain[i];
        put_above(ca, &m->parent, m->made.serial);
    }
    ca_hand_release(&above);
    return e;
}

static enum err
end_own(struct exchange *x, struct make *m, struct span signature)
{
    struct ca *ca = &m->body.ca;
    struct ca_hand own = { .ca = NULL };
    enum err e = ca_hand_find_key(x->rows, x->view, ca, m->now, &own, m->why);

    if (e == ERR_OK)
        e = found_end(&own, &m->made, signature);
    if (e == ERR_OK && m->kind == KIND_ROOT)
        ca->chain[ca->nchain++] = buf_span(&m->made.der);
    else if (e == ERR_OK)
        ca->csr = buf_span(&m->made.der);
    ca_hand_release(&own);
    return e;
}

static enum err
end(struct exchange *x, struct make *m)
{
    struct key_use_answer a;
    struct ca *ca = &m->body.ca;
    struct jsw w;
    enum err e = key_provider_err(x->answer_err, ERR_INTERNAL);

    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&x->answer), &a);
    if (e == ERR_OK)
        e = m->kind == KIND_BELOW ? end_below(x, m, a.value) : end_own(x, m, a.value);
    if (e == ERR_OK && m->kind != KIND_EXTERNAL)
        e = found_path_length(ca);
    if (e == ERR_OK)
        e = arm_group(x, &m->group);
    if (e != ERR_OK)
        return e;
    m->r.application = ca->id;
    m->r.created = m->r.updated = m->now;
    resource_store(x->rows, &x->write, &m->r);
    ca_put(x->rows, &x->write, ca);
    place_enter_group(x->rows, &x->write, &m->group);
    w = arm_reply(x, 201);
    ca_put_json(x, &m->r, ca, &w);
    return ERR_OK;
}

enum next
api_arm_ca_put(struct exchange *x)
{
    struct make *m = x->step == 0 ? calloc(1, sizeof(*m)) : x->state;
    enum next next = NEXT_KEEPER;
    bool done = false;
    enum err e;

    if (m == NULL)
        return arm_trouble(x, ERR_NOMEM);
    if (x->step == 0) {
        x->state = m;
        x->state_free = make_free;
        issue_made_init(&m->made);
        e = begin(x, m, &done, &next);
        if (e == ERR_OK)
            return next;
    } else {
        e = end(x, m);
        if (e == ERR_OK)
            return arm_finish(x, NEXT_COMMIT);
    }
    return m->answered ? NEXT_REPLY : ca_refuse(x, e, m->why);
}
