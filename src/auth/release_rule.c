/* SPDX-License-Identifier: Apache-2.0 */
/* release_rule.c - the evaluator: everything is false until it was seen to be true. */
#include "auth/release_rule.h"

enum { CLAIM_NAME_MAX = 256 };

/* Member `name` of an object, whatever its kind; NULL if absent. */
struct finder {
    struct span name;
    const struct jsn *found;
};

static bool
find_member(void *arg, struct span name, const struct jsn *value)
{
    struct finder *f = arg;

    if (span_is_equal(name, f->name))
        f->found = value;
    return f->found == NULL;
}

/* "a.b.c" into nested objects; a claim whose own name has the dots wins. */
static const struct jsn *
claim_at(const struct jsn *claims, struct span path)
{
    while (claims != NULL && jsn_is_object(claims)) {
        struct finder f = { .name = path };
        size_t dot = span_find(path, '.');

        jsn_each(claims, find_member, &f);
        if (f.found != NULL || dot == path.len)
            return f.found;
        f.name = span_head(path, dot);
        jsn_each(claims, find_member, &f);
        claims = f.found;
        path = span_tail(path, dot + 1);
    }
    return NULL;
}

/* The member `equals` of cond against the claim: same kind, same value. */
static bool
equals(const struct jsn *cond, const struct jsn *claim)
{
    struct span text;
    struct finder f = { .name = span_str("equals") };
    double a, b;
    bool x, y;

    jsn_each(cond, find_member, &f);
    if (f.found == NULL || claim == NULL)
        return false;
    if (jsn_is_str(f.found)) {
        text = jsn_str(f.found);
        return jsn_is_str(claim) && span_is_equal(jsn_str(claim), text);
    }
    if (jsn_bool(f.found, &x))
        return jsn_bool(claim, &y) && x == y;
    /* Numbers of JSON: compared as they are, no tolerance. */
    return jsn_num(f.found, &a) && jsn_num(claim, &b) && !(a < b) && !(a > b);
}

static bool holds(const struct jsn *cond, const struct jsn *claims, unsigned depth);

static bool
list_holds(const struct jsn *list, bool all, const struct jsn *claims, unsigned depth)
{
    size_t n = jsn_len(list);

    for (size_t i = 0; i < n; i++)
        if (holds(jsn_at(list, i), claims, depth + 1) != all)
            return !all;
    return all && n > 0;
}

/* allOf or anyOf, exactly one of them. */
static bool
lists_hold(const struct jsn *obj, const struct jsn *claims, unsigned depth)
{
    const struct jsn *all = NULL, *any = NULL;
    enum jsn_got got_all = jsn_get_array(obj, "allOf", &all);
    enum jsn_got got_any = jsn_get_array(obj, "anyOf", &any);

    if ((got_all == JSN_OK) == (got_any == JSN_OK) || got_all == JSN_WRONG_TYPE ||
        got_any == JSN_WRONG_TYPE)
        return false;
    return got_all == JSN_OK ? list_holds(all, true, claims, depth)
                             : list_holds(any, false, claims, depth);
}

static bool
holds(const struct jsn *cond, const struct jsn *claims, unsigned depth)
{
    struct span claim;

    if (depth > MAX_RULE_DEPTH || !jsn_is_object(cond))
        return false;
    switch (jsn_get_str(cond, "claim", &claim)) {
    case JSN_OK:
        return claim.len <= CLAIM_NAME_MAX && equals(cond, claim_at(claims, claim));
    case JSN_ABSENT:
        return lists_hold(cond, claims, depth);
    case JSN_WRONG_TYPE:
        break;
    }
    return false;
}

enum err
release_rule_check(struct span policy, struct span iss, const struct jsn *claims)
{
    const struct jsn *any = NULL;
    struct jsn *root;
    struct span authority;
    enum err e = jsn_parse(policy, &root);

    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    e = ERR_DENIED;
    if (!jsn_is_object(root) || jsn_get_array(root, "anyOf", &any) != JSN_OK)
        e = ERR_FORMAT;
    for (size_t i = 0; e == ERR_DENIED && i < jsn_len(any); i++) {
        const struct jsn *a = jsn_at(any, i);

        if (jsn_is_object(a) && jsn_get_str(a, "authority", &authority) == JSN_OK &&
            span_is_equal(authority, iss) && lists_hold(a, claims, 1))
            e = ERR_OK;
    }
    jsn_free(root);
    return e;
}
