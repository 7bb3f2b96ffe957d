/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_decide.c - the decision (management-plane.md C.5).
 *
 * Denials first, since one that applies ends it. Then the caller's own grants,
 * then those of its groups. Only what lies at a level above the resource is
 * looked at: holdings are found by scope, so many assignments elsewhere cost
 * nothing.
 */
#include "auth/access_int.h"
#include "auth/role.h"

#define HASH_START UINT64_C(0x9e3779b97f4a7c15)
#define MG_PREFIX  "/providers/microsoft.management/managementgroups/"

/* Eight bytes at a time; whoever can choose scopes can make them meet, and gains nothing. */
static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ (h >> 32);
}

/* Takes whole words of text up to len into *h; *at moves. */
static void
take_words(uint64_t *h, const uint8_t *text, size_t *at, size_t len)
{
    uint64_t word;

    for (; *at + sizeof(word) <= len; *at += sizeof(word)) {
        memcpy(&word, text + *at, sizeof(word));
        *h = mix(*h, word);
    }
}

static uint64_t
take_rest(uint64_t h, const uint8_t *text, size_t at, size_t len)
{
    uint64_t word = 0;

    if (len > at)
        memcpy(&word, text + at, len - at);
    return mix(h, word ^ (uint64_t)len << 56);
}

uint64_t
level_hash(struct span scope)
{
    uint64_t h = HASH_START;
    size_t at = 0;

    take_words(&h, scope.ptr, &at, scope.len);
    return take_rest(h, scope.ptr, at, scope.len);
}

void
levels_of_groups(struct ancestry *a)
{
    for (unsigned i = 0; i < a->chain.n; i++) {
        char id[sizeof(a->chain.ids[i])]; /* gcc takes the two for one where it counts bytes */
        int n;

        memcpy(id, a->chain.ids[i], sizeof(id));
        n = snprintf(a->text[i], sizeof(a->text[i]), MG_PREFIX "%s", id);

        bug_on(n < 0 || (size_t)n >= sizeof(a->text[i]));
        a->groups[i].text = span_of(a->text[i], (size_t)n);
        a->groups[i].hash = level_hash(a->groups[i].text);
    }
}

void
levels_make(const struct scope *s, const struct ancestry *above, struct levels *out)
{
    /* A management group of the text's own stands in both: once is enough. */
    unsigned skip = s->group[0] != '\0' && above->chain.n > 0 ? 1 : 0;
    const uint8_t *text = (const uint8_t *)s->text;
    uint64_t h = HASH_START;
    size_t at = 0;

    out->n = 0;
    out->at[out->n++] = (struct level){ span_str("/"), level_hash(span_str("/")) };
    for (unsigned i = above->chain.n; i > skip; i--)
        out->at[out->n++] = above->groups[i - 1];
    for (unsigned i = 0; i < s->depth; i++) {
        size_t len = s->ends[i];

        take_words(&h, text, &at, len);
        out->at[out->n++] = (struct level){ span_of(text, len), take_rest(h, text, at, len) };
    }
}

/* ------------------------------------------------------------------- denials */

struct work {
    const struct decision *d;
    struct levels levels;
    const struct group_set *groups; /* NULL until needed */
    struct access_answer *out;
    bool directory; /* the action is the directory's */
};

static enum err
need_groups(struct work *w)
{
    if (w->groups != NULL)
        return ERR_OK;
    return access_closure(&w->d->ground, &w->d->tid, &w->d->oid, &w->groups);
}

static bool
names(const struct work *w, const struct deny_principal *p, unsigned n, bool everyone)
{
    for (unsigned i = 0; i < n; i++)
        if (guid_is_equal(&p[i].id, &w->d->oid) || group_set_has(w->groups, &p[i].id) ||
            (everyone && span_is_str(span_str(p[i].id.text), DENY_EVERYONE)))
            return true;
    return false;
}

static bool
stands_above(const struct work *w, const struct denial *n)
{
    struct span scope = span_str(n->d->scope);

    for (unsigned i = n->d->not_below ? w->levels.n - 1 : 0; i < w->levels.n; i++)
        if (w->levels.at[i].hash == n->hash && span_is_equal(w->levels.at[i].text, scope))
            return true;
    return false;
}

