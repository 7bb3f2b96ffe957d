/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - everything that a decision could have looked at, each with what
 * became of it. The verdict itself is the engine's.
 */
#include "auth/explain.h"

#include <stdlib.h>

#include "auth/explain_int.h"
#include "auth/role.h"
#include "base/clock.h"

struct caller
explain_caller(const struct explain_subject *who)
{
    return (struct caller){ .known = who->known && who->enabled,
                            .tid = who->tid,
                            .oid = who->oid,
                            .appid = who->appid };
}

enum err
explain_verdict(const struct rows *rows, struct store_view *view, struct access_cache *cache,
                const struct caller *c, const struct explain_target *t,
                struct access_answer *out)
{
    struct access_question q = { .caller = c,
                                 .vault = t->vault,
                                 .need = t->perm,
                                 .object = span_str(t->object),
                                 .cache = cache };
    struct action_question a = { .caller = c,
                                 .action = span_str(t->action),
                                 .is_data = t->is_data,
                                 .scope = &t->scope,
                                 .cache = cache };

    if (t->vault != NULL && t->perm != PERM_NONE)
        return access_check(rows, view, &q, out);
    if (t->vault != NULL && !t->vault->rbac) { /* a policy has no word for it */
        *out = (struct access_answer){ .reason = ACCESS_NO_GRANT };
        return ERR_OK;
    }
    return access_check_action(rows, view, &a, out);
}

bool
explain_policy_gives(const struct access_policy *p, const struct explain_target *t)
{
    const struct perm_info *need;
    uint32_t bits;

    if (t->perm == PERM_NONE)
        return false;
    need = perm_info(t->perm);
    bits = need->kind[0] == 's' ? p->secrets : need->kind[0] == 'k' ? p->keys : p->certificates;
    return (bits & need->policy_bit) != 0;
}

struct walk {
    const struct rows *rows;
    struct store_view *view;
    const struct explain_subject *who;
    const struct explain_target *what;
    struct scope_chain chain;
    struct group_set groups;
    struct condition_facts facts;
    char action[sizeof(((struct explain_target *)0)->action)]; /* lower case */
    unsigned most;
    unsigned holder; /* 0: itself, else group + 1 */
    explain_item_fn fn;
    void *arg;
    struct explain_result *out;
    enum err err;
};

/* ----------------------------------------------------------------- group paths */

static bool
is_member(struct walk *w, const struct guid *member, const struct guid *group)
{
    struct row_key k;
    struct row row;

    return row_get(w->rows, w->view,
                   row_key_make(&k, "gm", w->who->tid.text, member->text, group->text, NULL),
                   &row) == ERR_OK;
}

/*
 * The groups between the subject and groups.ids[at], found backwards: the closure
 * goes level by level, so whoever is in a group stands before it.
 */
static void
find_path(struct walk *w, unsigned at, struct explain_item *item)
{
    unsigned back[EXPLAIN_PATH_MAX], n = 0;

    for (bool up = true; up && n < EXPLAIN_PATH_MAX;) {
        back[n++] = at;
        up = !is_member(w, &w->who->oid, &w->groups.ids[at]);
        for (unsigned i = 0; up && i <= at; i++) {
            if (i == at)
                up = false;
            else if (is_member(w, &w->groups.ids[i], &w->groups.ids[at])) {
                at = i;
                break;
            }
        }
    }
    item->npath = n;
    for (unsigned i = 0; i < n; i++) {
        struct group g;

        item->path[i] = w->groups.ids[back[n - 1 - i]];
        if (group_load(w->rows, w->view, &w->who->tid, &item->path[i], &g) == ERR_OK)
            (void)snprintf(item->path_names[i], sizeof(item->path_names[0]), "%.63s", g.name);
    }
}

static void
emit(struct walk *w, struct explain_item *item)
{
    w->out->considered++;
    w->fn(w->arg, item);
}

/* ----------------------------------------------------------------- assignments */

/* Of permissions, the answer that came closest to a yes. */
static enum explain_verdict
judge_permissions(const struct permissions *p, const struct walk *w)
{
    struct span action = span_str(w->action);
    enum explain_verdict got = EXPLAIN_OTHER_ACTION;

    for (unsigned i = 0; i < p->n; i++) {
        struct permission only = p->at[i];

        if (permission_matches(&only, action, w->what->is_data)) {
            if (only.clause.bad)
                got = EXPLAIN_BAD_CONDITION;
            else if (clause_truth(&only.clause, &w->facts) == TRUTH_TRUE)
                return EXPLAIN_DECIDES;
            else
                got = EXPLAIN_CONDITION;
            continue;
        }
        only.not_actions.n = 0;
        only.not_data_actions.n = 0;
        if (got == EXPLAIN_OTHER_ACTION && permission_matches(&only, action, w->what->is_data))
            got = EXPLAIN_TAKEN_OUT;
    }
    return got;
}

