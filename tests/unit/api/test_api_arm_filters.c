/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of the resource manager and the directory: understood whole, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/arm/doors.h"
#include "api/arm/filter.h"
#include "api/arm/odata.h"

static const char *const names[] = { "displayName", "type", "servicePrincipalNames", NULL };
static const char *const calls[] = { "atScope", "assignedTo", NULL };

static enum err
odata(const char *text, struct odata_filter *f)
{
    return odata_filter_parse(span_str(text), names, calls, f);
}

static void
what_clients_send_is_understood(void **state)
{
    struct odata_filter f;
    struct span who;

    (void)state;
    assert_int_equal(odata("", &f), ERR_OK);
    assert_int_equal(f.n, 0);
    assert_int_equal(odata("displayName eq 'O''Brien'", &f), ERR_OK);
    assert_true(odata_fits(&f, "displayName", span_str("o'brien")));
    assert_false(odata_fits(&f, "displayName", span_str("o''brien")));
    assert_true(odata_fits(&f, "type", span_str("anything")));
    assert_int_equal(odata("startswith(displayName,'App') and type eq 'x'", &f), ERR_OK);
    assert_true(odata_fits(&f, "displayName", span_str("application")));
    assert_false(odata_fits(&f, "displayName", span_str("ap")));
    assert_false(odata_fits(&f, "type", span_str("y")));
    assert_int_equal(odata("servicePrincipalNames/any(c:c eq 'id')", &f), ERR_OK);
    assert_true(odata_fits(&f, "servicePrincipalNames", span_str("ID")));
    assert_int_equal(odata("atScope() and assignedTo('oid')", &f), ERR_OK);
    assert_true(odata_calls(&f, "ATSCOPE", NULL));
    assert_true(odata_calls(&f, "assignedTo", &who));
    assert_true(span_is_str(who, "oid"));
    assert_false(odata_calls(&f, "other", NULL));
    assert_int_equal(odata("  type   eq   'a b'  ", &f), ERR_OK);
    assert_true(span_is_str(odata_value(&f, "type"), "a b"));
}

static void
what_is_not_understood_is_refused(void **state)
{
    static const char too_many[] = "atScope() and atScope() and atScope() and atScope() and "
                                   "atScope() and atScope() and atScope()";
    const char *const bad[] = {
        "displayName",
        "displayName eq",
        "displayName eq x",
        "displayName eq 'x",
        "displayName ne 'x'",
        "unknown eq 'x'",
        "displayName eq 'x' or type eq 'y'",
        "displayName eq 'x' and",
        "and displayName eq 'x'",
        "displayName eq 'x' type eq 'y'",
        "startswith(displayName)",
        "startswith(unknown,'x')",
        "startswith displayName,'x'",
        "unknown()",
        "atScope(",
        "atScope('x'",
        "servicePrincipalNames/any(c:d eq 'x')",
        "servicePrincipalNames/all(c:c eq 'x')",
        "servicePrincipalNames/any(c:c eq 'x'",
        too_many,
    };
    struct odata_filter f;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (odata(bad[i], &f) != ERR_SYNTAX)
            fail_msg("%s", bad[i]);
}

static void
long_texts_are_refused(void **state)
{
    static char text[ODATA_TEXT_MAX + 40];
    struct odata_filter f;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "type eq '", 9);
    text[sizeof(text) - 2] = '\'';
    assert_int_equal(odata(text, &f), ERR_SYNTAX);
}

static void
resources_are_filtered(void **state)
{
    struct vault v = { .name = "Contoso", .resource_group = "RG1", .location = "local" };
    static const struct {
        const char *text;
        bool fits;
    } vecs[] = {
        { "resourceType eq 'microsoft.keyvault/VAULTS'", true },
        { "resourceType eq 'Microsoft.Compute/disks'", false },
        { "resourceType ne 'Microsoft.Compute/disks'", true },
        { "resourceType eq 'Microsoft.KeyVault/vaults' and name eq 'contoso'", true },
        { "name eq 'contoso1'", false },
        { "substringof('tos', name)", true },
        { "substringof('rg2', resourceGroup)", false },
        { "location eq 'local'", true },
        { "tagName eq 'a'", false },
    };
    struct resource_filter f;

    (void)state;
    for (size_t i = 0; i < sizeof(vecs) / sizeof(vecs[0]); i++) {
        assert_int_equal(resource_filter_parse(span_str(vecs[i].text), &f), ERR_OK);
        if (resource_filter_fits(&f, &v) != vecs[i].fits)
            fail_msg("%s", vecs[i].text);
    }
    assert_int_equal(resource_filter_parse(span_str("name eq 'a' or name eq 'b'"), &f),
                     ERR_SYNTAX);
    assert_int_equal(resource_filter_parse(span_str("substringof('x', location)"), &f),
                     ERR_SYNTAX);
    assert_int_equal(resource_filter_parse(span_str("identity eq 'x'"), &f), ERR_SYNTAX);
}

static void
permissions_are_asked_for_the_right_scope(void **state)
{
    static const struct {
        enum route_over over;
        const char *path, *want;
    } vecs[] = {
        { OVER_SELF, "/subscriptions/S/resourceGroups/RG/",
          "/subscriptions/s/resourcegroups/rg" },
        { OVER_SELF, "//a///B//", "/a/b" },
        { OVER_ABOVE, "/subscriptions/S/resourcegroups", "/subscriptions/s" },
        { OVER_ABOVE, "/subscriptions/s/providers/Microsoft.KeyVault/vaults",
          "/subscriptions/s" },
        { OVER_ABOVE, "/a/b/providers/Microsoft.Authorization/locks", "/a/b" },
        { OVER_ABOVE, "/providers/Microsoft.Authorization/roleDefinitions", "" },
        { OVER_ABOVE, "/a/b/providers/n/vaults/kv/keys", "/a/b/providers/n/vaults/kv" },
        { OVER_ACTION, "/a/b/providers/n/t/x/purge", "/a/b/providers/n/t/x" },
        { OVER_TENANT, "/whatever", "" },
        { OVER_OWN, "/whatever", "" },
    };
    static char longest[OVER_MAX + 2];
    char out[OVER_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(vecs) / sizeof(vecs[0]); i++) {
        assert_int_equal(action_scope(vecs[i].over, span_str(vecs[i].path), out), ERR_OK);
        assert_string_equal(out, vecs[i].want);
    }
    memset(longest, 'a', sizeof(longest) - 1);
    assert_int_equal(action_scope(OVER_SELF, span_str(longest), out), ERR_TOO_LARGE);
}

static void
versions_are_dates(void **state)
{
    static const char *const good[] = { "2015-06-01", "2023-07-01-preview",
                                        "2023-07-01-Preview" };
    static const char *const bad[] = { "",    "2023-07",    "2023-07-01x", "2023-07-01-x",
                                       "7.4", "2023/07/01", "2O23-07-01",  "2023-07-01," };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(arm_version_is_ok(span_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(arm_version_is_ok(span_str(bad[i])));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_clients_send_is_understood),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(resources_are_filtered),
        cmocka_unit_test(permissions_are_asked_for_the_right_scope),
        cmocka_unit_test(versions_are_dates),
    };

    return cmocka_run_group_tests_name("api/arm_filters", tests, NULL, NULL);
}
