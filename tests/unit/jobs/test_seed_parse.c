/* SPDX-License-Identifier: Apache-2.0 */
/* test_seed_parse.c - what a seed file may look like, and how a bad one is told about. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/jsn.h"

static const struct vec {
    const char *name, *text;
    enum err err;
    const char *told; /* part of the log line; NULL: nothing need be said */
} vecs[] = {
    /* clang-format off */
    { "an empty object is a seed", "{}", ERR_OK, NULL },
    { "every section may be empty", "{\"vaults\":[],\"groups\":[],\"secrets\":[]}", ERR_OK, NULL },
    { "YAML is read", "vaults:\n  - name: kv\n    resourceGroup: rg\n", ERR_OK, NULL },
    { "YAML flow style is read", "vaults: [{name: kv, rbac: true, retentionDays: 7}]", ERR_OK, NULL },
    { "JSON with a trailing comma is YAML", "{\"vaults\":[],}", ERR_OK, NULL },
    { "tags may have any name", "secrets: [{vault: v, name: n, value: x, tags: {odd: 1x}}]", ERR_OK, NULL },
    { "a quoted number is text", "tenant: {name: \"12\"}", ERR_OK, NULL },

    { "nothing is no seed", "", ERR_SYNTAX, "empty" },
    { "a comment is no seed", "# nothing\n", ERR_SYNTAX, "empty" },
    { "a list is no seed", "[]", ERR_SYNTAX, "map of sections" },
    { "a YAML list is no seed", "- a\n- b\n", ERR_SYNTAX, "line 1: the file must be a map" },
    { "text is no seed", "hello", ERR_SYNTAX, "the file must be a map" },
    { "broken YAML names its line", "vaults:\n  - {name: \n", ERR_SYNTAX, "seed: line " },
    { "a tab does not indent", "vaults:\n\t- name: x\n", ERR_SYNTAX, "seed: line 2" },
    { "an alias is refused", "tenant: &a {name: x}\nvaults: *a\n", ERR_SYNTAX, "anchors" },
    { "a tag is refused", "tenant: {name: !!str x}", ERR_SYNTAX, "tags" },
    { "two documents are refused", "{}\n---\n{}\n", ERR_SYNTAX, "one document" },
    { "a map as a name is refused", "? {a: b}\n: c\n", ERR_SYNTAX, "short text" },
    { "a name twice in YAML is refused", "tenant: {}\ntenant: {}\n", ERR_SYNTAX, "twice" },
    { "a name twice in JSON is refused", "{\"tenant\":{},\"tenant\":{}}", ERR_SYNTAX, "twice" },
    { "nesting has an end", "vaults: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", ERR_TOO_LARGE, NULL },
    { "YAML nesting has an end", "a:\n - - - - - - - - - - - - - - - - - - - - x\n", ERR_SYNTAX, "too deeply" },

    { "a misspelt section", "{\"vault\":[]}", ERR_ARG, "seed: \"vault\" is not a section" },
    { "a section that is no list", "{\"vaults\":{}}", ERR_ARG, "seed: \"vaults\" must be a list" },
    { "an item that is no object", "{\"vaults\":[1]}", ERR_ARG, "seed: vaults[0]: must be an object" },
    { "the second item is counted", "{\"groups\":[{},\"x\"]}", ERR_ARG, "seed: groups[1]: must be" },
    { "a misspelt member names its place", "{\"vaults\":[{},{\"purgeProtecton\":true}]}", ERR_ARG,
      "seed: vaults[1]: \"purgeProtecton\" is not known there" },
    { "a misspelt member of the tenant", "{\"tenant\":{\"guid\":\"x\"}}", ERR_ARG, "seed: tenant: \"guid\"" },
    { "a tenant that is no object", "{\"tenant\":[]}", ERR_ARG, "\"tenant\" must be an object" },
    { "a tenant id that is no GUID", "{\"tenant\":{\"id\":\"x\"}}", ERR_ARG, "tenant: \"id\" must be a GUID" },
    { "a tenant id that is a number", "{\"tenant\":{\"id\":1}}", ERR_ARG, "tenant: \"id\" must be a GUID" },
    { "a tenant name that is a number", "tenant: {name: 12}", ERR_ARG, "tenant: \"name\" must be text" },
    { "a forged line in a name stays one line", "{\"x\\ny\":1}", ERR_ARG, "seed: \"x?y\"" },
    /* clang-format on */
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]) };

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    struct seed *s = NULL;
    const char *said;
    enum err e;

    rig_listen();
    e = seed_parse(span_str(v->text), &s);
    said = rig_logged();
    assert_int_equal(e, v->err);
    if (v->err != ERR_OK)
        assert_null(s);
    if (v->told != NULL && strstr(said, v->told) == NULL) {
        print_error("said: %s", said);
        fail();
    }
    seed_free(s);
}

static void
no_value_is_ever_told(void **state)
{
    static const char *const bad[] = {
        "{\"secrets\":[{\"vault\":\"v\",\"value\":\"c4n4ry\",\"naem\":\"x\"}]}",
        "{\"secrets\":[{\"value\":\"c4n4ry\"},",
        "secrets:\n  - value: c4n4ry\n  name: x\n",
        "secrets:\n  - value: &c4n4ry x\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct seed *s = NULL;
        const char *said;

        rig_listen();
        assert_int_not_equal(seed_parse(span_str(bad[i]), &s), ERR_OK);
        said = rig_logged();
        assert_null(strstr(said, "c4n4ry"));
        assert_non_null(strstr(said, "seed"));
    }
}

static void
tenant_is_read_or_made(void **state)
{
    struct seed *s = NULL;
    struct guid id;

    (void)state;
    assert_int_equal(seed_parse(span_str("tenant: {id: " RIG_TENANT ", name: Contoso}"), &s),
                     ERR_OK);
    id = seed_tenant(s);
    assert_string_equal(id.text, RIG_TENANT);
    assert_string_equal(seed_tenant_name(s), "Contoso");
    seed_free(s);
    assert_int_equal(seed_parse(span_str("{}"), &s), ERR_OK);
    id = seed_tenant(s);
    assert_int_equal(strlen(id.text), GUID_LEN);
    assert_string_equal(seed_tenant_name(s), "Keyhold");
    seed_free(s);
}

static int
setup(void **state)
{
    (void)state;
    if (secmem_init(4 * 1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return 0;
}

static int
teardown(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1;
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + 2] = {
        cmocka_unit_test(no_value_is_ever_told),
        cmocka_unit_test(tenant_is_read_or_made),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i + 2] = (struct CMUnitTest){ .name = vecs[i].name,
                                            .test_func = run_vec,
                                            .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("jobs/seed_parse", tests, setup, teardown);
}
