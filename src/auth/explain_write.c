/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_write.c - the explanation in words, and as JSON. What decided comes
 * first; what was merely elsewhere is counted, and shown up to a bound.
 */
#include <stdlib.h>

#include "auth/explain_int.h"
#include "auth/role.h"
#include "codec/jsw.h"

enum { SHOWN_MAX = 100, SUGGESTED_MAX = 5 };

static const char *const verdict_words[EXPLAIN__MAX] = {
    [EXPLAIN_DECIDES] = "decides",
    [EXPLAIN_WOULD_TOO] = "would give it too",
    [EXPLAIN_OTHER_ACTION] = "is about other actions",
    [EXPLAIN_TAKEN_OUT] = "excludes this action (notActions)",
    [EXPLAIN_OTHER_SCOPE] = "is about another scope",
    [EXPLAIN_CONDITION] = "its condition does not hold",
    [EXPLAIN_BAD_CONDITION] = "its condition cannot be read",
    [EXPLAIN_ROLE_GONE] = "its role was deleted",
    [EXPLAIN_EXCLUDED] = "excludes the principal",
    [EXPLAIN_OTHER_APP] = "is for another application",
    [EXPLAIN_OTHER_TENANT] = "is of another tenant",
};
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
static const char *const reason_words[ACCESS__MAX] = {
    [ACCESS_GRANTED] = "granted",
    [ACCESS_NO_CALLER] = "the principal does not exist or is disabled",
    [ACCESS_TENANT] = "the resource belongs to another tenant",
    [ACCESS_NO_GRANT] = "nothing grants it",
    [ACCESS_CONDITION] = "a role grants it, but its condition does not hold",
    [ACCESS_DENIED] = "a deny assignment forbids it",
    [ACCESS_NO_RESOURCE] = "that is no resource",
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

static const char *
type_of(const struct explain_subject *who)
{
    return who->kind == ASSIGNEE_USER    ? "User"
           : who->kind == ASSIGNEE_GROUP ? "Group"
                                         : "ServicePrincipal";
}

static const char *
name_of(const struct explain_subject *who)
{
    return who->upn[0] != '\0' ? who->upn : who->name[0] != '\0' ? who->name : who->oid.text;
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
static unsigned
suggest(const struct explain_target *t, const struct role *out[static SUGGESTED_MAX])
{
    size_t breadth[SUGGESTED_MAX];
    unsigned n = 0;

    for (size_t i = 0; role_at(i) != NULL; i++) {
        size_t b = breadth_of(role_at(i), t);
        unsigned at = n;

        while (at > 0 && b < breadth[at - 1])
            at--;
        if (b == 0 || at == SUGGESTED_MAX)
            continue;
        n = n < SUGGESTED_MAX ? n + 1 : n;
        for (unsigned k = n - 1; k > at; k--) {
            out[k] = out[k - 1];
            breadth[k] = breadth[k - 1];
        }
        out[at] = role_at(i);
        breadth[at] = b;
    }
    return n;
}

/* ------------------------------------------------------------------- one each */

struct writing {
    struct buf *out;
    struct jsw *json; /* NULL: text */
    const struct explain_subject *who;
    const struct explain_target *what;
    struct buf parts[3]; /* text: what decided, what nearly did, the rest */
    unsigned shown, left_out, n;
};

static void
put_path(struct buf *b, const struct explain_item *i)
{
    for (unsigned g = 0; g < i->npath; g++)
        buf_put_fmt(b, "%s%s (%s)", g == 0 ? " through " : " in ",
                    i->path_names[g][0] != '\0' ? i->path_names[g] : "group", i->path[g].text);
}

static void
text_item(struct writing *w, const struct explain_item *i)
{
    unsigned part = i->verdict == EXPLAIN_DECIDES ? 0
                    : i->verdict == EXPLAIN_OTHER_SCOPE || i->verdict == EXPLAIN_OTHER_ACTION
                        ? 2
                        : 1;
    struct buf *b = &w->parts[part];

    if (part == 2 && ++w->shown > SHOWN_MAX) {
        w->left_out++;
        return;
    }
    switch (i->kind) {
    case EXPLAIN_ASSIGNMENT:
        buf_put_fmt(b, "  role assignment %s: %.*s at %s", i->id.text,
                    i->role_name.len > 0 ? (int)i->role_name.len : GUID_LEN,
                    i->role_name.len > 0 ? (const char *)i->role_name.ptr : i->role.text,
                    i->scope);
        break;
    case EXPLAIN_DENY:
        buf_put_fmt(b, "  deny assignment %s: %.*s at %s", i->id.text, (int)i->role_name.len,
                    (const char *)i->role_name.ptr, i->scope);
        break;
    case EXPLAIN_POLICY:
        buf_put_fmt(b, "  access policy for %s on %s", i->principal.text, i->scope);
        break;
    }
    put_path(b, i);
    buf_put_fmt(b, ": %s\n", verdict_words[i->verdict]);
}

static void
json_item(struct writing *w, const struct explain_item *i)
{
    struct jsw *j = w->json;

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
    for (unsigned g = 0; g < i->npath; g++) {
        jsw_object(j, NULL);
        jsw_str(j, "id", i->path[g].text);
        jsw_str(j, "displayName", i->path_names[g]);
        jsw_end(j);
    }
    jsw_end(j);
    jsw_end(j);
}

static void
take_item(void *arg, const struct explain_item *i)
{
    struct writing *w = arg;

    if (w->json != NULL)
        json_item(w, i);
    else
        text_item(w, i);
}

/* ------------------------------------------------------------------ the whole */

static void
text_missing(struct writing *w, const struct access_answer *a)
{
    const struct role *roles[SUGGESTED_MAX];
    unsigned n = suggest(w->what, roles);

    if (a->reason != ACCESS_NO_GRANT && a->reason != ACCESS_CONDITION)
        return;
    if (!a->by_rbac) {
        buf_put_fmt(w->out, "missing: an access policy of the vault with \"%s %s\"\n",
                    w->what->perm == PERM_NONE ? "?" : perm_info(w->what->perm)->kind,
                    w->what->perm == PERM_NONE ? "?" : perm_info(w->what->perm)->policy_name);
        return;
    }
    buf_put_fmt(w->out, "missing: a role with the %s %s, at the resource or above",
                w->what->is_data ? "data action" : "action", w->what->action);
    for (unsigned i = 0; i < n; i++)
        buf_put_fmt(w->out, "%s%s", i == 0 ? "; for example " : ", ", roles[i]->name);
    buf_put_str(w->out, "\n");
}

static void
text_answer(struct writing *w, const struct explain_result *r)
{
    const struct access_answer *a = &r->answer;

    buf_put_fmt(w->out, "%s: %s (%s) %s %s on %.*s\n", a->allowed ? "yes" : "no",
                name_of(w->who), w->who->oid.text, a->allowed ? "may" : "may not",
                w->what->action, (int)scope_span(&w->what->scope).len, w->what->scope.text);
    if (!a->allowed)
        buf_put_fmt(w->out, "because %s\n", reason_words[a->reason]);
    if (w->parts[0].len > 0)
        buf_put_str(w->out, "decided by\n");
    buf_put(w->out, buf_span(&w->parts[0]));
    text_missing(w, a);
    if (w->parts[1].len + w->parts[2].len > 0)
        buf_put_str(w->out, "also considered\n");
    buf_put(w->out, buf_span(&w->parts[1]));
    buf_put(w->out, buf_span(&w->parts[2]));
    if (w->left_out > 0)
        buf_put_fmt(w->out, "  and %u more about other scopes and actions\n", w->left_out);
}

static void
json_who(struct jsw *j, const char *name, const struct explain_subject *who)
{
    jsw_object(j, name);
    jsw_str(j, "id", who->oid.text);
    jsw_str(j, "type", type_of(who));
    jsw_str(j, "displayName", who->name);
    if (who->upn[0] != '\0')
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
        const struct role *roles[SUGGESTED_MAX];
        unsigned n = suggest(w->what, roles);

        jsw_array(j, "rolesThatWould");
        for (unsigned i = 0; i < n; i++)
            jsw_str(j, NULL, roles[i]->name);
        jsw_end(j);
    }
}

enum err
explain_write(const struct rows *rows, struct store_view *view,
              const struct explain_subject *who, const struct explain_target *what, bool json,
              struct buf *out, bool *allowed)
{
    struct jsw j = jsw_of(sink_buf(out));
    struct writing w = { .out = out, .json = json ? &j : NULL, .who = who, .what = what };
    struct explain_result r;
    enum err e;

    *allowed = false;
    for (unsigned i = 0; i < 3; i++)
        buf_init(&w.parts[i], out->max);
    if (json) {
        jsw_object(&j, NULL);
        json_who(&j, "principal", who);
        json_target(&j, what);
        jsw_array(&j, "considered");
    }
    e = explain_run(rows, view, who, what, take_item, &w, &r);
    if (e == ERR_OK && json) {
        jsw_end(&j);
        json_answer(&w, &r.answer);
        jsw_end(&j);
    } else if (e == ERR_OK) {
        text_answer(&w, &r);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (e == ERR_OK)
            e = w.parts[i].err;
        buf_release(&w.parts[i]);
    }
    if (e == ERR_OK)
        e = out->err;
    *allowed = e == ERR_OK && r.answer.allowed;
    return e;
}

static void
take_able(void *arg, const struct explain_able *a)
{
    struct writing *w = arg;

    w->n++;
    if (w->json == NULL) {
        buf_put_fmt(w->out, "%s (%s, %s)", name_of(a->who), type_of(a->who), a->who->oid.text);
        if (a->app.text[0] != '\0')
            buf_put_fmt(w->out, " with the application %s", a->app.text);
        if (a->answer->group.text[0] != '\0')
            buf_put_fmt(w->out, " through group %s", a->answer->group.text);
        if (a->answer->assignment.text[0] != '\0')
            buf_put_fmt(w->out, " by role assignment %s", a->answer->assignment.text);
        else
            buf_put_str(w->out, " by an access policy");
        buf_put_str(w->out, "\n");
        return;
    }
    jsw_object(w->json, NULL);
    json_who(w->json, "principal", a->who);
    if (a->app.text[0] != '\0')
        jsw_str(w->json, "applicationId", a->app.text);
    if (a->answer->group.text[0] != '\0')
        jsw_str(w->json, "groupId", a->answer->group.text);
    if (a->answer->assignment.text[0] != '\0')
        jsw_str(w->json, "roleAssignmentId", a->answer->assignment.text);
    jsw_end(w->json);
}

enum err
explain_write_who(const struct rows *rows, struct store_view *view, const struct guid *tid,
                  const struct explain_target *what, bool json, struct buf *out)
{
    struct jsw j = jsw_of(sink_buf(out));
    struct writing w = { .out = out, .json = json ? &j : NULL, .what = what };
    bool cut = false;
    enum err e;

    if (json) {
        jsw_object(&j, NULL);
        json_target(&j, what);
        jsw_array(&j, "principals");
    }
    e = explain_who_can(rows, view, tid, what, take_able, &w, &cut);
    if (e == ERR_OK && json) {
        jsw_end(&j);
        jsw_bool(&j, "complete", !cut);
        jsw_end(&j);
    } else if (e == ERR_OK) {
        if (w.n == 0)
            buf_put_str(out, "nobody\n");
        if (cut)
            buf_put_str(out, "and more: the list is not complete\n");
    }
    return e == ERR_OK ? out->err : e;
}
