/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_int.h - the request line, read by a parser from outside, behind one call.
 *
 * The engine is libhttp-parser or llhttp, chosen when building (meson.build).
 * Neither is strict enough as distributions ship it: what it may be fed was
 * checked by http/head.c first. This header keeps clear of http/request.h,
 * whose names the engines use too.
 */
#ifndef HTTP_H1_INT_H
#define HTTP_H1_INT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

struct h1_line {
    const char *method; /* static text, upper case */
    struct span target; /* borrowed from the text */
    unsigned major, minor;
};

/*
 * Parses one request line, with its end of line.
 *
 * ERR_SYNTAX     not a request that the engine accepts
 */
MUST_CHECK enum err h1_parse(struct span text, struct h1_line *line);

/* Which engine this build has, for `keyhold version`. */
const char *h1_engine(void);

#endif /* HTTP_H1_INT_H */
