/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsw.h - writing JSON: compact, members in the order of the calls.
 *
 * Sticky: failures stay in the sink, nesting errors are bugs. Every string is
 * escaped as Azure's service does: `"` and `\` and controls only; UTF-8 stays.
 *
 *   struct jsw w = jsw_of(sink_sec(body));
 *   jsw_object(&w, NULL);
 *   jsw_str(&w, "id", id);
 *   jsw_end(&w);
 *
 * name is NULL inside arrays and for the root.
 */
#ifndef CODEC_JSW_H
#define CODEC_JSW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"

struct jsw {
    struct sink sink;
    unsigned depth;
    uint32_t comma; /* bit per depth: a member was written there */
    uint32_t array; /* bit per depth: this level is an array */
};

struct jsw jsw_of(struct sink k);
void jsw_object(struct jsw *w, const char *name);
void jsw_array(struct jsw *w, const char *name);
void jsw_end(struct jsw *w); /* closes the innermost object or array */
void jsw_text(struct jsw *w, const char *name, struct span v);
/* jsw_text() with a name of which nothing needs an escape, and which is not NULL. */
void jsw_plain(struct jsw *w, struct span name, struct span v);

/* Inline, so that a name that stands in the source is measured when compiling; it is plain. */
static inline void
jsw_span(struct jsw *w, const char *name, struct span v)
{
    if (name != NULL && __builtin_constant_p(strlen(name)))
        jsw_plain(w, span_str(name), v);
    else
        jsw_text(w, name, v);
}

static inline void
jsw_str(struct jsw *w, const char *name, const char *v)
{
    jsw_span(w, name, span_str(v));
}

void jsw_i64(struct jsw *w, const char *name, int64_t v);
void jsw_bool(struct jsw *w, const char *name, bool v);
void jsw_null(struct jsw *w, const char *name);
/* Member whose name came from data (tags). */
void jsw_member(struct jsw *w, struct span name, struct span v);
/* base64url text of the bytes, as a string member. */
void jsw_b64url(struct jsw *w, const char *name, struct span bytes);
/* Text that is JSON already. */
void jsw_raw(struct jsw *w, const char *name, struct span json);

#endif /* CODEC_JSW_H */
