/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of templates: what each function gives, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/template/eval.h"
#include "api/template/relax.h"
#include "base/secbuf.h"
#include "codec/jsn.h"

#define FACTS                                                                                  \
    "{\"resourceGroup\":{\"name\":\"rg\",\"id\":\"/subscriptions/s/resourceGroups/rg\"},"      \
    "\"subscription\":{\"subscriptionId\":\"s\"}}"
#define TEMPLATE                                                                               \
    "{\"parameters\":{\"p\":{\"type\":\"string\",\"defaultValue\":\"text\"},"                  \
    "\"pw\":{\"type\":\"secureString\",\"defaultValue\":\"canary\"},"                          \
    "\"n\":{\"type\":\"int\",\"defaultValue\":7},"                                             \
    "\"when\":{\"type\":\"string\",\"defaultValue\":\"[utcNow('yyyy-MM-dd')]\"}},"             \
    "\"variables\":{\"v\":\"[concat(parameters('p'),'!')]\",\"o\":{\"a\":[1,{\"b\":2}]},"      \
    "\"circle\":\"[variables('circle')]\","                                                    \
    "\"copy\":[{\"name\":\"squares\",\"count\":3,"                                             \
    "\"input\":\"[mul(copyIndex('squares'),copyIndex())]\"}]}}"

struct vec {
    const char *in, *want; /* want: JSON; or what the message has, behind a '!' */
};

