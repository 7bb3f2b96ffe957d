/* SPDX-License-Identifier: Apache-2.0 */
/* Templates as lists of resources: names, order, loops, references, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/template/plan.h"
#include "base/secbuf.h"
#include "codec/jsn.h"

#define SUB   "/subscriptions/22222222-2222-4222-8222-222222222222"
#define GROUP SUB "/resourceGroups/rg"
#define FACTS                                                                                  \
    "{\"resourceGroup\":{\"name\":\"rg\"},\"subscription\":{\"subscriptionId\":"               \
    "\"22222222-2222-4222-8222-222222222222\"}}"
/* Resources whose quotes are single ones outside of expressions: short to read. */
#define R(type, name, more)                                                                    \
    "{\"type\":\"A.B/" type "\",\"apiVersion\":\"2020-01-01\",\"name\":\"" name "\"" more "}"
#define T(resources)         "{\"resources\":[" resources "]}"
#define NEEDS(what)          ",\"dependsOn\":[\"" what "\"]"
#define PROPERTIES(property) ",\"properties\":{\"p\":\"" property "\"}"
#define LOOP(n)              ",\"copy\":{\"name\":\"l\",\"count\":" n "}"

struct fixture {
    struct arena *a;
    struct eval ev;
    struct plan *plan;
};

static bool
make(struct fixture *f, const char *template, const char *given)
{
    const struct value *t, *g = NULL, *facts;

    f->a = arena_new(4 * 1024 * 1024);
    assert_non_null(f->a);
    assert_int_equal(value_parse(f->a, span_str(template), &t), ERR_OK);
    assert_int_equal(value_parse(f->a, span_str(FACTS), &facts), ERR_OK);
    if (given != NULL)
        assert_int_equal(value_parse(f->a, span_str(given), &g), ERR_OK);
    eval_init(&f->ev, f->a, t, g, facts);
    return plan_make(&f->ev, t, &f->plan);
}

/* Ids in the order of the plan, without what they have in common. */
static void
order_is(const char *template, const char *want)
{
    struct fixture f;
    char got[1024] = "";

    if (!make(&f, template, NULL))
        print_error("%s\n", f.ev.why);
    assert_int_equal(f.ev.err, ERR_OK);
    for (unsigned i = 0; i < f.plan->n; i++) {
        const struct unit *u = &f.plan->unit[f.plan->order[i]];
        size_t n = strlen(got);

        (void)snprintf(got + n, sizeof(got) - n, "%s%.*s%s", i > 0 ? " " : "", (int)u->name.len,
                       (const char *)u->name.ptr, u->off ? "-" : "");
    }
    assert_string_equal(got, want);
    arena_free(f.a);
}

static void
id_is(const char *resource, const char *want)
{
    struct fixture f;
    char template[1024];
    const struct unit *u;

    (void)snprintf(template, sizeof(template), "{\"resources\":[%s]}", resource);
    assert_true(make(&f, template, NULL));
    u = &f.plan->unit[f.plan->n - 1];
    assert_int_equal(u->id.len, strlen(want));
    assert_memory_equal(u->id.ptr, want, u->id.len);
    arena_free(f.a);
}

static void
refused(const char *template, const char *given, const char *why)
{
    struct fixture f;

    assert_false(make(&f, template, given));
    if (strstr(f.ev.why, why) == NULL)
        print_error("%s\n", f.ev.why);
    assert_non_null(strstr(f.ev.why, why));
    arena_free(f.a);
}

static void
ids_are_composed(void **state)
{
    (void)state;
    id_is(R("c", "x", ""), GROUP "/providers/A.B/c/x");
    id_is(R("c/d", "x/y", ""), GROUP "/providers/A.B/c/x/d/y");
    id_is(R("c/providers/locks", "x/A.C/y", ""),
          GROUP "/providers/A.B/c/x/providers/A.C/locks/y");
    id_is(R("c", "x", ",\"scope\":\"A.C/d/y\""), GROUP "/providers/A.C/d/y/providers/A.B/c/x");
    id_is(R("c", "x", ",\"scope\":\"" SUB "\""), SUB "/providers/A.B/c/x");
    id_is(R("c", "x", ",\"resources\":[" R("c/d", "x/y", "") "]"),
          GROUP "/providers/A.B/c/x/d/y");
    id_is(R("c", "x", ",\"resources\":[{\"type\":\"d\",\"apiVersion\":\"1\",\"name\":\"y\"}]"),
          GROUP "/providers/A.B/c/x/d/y");
    id_is(
        "{\"type\":\"Microsoft.Resources/resourceGroups\",\"apiVersion\":\"1\",\"name\":\"g\","
        "\"scope\":\"" SUB "\"}",
        SUB "/resourceGroups/g");
    id_is("{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"1\",\"name\":\"n\","
          "\"resourceGroup\":\"other\"}",
          SUB "/resourceGroups/other/providers/Microsoft.Resources/deployments/n");
}

