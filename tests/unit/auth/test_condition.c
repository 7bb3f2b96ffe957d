/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: what parses, what it is worth, and that the unknown grants nothing. */
#include "auth/condition.h"

#include "world.h"

#define ROLE  "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
#define NAME  "@Resource[Microsoft.KeyVault/vaults/secrets:name]"
#define GUID  "4633458b-17de-408a-b874-0445c86b69e6"
#define OTHER "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
#define WRITE "Microsoft.Authorization/roleAssignments/write"

static const struct span levels[] = { { (const uint8_t *)"7", 1 } };
static struct attribute attributes[] = {
    { .source = ATTRIBUTE_REQUEST,
      .name = "Microsoft.Authorization/roleAssignments:RoleDefinitionId" },
    { .source = ATTRIBUTE_RESOURCE,
      .name = "Microsoft.KeyVault/vaults/secrets:name",
      .any_case = true },
    { .source = ATTRIBUTE_ENVIRONMENT, .name = "isPrivateLink" },
    { .source = ATTRIBUTE_PRINCIPAL, .name = "Contoso:Level", .more = levels, .nmore = 1 },
};

static int
set_up(void **state)
{
    (void)state;
    attributes[0].value =
        span_str("/subscriptions/x/roleDefinitions/4633458B-17de-408a-b874-0445c86b69e6");
    attributes[1].value = span_str("Prod-db");
    attributes[2].value = span_str("true");
    attributes[3].value = span_str("3");
    return 0;
}

static enum truth
truth_of(const char *text)
{
    struct condition_facts f = { .action = span_str(WRITE),
                                 .attributes = attributes,
                                 .nattributes = sizeof(attributes) / sizeof(attributes[0]),
                                 .now = 1800000000 };
    struct condition_fault why;
    struct condition *c;
    enum truth t;

    if (condition_parse(span_str(text), &c, &why) != ERR_OK)
        fail_msg("%s: %s at %zu", text, why.what, why.at);
    t = condition_truth(c, &f);
    condition_free(c);
    return t;
}

