/* SPDX-License-Identifier: Apache-2.0 */
/* condition_text.c - the words of conditions, their values, and writing them out. */
#include "auth/condition_int.h"

const char *const condition_sources[ATTRIBUTE__MAX] = {
    [ATTRIBUTE_REQUEST] = "Request",
    [ATTRIBUTE_RESOURCE] = "Resource",
    [ATTRIBUTE_PRINCIPAL] = "Principal",
    [ATTRIBUTE_ENVIRONMENT] = "Environment",
};

const char *const condition_quantifiers[] = {
    [QUANT_NONE] = "",
    [QUANT_ANY_ANY] = "ForAnyOfAnyValues",
    [QUANT_ALL_ANY] = "ForAllOfAnyValues",
    [QUANT_ANY_ALL] = "ForAnyOfAllValues",
    [QUANT_ALL_ALL] = "ForAllOfAllValues",
};

#define STRING(name, rel, neg)                                                                 \
    { "String" name, VALUE_STRING, rel, neg, false, false },                                   \
    {                                                                                          \
        "String" name "IgnoreCase", VALUE_STRING, rel, neg, false, true                        \
    }
#define ORDERED(type, word)                                                                    \
    { word "Equals", type, REL_EQUAL, false, false, false },                                   \
        { word "NotEquals", type, REL_EQUAL, true, false, false },                             \
        { word "LessThan", type, REL_LESS, false, false, false },                              \
        { word "LessThanEquals", type, REL_LESS_EQUAL, false, false, false },                  \
        { word "GreaterThan", type, REL_LESS, false, true, false },                            \
    {                                                                                          \
        word "GreaterThanEquals", type, REL_LESS_EQUAL, false, true, false                     \
    }

static const struct comparison operators[] = {
    STRING("Equals", REL_EQUAL, false),
    STRING("NotEquals", REL_EQUAL, true),
    STRING("StartsWith", REL_PREFIX, false),
    STRING("NotStartsWith", REL_PREFIX, true),
    STRING("Like", REL_LIKE, false),
    STRING("NotLike", REL_LIKE, true),
    ORDERED(VALUE_NUMBER, "Numeric"),
    ORDERED(VALUE_TIME, "DateTime"),
    { "BoolEquals", VALUE_BOOL, REL_EQUAL, false, false, false },
    { "BoolNotEquals", VALUE_BOOL, REL_EQUAL, true, false, false },
    { "GuidEquals", VALUE_GUID, REL_EQUAL, false, false, false },
    { "GuidNotEquals", VALUE_GUID, REL_EQUAL, true, false, false },
};

const struct comparison *
condition_operator_at(size_t i)
{
    return i < sizeof(operators) / sizeof(operators[0]) ? &operators[i] : NULL;
}

/* [+-]digits[.digits]; at most 18 digits in all, so that nothing overflows. */
bool
condition_number(struct span s, double *out)
{
    double value = 0, scale = 1;
    bool minus = false, fraction = false;
    unsigned digits = 0;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        minus = s.ptr[0] == '-';
        s = span_tail(s, 1);
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c == '.' && !fraction && digits > 0) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 18)
            return false;
        value = value * 10 + (c - '0');
        scale = fraction ? scale * 10 : scale;
    }
    *out = (minus ? -value : value) / scale;
    return digits > 0 && s.ptr[s.len - 1] != '.';
}

/* A GUID, or an id that ends with one: ".../roleDefinitions/<guid>". */
bool
condition_guid(struct span s, struct guid *out)
{
    if (s.len > GUID_LEN && s.ptr[s.len - GUID_LEN - 1] == '/')
        s = span_tail(s, s.len - GUID_LEN);
    return guid_parse(s, out);
}

/* -------------------------------------------------------------------- writing */

static void
put_text(struct buf *out, struct span s)
{
    buf_put_byte(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'' || s.ptr[i] == '\\')
            buf_put_byte(out, '\\');
        buf_put_byte(out, s.ptr[i]);
    }
    buf_put_byte(out, '\'');
}

static void
put_attr(struct buf *out, const struct node_attr *a)
{
    buf_put_fmt(out, "@%s[", condition_sources[a->source]);
    buf_put(out, a->name);
    buf_put_byte(out, ']');
}

static void
put_literals(struct buf *out, const struct condition *c, const struct node *n)
{
    for (unsigned i = 0; i < n->count; i++) {
        if (i > 0)
            buf_put_str(out, ", ");
        put_text(out, c->literals[n->first + i]);
    }
}

static void
put_comparison(struct buf *out, const struct condition *c, const struct node *n)
{
    put_attr(out, &n->left);
    buf_put_fmt(out, " %s%s%s ", condition_quantifiers[n->quant],
                n->quant == QUANT_NONE ? "" : ":", n->op->name);
    if (n->right_is_attr) {
        put_attr(out, &n->right);
        return;
    }
    buf_put_str(out, n->quant == QUANT_NONE ? "" : "{");
    put_literals(out, c, n);
    buf_put_str(out, n->quant == QUANT_NONE ? "" : "}");
}

static void
put_node(struct buf *out, const struct condition *c, unsigned at)
{
    const struct node *n = &c->nodes[at];

    switch (n->kind) {
    case NODE_OR:
    case NODE_AND:
        buf_put_byte(out, '(');
        for (unsigned i = n->child; i != 0; i = c->nodes[i].next) {
            if (i != n->child)
                buf_put_str(out, n->kind == NODE_AND ? " AND " : " OR ");
            put_node(out, c, i);
        }
        buf_put_byte(out, ')');
        break;
    case NODE_NOT:
        buf_put_str(out, "!(");
        put_node(out, c, n->child);
        buf_put_byte(out, ')');
        break;
    case NODE_ACTION:
    case NODE_SUB_OPERATION:
        buf_put_str(out, n->kind == NODE_ACTION ? "ActionMatches{" : "SubOperationMatches{");
        put_literals(out, c, n);
        buf_put_byte(out, '}');
        break;
    case NODE_EXISTS:
        buf_put_str(out, "Exists ");
        put_attr(out, &n->left);
        break;
    case NODE_COMPARE:
        put_comparison(out, c, n);
        break;
    }
}

void
condition_write(const struct condition *c, struct buf *out)
{
    put_node(out, c, c->root);
}