static void
what_is_needed_comes_first(void **state)
{
    (void)state;
    order_is(T(R("c", "x", "") "," R("c", "y", "")), "x y");
    order_is(T(R("c", "x", NEEDS("y")) "," R("c", "y", "")), "y x");
    order_is(T(R("c", "x", NEEDS("[resourceId('A.B/c','y')]")) "," R("c", "y", "")), "y x");
    order_is(T(R("c", "x", NEEDS("A.B/c/y")) "," R("c", "y", "")), "y x");
    order_is(T(R("c", "x", PROPERTIES("[reference('y').z]")) "," R("c", "y", "")), "y x");
    order_is(T(R("c", "x", PROPERTIES("[if(true(),'',reference('y').z)]")) "," R("c", "y", "")),
             "x y");
    order_is(T(R("c", "x", NEEDS("l")) "," R("c", "[concat('y',copyIndex())]", LOOP("2"))),
             "y0 y1 x");
    order_is(T(R("c", "x", NEEDS("y")) "," R("c", "y", ",\"condition\":false")), "y- x");
    order_is(
        "{\"resources\":{\"one\":" R("c", "x", NEEDS("two")) ",\"two\":" R("c", "y", "") "}}",
        "y x");
    order_is(T(R("c", "x", LOOP("0"))), "");
    order_is(T(""), "");
}

static void
wrong_templates_are_refused(void **state)
{
    (void)state;
    refused("{}", NULL, "'resources' not found");
    refused("{\"resources\":1}", NULL, "not an array");
    refused(T("1"), NULL, "not an object");
    refused(T(R("c", "x", NEEDS("y")) "," R("c", "y", NEEDS("x"))), NULL, "Circular");
    refused(T(R("c", "x", PROPERTIES("[reference('y')]")) "," R("c", "y", NEEDS("x"))), NULL,
            "Circular");
    refused(T(R("c", "x", NEEDS("x"))), NULL, "Circular");
    refused(T(R("c", "x", NEEDS("y"))), NULL, "not defined");
    refused(T(R("c", "x", "") "," R("C", "X", "")), NULL, "multiple times");
    refused(T(R("c", "x/y", "")), NULL, "segment lengths");
    refused(T(R("c/d", "x", "")), NULL, "segment lengths");
    refused(T(R("c", "..", "")), NULL, "not valid");
    refused(T(R("c", "a?b", "")), NULL, "not valid");
    refused(T(R("c", "x", ",\"condition\":1")), NULL, "boolean");
    refused(T(R("c", "[reference('x')]", "")), NULL, "not expected");
    refused(T(R("c", "x", LOOP("801"))), NULL, "copy loop");
    refused(T(R("c", "x", LOOP("\"a\""))), NULL, "copy loop");
    refused(T(R("c", "x", LOOP("2"))), NULL, "multiple times");
    refused(T(R("c", "x", PROPERTIES("[reference('y')]"))), NULL, "not defined");
    refused(T(R("c", "x", PROPERTIES("[reference('/y')]"))), NULL, "api-version");
    refused(T(""), "{\"p\":1}", "'p'");
    refused("{\"parameters\":{\"p\":{\"type\":\"string\"}},\"resources\":[]}", NULL,
            "not provided");
    refused("{\"parameters\":{\"p\":{\"type\":\"string\",\"maxLength\":1}},\"resources\":[]}",
            "{\"p\":\"ab\"}", "range or length");
    refused("{\"parameters\":{\"p\":{\"type\":\"securestring\"}},\"resources\":[" R(
                "c", "[parameters('p')]", "") "]}",
            "{\"p\":\"canary\"}", "secure parameter");
    refused("{\"resources\":[],\"outputs\":{\"o\":{\"type\":\"int\",\"value\":\"a\"}}}", NULL,
            "output 'o'");
    refused("{\"resources\":[],\"variables\":{\"v\":\"[reference('x')]\"},\"outputs\":{\"o\":{"
            "\"type\":\"string\",\"value\":\"[variables('v')]\"}}}",
            NULL, "not expected");
}