static enum err
judge_clause(struct span text, const struct walk *w, enum explain_verdict *verdict)
{
    struct clause c;
    enum err e = clause_make(text, &c);

    if (e != ERR_OK)
        return e;
    if (c.bad)
        *verdict = EXPLAIN_BAD_CONDITION;
    else if (clause_truth(&c, &w->facts) != TRUTH_TRUE)
        *verdict = EXPLAIN_CONDITION;
    clause_release(&c);
    return ERR_OK;
}

static enum err
judge_assignment(struct walk *w, const struct assignment *a, struct role_definition *role,
                 enum explain_verdict *verdict)
{
    struct permissions p;
    enum err e = ERR_OK;

    if (!guid_is_equal(&a->tid, &w->who->tid))
        *verdict = EXPLAIN_OTHER_TENANT;
    else if (!scope_chain_covers(&w->chain, span_str(a->scope), &w->what->scope))
        *verdict = EXPLAIN_OTHER_SCOPE;
    else if (role == NULL)
        *verdict = EXPLAIN_ROLE_GONE;
    else if (role_is_directory(&a->role) != action_is_directory(span_str(w->action)) ||
             (role_is_directory(&a->role) && w->holder > 0))
        *verdict = EXPLAIN_OTHER_ACTION;
    else {
        e = permissions_make(role->permissions, role->npermissions, &p);
        if (e != ERR_OK)
            return e;
        *verdict = judge_permissions(&p, w);
        permissions_release(&p);
        if (*verdict == EXPLAIN_DECIDES)
            e = judge_clause(a->condition, w, verdict);
    }
    if (*verdict == EXPLAIN_DECIDES &&
        (!w->out->answer.allowed || !guid_is_equal(&a->id, &w->out->answer.assignment)))
        *verdict = EXPLAIN_WOULD_TOO;
    return e;
}

static bool
visit_assignment(void *arg, const struct assignment *a)
{
    struct walk *w = arg;
    struct role_definition *role = NULL;
    struct explain_item item = { .kind = EXPLAIN_ASSIGNMENT,
                                 .id = a->id,
                                 .principal = a->principal,
                                 .scope = a->scope,
                                 .role = a->role };

    if (w->most > 0 && w->out->considered >= w->most) {
        w->out->cut = true;
        return false;
    }
    w->err = role_definition_load(w->rows, w->view, &w->who->tid, &a->role, &role);
    if (w->err == ERR_NOT_FOUND)
        w->err = ERR_OK;
    if (w->err == ERR_OK)
        w->err = judge_assignment(w, a, role, &item.verdict);
    if (w->err == ERR_OK) {
        if (role != NULL)
            item.role_name = role->name;
        if (w->holder > 0)
            find_path(w, w->holder - 1, &item);
        emit(w, &item);
    }
    role_definition_free(role);
    return w->err == ERR_OK;
}

static enum err
walk_assignments(struct walk *w)
{
    enum err e = ERR_OK;

    for (w->holder = 0; w->holder <= w->groups.n && e == ERR_OK && !w->out->cut; w->holder++) {
        const struct guid *id = w->holder == 0 ? &w->who->oid : &w->groups.ids[w->holder - 1];

        e = assignment_each(w->rows, w->view, id, visit_assignment, w);
        if (e == ERR_OK)
            e = w->err;
    }
    return e;
}

/* --------------------------------------------------------------------- denials */

static bool
names(const struct walk *w, const struct deny_principal *p, unsigned n, bool everyone)
{
    for (unsigned i = 0; i < n; i++)
        if (guid_is_equal(&p[i].id, &w->who->oid) || group_set_has(&w->groups, &p[i].id) ||
            (everyone && span_is_str(span_str(p[i].id.text), DENY_EVERYONE)))
            return true;
    return false;
}

