/* SPDX-License-Identifier: Apache-2.0 */
/* plan_int.h - what the files of plan.h share. */
#ifndef API_TEMPLATE_PLAN_INT_H
#define API_TEMPLATE_PLAN_INT_H

#include "api/template/plan.h"

/* Fills p->order. False: a circle (ev->why). */
bool plan_order(struct plan *p);
/* i comes after `first`. */
void plan_need(struct plan *p, unsigned i, unsigned first);

/* From here on it is this unit's values that are computed; PLAN_NONE: the outputs'. */
void plan_stand_in(struct plan *p, unsigned i);
/* Is that its id, its name or its symbol? */
bool unit_is_named(const struct unit *u, struct span what);
/* The evaluator's function `reference`. */
const struct value *plan_refer(void *arg, const struct value *what, struct span version,
                               bool full);

#endif /* API_TEMPLATE_PLAN_INT_H */
