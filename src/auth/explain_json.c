/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_json.c - the explanation as members of a JSON object, for programs and
 * for readers over the network (struct explain_limits).
 */
#include "auth/explain_int.h"
#include "auth/role.h"

static const char *const verdict_names[EXPLAIN__MAX] = {
    [EXPLAIN_DECIDES] = "decides",
    [EXPLAIN_WOULD_TOO] = "wouldToo",
    [EXPLAIN_OTHER_ACTION] = "otherAction",
    [EXPLAIN_TAKEN_OUT] = "notActions",
    [EXPLAIN_OTHER_SCOPE] = "otherScope",
    [EXPLAIN_CONDITION] = "condition",
    [EXPLAIN_BAD_CONDITION] = "badCondition",
    [EXPLAIN_ROLE_GONE] = "roleDeleted",
    [EXPLAIN_EXCLUDED] = "excluded",
    [EXPLAIN_OTHER_APP] = "otherApplication",
    [EXPLAIN_OTHER_TENANT] = "otherTenant",
};
static const char *const reason_names[ACCESS__MAX] = {
    [ACCESS_GRANTED] = "granted",        [ACCESS_NO_CALLER] = "noPrincipal",
    [ACCESS_TENANT] = "otherTenant",     [ACCESS_NO_GRANT] = "noGrant",
    [ACCESS_CONDITION] = "condition",    [ACCESS_DENIED] = "denied",
    [ACCESS_NO_RESOURCE] = "noResource",
};
static const char *const kind_names[] = {
    [EXPLAIN_ASSIGNMENT] = "roleAssignment",
    [EXPLAIN_DENY] = "denyAssignment",
    [EXPLAIN_POLICY] = "accessPolicy",
};

const char *
explain_type_of(const struct explain_subject *who)
{
    return who->kind == ASSIGNEE_USER    ? "User"
           : who->kind == ASSIGNEE_GROUP ? "Group"
                                         : "ServicePrincipal";
}

/* How much a built-in role gives beside the action: 0 if it does not give it at all. */
static size_t
breadth_of(const struct role *r, const struct explain_target *t)
{
    const char *const *list = t->is_data ? r->data_actions : r->actions;
    struct span action = span_str(t->action);
    size_t best = 0, n = 0;

    if (!(t->is_data ? role_allows_data_action(r, action) : role_allows_action(r, action)))
        return 0;
    for (; list[n] != NULL; n++) {
        struct span p = span_str(list[n]);
        size_t wide = span_find(p, '*') < p.len ? 1000 + MAX_ROLE_ACTION - p.len : 0;

        if (role_pattern_covers(p, action) && (best == 0 || wide + 1 < best))
            best = wide + 1;
    }
    return best + n;
}

/* Built-in roles that would give it, the narrowest first. */
unsigned
explain_suggest(const struct explain_target *t,
                const struct role *out[static EXPLAIN_SUGGESTED_MAX])
{
    size_t breadth[EXPLAIN_SUGGESTED_MAX];
    unsigned n = 0;

    for (size_t i = 0; role_at(i) != NULL; i++) {
        size_t b = breadth_of(role_at(i), t);
        unsigned at = n;

        while (at > 0 && b < breadth[at - 1])
            at--;
        if (b == 0 || at == EXPLAIN_SUGGESTED_MAX)
            continue;
        n = n < EXPLAIN_SUGGESTED_MAX ? n + 1 : n;
        for (unsigned k = n - 1; k > at; k--) {
            out[k] = out[k - 1];
            breadth[k] = breadth[k - 1];
        }
        out[at] = role_at(i);
        breadth[at] = b;
    }
    return n;
}

struct writing {
    struct jsw *json;
    const struct explain_target *what;
    const struct explain_limits *limits; /* NULL: none */
    unsigned shown, left_out;
};

/* Without names the way is not told either: only who holds it, as every list of assignments
 * does. */
static bool
tells_names(const struct writing *w)
{
    return w->limits == NULL || w->limits->names;
}

/* What is elsewhere is for those who may see it there. */
static bool
is_hidden(const struct writing *w, const struct explain_item *i)
{
    const struct explain_limits *l = w->limits;

    if (l == NULL || i->kind == EXPLAIN_POLICY)
        return false;
    return i->verdict == EXPLAIN_OTHER_TENANT ||
           (i->verdict == EXPLAIN_OTHER_SCOPE && !l->shows(l->arg, i->scope));
}

