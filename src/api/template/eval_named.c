/* SPDX-License-Identifier: Apache-2.0 */
/* eval_named.c - parameters and variables: computed when they are first asked for, and once. */
#include "api/template/eval_int.h"
#include "api/template/fn.h"

#define SPAN_FMT     "%.*s"
#define SPAN_ARGS(s) (int)span_head(s, 80).len, (const char *)(s).ptr

bool
eval_type_is_secure(struct span type)
{
    return span_is_str_nocase(type, "securestring") || span_is_str_nocase(type, "secureobject");
}

static enum value_kind
kind_of_type(struct span type)
{
    static const struct {
        const char *name;
        enum value_kind kind;
    } kinds[] = { { "string", VALUE_STR },
                  { "securestring", VALUE_STR },
                  { "int", VALUE_INT },
                  { "bool", VALUE_BOOL },
                  { "object", VALUE_OBJECT },
                  { "array", VALUE_ARRAY },
                  { "secureobject", VALUE_OBJECT },
                  { NULL, VALUE_NULL } };

    for (size_t i = 0; kinds[i].name != NULL; i++)
        if (span_is_str_nocase(type, kinds[i].name))
            return kinds[i].kind;
    return VALUE_NULL;
}

bool
eval_type_is_known(struct span type)
{
    return kind_of_type(type) != VALUE_NULL;
}

bool
eval_type_fits(struct span type, const struct value *v)
{
    enum value_kind kind = kind_of_type(type);

    return kind == VALUE_NULL || v->kind == kind;
}

static size_t
member_of(const struct value *object, struct span name)
{
    for (size_t i = 0; object != NULL && i < object->n; i++)
        if (span_is_equal_nocase(object->member[i].name, name))
            return i;
    return SIZE_MAX;
}

static bool
is_allowed(const struct value *def, const struct value *v)
{
    const struct value *list = value_get(def, "allowedValues");

    if (list == NULL || list->kind != VALUE_ARRAY)
        return true;
    for (size_t i = 0; i < list->n; i++)
        if (value_is_equal(list->item[i], v))
            return true;
    return false;
}

static bool
is_in_range(const struct value *def, const char *least, const char *most, int64_t n)
{
    const struct value *min = value_get(def, least), *max = value_get(def, most);

    return (min == NULL || min->kind != VALUE_INT || n >= min->i) &&
           (max == NULL || max->kind != VALUE_INT || n <= max->i);
}

static int64_t
length_of(const struct value *v)
{
    return v->kind == VALUE_STR ? fn_chars(v->str) : (int64_t)v->n;
}

static const struct value *
check_parameter(struct eval *ev, struct span name, const struct value *def,
                const struct value *v)
{
    const struct value *type = value_get(def, "type");
    bool sized = v->kind == VALUE_STR || v->kind == VALUE_ARRAY;

    if (!value_is_str(type) || !eval_type_is_known(type->str))
        return eval_fail(ev, ERR_SYNTAX,
                         "The type of the template parameter '" SPAN_FMT "' is not valid.",
                         SPAN_ARGS(name));
    if (!eval_type_fits(type->str, v))
        return eval_fail(ev, ERR_SYNTAX,
                         "Template parameter JToken type is not valid. Expected '" SPAN_FMT
                         "' for the parameter '" SPAN_FMT "'.",
                         SPAN_ARGS(type->str), SPAN_ARGS(name));
    if (!is_allowed(def, v))
        return eval_fail(ev, ERR_SYNTAX,
                         "The provided value for the template parameter '" SPAN_FMT
                         "' is not valid: it is not part of the allowed value(s).",
                         SPAN_ARGS(name));
    if ((v->kind == VALUE_INT && !is_in_range(def, "minValue", "maxValue", v->i)) ||
        (sized && !is_in_range(def, "minLength", "maxLength", length_of(v))))
        return eval_fail(ev, ERR_SYNTAX,
                         "The provided value for the template parameter '" SPAN_FMT
                         "' is not valid: it is outside of the range or length allowed.",
                         SPAN_ARGS(name));
    return eval_type_is_secure(type->str) ? value_secret(ev->a, v) : v;
}

