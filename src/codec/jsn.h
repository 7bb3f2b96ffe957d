/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsn.h - reading JSON (RFC 8259) that came from outside.
 *
 * Strict: UTF-8 only, no duplicate members, no NUL in names, depth at most
 * MAX_JSON_DEPTH, nothing after the value. The tree lives in secret memory,
 * since bodies carry secret values; jsn_free wipes it.
 * The parser is jansson; no other room includes it.
 *
 * Spans are borrowed from the tree. A member that is null counts as absent.
 */
#ifndef CODEC_JSN_H
#define CODEC_JSN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct jsn; /* a node; the root is owned, everything below is borrowed */

enum jsn_got { JSN_ABSENT, JSN_OK, JSN_WRONG_TYPE };

/* Call once per process before the first parse and after secmem_init. */
void jsn_setup(void);

/* ERR_SYNTAX, ERR_TOO_LARGE (depth, or a tree beyond 16 MiB), ERR_NOMEM. *out is NULL unless
 * ERR_OK. */
MUST_CHECK enum err jsn_parse(struct span text, struct jsn **out);
/* The root only; NULL is allowed. */
void jsn_free(struct jsn *root);

bool jsn_is_object(const struct jsn *j);
bool jsn_is_array(const struct jsn *j);
bool jsn_is_str(const struct jsn *j);

enum jsn_got jsn_get_str(const struct jsn *obj, const char *name, struct span *out);
enum jsn_got jsn_get_i64(const struct jsn *obj, const char *name, int64_t *out);
/* Integer or real; for the float exp of client assertions. */
enum jsn_got jsn_get_num(const struct jsn *obj, const char *name, double *out);
enum jsn_got jsn_get_bool(const struct jsn *obj, const char *name, bool *out);
enum jsn_got jsn_get_object(const struct jsn *obj, const char *name, const struct jsn **out);
enum jsn_got jsn_get_array(const struct jsn *obj, const char *name, const struct jsn **out);

size_t jsn_len(const struct jsn *array_or_object);
/* i < jsn_len(array). */
const struct jsn *jsn_at(const struct jsn *array, size_t i);
/* A node that is true, false or a number; false (and *out zero) otherwise. */
bool jsn_bool(const struct jsn *j, bool *out);
bool jsn_num(const struct jsn *j, double *out);
/* A node that is a string; empty span otherwise. */
struct span jsn_str(const struct jsn *j);
/* Visits members in document order; fn returns false to stop. */
typedef bool (*jsn_member_fn)(void *arg, struct span name, const struct jsn *value);
void jsn_each(const struct jsn *obj, jsn_member_fn fn, void *arg);

#endif /* CODEC_JSN_H */