static void
conditions_have_their_value(void **state)
{
    enum { F = TRUTH_FALSE, U = TRUTH_UNKNOWN, T = TRUTH_TRUE };
    static const struct {
        const char *text;
        int want;
    } rows[] = {
        { "ActionMatches{'" WRITE "'}", T },
        { "actionmatches { 'Microsoft.Authorization/*' }", T },
        { "ActionMatches{'Microsoft.Authorization/roleAssignments'}", F },
        { "!(ActionMatches{'x'})", T },
        { "SubOperationMatches{'Blob.List'}", F },
        { ROLE " GuidEquals " GUID, T },
        { ROLE " GuidEquals '" GUID "'", T },
        { ROLE " GuidNotEquals " GUID, F },
        { ROLE " ForAnyOfAnyValues:GuidEquals {" OTHER ", " GUID "}", T },
        { ROLE " ForAnyOfAllValues:GuidNotEquals {" OTHER ", " GUID "}", F },
        { NAME " StringEquals 'Prod-db'", T },
        { NAME " StringEquals 'dev'", F },
        { NAME " StringStartsWith 'Prod'", T },
        { NAME " StringLike 'P*d-?b'", T },
        { NAME " StringNotLike 'X*'", T },
        { NAME " StringEqualsIgnoreCase 'PROD-DB'", T },
        /* The same name to a vault: neither equal as Azure compares, nor different. */
        { NAME " StringEquals 'prod-db'", U },
        { NAME " StringNotEquals 'prod-db'", U },
        { "!(" NAME " StringEquals 'PROD-DB')", U },
        { NAME " StringNotStartsWith 'prod'", U },
        { NAME " StringNotLike 'prod*'", U },
        { "@Environment[isPrivateLink] BoolEquals true", T },
        { "@Environment[IsPrivateLink] BoolNotEquals 'true'", F },
        { "@Environment[UtcNow] DateTimeGreaterThan '2023-05-01T13:00:00.0Z'", T },
        { "@Environment[UtcNow] DateTimeLessThanEquals '2023-05-01T13:00:00Z'", F },
        { "@Principal[Contoso:Level] ForAnyOfAnyValues:NumericGreaterThan {5}", T },
        { "@Principal[Contoso:Level] ForAllOfAnyValues:NumericGreaterThan {5}", F },
        { "@Principal[Contoso:Level] ForAllOfAnyValues:NumericLessThanEquals {7.0}", T },
        { "@Principal[Contoso:Level] NumericEquals 3", U }, /* two values, no quantifier */
        { "@Principal[Missing] StringEquals 'x'", U },
        { "@Principal[Missing] StringNotEquals 'x'", U },
        { "!(@Principal[Missing] StringEquals 'x')", U },
        { "NOT Exists @Principal[Missing]", T },
        { "Exists " NAME, T },
        { "@Request[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'Prod-db'", U },
        { "@Principal[Missing] StringEquals 'x' OR ActionMatches{'*'}", T },
        { "@Principal[Missing] StringEquals 'x' AND ActionMatches{'none'}", F },
        { "ActionMatches{'*'} OR ActionMatches{'none'} AND ActionMatches{'none'}", T },
        { "(ActionMatches{'*'} || ActionMatches{'none'}) && ActionMatches{'none'}", F },
        { NAME " NumericEquals 5", U },
        { "@Environment[isPrivateLink] GuidEquals " GUID, U },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (truth_of(rows[i].text) != (enum truth)rows[i].want)
            fail_msg("%s: %d", rows[i].text, truth_of(rows[i].text));
}

static void
what_is_no_condition_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "()",
        "(",
        "ActionMatches",
        "ActionMatches{}",
        "ActionMatches{'a'",
        "ActionMatches{a}",
        "ActionMatches{'a'} AND",
        "ActionMatches{'a'} ActionMatches{'b'}",
        "@Request[a]",
        "@Request[a] StringEquals",
        "@Request[a] StringEquals b",
        "@Request[a] StringEqual 'b'",
        "@Request[a] StringEquals {'b'}",
        "@Request[a] ForAnyOfAnyValues StringEquals {'b'}",
        "@Request[a] ForSome:StringEquals {'b'}",
        "@Request[] StringEquals 'b'",
        "@Other[a] StringEquals 'b'",
        "@Request[a StringEquals 'b'",
        "@Request[a] GuidEquals 5",
        "@Request[a] NumericEquals 'x'",
        "@Request[a] NumericEquals 1.",
        "@Request[a] BoolEquals 1",
        "@Request[a] DateTimeEquals 'yesterday'",
        "'a' StringEquals 'a'",
        "!",
        "NOT",
        "@Request[a] StringEquals 'b",
        "ActionMatches{'a'} | ActionMatches{'b'}",
        "true",
        "#",
        "Exists 'a'",
        "@Request[a] NumericEquals 1234567890123456789",
    };
    struct condition_fault why;
    struct condition *c;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (condition_parse(span_str(rows[i]), &c, &why) != ERR_SYNTAX || c != NULL ||
            why.what[0] == '\0')
            fail_msg("%s", rows[i]);
}

static void
length_depth_and_number_are_bounded(void **state)
{
    struct condition_fault why;
    struct condition *c;
    struct buf b;

    (void)state;
    buf_init(&b, 64 * 1024);
    for (int i = 0; i < MAX_CONDITION_DEPTH - 1; i++)
        buf_put_str(&b, "!");
    buf_put_str(&b, "ActionMatches{'a'}");
    assert_int_equal(condition_parse(buf_span(&b), &c, &why), ERR_OK);
    condition_free(c);
    buf_clear(&b);
    for (int i = 0; i < MAX_CONDITION_DEPTH; i++)
        buf_put_str(&b, "(");
    buf_put_str(&b, "ActionMatches{'a'}");
    for (int i = 0; i < MAX_CONDITION_DEPTH; i++)
        buf_put_str(&b, ")");
    assert_int_equal(condition_parse(buf_span(&b), &c, &why), ERR_SYNTAX);
    buf_clear(&b);
    buf_put_str(&b, "ActionMatches{'a'");
    for (int i = 0; i < MAX_CONDITION_NODES; i++)
        buf_put_str(&b, ",'a'");
    buf_put_str(&b, "}");
    assert_int_equal(condition_parse(buf_span(&b), &c, &why), ERR_SYNTAX);
    while (b.len <= MAX_CONDITION)
        buf_put_byte(&b, ' ');
    assert_int_equal(condition_parse(buf_span(&b), &c, &why), ERR_TOO_LARGE);
    assert_null(c);
    buf_release(&b);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_have_their_value),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(length_depth_and_number_are_bounded),
    };

    return cmocka_run_group_tests_name("auth/condition", tests, set_up, NULL);
}
