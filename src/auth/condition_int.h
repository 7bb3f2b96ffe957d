/* SPDX-License-Identifier: Apache-2.0 */
/* condition_int.h - the tree of a condition: nodes and literals in two arrays. */
#ifndef AUTH_CONDITION_INT_H
#define AUTH_CONDITION_INT_H

#include "auth/condition.h"
#include "base/ids.h"

enum node_kind {
    NODE_OR, /* child, next, next... */
    NODE_AND,
    NODE_NOT,
    NODE_ACTION, /* literals */
    NODE_SUB_OPERATION,
    NODE_EXISTS, /* left */
    NODE_COMPARE /* left, operator, quantifier, literals or right */
};

enum value_type { VALUE_STRING, VALUE_NUMBER, VALUE_BOOL, VALUE_TIME, VALUE_GUID };
enum relation { REL_EQUAL, REL_PREFIX, REL_LIKE, REL_LESS, REL_LESS_EQUAL };

/* Every operator is one of the relations, perhaps negated, swapped, or without case. */
struct comparison {
    const char *name;
    enum value_type type;
    enum relation relation;
    bool negated;
    bool swapped; /* greater: less, the other way round */
    bool any_case;
};

enum quantifier { QUANT_NONE, QUANT_ANY_ANY, QUANT_ALL_ANY, QUANT_ANY_ALL, QUANT_ALL_ALL };

struct node_attr {
    enum attribute_source source;
    struct span name; /* of the condition's text */
};

struct node {
    enum node_kind kind;
    uint16_t child, next;  /* indices of nodes; 0: none (node 0 is never a child) */
    uint16_t first, count; /* literals */
    const struct comparison *op;
    enum quantifier quant;
    bool right_is_attr;
    struct node_attr left, right;
};

struct condition {
    struct node *nodes;
    struct span *literals; /* unescaped; bytes in `text` */
    uint16_t nnodes, nliterals, root;
    uint8_t text[]; /* copy of the text; literals are unescaped in place */
};

/* NULL past the last. */
const struct comparison *condition_operator_at(size_t i);
extern const char *const condition_sources[ATTRIBUTE__MAX];
extern const char *const condition_quantifiers[];
/* Reads a value as a type; false: it is none. */
bool condition_number(struct span s, double *out);
bool condition_guid(struct span s, struct guid *out);

#endif /* AUTH_CONDITION_INT_H */