/* clang-format off */
static const struct vec vecs[] = {
    /* texts and literals */
    { "\"plain\"", "\"plain\"" },
    { "\"[[x]\"", "\"[x]\"" },
    { "\"[x\"", "\"[x\"" },
    { "\"['it''s']\"", "\"it's\"" },
    { "\"[ concat( 'a' , 'b' ) ]\"", "\"ab\"" },
    { "\"[-12]\"", "-12" },
    { "{\"a\":[\"[true()]\",null,1.5]}", "{\"a\":[true,null,1.5]}" },
    { "{\"[concat('x','y')]\":1}", "{\"xy\":1}" },
    { "{\"copy\":[{\"name\":\"l\",\"count\":2,\"input\":{\"i\":\"[copyIndex('l')]\"}}]}",
      "{\"l\":[{\"i\":0},{\"i\":1}]}" },
    { "\"[]\"", "!cannot be parsed" },
    { "\"[concat('a']\"", "!cannot be parsed" },
    { "\"[concat('a'))]\"", "!cannot be parsed" },
    { "\"['a]\"", "!cannot be parsed" },
    { "\"[concat]\"", "!cannot be parsed" },
    { "\"[99999999999999999999]\"", "!cannot be parsed" },
    { "\"[nothing()]\"", "!'nothing' is not valid" },
    { "\"[listKeys('a','b')]\"", "!not supported" },
    { "\"[not()]\"", "!argument" },
    { "{\"copy\":[{\"name\":\"l\",\"count\":801,\"input\":1}]}", "!count" },
    { "\"[copyIndex()]\"", "!copyIndex" },
    /* places */
    { "\"[parameters('P')]\"", "\"text\"" },
    { "\"[variables('v')]\"", "\"text!\"" },
    { "\"[variables('o').a[1].b]\"", "2" },
    { "\"[variables('o')['a'][0]]\"", "1" },
    { "\"[variables('squares')]\"", "[0,1,4]" },
    { "\"[parameters('when')]\"", "\"2001-09-09\"" },
    { "\"[resourceGroup().name]\"", "\"rg\"" },
    { "\"[resourceId('A.B/c','x')]\"", "\"/subscriptions/s/resourceGroups/rg/providers/A.B/c/x\"" },
    { "\"[resourceId('g','A.B/c/d','x','y')]\"", "\"/subscriptions/s/resourceGroups/g/providers/A.B/c/x/d/y\"" },
    { "\"[resourceId('t','g','A.B/c','x')]\"", "\"/subscriptions/t/resourceGroups/g/providers/A.B/c/x\"" },
    { "\"[subscriptionResourceId('A.B/c','x')]\"", "\"/subscriptions/s/providers/A.B/c/x\"" },
    { "\"[subscriptionResourceId('Microsoft.Resources/resourceGroups','x')]\"", "\"/subscriptions/s/resourceGroups/x\"" },
    { "\"[tenantResourceId('A.B/c','x')]\"", "\"/providers/A.B/c/x\"" },
    { "\"[extensionResourceId('/x/y','A.B/c','z')]\"", "\"/x/y/providers/A.B/c/z\"" },
    { "\"[managementGroupResourceId('m','A.B/c','z')]\"",
      "\"/providers/Microsoft.Management/managementGroups/m/providers/A.B/c/z\"" },
    { "\"[resourceId('A.B/c/d','x')]\"", "!as many names" },
    { "\"[resourceId('A.B/c',parameters('pw'))]\"", "!as many names" },
    { "\"[parameters('none')]\"", "!parameter 'none'" },
    { "\"[variables('none')]\"", "!variable 'none'" },
    { "\"[variables('circle')]\"", "!needs itself" },
    { "\"[variables('o').b]\"", "!'b' doesn't exist" },
    { "\"[variables('o').a[2]]\"", "!out of bounds" },
    { "\"[variables('o').a.b]\"", "!no object" },
    { "\"[utcNow()]\"", "!default value" },
    { "\"[newGuid()]\"", "!default value" },
    { "\"[tenant()]\"", "!scope" },
    { "\"[reference('x')]\"", "!not expected" },
    /* names: the vectors of the reference */
    { "\"[guid('a','b','c')]\"", "\"a98fa280-e03f-5afa-8d8e-92d0a9c201e8\"" },
    { "\"[uniqueString('test')]\"", "\"rbgf3xv4ufgzg\"" },
    { "\"[uniqueString('hello','world')]\"", "\"a7wkljktk6wne\"" },
    { "\"[uniqueString('abc')]\"", "\"cgtzqvhu4i23s\"" },
    { "\"[uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg')]\"",
      "\"bmg7c6xu4tw46\"" },
    { "\"[guid(1)]\"", "!strings" },
    { "\"[uniqueString(createArray())]\"", "!strings" },
    /* strings */
    { "\"[concat(createArray(1),createArray('a'))]\"", "[1,\"a\"]" },
    { "\"[concat('a',1,true())]\"", "\"a1True\"" },
    { "\"[format('{0}-{1:D3}-{2:x}-{{}}','a',7,255)]\"", "\"a-007-ff-{}\"" },
    { "\"[join(createArray('a','b'),', ')]\"", "\"a, b\"" },
    { "\"[split('a;b,c',createArray(',',';'))]\"", "[\"a\",\"b\",\"c\"]" },
    { "\"[toUpper(toLower('aB'))]\"", "\"AB\"" },
    { "\"[trim('  a ')]\"", "\"a\"" },
    { "\"[replace('aaa','a','bc')]\"", "\"bcbcbc\"" },
    { "\"[substring('h\303\251llo',1,2)]\"", "\"\303\251l\"" },
    { "\"[length('h\303\251')]\"", "2" },
    { "\"[padLeft(7,3,'0')]\"", "\"007\"" },
    { "\"[startsWith('Abc','aB')]\"", "true" },
    { "\"[endsWith('abc','x')]\"", "false" },
    { "\"[base64ToString(base64('abc'))]\"", "\"abc\"" },
    { "\"[base64ToJson(base64('[1]'))]\"", "[1]" },
    { "\"[string(variables('o'))]\"", "\"{\\\"a\\\":[1,{\\\"b\\\":2}]}\"" },
    { "\"[indexOf('abC','c')]\"", "2" },
    { "\"[concat(variables('o'))]\"", "!strings, or arrays" },
    { "\"[format('{1}','a')]\"", "!argument" },
    { "\"[format('{0','a')]\"", "!argument" },
    { "\"[format('}','a')]\"", "!braces" },
    { "\"[substring('abc',2,2)]\"", "!within" },
    { "\"[substring('abc',-1,1)]\"", "!within" },
    { "\"[replace('a','','b')]\"", "!not empty" },
    { "\"[padLeft('a',99999)]\"", "!length" },
    { "\"[base64ToString('?')]\"", "!base64" },
    { "\"[split('a',1)]\"", "!delimiter" },
    { "\"[toLower(1)]\"", "!a string" },
    /* arrays and objects */
    { "\"[union(createObject('a',createObject('x',1)),createObject('a',createObject('y',2)))]\"",
      "{\"a\":{\"x\":1,\"y\":2}}" },
    { "\"[union(createArray(1,2),createArray(2,3))]\"", "[1,2,3]" },
    { "\"[intersection(createArray(1,2),createArray(2,3))]\"", "[2]" },
    { "\"[first('abc')]\"", "\"a\"" },
    { "\"[last(createArray(1,2))]\"", "2" },
    { "\"[first(createArray())]\"", "null" },
    { "\"[last('h\303\251')]\"", "\"\303\251\"" },
    { "\"[contains(createArray('a'),'a')]\"", "true" },
    { "\"[contains('abc','d')]\"", "false" },
    { "\"[contains(variables('o'),'A')]\"", "true" },
    { "\"[skip(createArray(1,2,3),1)]\"", "[2,3]" },
    { "\"[take('abc',2)]\"", "\"ab\"" },
    { "\"[range(3,3)]\"", "[3,4,5]" },
    { "\"[max(1,3,2)]\"", "3" },
    { "\"[min(createArray(4,2))]\"", "2" },
    { "\"[items(createObject('k',1))]\"", "[{\"key\":\"k\",\"value\":1}]" },
    { "\"[flatten(createArray(createArray(1),createArray(2)))]\"", "[1,2]" },
    { "\"[empty(createObject())]\"", "true" },
    { "\"[empty('a')]\"", "false" },
    { "\"[createObject('a')]\"", "!names and values" },
    { "\"[createObject(parameters('pw'),1)]\"", "!no secrets" },
    { "\"[union(createArray(),createObject())]\"", "!arrays, or objects" },
    { "\"[range(0,10001)]\"", "!10000" },
    { "\"[length(1)]\"", "!string" },
    { "\"[max()]\"", "!argument" },
    { "\"[min('a')]\"", "!integers" },
    { "\"[skip(1,1)]\"", "!a number" },
    /* logic and numbers */
    { "\"[if(true(),'a',nothing())]\"", "\"a\"" },
    { "\"[and(true(),false())]\"", "false" },
    { "\"[or(false(),true())]\"", "true" },
    { "\"[not(false())]\"", "true" },
    { "\"[equals(createObject('a',1),json('{\\\"A\\\":1.0}'))]\"", "true" },
    { "\"[equals('a','A')]\"", "false" },
    { "\"[less('a','b')]\"", "true" },
    { "\"[greaterOrEquals(2,2)]\"", "true" },
    { "\"[coalesce(null(),'x')]\"", "\"x\"" },
    { "\"[bool('TRUE')]\"", "true" },
    { "\"[int('-5')]\"", "-5" },
    { "\"[json('null')]\"", "null" },
    { "\"[add(1,mul(2,sub(5,div(7,2))))]\"", "5" },
    { "\"[mod(7,4)]\"", "3" },
    { "\"[if('a',1,2)]\"", "!boolean" },
    { "\"[and(true(),1)]\"", "!booleans" },
    { "\"[div(1,0)]\"", "!out of range" },
    { "\"[mul(9223372036854775807,2)]\"", "!out of range" },
    { "\"[int('x')]\"", "!integer" },
    { "\"[bool('x')]\"", "!true, false" },
    { "\"[json('{')]\"", "!no JSON" },
    { "\"[less(1,'a')]\"", "!two numbers" },
    { "\"[add('1',1)]\"", "!two integers" },
    /* times */
    { "\"[dateTimeAdd('2026-01-31T00:00:00Z','P1M')]\"", "\"2026-02-28T00:00:00Z\"" },
    { "\"[dateTimeAdd('20260101T000000Z','-PT1H','yyyy/MM/dd HH')]\"", "\"2025/12/31 23\"" },
    { "\"[dateTimeToEpoch('1970-01-02T00:00:00Z')]\"", "86400" },
    { "\"[dateTimeFromEpoch(86400)]\"", "\"1970-01-02T00:00:00Z\"" },
    { "\"[dateTimeAdd('x','P1D')]\"", "!duration" },
    { "\"[dateTimeAdd('2026-01-01T00:00:00Z','P')]\"", "!duration" },
    { "\"[dateTimeAdd('2026-01-01T00:00:00Z','P1X')]\"", "!duration" },
    { "\"[dateTimeFromEpoch(-1)]\"", "!seconds" },
    /* what is secret makes secret */
    { "\"[parameters('pw')]\"", "\"[secure]\"" },
    { "\"[base64(parameters('pw'))]\"", "\"[secure]\"" },
    { "\"[if(equals(parameters('pw'),'x'),'a','b')]\"", "\"[secure]\"" },
    { "\"[createArray(1,concat('a',parameters('pw')))]\"", "[1,\"[secure]\"]" },
    { "{\"a\":\"[length(parameters('pw'))]\",\"b\":1}", "{\"a\":\"[secure]\",\"b\":1}" },
    { "\"[json(parameters('pw'))]\"", "!no JSON" },
    { "\"[variables(parameters('pw'))]\"", "!no secret" },
    { "\"[parameters(parameters('pw'))]\"", "!no secret" },
    { "\"[createObject('a',1)[parameters('pw')]]\"", "!property doesn't exist" },
};
/* clang-format on */
enum { VECS = sizeof(vecs) / sizeof(vecs[0]) };

