/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_int.h - what decisions read, in the form they need it.
 *
 *   holding   a principal's assignments, by scope
 *   closure   the groups that hold a principal
 *   role      a definition, its patterns taken apart
 *   denials   a tenant's deny assignments
 *   ancestry  the management groups above a subscription
 *
 * Everything hangs in the cache and lives until it is dropped there, which
 * happens only before a decision (access_cache_begin), never during one.
 */
#ifndef AUTH_ACCESS_INT_H
#define AUTH_ACCESS_INT_H

#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/deny.h"
#include "auth/group.h"
#include "auth/role_definition.h"
#include "auth/scope_tree.h"

/* A pattern of at most one star, in lower case; others are kept whole. */
struct pattern {
    struct span head, tail; /* before and behind the star */
    size_t min;             /* length of the shortest text */
    bool star;
    bool many; /* head is the whole pattern */
};
struct pattern_list {
    struct pattern *at;
    unsigned n;
};

/* A condition that was parsed once. bad: there is one, and it does not parse. */
struct clause {
    struct condition *condition;
    bool bad;
};

struct permission {
    struct pattern_list actions, not_actions, data_actions, not_data_actions;
    struct clause clause;
};
struct permissions {
    struct permission at[MAX_ROLE_PERMISSIONS];
    unsigned n;
    struct pattern *patterns; /* of all lists */
    char *text;
};
/* ERR_NOMEM. */
MUST_CHECK enum err permissions_make(const struct role_permission *from, unsigned n,
                                     struct permissions *out);
void permissions_release(struct permissions *p);
MUST_CHECK enum err clause_make(struct span text, struct clause *out);
void clause_release(struct clause *c);
/* Nothing is true; what does not parse is unknown. */
enum truth clause_truth(const struct clause *c, const struct condition_facts *f);
/* action in lower case. */
bool permission_matches(const struct permission *p, struct span action, bool is_data);

/* How a set of permissions answers one action. */
enum match { MATCH_NONE, MATCH_CONDITION, MATCH_FULL };
enum match permissions_match(const struct permissions *p, const struct condition_facts *f,
                             struct span action, bool is_data);

/* First member of all that hangs in the cache. */
struct entry {
    struct guid id;
    struct guid tid;
    size_t weight; /* bytes, roughly */
};

struct compiled_role {
    struct entry entry;
    struct role_definition *d; /* NULL: there is none */
    struct permissions permissions;
    bool directory; /* auth/role.h: grants actions of the directory, and no others */
};

struct grant {
    struct guid id;
    const struct compiled_role *role;
    struct clause clause;
    uint64_t hash;
    const char *scope;
    uint16_t scope_len;
    unsigned next; /* index + 1 of the next in the bucket */
};
struct holding {
    struct entry entry;
    struct grant *grants;
    unsigned n;
    unsigned *buckets; /* index + 1 */
    unsigned mask;
    char *text;
};

struct closure {
    struct entry entry;
    struct group_set set;
};

struct denial {
    struct deny *d;
    struct permissions permissions;
    struct clause clause;
    uint64_t hash;
    bool names_group;
};
struct denials {
    struct entry entry;
    struct denial *at;
    unsigned n, cap;
};

/* A scope that covers a resource. */
struct level {
    struct span text;
    uint64_t hash;
};

struct ancestry {
    struct entry entry;
    struct scope_chain chain;
    struct level groups[MAX_MG_CHAIN]; /* innermost first, as in the chain */
    char text[MAX_MG_CHAIN][MAX_MG_ID + 64];
};

enum kept { KEPT_HOLDING, KEPT_CLOSURE, KEPT_ROLE, KEPT_DENIALS, KEPT_ANCESTRY, KEPT__MAX };

/* What a decision works on. */
struct ground {
    const struct rows *rows;
    struct store_view *view;
    struct access_cache *cache;
};

/*
 * Brings the cache to the view's revision. *usable: false when the view is older
 * than what the cache has seen. ERR_IO.
 */
MUST_CHECK enum err access_cache_begin(struct access_cache *c, struct store_view *view,
                                       bool *usable);
/* NULL when it is not kept. */
void *access_cache_get(const struct access_cache *c, enum kept kind, const struct guid *tid,
                       const struct guid *id);
/* Keeps an entry; on failure (ERR_NOMEM) it is freed. */
MUST_CHECK enum err access_cache_keep(struct access_cache *c, enum kept kind, struct entry *e);
void access_entry_free(enum kept kind, struct entry *e);
/* The id of a vault as a scope, which it is for ever; borrowed until the next call. c may be
 * NULL: then it is read into room. NULL: it is none. */
const struct scope *access_cache_scope(struct access_cache *c, const char *id,
                                       struct scope *room);
/* Each finds or reads; borrowed until the next begin. ERR_INTEGRITY, ERR_FORMAT, ERR_IO,
 * ERR_NOMEM, ERR_TOO_LARGE (denials). */
MUST_CHECK enum err access_role(const struct ground *g, const struct guid *tid,
                                const struct guid *id, const struct compiled_role **out);
MUST_CHECK enum err access_holding(const struct ground *g, const struct guid *tid,
                                   const struct guid *principal, const struct holding **out);
MUST_CHECK enum err access_closure(const struct ground *g, const struct guid *tid,
                                   const struct guid *oid, const struct group_set **out);
MUST_CHECK enum err access_denials(const struct ground *g, const struct guid *tid,
                                   const struct denials **out);
MUST_CHECK enum err access_ancestry(const struct ground *g, const struct guid *tid,
                                    const struct scope *s, struct ancestry *room,
                                    const struct ancestry **out);

/* The scopes that cover a resource, from the root to itself. */
enum { MAX_LEVELS = 1 + MAX_MG_CHAIN + MAX_SCOPE_DEPTH };
struct levels {
    struct level at[MAX_LEVELS];
    unsigned n;
};
void levels_make(const struct scope *s, const struct ancestry *above, struct levels *out);
void levels_of_groups(struct ancestry *a);
uint64_t level_hash(struct span scope);
/* The first grant of a holding at a level, or the next one; NULL at the end. */
const struct grant *holding_find(const struct holding *h, const struct level *l,
                                 const struct grant *after);

/* One decision, both planes. */
struct decision {
    struct ground ground;
    struct guid tid, oid;
    const struct scope *scope;
    struct span action; /* lower case */
    struct span other;  /* lower case: suffices as well; or empty */
    bool is_data;
    bool owned; /* the resource's own row says that it is the tenant's */
    struct condition_facts facts;
};
MUST_CHECK enum err decision_make(const struct decision *d, struct access_answer *out);
/* Runs fn on a cache that fits the view: the given one, or one for this call. */
MUST_CHECK enum err access_with_ground(const struct rows *rows, struct store_view *view,
                                       struct access_cache *cache,
                                       enum err (*fn)(void *arg, const struct ground *g),
                                       void *arg);

/* The question's attributes and the names of vault and object; gives their number. object_name
 * is room for the name of an attribute. */
enum { ACCESS_ATTRIBUTES = 32 };
size_t access_add_names(const struct access_question *q,
                        struct attribute out[static ACCESS_ATTRIBUTES],
                        char object_name[static 64]);

#endif /* AUTH_ACCESS_INT_H */
