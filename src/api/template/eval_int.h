/* SPDX-License-Identifier: Apache-2.0 */
/* eval_int.h - what the files of eval.h share. */
#ifndef API_TEMPLATE_EVAL_INT_H
#define API_TEMPLATE_EVAL_INT_H

#include "api/template/eval.h"

/* One row of a member "copy": [{name, count, input}] becomes the member `name` of out. */
void eval_copy(struct eval *ev, const struct value *row, struct value *out);

#endif /* API_TEMPLATE_EVAL_INT_H */