/* Denials apply when their conditions might be true: unless false. */
static bool
forbids(const struct denial *n, const struct condition_facts *f, struct span action,
        bool is_data)
{
    if (span_is_empty(action) || clause_truth(&n->clause, f) == TRUTH_FALSE)
        return false;
    for (unsigned i = 0; i < n->permissions.n; i++)
        if (permission_matches(&n->permissions.at[i], action, is_data) &&
            clause_truth(&n->permissions.at[i].clause, f) != TRUTH_FALSE)
            return true;
    return false;
}

static bool
applies(const struct work *w, const struct denial *n)
{
    const struct decision *d = w->d;

    if (!stands_above(w, n) || !forbids(n, &d->facts, d->action, d->is_data))
        return false;
    if (names(w, n->d->excluded, n->d->nexcluded, false))
        return false;
    /* Groups that were not looked at might be among those named. */
    return names(w, n->d->principals, n->d->nprincipals, true) ||
           (w->groups->cut && n->names_group);
}

static enum err
ask_denials(struct work *w)
{
    const struct denials *all;
    enum err e = access_denials(&w->d->ground, &w->d->tid, &all);

    if (e != ERR_OK || all->n == 0)
        return e;
    e = need_groups(w);
    for (unsigned i = 0; e == ERR_OK && i < all->n; i++) {
        if (!applies(w, &all->at[i]))
            continue;
        w->out->reason = ACCESS_DENIED;
        w->out->deny = all->at[i].d->id;
        break;
    }
    return e;
}

/* -------------------------------------------------------------------- grants */

static enum match
weigh(const struct decision *d, const struct grant *n)
{
    enum match m = permissions_match(&n->role->permissions, &d->facts, d->action, d->is_data);

    if (m != MATCH_FULL && !span_is_empty(d->other)) {
        enum match o =
            permissions_match(&n->role->permissions, &d->facts, d->other, d->is_data);

        m = o > m ? o : m;
    }
    if (m == MATCH_FULL && clause_truth(&n->clause, &d->facts) != TRUTH_TRUE)
        m = MATCH_CONDITION;
    return m;
}

/* Everything one principal holds above the resource. */
static enum err
ask_holding(struct work *w, const struct guid *principal, const struct guid *group)
{
    const struct holding *h;
    enum err e = access_holding(&w->d->ground, &w->d->tid, principal, &h);

    if (e != ERR_OK || h->n == 0)
        return e;
    for (unsigned i = 0; i < w->levels.n; i++) {
        const struct level *l = &w->levels.at[i];

        for (const struct grant *n = holding_find(h, l, NULL); n != NULL;
             n = holding_find(h, l, n)) {
            enum match m = n->role->directory == w->directory ? weigh(w->d, n) : MATCH_NONE;

            if (m == MATCH_CONDITION)
                w->out->reason = ACCESS_CONDITION;
            if (m != MATCH_FULL)
                continue;
            w->out->allowed = true;
            w->out->reason = ACCESS_GRANTED;
            w->out->assignment = n->id;
            w->out->role = n->role->entry.id;
            if (group != NULL)
                w->out->group = *group;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

enum err
decision_make(const struct decision *d, struct access_answer *out)
{
    struct work w = { .d = d, .out = out, .directory = action_is_directory(d->action) };
    const struct ancestry *above;
    struct ancestry room;
    enum err e = access_ancestry(&d->ground, &d->tid, d->scope, &room, &above);

    out->reason = ACCESS_TENANT;
    if (e == ERR_NOT_FOUND && d->owned) { /* no tree to stand in */
        room.chain = (struct scope_chain){ .tid = d->tid };
        above = &room;
        e = ERR_OK;
    }
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !guid_is_equal(&above->chain.tid, &d->tid)))
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    out->reason = ACCESS_NO_GRANT;
    levels_make(d->scope, above, &w.levels);
    /* Denials are of the other plane. Nor do groups hold roles of the directory: else whoever
     * manages groups would manage everything. */
    if (w.directory)
        return ask_holding(&w, &d->oid, NULL);
    e = ask_denials(&w);
    if (e != ERR_OK || out->reason == ACCESS_DENIED)
        return e;
    e = ask_holding(&w, &d->oid, NULL);
    if (e != ERR_OK || out->allowed)
        return e;
    e = need_groups(&w);
    for (unsigned i = 0; e == ERR_OK && !out->allowed && i < w.groups->n; i++)
        e = ask_holding(&w, &w.groups->ids[i], &w.groups->ids[i]);
    return e;
}
