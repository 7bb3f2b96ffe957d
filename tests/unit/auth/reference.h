/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reference.h - a slow evaluator of rights that can be read in one sitting, and
 * random little worlds to compare it with the engine. Shares no code with it:
 * scopes are nodes of a tree, patterns are matched by trying everything,
 * conditions are evaluated on the tree they were made from.
 */
#ifndef TEST_AUTH_REFERENCE_H
#define TEST_AUTH_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REF_USERS = 4,
    REF_GROUPS = 6,
    REF_WHO = REF_USERS + REF_GROUPS, /* users first */
    REF_SCOPES = 24,
    REF_MGS = 5, /* management groups beside the root group */
    REF_ROLES = 6,
    REF_ASSIGNMENTS = 24,
    REF_DENIES = 4,
    REF_LIST = 3,
    REF_NODES = 12,
    REF_ATTRS = 6,
};

/* A generator of its own, so that a seed means the same everywhere. */
struct ref_random {
    uint64_t state;
};
unsigned ref_below(struct ref_random *r, unsigned n);

enum ref_kind { REF_OR, REF_AND, REF_NOT, REF_ACTION, REF_EXISTS, REF_COMPARE };
struct ref_node {
    enum ref_kind kind;
    int a, b;      /* children */
    unsigned attr; /* EXISTS, COMPARE */
    unsigned op;   /* ref_ops[] */
    unsigned values[2], nvalues;
};
struct ref_condition {
    struct ref_node nodes[REF_NODES];
    int n, root; /* n == 0: none */
    bool broken; /* the text is cut: it does not parse */
};

struct ref_permissions {
    const char *actions[REF_LIST], *not_actions[REF_LIST];
    const char *data[REF_LIST], *not_data[REF_LIST];
    unsigned n[4];
    struct ref_condition condition;
};

struct ref_scope {
    const char *text; /* lower case */
    int parent;       /* -1: none */
    bool foreign;     /* another tenant's */
};
struct ref_assignment {
    bool there;
    unsigned who, role, scope;
    bool foreign; /* of another tenant */
    struct ref_condition condition;
};
struct ref_deny {
    bool there;
    unsigned scope;
    bool not_below, everyone;
    unsigned who[2], nwho, excluded[2], nexcluded;
    struct ref_permissions permissions;
    struct ref_condition condition;
};
struct ref_world {
    struct ref_scope scopes[REF_SCOPES];
    bool group_there[REF_GROUPS];
    bool member[REF_WHO][REF_GROUPS]; /* who is in which group */
    bool role_there[REF_ROLES];
    struct ref_permissions roles[REF_ROLES];
    struct ref_assignment assignments[REF_ASSIGNMENTS];
    struct ref_deny denies[REF_DENIES];
};

/* What is known about a request: one or two values for each attribute, or none. */
struct ref_facts {
    unsigned n[REF_ATTRS];
    const char *values[REF_ATTRS][2];
};
struct ref_question {
    unsigned who; /* a user */
    const char *action;
    bool is_data;
    unsigned scope;
    struct ref_facts facts;
};

extern const struct ref_attr {
    const char *source, *name;
    bool any_case;
    const char *values[6]; /* what facts and conditions choose from */
} ref_attrs[REF_ATTRS];
extern const char *const ref_actions[];
extern const unsigned ref_nactions;

void ref_make(struct ref_random *r, struct ref_world *w);
void ref_make_condition(struct ref_random *r, struct ref_condition *c);
void ref_make_permissions(struct ref_random *r, struct ref_permissions *p);
void ref_make_assignment(struct ref_random *r, struct ref_assignment *a);
void ref_make_deny(struct ref_random *r, struct ref_deny *d);
void ref_make_question(struct ref_random *r, struct ref_question *q);

/*
 * A subscription or a management group, with all that is below it, comes below another group.
 * False: nothing changed, for a group would stand below itself.
 */
bool ref_move(struct ref_random *r, struct ref_world *w, unsigned *scope, unsigned *parent);
extern const unsigned ref_management_groups[REF_MGS]; /* indices of scopes, parents first */

/* The text of a condition; "" when there is none. */
void ref_write(const struct ref_condition *c, char *out, size_t cap);
bool ref_allows(const struct ref_world *w, const struct ref_question *q);
/* Is scope above the resource, or the same? */
bool ref_is_above(const struct ref_world *w, unsigned scope, unsigned resource);

#endif /* TEST_AUTH_REFERENCE_H */