static const struct value *
parse(struct arena *a, const char *json)
{
    const struct value *v;

    assert_int_equal(value_parse(a, span_str(json), &v), ERR_OK);
    return v;
}

/* What comes out as JSON, or "!" and the message. */
static void
evaluate(const char *in, char *out, size_t cap)
{
    struct arena *a = arena_new(4 * 1024 * 1024);
    struct secbuf b;
    struct eval ev;
    struct jsw w;
    const struct value *v;

    assert_non_null(a);
    eval_init(&ev, a, parse(a, TEMPLATE), NULL, parse(a, FACTS));
    ev.now = 1000000000;
    v = eval_value(&ev, parse(a, in));
    secbuf_init(&b, 1024 * 1024);
    w = jsw_of(sink_sec(&b));
    value_write(v, true, &w, NULL);
    if (ev.err != ERR_OK)
        (void)snprintf(out, cap, "!%s", ev.why);
    else
        (void)snprintf(out, cap, "%.*s", (int)b.len, (const char *)b.ptr);
    secbuf_release(&b);
    arena_free(a);
}

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    char got[2048];

    evaluate(v->in, got, sizeof(got));
    if (v->want[0] == '!') {
        assert_int_equal(got[0], '!');
        assert_non_null(strstr(got, v->want + 1));
        assert_null(strstr(got, "canary"));
        return;
    }
    assert_string_equal(got, v->want);
}

