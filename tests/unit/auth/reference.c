/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - see reference.h. Slow and plain, on purpose. */
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SUB1 "/subscriptions/22222222-2222-4222-8222-000000000001"
#define SUB2 "/subscriptions/22222222-2222-4222-8222-000000000002"
#define SUB3 "/subscriptions/22222222-2222-4222-8222-000000000003"
#define KV   "/providers/microsoft.keyvault/vaults/"
#define MG   "/providers/microsoft.management/managementgroups/"

/* Parents of subscriptions and groups may change; those of the rest stand in their ids. */
static const struct ref_scope all_scopes[REF_SCOPES] = {
    { "/", -1, false },
    { MG "11111111-1111-4111-8111-111111111111", 0, false },
    { MG "a", 1, false },
    { MG "ab", 2, false },
    { MG "c", 1, false },
    { SUB1, 1, false },
    { SUB2, 1, false },
    { SUB3, 1, true },
    { SUB1 "/resourcegroups/rg", 5, false },
    { SUB1 "/resourcegroups/rg1", 5, false },
    { SUB1 "/resourcegroups/rg10", 5, false },
    { SUB2 "/resourcegroups/rg1", 6, false },
    { SUB3 "/resourcegroups/rg1", 7, true },
    { SUB1 "/resourcegroups/rg1" KV "kv", 9, false },
    { SUB1 "/resourcegroups/rg1" KV "kv1", 9, false },
    { SUB1 "/resourcegroups/rg10" KV "kv", 10, false },
    { SUB2 "/resourcegroups/rg1" KV "kv1", 11, false },
    { SUB3 "/resourcegroups/rg1" KV "kv1", 12, true },
    { SUB1 "/resourcegroups/rg1" KV "kv/secrets/s", 13, false },
    { SUB1 "/resourcegroups/rg1" KV "kv/secrets/s1", 13, false },
    { SUB1 "/resourcegroups/rg1" KV "kv/keys/s1", 13, false },
    { SUB1 "/resourcegroups/rg1" KV "kv1/providers/microsoft.authorization/locks/l", 14,
      false },
    { MG "d", 3, false },
    { MG "abc", 1, false },
};
const unsigned ref_management_groups[REF_MGS] = { 2, 3, 4, 22, 23 };

const char *const ref_actions[] = {
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.KeyVault/vaults/write",
    "Microsoft.KeyVault/vaults/secrets/read",
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    "Microsoft.KeyVault/vaults/keys/read",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/write",
};
const unsigned ref_nactions = sizeof(ref_actions) / sizeof(ref_actions[0]);