static bool
visit_deny(void *arg, const struct deny *d)
{
    struct walk *w = arg;
    struct explain_item item = {
        .kind = EXPLAIN_DENY, .id = d->id, .scope = d->scope, .role_name = d->name
    };
    struct permissions p;

    if (!names(w, d->principals, d->nprincipals, true))
        return true;
    w->err = permissions_make(d->permissions, d->npermissions, &p);
    if (w->err != ERR_OK)
        return false;
    item.verdict = judge_permissions(&p, w);
    permissions_release(&p);
    if (!scope_chain_covers(&w->chain, span_str(d->scope), &w->what->scope) ||
        (d->not_below && !span_is_str(scope_span(&w->what->scope), d->scope)))
        item.verdict = EXPLAIN_OTHER_SCOPE;
    else if (names(w, d->excluded, d->nexcluded, false))
        item.verdict = EXPLAIN_EXCLUDED;
    else if (w->out->answer.reason == ACCESS_DENIED &&
             guid_is_equal(&w->out->answer.deny, &d->id))
        item.verdict = EXPLAIN_DECIDES;
    else if (item.verdict == EXPLAIN_DECIDES)
        item.verdict =
            w->out->answer.reason == ACCESS_DENIED ? EXPLAIN_WOULD_TOO : EXPLAIN_CONDITION;
    emit(w, &item);
    return true;
}

/* -------------------------------------------------------------------- policies */

static void
walk_policies(struct walk *w)
{
    const struct vault *v = w->what->vault;
    bool decided = false;

    for (unsigned i = 0; i < v->npolicies; i++) {
        const struct access_policy *p = &v->policies[i];
        struct explain_item item = { .kind = EXPLAIN_POLICY,
                                     .principal = p->object,
                                     .scope = v->arm_id,
                                     .verdict = EXPLAIN_OTHER_ACTION };
        bool own = guid_is_equal(&p->object, &w->who->oid);

        if (!own && !group_set_has(&w->groups, &p->object))
            continue;
        for (unsigned g = 0; !own && g < w->groups.n; g++)
            if (guid_is_equal(&w->groups.ids[g], &p->object))
                find_path(w, g, &item);
        if (!guid_is_equal(&p->tenant, &w->who->tid))
            item.verdict = EXPLAIN_OTHER_TENANT;
        else if (p->application.text[0] != '\0' &&
                 (!own || !guid_is_equal(&p->application, &w->who->appid)))
            item.verdict = EXPLAIN_OTHER_APP;
        else if (explain_policy_gives(p, w->what))
            item.verdict =
                w->out->answer.allowed && !decided ? EXPLAIN_DECIDES : EXPLAIN_WOULD_TOO;
        decided = decided || item.verdict == EXPLAIN_DECIDES;
        emit(w, &item);
    }
}

/* ------------------------------------------------------------------------- run */

static void
lower(const char *from, char *to, size_t cap)
{
    size_t i = 0;

    for (; from[i] != '\0' && i < cap - 1; i++)
        to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + 32 : from[i]);
    to[i] = '\0';
}

enum err
explain_run(const struct rows *rows, struct store_view *view, const struct explain_subject *who,
            const struct explain_target *what, unsigned most, explain_item_fn fn, void *arg,
            struct explain_result *out)
{
    struct caller c = explain_caller(who);
    struct attribute attributes[ACCESS_ATTRIBUTES];
    char object_name[64];
    struct access_question q = { .vault = what->vault,
                                 .need = what->perm,
                                 .object = span_str(what->object) };
    struct walk w = { .rows = rows,
                      .view = view,
                      .who = who,
                      .what = what,
                      .most = most,
                      .fn = fn,
                      .arg = arg,
                      .out = out,
                      .err = ERR_OK };
    enum err e;

    *out = (struct explain_result){ 0 };
    e = explain_verdict(rows, view, NULL, &c, what, &out->answer);
    if (e == ERR_OK)
        e = group_closure(rows, view, &who->tid, &who->oid, &w.groups);
    if (e != ERR_OK)
        return e;
    lower(what->action, w.action, sizeof(w.action));
    w.facts = (struct condition_facts){ .action = span_str(w.action),
                                        .attributes = attributes,
                                        .now = clock_now() };
    if (what->vault != NULL && what->perm != PERM_NONE)
        w.facts.nattributes = access_add_names(&q, attributes, object_name);
    if (what->vault != NULL && !what->vault->rbac) {
        walk_policies(&w);
    } else {
        e = scope_chain_load(rows, view, &who->tid, &what->scope, &w.chain);
        if (e == ERR_OK)
            e = walk_assignments(&w);
        if (e == ERR_OK)
            e = deny_each(rows, view, &who->tid, NULL, false, visit_deny, &w);
        if (e == ERR_OK)
            e = w.err;
    }
    group_set_release(&w.groups);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