/* Whatever is computed ends soon, and says why it did not come to an end. */
static void
bombs_are_bounded(void **state)
{
    static const char *const bombs[] = {
        "\"[replace(string(range(0,10000)),',',string(range(0,10000)))]\"",
        "\"[split(string(range(0,10000)),range(0,10000))]\"",
        "\"[union(range(0,10000),range(5,10000))]\"",
        "{\"copy\":[{\"name\":\"a\",\"count\":800,\"input\":{\"copy\":[{\"name\":\"b\","
        "\"count\":"
        "800,\"input\":{\"copy\":[{\"name\":\"c\",\"count\":800,\"input\":1}]}}]}}]}",
        "\"[json('[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]')]\"",
    };
    char got[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
        evaluate(bombs[i], got, sizeof(got));
        assert_int_equal(got[0], '!');
    }
}

static void
an_expression_that_is_too_deep_is_refused(void **state)
{
    char in[4096] = "\"[", got[2048];

    (void)state;
    for (int i = 0; i < 100; i++)
        strncat(in, "not(", sizeof(in) - strlen(in) - 1);
    strncat(in, "true()", sizeof(in) - strlen(in) - 1);
    for (int i = 0; i < 100; i++)
        strncat(in, ")", sizeof(in) - strlen(in) - 1);
    strncat(in, "]\"", sizeof(in) - strlen(in) - 1);
    evaluate(in, got, sizeof(got));
    assert_non_null(strstr(got, "too deep"));
}

static void
an_arena_that_is_full_stays_so(void **state)
{
    struct arena *a = arena_new(64 * 1024);
    const struct value *v = value_null();

    (void)state;
    for (int i = 0; i < 100000; i++)
        v = value_text(a, "0123456789");
    assert_int_equal(v->kind, VALUE_NULL);
    assert_int_equal(arena_err(a), ERR_TOO_LARGE);
    assert_null(arena_alloc(a, 1));
    arena_free(a);
    arena_free(NULL);
}

/* az sends a template as its file has it. */
static void
json_is_made_strict(void **state)
{
    static const struct vec texts[] = {
        { "{\"a\": 1, template:{b :[1,2,],// end\n} /* c */ }",
          "{\"a\":1,\"template\":{\"b\":[1,2]}}" },
        { "{'it\\'s':'say \"x\"'}", "{\"it's\":\"say \\\"x\\\"\"}" },
        { "[\"two\nlines\",\"http://x\",-1.5e+3,true,null]",
          "[\"two\\nlines\",\"http://x\",-1.5e+3,true,null]" },
        { "[\"\\\"\\u00e9\"]", "[\"\\\"\\u00e9\"]" },
        { "", "" },
        { "/* no end", "" },
        { "{\"no end", "{\"no end" },
        { "[,]", "[]" },
        { "\\", "\\" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct secbuf b;

        secbuf_init(&b, 4096);
        relax_json(span_str(texts[i].in), &b);
        assert_int_equal(b.err, ERR_OK);
        assert_true(span_is_str(secbuf_span(&b), texts[i].want));
        secbuf_release(&b);
    }
}

int
main(void)
{
    static struct CMUnitTest tests[VECS + 4];

    if (secmem_init(32 * 1024 * 1024) != ERR_OK && secmem_init(4 * 1024 * 1024) != ERR_OK)
        return 1;
    jsn_setup();
    for (size_t i = 0; i < VECS; i++)
        tests[i] = (struct CMUnitTest){ .name = vecs[i].in,
                                        .test_func = run_vec,
                                        .initial_state = (void *)(uintptr_t)&vecs[i] };
    tests[VECS] = (struct CMUnitTest)cmocka_unit_test(bombs_are_bounded);
    tests[VECS + 1] =
        (struct CMUnitTest)cmocka_unit_test(an_expression_that_is_too_deep_is_refused);
    tests[VECS + 2] = (struct CMUnitTest)cmocka_unit_test(an_arena_that_is_full_stays_so);
    tests[VECS + 3] = (struct CMUnitTest)cmocka_unit_test(json_is_made_strict);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
