/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - a template as a list of resources to be put, in order.
 *
 * Making the plan computes parameters, names, conditions, loops and what needs what, and every
 * value once, so that mistakes come out before anything is done. What looks at resources is
 * "later" then. Who carries the plan out sets the result of each unit, and asks for its body
 * when its turn comes; a body may want the state of a resource first (plan->want).
 *
 * Does no input or output. Lies in the evaluator's arena.
 */
#ifndef API_TEMPLATE_PLAN_H
#define API_TEMPLATE_PLAN_H

#include "api/template/eval.h"

enum { PLAN_UNITS_MAX = 800 };
#define PLAN_NONE UINT32_MAX /* no unit */

struct unit {
    const struct value *source; /* in the template */
    struct loop loop[EVAL_COPIES_MAX];
    unsigned nloops;
    struct span symbol;                  /* in templates of symbolic names; else empty */
    struct span type, name, version, id; /* type and name whole, as in "a/b" and "x/y" */
    unsigned parent;                     /* PLAN_NONE: it stands by itself */
    bool existing, off;                  /* is not put: is there already; condition is false */
    bool nested;                         /* a deployment */
    bool failed;                         /* was not put: set by who carries out the plan */
    unsigned *needs;                     /* units that come first */
    unsigned nneeds;
    const struct value *result; /* set when it was put: the whole resource */
};

/* A resource beside the template that a reference looked at. */
struct known {
    struct known *next;
    struct span id;
    const struct value *value;
};

struct plan {
    struct eval *ev;
    const struct value *template;
    struct unit *unit; /* n of them */
    unsigned n, cap;
    unsigned *order; /* of all units */
    bool planning;
    unsigned current; /* the unit whose values are computed; PLAN_NONE: outputs */
    struct known *known;
    struct span want_id, want_version; /* asked for and not known; empty: nothing */
};

/* True, or ev->err and ev->why say what is wrong. Sets ev->reference. */
bool plan_make(struct eval *ev, const struct value *template, struct plan **out);

/*
 * What is to be put, as the body of a request. Null with plan->want_id set: tell the state of
 * that resource (plan_tell) and ask again. Null without: ev->err.
 */
const struct value *plan_body(struct plan *p, unsigned i);
/* The outputs as {name: {type, value}}, in the same way. Values that are secret, or of a secure
 * type, are left out. */
const struct value *plan_outputs(struct plan *p);
void plan_tell(struct plan *p, struct span id, const struct value *resource);

#endif /* API_TEMPLATE_PLAN_H */
