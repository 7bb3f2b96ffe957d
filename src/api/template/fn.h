/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fn.h - the functions of templates, as rows. Arguments are computed already, and none of them
 * is "later"; what comes out is made secret by who calls if an argument was.
 */
#ifndef API_TEMPLATE_FN_H
#define API_TEMPLATE_FN_H

#include "api/template/eval.h"

struct args {
    const struct value **v;
    unsigned n;
};
typedef const struct value *(*fn_run)(struct eval *ev, const struct args *a);

struct fn {
    const char *name;
    unsigned min, max;
    fn_run run;
};
struct fn_table {
    const struct fn *rows;
    size_t n;
};
extern const struct fn_table fn_text, fn_list, fn_logic, fn_scope;

/* Names compare without case; NULL. */
const struct fn *fn_find(struct span name);

/* Failure: the function has been given something else than it takes. */
const struct value *fn_wrong(struct eval *ev, const char *name, const char *takes);
/* As `string` renders it; in the arena. */
struct span fn_render(struct eval *ev, const struct value *v);
/* Characters of a text, and the bytes that the first n of them take (all, if there are fewer).
 */
int64_t fn_chars(struct span s);
size_t fn_bytes(struct span s, int64_t n);

#endif /* API_TEMPLATE_FN_H */
