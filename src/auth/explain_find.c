/* SPDX-License-Identifier: Apache-2.0 */
/* explain_find.c - from what people type to who and what is meant. */
#include "auth/explain.h"
#include "auth/role_definition_int.h"

static void
from_principal(const struct principal *p, struct explain_subject *out)
{
    *out = (struct explain_subject){
        .tid = p->tid,
        .oid = p->oid,
        .kind = p->kind == PRINCIPAL_USER ? ASSIGNEE_USER : ASSIGNEE_SERVICE,
        .known = true,
        .enabled = p->enabled,
        .appid = p->appid,
    };
    (void)span_copy_str(span_str(p->name), out->name, sizeof(out->name));
    (void)span_copy_str(span_str(p->upn), out->upn, sizeof(out->upn));
}

static void
from_group(const struct group *g, struct explain_subject *out)
{
    *out = (struct explain_subject){
        .tid = g->tid, .oid = g->id, .kind = ASSIGNEE_GROUP, .known = true, .enabled = true
    };
    (void)span_copy_str(span_str(g->name), out->name, sizeof(out->name));
}

static enum err
find_by_id(const struct rows *rows, struct store_view *view, const struct guid *tid,
           const struct guid *id, struct explain_subject *out)
{
    struct principal p;
    struct group g;
    enum err e = principal_load(rows, view, tid, id, &p);

    if (e == ERR_NOT_FOUND)
        e = principal_find(rows, view, tid, id, &p);
    if (e == ERR_OK) {
        from_principal(&p, out);
        return ERR_OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    e = group_load(rows, view, tid, id, &g);
    if (e == ERR_OK)
        from_group(&g, out);
    return e;
}

struct search {
    const struct rows *rows;
    struct store_view *view;
    const struct guid *tid;
    struct span who;
    size_t prefix_len;
    bool by_upn; /* found by its UPN, which is unique: that one is meant */
    unsigned found;
    struct explain_subject *out;
    enum err err;
};

static bool
look_at(void *arg, const struct store_row *sr)
{
    struct search *s = arg;
    struct explain_subject one;
    struct guid id;

    if (!guid_parse(span_tail(sr->key, s->prefix_len), &id)) {
        s->err = ERR_FORMAT;
        return false;
    }
    s->err = find_by_id(s->rows, s->view, s->tid, &id, &one);
    if (s->err != ERR_OK)
        return false;
    s->by_upn = one.upn[0] != '\0' && span_is_str_nocase(s->who, one.upn);
    if (s->by_upn || span_is_str_nocase(s->who, one.name)) {
        *s->out = one;
        s->found = s->by_upn ? 1 : s->found + 1;
    }
    return !s->by_upn;
}

enum err
explain_find_subject(const struct rows *rows, struct store_view *view, const struct guid *tid,
                     struct span who, struct explain_subject *out)
{
    static const char *const prefixes[] = { "sp", "g" };
    struct search s = {
        .rows = rows, .view = view, .tid = tid, .who = who, .out = out, .err = ERR_OK
    };
    struct row_key k;
    struct guid id;
    enum err e = ERR_OK;

    *out = (struct explain_subject){ .tid = *tid };
    if (guid_parse(who, &id)) {
        e = find_by_id(rows, view, tid, &id, out);
        out->tid = *tid;
        if (e == ERR_NOT_FOUND)
            out->oid = id;
        return e;
    }
    for (size_t i = 0; i < 2 && e == ERR_OK && !s.by_upn; i++) {
        struct span prefix = row_key_make(&k, prefixes[i], tid->text, "", NULL);

        s.prefix_len = prefix.len;
        e = store_scan(view, prefix, (struct span){ 0 }, SIZE_MAX, look_at, &s);
        if (e == ERR_OK)
            e = s.err;
    }
    if (e == ERR_OK && s.found != 1)
        e = s.found == 0 ? ERR_NOT_FOUND : ERR_CONFLICT;
    return e;
}

/* -------------------------------------------------------------------- targets */

/* "secrets get", "secrets/get" */
static bool
is_short_form(struct span action, const struct perm_info *p)
{
    size_t kind = strlen(p->kind);

    return action.len > kind + 1 && span_is_str_nocase(span_head(action, kind), p->kind) &&
           (action.ptr[kind] == ' ' || action.ptr[kind] == '/') &&
           span_is_str_nocase(span_tail(action, kind + 1), p->policy_name);
}

static bool
take_action(struct span action, struct explain_target *t)
{
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++) {
        const struct perm_info *info = perm_info((enum perm)p);

        if (!is_short_form(action, info) && !span_is_str_nocase(action, info->data_action))
            continue;
        t->perm = (enum perm)p;
        t->is_data = true;
        return span_copy_str(span_str(info->data_action), t->action, sizeof(t->action));
    }
    if (action.len == 0 || span_find(action, '/') == action.len ||
        !span_copy_str(action, t->action, sizeof(t->action)))
        return false;
    t->is_data = role_action_is_known(action, true) && !role_action_is_known(action, false);
    return true;
}

/* The vault that the scope is, or is in. */
static enum err
take_vault(const struct rows *rows, struct store_view *view, struct explain_target *t)
{
    static const char type[] = "/providers/microsoft.keyvault/vaults/";

    for (unsigned i = 0; i < t->scope.depth; i++) {
        struct span id = scope_level(&t->scope, i);
        size_t at = id.len;
        enum err e;

        while (at > 0 && id.ptr[at - 1] != '/')
            at--;
        if (at < sizeof(type) - 1 ||
            !span_is_str(span_tail(span_head(id, at), at - (sizeof(type) - 1)), type))
            continue;
        e = vault_load(rows, view, span_tail(id, at), &t->vault);
        if (e != ERR_OK)
            return e;
        if (!span_is_str(id, t->vault->arm_id)) /* that name stands elsewhere */
            return ERR_NO_VAULT;
        if (t->scope.kind == SCOPE_OBJECT)
            (void)span_copy_str(scope_name(&t->scope), t->object, sizeof(t->object));
        return ERR_OK;
    }
    return ERR_OK;
}

/* "VAULT" or "VAULT/secrets/NAME" */
static enum err
spell_out(const struct rows *rows, struct store_view *view, struct span resource,
          struct scope *out)
{
    size_t slash = span_find(resource, '/');
    char text[MAX_SCOPE_TEXT + 1];
    struct vault *v;
    enum err e = vault_load(rows, view, span_head(resource, slash), &v);
    int n;

    if (e != ERR_OK)
        return e;
    n = snprintf(text, sizeof(text), "%s%.*s", v->arm_id, (int)(resource.len - slash),
                 (const char *)resource.ptr + slash);
    vault_unref(v);
    if (n < 0 || (size_t)n >= sizeof(text))
        return ERR_ARG;
    return scope_parse(span_of(text, (size_t)n), out);
}

enum err
explain_target_make(const struct rows *rows, struct store_view *view, struct span action,
                    struct span resource, struct explain_target *out)
{
    enum err e;

    *out = (struct explain_target){ .perm = PERM_NONE };
    if (!take_action(action, out) || resource.len == 0 || resource.len > MAX_SCOPE_TEXT)
        return ERR_ARG;
    if (resource.ptr[0] == '/')
        e = scope_parse(resource, &out->scope);
    else
        e = spell_out(rows, view, resource, &out->scope);
    if (e == ERR_OK && out->is_data)
        e = take_vault(rows, view, out);
    if (e != ERR_OK)
        explain_target_release(out);
    return e;
}

void
explain_target_release(struct explain_target *t)
{
    vault_unref(t->vault);
    t->vault = NULL;
}