/* As who carries a plan out does it. */
static void
references_are_told(void **state)
{
    struct fixture f;
    const struct value *v, *body;

    (void)state;
    assert_true(make(
        &f,
        "{\"resources\":[" R("c", "x", PROPERTIES("[reference('y').z]")) "," R(
            "c", "y",
            PROPERTIES("[reference('/far','2020-01-01').w]")) "],"
                                                              "\"outputs\":{\"o\":{\"type\":"
                                                              "\"string\",\"value\":\"["
                                                              "reference('x').p]\"}}}",
        NULL));
    assert_int_equal(f.plan->order[0], 1);
    body = plan_body(f.plan, 1);
    assert_int_equal(body->kind, VALUE_NULL);
    assert_true(span_is_str(f.plan->want_id, "/far"));
    assert_int_equal(value_parse(f.a, span_str("{\"properties\":{\"w\":\"deep\"}}"), &v),
                     ERR_OK);
    plan_tell(f.plan, f.plan->want_id, v);
    body = plan_body(f.plan, 1);
    assert_true(span_is_str(value_get(value_get(body, "properties"), "p")->str, "deep"));
    assert_null(value_get(body, "dependsOn"));
    assert_null(value_get(body, "name"));
    assert_int_equal(value_parse(f.a, span_str("{\"properties\":{\"z\":\"[x]\"}}"), &v),
                     ERR_OK);
    f.plan->unit[1].result = v;
    body = plan_body(f.plan, 0);
    assert_true(span_is_str(value_get(value_get(body, "properties"), "p")->str, "[x]"));
    f.plan->unit[0].result = body;
    v = plan_outputs(f.plan);
    assert_true(span_is_str(value_get(value_get(v, "o"), "value")->str, "[x]"));
    arena_free(f.a);
}

static void
secure_outputs_have_no_value(void **state)
{
    struct fixture f;
    const struct value *v;

    (void)state;
    assert_true(make(&f,
                     "{\"parameters\":{\"p\":{\"type\":\"securestring\"}},\"resources\":[],"
                     "\"outputs\":{\"a\":{\"type\":\"string\",\"value\":\"[parameters('p')]\"},"
                     "\"b\":{\"type\":\"securestring\",\"value\":\"x\"},"
                     "\"c\":{\"type\":\"string\",\"value\":\"x\"},"
                     "\"d\":{\"type\":\"string\",\"value\":\"x\",\"condition\":false}}}",
                     "{\"p\":\"canary\"}"));
    v = plan_outputs(f.plan);
    assert_int_equal(v->n, 3);
    assert_null(value_get(value_get(v, "a"), "value"));
    assert_null(value_get(value_get(v, "b"), "value"));
    assert_non_null(value_get(value_get(v, "c"), "value"));
    arena_free(f.a);
}

#define NESTED(scope, inside)                                                                  \
    "{\"parameters\":{\"p\":{\"type\":\"string\"},\"pw\":{\"type\":\"securestring\","          \
    "\"defaultValue\":\"canary\"}},\"resources\":[{\"type\":\"Microsoft.Resources/"            \
    "deployments\",\"apiVersion\":\"1\",\"name\":\"n\",\"properties\":{"                       \
    "\"expressionEvaluationOptions\":{\"scope\":\"" scope "\"},\"template\":{\"x\":\"" inside  \
    "\"}}}]}"

static void
nested_templates_are_computed_once(void **state)
{
    static const struct {
        const char *scope, *inside, *want;
    } cases[] = {
        { "outer", "[parameters('p')]", "[[danger()]" },
        { "outer", "[concat('a','b')]", "ab" },
        { "inner", "[parameters('p')]", "[parameters('p')]" },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        const struct value *v;
        char template[1024];

        (void)snprintf(template, sizeof(template), NESTED("%s", "%s"), cases[i].scope,
                       cases[i].inside);
        assert_true(make(&f, template, "{\"p\":\"[danger()]\"}"));
        v = value_get(value_get(plan_body(f.plan, 0), "properties"), "template");
        assert_true(span_is_str(value_get(v, "x")->str, cases[i].want));
        arena_free(f.a);
    }
    refused(NESTED("outer", "[parameters('pw')]"), "{\"p\":\"x\"}", "secure parameters");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_composed),
        cmocka_unit_test(what_is_needed_comes_first),
        cmocka_unit_test(wrong_templates_are_refused),
        cmocka_unit_test(references_are_told),
        cmocka_unit_test(secure_outputs_have_no_value),
        cmocka_unit_test(nested_templates_are_computed_once),
    };

    if (secmem_init(32 * 1024 * 1024) != ERR_OK && secmem_init(4 * 1024 * 1024) != ERR_OK)
        return 1;
    jsn_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