static void
take_item(void *arg, const struct explain_item *i)
{
    struct writing *w = arg;
    struct jsw *j = w->json;

    if (is_hidden(w, i))
        return;
    if (w->limits != NULL && i->verdict != EXPLAIN_DECIDES && w->shown >= w->limits->items) {
        w->left_out++;
        return;
    }
    w->shown++;
    jsw_object(j, NULL);
    jsw_str(j, "kind", kind_names[i->kind]);
    jsw_str(j, "verdict", verdict_names[i->verdict]);
    if (i->id.text[0] != '\0')
        jsw_str(j, "id", i->id.text);
    if (i->principal.text[0] != '\0')
        jsw_str(j, "principalId", i->principal.text);
    jsw_str(j, "scope", i->scope);
    if (i->kind == EXPLAIN_ASSIGNMENT)
        jsw_str(j, "roleDefinitionId", i->role.text);
    if (i->kind != EXPLAIN_POLICY)
        jsw_span(j, i->kind == EXPLAIN_DENY ? "denyAssignmentName" : "roleName", i->role_name);
    jsw_array(j, "groupPath");
    for (unsigned g = 0; tells_names(w) && g < i->npath; g++) {
        jsw_object(j, NULL);
        jsw_str(j, "id", i->path[g].text);
        jsw_str(j, "displayName", i->path_names[g]);
        jsw_end(j);
    }
    jsw_end(j);
    jsw_end(j);
}

static void
json_who(struct jsw *j, const char *name, const struct explain_subject *who, bool names)
{
    jsw_object(j, name);
    jsw_str(j, "id", who->oid.text);
    jsw_str(j, "type", explain_type_of(who));
    if (names)
        jsw_str(j, "displayName", who->name);
    if (names && who->upn[0] != '\0')
        jsw_str(j, "userPrincipalName", who->upn);
    if (who->appid.text[0] != '\0')
        jsw_str(j, "appId", who->appid.text);
    jsw_end(j);
}

static void
json_target(struct jsw *j, const struct explain_target *t)
{
    jsw_str(j, "action", t->action);
    jsw_bool(j, "isDataAction", t->is_data);
    jsw_span(j, "scope", scope_span(&t->scope));
}

static void
json_answer(struct writing *w, const struct access_answer *a)
{
    struct jsw *j = w->json;

    jsw_bool(j, "allowed", a->allowed);
    jsw_str(j, "reason", reason_names[a->reason]);
    jsw_str(j, "model", a->by_rbac ? "rbac" : "accessPolicy");
    if (a->assignment.text[0] != '\0')
        jsw_str(j, "roleAssignmentId", a->assignment.text);
    if (a->deny.text[0] != '\0')
        jsw_str(j, "denyAssignmentId", a->deny.text);
    if (!a->allowed && a->by_rbac) {
        const struct role *roles[EXPLAIN_SUGGESTED_MAX];
        unsigned n = explain_suggest(w->what, roles);

        jsw_array(j, "rolesThatWould");
        for (unsigned i = 0; i < n; i++)
            jsw_str(j, NULL, roles[i]->name);
        jsw_end(j);
    }
}

enum err
explain_put(const struct rows *rows, struct store_view *view, const struct explain_subject *who,
            const struct explain_target *what, const struct explain_limits *limits,
            struct jsw *j, bool *allowed)
{
    struct writing w = { .json = j, .what = what, .limits = limits };
    struct explain_result r;
    enum err e;

    json_who(j, "principal", who, tells_names(&w));
    json_target(j, what);
    jsw_array(j, "considered");
    e = explain_run(rows, view, who, what, limits != NULL ? limits->most : 0, take_item, &w,
                    &r);
    jsw_end(j);
    *allowed = e == ERR_OK && r.answer.allowed;
    if (e != ERR_OK)
        return e;
    jsw_bool(j, "complete", w.left_out == 0 && !r.cut);
    if (w.left_out > 0)
        jsw_i64(j, "leftOut", w.left_out);
    json_answer(&w, &r.answer);
    return ERR_OK;
}

static void
take_able(void *arg, const struct explain_able *a)
{
    struct writing *w = arg;
    struct jsw *j = w->json;

    jsw_object(j, NULL);
    json_who(j, "principal", a->who, tells_names(w));
    if (a->app.text[0] != '\0')
        jsw_str(j, "applicationId", a->app.text);
    if (a->answer->group.text[0] != '\0')
        jsw_str(j, "groupId", a->answer->group.text);
    if (a->answer->assignment.text[0] != '\0')
        jsw_str(j, "roleAssignmentId", a->answer->assignment.text);
    jsw_end(j);
}

enum err
explain_put_who(const struct rows *rows, struct store_view *view, const struct guid *tid,
                const struct explain_target *what, const struct explain_limits *limits,
                struct jsw *j, struct explain_page *out)
{
    struct writing w = { .json = j, .what = what, .limits = limits };
    enum err e;

    json_target(j, what);
    jsw_array(j, "principals");
    e = explain_who_can(rows, view, tid, what, limits, take_able, &w, out);
    jsw_end(j);
    if (e == ERR_OK)
        jsw_bool(j, "complete", !out->cut);
    return e;
}
