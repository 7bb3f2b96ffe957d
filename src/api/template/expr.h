/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr.h - the language in templates' brackets, as a tree:
 *
 *   expr   = 'text' | integer | call access*
 *   call   = name [. name] ( [expr {, expr}] )
 *   access = . name | [ expr ]
 *
 * In texts '' stands for one quote. Knows of no function.
 */
#ifndef API_TEMPLATE_EXPR_H
#define API_TEMPLATE_EXPR_H

#include "api/template/value.h"

enum {
    EXPR_LEN_MAX = 24576, /* as Azure's limit */
    EXPR_DEPTH_MAX = 32,
    EXPR_ARGS_MAX = 256
};

enum expr_kind { EXPR_VALUE, EXPR_CALL, EXPR_INDEX };

struct expr {
    enum expr_kind kind;
    const struct value *value; /* EXPR_VALUE */
    struct span name;          /* EXPR_CALL; with its namespace */
    struct expr **arg;         /* EXPR_CALL: n; EXPR_INDEX: what, and at which */
    unsigned n;
};

/* Is this text an expression: [...] but not [[... */
bool expr_is_one(struct span text);
/* The text itself, without the bracket that shields a leading one. */
struct span expr_literal(struct span text);
/*
 * The tree of a text for which expr_is_one() holds; it lies in the arena, which may not copy
 * the text: that has to live as long. ERR_SYNTAX; ERR_TOO_LARGE: too long, too deep, too many
 * arguments; what arena_err says.
 */
MUST_CHECK enum err expr_parse(struct arena *a, struct span text, struct expr **out);

#endif /* API_TEMPLATE_EXPR_H */