static const struct value *
make_parameter(struct eval *ev, struct span name, const struct value *def)
{
    const struct value *v = value_find(ev->given, name), *d = value_get(def, "defaultValue");
    const struct value *nullable = value_get(def, "nullable");
    reference_fn reference = ev->reference;
    bool before = ev->in_default;

    if (v != NULL)
        return check_parameter(ev, name, def, v);
    if (d == NULL && nullable != NULL && nullable->kind == VALUE_BOOL && nullable->b)
        return value_null();
    if (d == NULL)
        return eval_fail(ev, ERR_SYNTAX,
                         "The value for the template parameter '" SPAN_FMT
                         "' is not provided. Please see "
                         "https://aka.ms/arm-create-parameter-file for usage details.",
                         SPAN_ARGS(name));
    ev->in_default = true;
    ev->reference = NULL;
    v = eval_value(ev, d);
    ev->reference = reference;
    ev->in_default = before;
    return eval_is_ok(ev) ? check_parameter(ev, name, def, v) : value_null();
}

const struct value *
eval_parameter(struct eval *ev, struct span name)
{
    size_t at = member_of(ev->parameter_defs, name);
    struct memo *m;

    if (at == SIZE_MAX)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template parameter '" SPAN_FMT "' is not found. Please see "
                         "https://aka.ms/arm-syntax-parameters for usage details.",
                         SPAN_ARGS(name));
    if (ev->params == NULL)
        return value_null();
    m = &ev->params[at];
    if (m->value != NULL)
        return m->value;
    if (m->busy)
        return eval_fail(ev, ERR_SYNTAX, "The template parameter '" SPAN_FMT "' needs itself.",
                         SPAN_ARGS(name));
    m->busy = true;
    m->value = make_parameter(ev, ev->parameter_defs->member[at].name,
                              ev->parameter_defs->member[at].value);
    m->busy = false;
    return m->value;
}

/* One that a loop makes: a row of variables.copy. */
static const struct value *
copied_variable(struct eval *ev, struct span name)
{
    const struct value *rows = value_get(ev->variables, "copy"), *v = NULL;

    for (size_t i = 0; rows != NULL && rows->kind == VALUE_ARRAY && i < rows->n; i++) {
        const struct value *own = value_get(rows->item[i], "name");
        struct value *out = value_object(ev->a);

        if (!value_is_str(own) || !span_is_equal_nocase(own->str, name))
            continue;
        eval_copy(ev, rows->item[i], out);
        v = value_find(out, name);
        return v == NULL ? value_null() : v;
    }
    return eval_fail(ev, ERR_SYNTAX,
                     "The template variable '" SPAN_FMT "' is not found. Please see "
                     "https://aka.ms/arm-syntax-variables for usage details.",
                     SPAN_ARGS(name));
}

static const struct value *
make_variable(struct eval *ev, struct span name)
{
    size_t at = member_of(ev->variables, name);
    struct memo *m;

    if (at == SIZE_MAX)
        return copied_variable(ev, name);
    if (ev->vars == NULL)
        return value_null();
    m = &ev->vars[at];
    if (m->value == NULL && m->busy)
        return eval_fail(ev, ERR_SYNTAX, "The template variable '" SPAN_FMT "' needs itself.",
                         SPAN_ARGS(name));
    if (m->value == NULL) {
        m->busy = true;
        m->value = eval_value(ev, ev->variables->member[at].value);
        m->busy = false;
    }
    return m->value;
}

const struct value *
eval_variable(struct eval *ev, struct span name)
{
    struct loop loop[EVAL_COPIES_MAX];
    reference_fn reference = ev->reference;
    unsigned loops = ev->nloops;
    const struct value *v;

    ev->reference = NULL;
    memcpy(loop, ev->loop, sizeof(loop));
    ev->nloops = 0; /* they know nothing of the loop that they are used in */
    if (++ev->depth > EVAL_DEPTH_MAX)
        v = eval_fail(ev, ERR_TOO_LARGE, "The template's expressions are nested too deeply.");
    else
        v = make_variable(ev, name);
    ev->depth--;
    memcpy(ev->loop, loop, sizeof(loop));
    ev->nloops = loops;
    ev->reference = reference;
    return v;
}
