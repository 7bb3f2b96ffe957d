/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsn.c - jansson, made strict and kept in secret memory.
 *
 * jansson refuses by itself: bad UTF-8 (overlong, surrogates), raw controls, a
 * BOM, trailing bytes, lone surrogate escapes, numbers outside their range.
 * JSON_ALLOW_NUL lets \u0000 into string values only (a secret may hold it, and
 * spans carry it); a name with it stays refused. Depth is checked here before
 * jansson may recurse. Memory: see jsn_int.h; trees are never decref'ed.
 */
#include "codec/jsn.h"

#include <jansson.h>

#include "base/limits.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "codec/jsn_int.h"

/* The pool takes everything back at the end. */
static void
free_nothing(void *p)
{
    (void)p;
}

void
jsn_setup(void)
{
    size_t seed = 0;

    json_set_alloc_funcs(jsn_pool_alloc, free_nothing);
    /* jansson would open /dev/urandom at the first object, which confinement forbids. */
    while (seed == 0)
        rand_fill(&seed, sizeof(seed));
    json_object_seed(seed);
}

/* Whether brackets nest too deep; what is in strings does not count. */
static bool
is_too_deep(struct span text)
{
    bool in_string = false;
    unsigned depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > MAX_JSON_DEPTH)
            return true;
    }
    return false;
}

/* NULL with p->err set, or ERR_OK there when the text was at fault. */
static json_t *
load(struct jsn_pool *p, struct span text)
{
    json_error_t error;
    json_t *root;

    if (setjmp(p->failed) != 0)
        return NULL;
    root = json_loadb((const char *)text.ptr, text.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    /* Its text quotes what stood near the error, which may be a secret. */
    wipe(&error, sizeof(error));
    return root;
}

/* true, false and null are jansson's own statics. */
static bool
is_static(const json_t *v)
{
    return json_is_boolean(v) || json_is_null(v);
}

enum err
jsn_parse(struct span text, struct jsn **out)
{
    struct jsn_pool *p;
    enum err e = ERR_OK;
    json_t *root;

    *out = NULL;
    if (span_is_empty(text))
        return ERR_SYNTAX;
    if (is_too_deep(text))
        return ERR_TOO_LARGE;
    p = jsn_pool_new(text.len);
    if (p == NULL)
        return ERR_NOMEM;
    jsn_pool_use(p);
    root = load(p, text);
    jsn_pool_use(NULL);
    if (root == NULL)
        e = p->err != ERR_OK ? p->err : ERR_SYNTAX;
    if (root == NULL || is_static(root))
        jsn_pool_free(p);
    *out = (struct jsn *)root;
    return e;
}

static const json_t *
tree_of(const struct jsn *j)
{
    return (const json_t *)j;
}

void
jsn_free(struct jsn *root)
{
    if (root != NULL && !is_static(tree_of(root)))
        jsn_pool_free(jsn_pool_of(root));
}

bool
jsn_is_object(const struct jsn *j)
{
    return json_is_object(tree_of(j));
}

bool
jsn_is_array(const struct jsn *j)
{
    return json_is_array(tree_of(j));
}

bool
jsn_is_str(const struct jsn *j)
{
    return json_is_string(tree_of(j));
}

/* NULL for absent and null. */
static const json_t *
member(const struct jsn *obj, const char *name)
{
    const json_t *v = json_object_get(tree_of(obj), name);

    return json_is_null(v) ? NULL : v;
}

enum jsn_got
jsn_get_str(const struct jsn *obj, const char *name, struct span *out)
{
    const json_t *v = member(obj, name);

    *out = (struct span){ 0 };
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_string(v))
        return JSN_WRONG_TYPE;
    *out = jsn_str((const struct jsn *)v);
    return JSN_OK;
}

enum jsn_got
jsn_get_i64(const struct jsn *obj, const char *name, int64_t *out)
{
    const json_t *v = member(obj, name);

    *out = 0;
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_integer(v))
        return JSN_WRONG_TYPE;
    *out = json_integer_value(v);
    return JSN_OK;
}

enum jsn_got
jsn_get_num(const struct jsn *obj, const char *name, double *out)
{
    const json_t *v = member(obj, name);

    *out = 0;
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_number(v))
        return JSN_WRONG_TYPE;
    *out = json_number_value(v);
    return JSN_OK;
}

enum jsn_got
jsn_get_bool(const struct jsn *obj, const char *name, bool *out)
{
    const json_t *v = member(obj, name);

    *out = false;
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_boolean(v))
        return JSN_WRONG_TYPE;
    *out = json_is_true(v);
    return JSN_OK;
}

enum jsn_got
jsn_get_object(const struct jsn *obj, const char *name, const struct jsn **out)
{
    const json_t *v = member(obj, name);

    *out = NULL;
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_object(v))
        return JSN_WRONG_TYPE;
    *out = (const struct jsn *)v;
    return JSN_OK;
}

enum jsn_got
jsn_get_array(const struct jsn *obj, const char *name, const struct jsn **out)
{
    const json_t *v = member(obj, name);

    *out = NULL;
    if (v == NULL)
        return JSN_ABSENT;
    if (!json_is_array(v))
        return JSN_WRONG_TYPE;
    *out = (const struct jsn *)v;
    return JSN_OK;
}

size_t
jsn_len(const struct jsn *array_or_object)
{
    const json_t *v = tree_of(array_or_object);

    return json_is_array(v) ? json_array_size(v) : json_object_size(v);
}

const struct jsn *
jsn_at(const struct jsn *array, size_t i)
{
    bug_on(i >= json_array_size(tree_of(array)));
    return (const struct jsn *)json_array_get(tree_of(array), i);
}

bool
jsn_bool(const struct jsn *j, bool *out)
{
    *out = json_is_true(tree_of(j));
    return json_is_boolean(tree_of(j));
}

bool
jsn_num(const struct jsn *j, double *out)
{
    *out = json_is_number(tree_of(j)) ? json_number_value(tree_of(j)) : 0;
    return json_is_number(tree_of(j));
}

struct span
jsn_str(const struct jsn *j)
{
    const json_t *v = tree_of(j);

    return span_of(json_string_value(v), json_string_length(v));
}

void
jsn_each(const struct jsn *obj, jsn_member_fn fn, void *arg)
{
    /* jansson's iterators take no const, though they change nothing. */
    json_t *o = (json_t *)obj;

    for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it))
        if (!fn(arg, span_str(json_object_iter_key(it)),
                (const struct jsn *)json_object_iter_value(it)))
            return;
}