static const char *const patterns[] = {
    "*",
    "*/read",
    "*/Action",
    "Microsoft.KeyVault/*",
    "microsoft.keyvault/vaults/*/read",
    "Microsoft.KeyVault/vaults/secrets/*",
    "Microsoft.Authorization/*/Write",
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.KeyVault/vault*",
    "Microsoft.KeyVault/vaults/rea",
    "Microsoft.Auth*/read",
};
enum { NPATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

#define GUID_1 "4633458b-17de-408a-b874-0445c86b69e6"
#define GUID_2 "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
const struct ref_attr ref_attrs[REF_ATTRS] = {
    { "Request",
      "Microsoft.Authorization/roleAssignments:RoleDefinitionId",
      false,
      { GUID_1, GUID_2, "4633458B-17DE-408A-B874-0445C86B69E6", GUID_2, GUID_1, GUID_2 } },
    { "Resource",
      "Microsoft.KeyVault/vaults/secrets:name",
      true,
      { "prod-a", "PROD-A", "prod-b", "dev", "Dev", "p" } },
    { "Request",
      "Microsoft.Authorization/roleAssignments:PrincipalType",
      false,
      { "User", "Group", "ServicePrincipal", "user", "User", "Group" } },
    { "Environment",
      "isPrivateLink",
      false,
      { "true", "false", "True", "FALSE", "true", "false" } },
    { "Principal", "Contoso:Level", false, { "1", "2", "3", "10", "-1", "2.5" } },
    { "Resource", "Contoso:Label", false, { "a", "ab", "b", "A", "aB", "" } },
};

enum { OP_EQ, OP_EQ_CASE, OP_NE, OP_STARTS, OP_GUID, OP_GUID_NE, OP_BOOL, OP_LESS, OP_GE };
static const struct {
    const char *name;
    unsigned what;
    char type; /* s, g, b, n */
} ops[] = {
    { "StringEquals", OP_EQ, 's' },
    { "StringEqualsIgnoreCase", OP_EQ_CASE, 's' },
    { "StringNotEquals", OP_NE, 's' },
    { "StringStartsWith", OP_STARTS, 's' },
    { "ForAnyOfAnyValues:StringEquals", OP_EQ, 's' },
    { "ForAllOfAllValues:StringNotEquals", OP_NE, 's' },
    { "ForAllOfAnyValues:StringEqualsIgnoreCase", OP_EQ_CASE, 's' },
    { "ForAnyOfAllValues:StringStartsWith", OP_STARTS, 's' },
    { "ForAnyOfAnyValues:GuidEquals", OP_GUID, 'g' },
    { "ForAllOfAllValues:GuidNotEquals", OP_GUID_NE, 'g' },
    { "BoolEquals", OP_BOOL, 'b' },
    { "NumericLessThan", OP_LESS, 'n' },
    { "ForAnyOfAnyValues:NumericGreaterThanEquals", OP_GE, 'n' },
};
enum { NOPS = sizeof(ops) / sizeof(ops[0]) };
static const char types[REF_ATTRS] = { 'g', 's', 's', 'b', 'n', 's' };

unsigned
ref_below(struct ref_random *r, unsigned n)
{
    r->state ^= r->state << 13; /* xorshift64 */
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (unsigned)((r->state >> 16) % n);
}

/* ----------------------------------------------------------------- conditions */

static int
make_node(struct ref_random *r, struct ref_condition *c, int depth)
{
    int at = c->n++;
    unsigned kind = depth > 2 || c->n > REF_NODES - 3 ? 3 + ref_below(r, 5) : ref_below(r, 8);
    struct ref_node n = { .kind = kind > 4 ? REF_COMPARE : (enum ref_kind)kind };

    n.attr = ref_below(r, REF_ATTRS);
    n.values[0] = ref_below(r, n.kind == REF_ACTION ? NPATTERNS : 6);
    n.values[1] = ref_below(r, 6);
    if (n.kind == REF_COMPARE) {
        do
            n.op = ref_below(r, NOPS);
        while (ops[n.op].type != types[n.attr] &&
               !(ops[n.op].type == 's' && types[n.attr] == 'g'));
        n.nvalues = strchr(ops[n.op].name, ':') != NULL ? 1 + ref_below(r, 2) : 1;
    }
    c->nodes[at] = n;
    if (n.kind <= REF_NOT)
        c->nodes[at].a = make_node(r, c, depth + 1);
    if (n.kind <= REF_AND)
        c->nodes[at].b = make_node(r, c, depth + 1);
    return at;
}

void
ref_make_condition(struct ref_random *r, struct ref_condition *c)
{
    *c = (struct ref_condition){ 0 };
    if (ref_below(r, 3) != 0)
        return;
    c->root = make_node(r, c, 0);
    c->broken = ref_below(r, 12) == 0;
}

struct text {
    char *at;
    size_t left;
};

static void
put(struct text *t, const char *s)
{
    size_t n = strlen(s);

    if (n >= t->left)
        abort();
    memcpy(t->at, s, n + 1);
    t->at += n;
    t->left -= n;
}

static void
put_quoted(struct text *t, const char *s)
{
    put(t, "'");
    put(t, s);
    put(t, "'");
}

static void
put_attr(struct text *t, unsigned attr)
{
    put(t, "@");
    put(t, ref_attrs[attr].source);
    put(t, "[");
    put(t, ref_attrs[attr].name);
    put(t, "]");
}

static void
put_node(struct text *t, const struct ref_condition *c, int at)
{
    const struct ref_node *n = &c->nodes[at];
    bool set = n->kind == REF_COMPARE && strchr(ops[n->op].name, ':') != NULL;

    if (n->kind == REF_OR || n->kind == REF_AND) {
        put(t, "(");
        put_node(t, c, n->a);
        put(t, n->kind == REF_OR ? ") OR (" : ") && (");
        put_node(t, c, n->b);
        put(t, ")");
    } else if (n->kind == REF_NOT) {
        put(t, "!(");
        put_node(t, c, n->a);
        put(t, ")");
    } else if (n->kind == REF_ACTION) {
        put(t, "ActionMatches{");
        put_quoted(t, patterns[n->values[0]]);
        put(t, "}");
    } else if (n->kind == REF_EXISTS) {
        put(t, "exists ");
        put_attr(t, n->attr);
    } else {
        put_attr(t, n->attr);
        put(t, " ");
        put(t, ops[n->op].name);
        put(t, set ? " {" : " ");
        for (unsigned i = 0; i < n->nvalues; i++) {
            put(t, i > 0 ? "," : "");
            put_quoted(t, ref_attrs[n->attr].values[n->values[i]]);
        }
        put(t, set ? "}" : "");
    }
}

void
ref_write(const struct ref_condition *c, char *out, size_t cap)
{
    struct text t = { out, cap };

    out[0] = '\0';
    if (c->n == 0)
        return;
    put_node(&t, c, c->root);
    if (c->broken)
        put(&t, " AND");
}

/* 0 false, 1 not known, 2 true */
static int
compare_one(unsigned attr, unsigned what, const char *l, const char *r)
{
    size_t n = strlen(r);
    bool any_case = ref_attrs[attr].any_case;

    switch (what) {
    case OP_EQ:
        if (strcmp(l, r) == 0)
            return 2;
        return any_case && strcasecmp(l, r) == 0 ? 1 : 0;
    case OP_NE:
        return 2 - compare_one(attr, OP_EQ, l, r);
    case OP_STARTS:
        if (strncmp(l, r, n) == 0)
            return 2;
        return any_case && strncasecmp(l, r, n) == 0 ? 1 : 0;
    case OP_LESS:
        return strtod(l, NULL) < strtod(r, NULL) ? 2 : 0;
    case OP_GE:
        return strtod(l, NULL) >= strtod(r, NULL) ? 2 : 0;
    case OP_GUID_NE:
        return strcasecmp(l, r) != 0 ? 2 : 0;
    default: /* OP_EQ_CASE, OP_GUID, OP_BOOL */
        return strcasecmp(l, r) == 0 ? 2 : 0;
    }
}

/* By the words of the quantifier: for (any|all) of left, (any|all) of right. */
static int
compare(const struct ref_node *n, const struct ref_facts *f)
{
    const char *name = ops[n->op].name;
    bool all_left = strncmp(name, "ForAll", 6) == 0;
    bool all_right = strstr(name, "OfAll") != NULL;
    int left = all_left ? 2 : 0;

    if (f->n[n->attr] == 0 || (strchr(name, ':') == NULL && f->n[n->attr] != 1))
        return 1;
    for (unsigned i = 0; i < f->n[n->attr]; i++) {
        int right = all_right ? 2 : 0;

        for (unsigned j = 0; j < n->nvalues; j++) {
            int one = compare_one(n->attr, ops[n->op].what, f->values[n->attr][i],
                                  ref_attrs[n->attr].values[n->values[j]]);

            right = all_right ? (one < right ? one : right) : (one > right ? one : right);
        }
        left = all_left ? (right < left ? right : left) : (right > left ? right : left);
    }
    return left;
}

/* Tries every length that the star may have. */
static bool
matches_plain(const char *p, const char *t)
{
    if (*p == '\0')
        return *t == '\0';
    if (*p == '*') {
        for (;; t++) {
            if (matches_plain(p + 1, t))
                return true;
            if (*t == '\0')
                return false;
        }
    }
    return *t != '\0' && strncasecmp(p, t, 1) == 0 && matches_plain(p + 1, t + 1);
}

static bool
matches(const char *p, const char *t)
{
    const char *middle = strstr(p, "/*/");
    char without[256];

    if (matches_plain(p, t))
        return true;
    if (middle == NULL)
        return false;
    (void)snprintf(without, sizeof(without), "%.*s%s", (int)(middle - p), p, middle + 2);
    return matches_plain(without, t);
}

static int
evaluate(const struct ref_condition *c, int at, const struct ref_question *q)
{
    const struct ref_node *n = &c->nodes[at];
    int a, b;

    switch (n->kind) {
    case REF_OR:
    case REF_AND:
        a = evaluate(c, n->a, q);
        b = evaluate(c, n->b, q);
        return (n->kind == REF_OR) == (a > b) ? a : b;
    case REF_NOT:
        return 2 - evaluate(c, n->a, q);
    case REF_ACTION:
        return matches(patterns[n->values[0]], q->action) ? 2 : 0;
    case REF_EXISTS:
        return q->facts.n[n->attr] > 0 ? 2 : 0;
    case REF_COMPARE:
        return compare(n, &q->facts);
    }
    return 1;
}

static int
truth(const struct ref_condition *c, const struct ref_question *q)
{
    if (c->n == 0)
        return 2;
    return c->broken ? 1 : evaluate(c, c->root, q);
}

/* ------------------------------------------------------------------- decisions */

bool
ref_is_above(const struct ref_world *w, unsigned scope, unsigned resource)
{
    for (int i = (int)resource; i >= 0; i = w->scopes[i].parent)
        if ((unsigned)i == scope)
            return true;
    return false;
}

bool
ref_move(struct ref_random *r, struct ref_world *w, unsigned *scope, unsigned *parent)
{
    unsigned to = ref_below(r, REF_MGS + 1);

    *parent = to == REF_MGS ? 1 : ref_management_groups[to];
    if (ref_below(r, 2) == 0)
        *scope = 5 + ref_below(r, 2); /* a subscription of the tenant */
    else
        *scope = ref_management_groups[ref_below(r, REF_MGS)];
    if (ref_is_above(w, *scope, *parent))
        return false;
    w->scopes[*scope].parent = (int)*parent;
    return true;
}

static bool
list_has(const char *const *list, unsigned n, const char *action)
{
    for (unsigned i = 0; i < n; i++)
        if (matches(list[i], action))
            return true;
    return false;
}

static bool
gives(const struct ref_permissions *p, const struct ref_question *q)
{
    return q->is_data ? list_has(p->data, p->n[2], q->action) &&
                            !list_has(p->not_data, p->n[3], q->action)
                      : list_has(p->actions, p->n[0], q->action) &&
                            !list_has(p->not_actions, p->n[1], q->action);
}

/* Who the user is: itself, and every group that is there and holds one of these. */
static void
find_identities(const struct ref_world *w, unsigned user, bool is[REF_WHO])
{
    memset(is, 0, REF_WHO * sizeof(is[0]));
    is[user] = true;
    for (unsigned round = 0; round < REF_GROUPS; round++)
        for (unsigned who = 0; who < REF_WHO; who++)
            for (unsigned g = 0; g < REF_GROUPS; g++)
                if (is[who] && w->group_there[g] && w->member[who][g])
                    is[REF_USERS + g] = true;
}

static bool
is_denied(const struct ref_world *w, const struct ref_question *q, const bool is[REF_WHO])
{
    for (unsigned i = 0; i < REF_DENIES; i++) {
        const struct ref_deny *d = &w->denies[i];
        bool named = d->everyone;

        for (unsigned j = 0; j < d->nwho; j++)
            named = named || is[d->who[j]];
        for (unsigned j = 0; j < d->nexcluded; j++)
            named = named && !is[d->excluded[j]];
        if (d->there && named && ref_is_above(w, d->scope, q->scope) &&
            (!d->not_below || d->scope == q->scope) && gives(&d->permissions, q) &&
            truth(&d->permissions.condition, q) > 0 && truth(&d->condition, q) > 0)
            return true;
    }
    return false;
}

bool
ref_allows(const struct ref_world *w, const struct ref_question *q)
{
    bool is[REF_WHO];

    find_identities(w, q->who, is);
    if (w->scopes[q->scope].foreign || is_denied(w, q, is))
        return false;
    for (unsigned i = 0; i < REF_ASSIGNMENTS; i++) {
        const struct ref_assignment *a = &w->assignments[i];

        if (a->there && !a->foreign && is[a->who] && ref_is_above(w, a->scope, q->scope) &&
            w->role_there[a->role] && gives(&w->roles[a->role], q) &&
            truth(&w->roles[a->role].condition, q) == 2 && truth(&a->condition, q) == 2)
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------------- making */

static unsigned
make_list(struct ref_random *r, const char *list[REF_LIST], unsigned most)
{
    unsigned n = ref_below(r, most + 1);

    for (unsigned i = 0; i < n; i++)
        list[i] = patterns[ref_below(r, 3) == 0 ? 0 : ref_below(r, NPATTERNS)];
    return n;
}

void
ref_make_permissions(struct ref_random *r, struct ref_permissions *p)
{
    *p = (struct ref_permissions){ 0 };
    p->n[0] = make_list(r, p->actions, REF_LIST);
    p->n[1] = ref_below(r, 2) == 0 ? make_list(r, p->not_actions, 1) : 0;
    p->n[2] = make_list(r, p->data, REF_LIST);
    p->n[3] = ref_below(r, 2) == 0 ? make_list(r, p->not_data, 1) : 0;
    ref_make_condition(r, &p->condition);
}

void
ref_make_assignment(struct ref_random *r, struct ref_assignment *a)
{
    *a = (struct ref_assignment){ .there = true,
                                  .who = ref_below(r, REF_WHO),
                                  .role = ref_below(r, REF_ROLES),
                                  .scope = ref_below(r, REF_SCOPES),
                                  .foreign = ref_below(r, 20) == 0 };
    ref_make_condition(r, &a->condition);
}

void
ref_make_deny(struct ref_random *r, struct ref_deny *d)
{
    *d = (struct ref_deny){ .there = ref_below(r, 5) == 0,
                            .scope = ref_below(r, REF_SCOPES),
                            .not_below = ref_below(r, 3) == 0,
                            .everyone = ref_below(r, 4) == 0,
                            .nwho = ref_below(r, 3),
                            .nexcluded = ref_below(r, 3) };
    for (unsigned i = 0; i < 2; i++) {
        d->who[i] = ref_below(r, REF_WHO);
        d->excluded[i] = ref_below(r, REF_WHO);
    }
    ref_make_permissions(r, &d->permissions);
    ref_make_condition(r, &d->condition);
}

void
ref_make(struct ref_random *r, struct ref_world *w)
{
    memset(w, 0, sizeof(*w));
    memcpy(w->scopes, all_scopes, sizeof(all_scopes));
    for (unsigned g = 0; g < REF_GROUPS; g++)
        w->group_there[g] = ref_below(r, 8) != 0;
    for (unsigned who = 0; who < REF_WHO; who++)
        for (unsigned g = 0; g < REF_GROUPS; g++)
            w->member[who][g] = ref_below(r, 5) == 0;
    for (unsigned i = 0; i < REF_ROLES; i++) {
        w->role_there[i] = ref_below(r, 10) != 0;
        ref_make_permissions(r, &w->roles[i]);
    }
    for (unsigned i = 0; i < REF_ASSIGNMENTS; i++)
        if (ref_below(r, 3) != 0)
            ref_make_assignment(r, &w->assignments[i]);
    for (unsigned i = 0; i < REF_DENIES; i++)
        ref_make_deny(r, &w->denies[i]);
}

void
ref_make_question(struct ref_random *r, struct ref_question *q)
{
    *q = (struct ref_question){ .who = ref_below(r, REF_USERS),
                                .action = ref_actions[ref_below(r, ref_nactions)],
                                .is_data = ref_below(r, 2) == 0,
                                .scope = ref_below(r, REF_SCOPES) };
    for (unsigned i = 0; i < REF_ATTRS; i++) {
        q->facts.n[i] = ref_below(r, 3);
        for (unsigned j = 0; j < 2; j++)
            q->facts.values[i][j] = ref_attrs[i].values[ref_below(r, 6)];
    }
}
