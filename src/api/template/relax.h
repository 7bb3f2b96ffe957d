/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relax.h - JSON as the resource manager's clients write it, made strict: comments go, names
 * without quotes and texts in single ones get double ones, line ends in texts are escaped, a
 * comma before a closing bracket goes. az puts templates into its bodies as their file has
 * them.
 *
 * What is JSON comes out as it was, but for white space. Whether the result is JSON is for its
 * parser to say.
 */
#ifndef API_TEMPLATE_RELAX_H
#define API_TEMPLATE_RELAX_H

#include "base/secbuf.h"
#include "base/span.h"

/* Failures stick to out. */
void relax_json(struct span text, struct secbuf *out);

#endif /* API_TEMPLATE_RELAX_H */
