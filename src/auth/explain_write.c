/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_write.c - the explanation in words. What decided comes first; what was
 * merely elsewhere is counted, and shown up to a bound.
 */
#include <stdlib.h>

#include "auth/explain_int.h"
#include "auth/role.h"
#include "codec/jsw.h"

enum { SHOWN_MAX = 100 };

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
static const char *const reason_words[ACCESS__MAX] = {
    [ACCESS_GRANTED] = "granted",
    [ACCESS_NO_CALLER] = "the principal does not exist or is disabled",
    [ACCESS_TENANT] = "the resource belongs to another tenant",
    [ACCESS_NO_GRANT] = "nothing grants it",
    [ACCESS_CONDITION] = "a role grants it, but its condition does not hold",
    [ACCESS_DENIED] = "a deny assignment forbids it",
    [ACCESS_NO_RESOURCE] = "that is no resource",
};

static const char *
name_of(const struct explain_subject *who)
{
    return who->upn[0] != '\0' ? who->upn : who->name[0] != '\0' ? who->name : who->oid.text;
}

/* ------------------------------------------------------------------- one each */

struct writing {
    struct buf *out;
    const struct explain_subject *who;
    const struct explain_target *what;
    struct buf parts[3]; /* what decided, what nearly did, the rest */
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
take_item(void *arg, const struct explain_item *i)
{
    struct writing *w = arg;
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

/* ------------------------------------------------------------------ the whole */

static void
text_missing(struct writing *w, const struct access_answer *a)
{
    const struct role *roles[EXPLAIN_SUGGESTED_MAX];
    unsigned n = explain_suggest(w->what, roles);

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

static enum err
write_text(const struct rows *rows, struct store_view *view, const struct explain_subject *who,
           const struct explain_target *what, struct buf *out, bool *allowed)
{
    struct writing w = { .out = out, .who = who, .what = what };
    struct explain_result r;
    enum err e;

    for (unsigned i = 0; i < 3; i++)
        buf_init(&w.parts[i], out->max);
    e = explain_run(rows, view, who, what, 0, take_item, &w, &r);
    if (e == ERR_OK)
        text_answer(&w, &r);
    for (unsigned i = 0; i < 3; i++) {
        if (e == ERR_OK)
            e = w.parts[i].err;
        buf_release(&w.parts[i]);
    }
    *allowed = e == ERR_OK && r.answer.allowed;
    return e;
}

enum err
explain_write(const struct rows *rows, struct store_view *view,
              const struct explain_subject *who, const struct explain_target *what, bool json,
              struct buf *out, bool *allowed)
{
    struct jsw j = jsw_of(sink_buf(out));
    enum err e;

    *allowed = false;
    if (json) {
        jsw_object(&j, NULL);
        e = explain_put(rows, view, who, what, NULL, &j, allowed);
        jsw_end(&j);
    } else {
        e = write_text(rows, view, who, what, out, allowed);
    }
    if (e == ERR_OK)
        e = out->err;
    *allowed = e == ERR_OK && *allowed;
    return e;
}

static void
take_able(void *arg, const struct explain_able *a)
{
    struct writing *w = arg;

    w->n++;
    buf_put_fmt(w->out, "%s (%s, %s)", name_of(a->who), explain_type_of(a->who),
                a->who->oid.text);
    if (a->app.text[0] != '\0')
        buf_put_fmt(w->out, " with the application %s", a->app.text);
    if (a->answer->group.text[0] != '\0')
        buf_put_fmt(w->out, " through group %s", a->answer->group.text);
    if (a->answer->assignment.text[0] != '\0')
        buf_put_fmt(w->out, " by role assignment %s", a->answer->assignment.text);
    else
        buf_put_str(w->out, " by an access policy");
    buf_put_str(w->out, "\n");
}

enum err
explain_write_who(const struct rows *rows, struct store_view *view, const struct guid *tid,
                  const struct explain_target *what, bool json, struct buf *out)
{
    struct jsw j = jsw_of(sink_buf(out));
    struct writing w = { .out = out, .what = what };
    struct explain_page page;
    enum err e;

    if (json) {
        jsw_object(&j, NULL);
        e = explain_put_who(rows, view, tid, what, NULL, &j, &page);
        jsw_end(&j);
    } else {
        e = explain_who_can(rows, view, tid, what, NULL, take_able, &w, &page);
        if (e == ERR_OK && w.n == 0)
            buf_put_str(out, "nobody\n");
        if (e == ERR_OK && page.cut)
            buf_put_str(out, "and more: the list is not complete\n");
    }
    return e == ERR_OK ? out->err : e;
}
