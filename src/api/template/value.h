/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - JSON values that templates compute with, in an arena.
 *
 * An arena is secret memory of bounded size (parameters hold passwords) that
 * is given back, wiped, all at once. Values never change once they stand in
 * another; they are shared freely within their arena. Nothing of a value
 * outlives it.
 *
 * A value is `secret` if a secure parameter went into it, however indirectly:
 * what is computed of it, and what holds it, is secret as well.
 *
 * Failures of memory stick to the arena: constructors then give the null
 * value, and who computes asks arena_err() at the end.
 *
 * Threads: an arena and its values belong to one thread at a time.
 */
#ifndef API_TEMPLATE_VALUE_H
#define API_TEMPLATE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum {
    VALUE_DEPTH_MAX = 24,
    VALUE_MEMBERS_MAX = 512, /* of one object */
    VALUE_NAME_MAX = 512,
    VALUE_WEIGHT_MAX = 256 * 1024
};

struct arena;

/* max: bytes it will ever hold. NULL: out of memory. */
struct arena *arena_new(size_t max);
void arena_free(struct arena *a); /* NULL is allowed */
/* Zeroed, aligned for any type; NULL when full. */
void *arena_alloc(struct arena *a, size_t len);
/* ERR_OK, ERR_NOMEM (no secret memory left), ERR_TOO_LARGE (beyond max, or a value is too deep,
 * wide or heavy). */
enum err arena_err(const struct arena *a);

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_REAL,
    VALUE_STR,
    VALUE_ARRAY,
    VALUE_OBJECT,
    VALUE_LATER /* depends on a resource whose state is not known yet */
};

struct value;
struct member {
    struct span name;
    const struct value *value;
};
struct value {
    enum value_kind kind;
    bool secret;
    bool later; /* this, or something in it, is VALUE_LATER */
    uint8_t depth;
    uint32_t weight; /* values in it, each time they are met, and texts of 16 bytes */
    bool b;
    union {
        int64_t i;
        double real;
    };
    struct span str;
    uint32_t n, cap; /* of items or members */
    union {
        const struct value **item;
        struct member *member; /* in order; names differ without regard to case */
    };
};

/* Never NULL. */
const struct value *value_null(void);
const struct value *value_later(void);
const struct value *value_bool(bool b);
const struct value *value_int(struct arena *a, int64_t i);
/* Copies the text. */
const struct value *value_str(struct arena *a, struct span text);
const struct value *value_text(struct arena *a, const char *text);
/* Does not copy: the text lies in the arena, or lives as long. */
const struct value *value_lent(struct arena *a, struct span text);
/* The same value, secret with all that is in it. */
const struct value *value_secret(struct arena *a, const struct value *v);

/* Being filled: only until they stand in another value. Never NULL. */
struct value *value_array(struct arena *a);
void value_push(struct arena *a, struct value *array, const struct value *v);
struct value *value_object(struct arena *a);
/* Replaces a member of that name. Copies the name. */
void value_put(struct arena *a, struct value *object, struct span name, const struct value *v);

/* A copy of a tree, which may be freed then. */
const struct value *value_of_jsn(struct arena *a, const struct jsn *j);
/* ERR_SYNTAX, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err value_parse(struct arena *a, struct span json, const struct value **out);

/* NULL if absent, or v is no object. Names compare without case. */
const struct value *value_get(const struct value *object, const char *name);
const struct value *value_find(const struct value *object, struct span name);
bool value_is_str(const struct value *v); /* NULL is allowed */
/* Deep. Strings compare as bytes, numbers by what they are worth. */
bool value_is_equal(const struct value *a, const struct value *b);

/* As a member, or an element. mask: secret values become the text "[secure]". */
void value_write(const struct value *v, bool mask, struct jsw *w, const char *name);
/* As compact JSON text in the arena. */
struct span value_json(struct arena *a, const struct value *v);

#endif /* API_TEMPLATE_VALUE_H */
