/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval.h - what a template's values come to: expressions run, everything else stays.
 *
 * The functions that there are stand in tables (fn_*.c). None of them does input or output:
 * what a resource looks like is asked of `reference`, which answers or says "later".
 *
 * What may be asked for is bounded: steps (each function costs what its arguments weigh),
 * depth, and the arena. What went wrong first is kept, as a text that quotes no values.
 *
 * Threads: belongs to one thread at a time.
 */
#ifndef API_TEMPLATE_EVAL_H
#define API_TEMPLATE_EVAL_H

#include "api/template/expr.h"
#include "api/template/value.h"

enum {
    EVAL_STEPS_MAX = 4 * 1024 * 1024,
    EVAL_DEPTH_MAX = 128,
    EVAL_COPIES_MAX = 6, /* loops within loops */
    EVAL_WHY_MAX = 400
};

/* The resource that `what` names (an id, a name, a symbol) as an object, version included; its
 * properties alone unless full. value_later() if it is not known yet. */
typedef const struct value *(*reference_fn)(void *arg, const struct value *what,
                                            struct span version, bool full);

struct memo {
    const struct value *value; /* NULL: not computed yet */
    bool busy;                 /* being computed: it needs itself */
};
struct loop {
    struct span name;
    int64_t index;
};

struct eval {
    struct arena *a;
    const struct value *facts; /* resourceGroup, subscription, tenant, deployment, environment:
                                * what those functions answer; absent: not at this scope */
    const struct value *parameter_defs, *given, *variables; /* objects, or NULL */
    struct memo *params, *vars;                             /* for each member of the two */
    reference_fn reference;                                 /* NULL: not here */
    void *reference_arg;
    struct loop loop[EVAL_COPIES_MAX];
    unsigned nloops;
    bool in_default; /* utcNow and newGuid are for default values */
    int64_t now;
    uint64_t steps;
    unsigned depth;
    enum err err; /* ERR_OK; ERR_SYNTAX: the template is wrong; ERR_TOO_LARGE; ERR_NOMEM */
    char why[EVAL_WHY_MAX];
};

/* given: the deployment's parameters, name to value. All are borrowed and may be NULL. */
void eval_init(struct eval *ev, struct arena *a, const struct value *template,
               const struct value *given, const struct value *facts);

/* A value of the template with its expressions run. Never NULL; after a failure, null. */
const struct value *eval_value(struct eval *ev, const struct value *raw);
/* The same, where only a text will do; empty after a failure. what: for the message. */
struct span eval_text(struct eval *ev, const struct value *raw, const char *what);
/* Is everything still well? Takes up what the arena says. */
bool eval_is_ok(struct eval *ev);
/* The first failure counts. Returns null. The text is printf-like and must not quote values. */
const struct value *eval_fail(struct eval *ev, enum err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Costs so many steps; false if there are none left. */
bool eval_charge(struct eval *ev, uint64_t steps);

/* The values of a parameter and of a variable; computed once. */
const struct value *eval_parameter(struct eval *ev, struct span name);
const struct value *eval_variable(struct eval *ev, struct span name);
/* Is a type of parameters or outputs one of the two that hide? */
bool eval_type_is_secure(struct span type);
/* Does the value fit the type's name? Any does for a name that is none. */
bool eval_type_fits(struct span type, const struct value *v);
bool eval_type_is_known(struct span type);

#endif /* API_TEMPLATE_EVAL_H */
