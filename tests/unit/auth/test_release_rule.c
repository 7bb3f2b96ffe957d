/* SPDX-License-Identifier: Apache-2.0 */
/* Release policies: what they let through, and that everything else is a no. */
#include "auth/release_rule.h"

#include "base/secbuf.h"
#include "world.h"

#define ISS          "https://attest.example"
#define POLICY(cond) "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISS "\"," cond "}]}"
#define CLAIMS                                                                                 \
    "{\"a\":\"x\",\"n\":3,\"t\":true,\"o\":{\"p\":{\"q\":\"deep\"}},\"d.o.t\":\"whole\","      \
    "\"list\":[\"x\"],\"s\":\"3\",\"z\":null}"

static const struct vec {
    const char *policy;
    enum err want;
} vecs[] = {
    { POLICY("\"allOf\":[{\"claim\":\"a\",\"equals\":\"x\"}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"a\",\"equals\":\"X\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"n\",\"equals\":3}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"n\",\"equals\":3.0}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"n\",\"equals\":\"3\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"s\",\"equals\":3}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"t\",\"equals\":true}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"t\",\"equals\":1}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"n\",\"equals\":true}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"o.p.q\",\"equals\":\"deep\"}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"d.o.t\",\"equals\":\"whole\"}]"), ERR_OK },
    { POLICY("\"allOf\":[{\"claim\":\"o.p\",\"equals\":\"deep\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"list\",\"equals\":\"x\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"list.0\",\"equals\":\"x\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"absent\",\"equals\":\"x\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"z\",\"equals\":null}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"a\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"a\",\"notEquals\":\"y\"}]"), ERR_DENIED },
    { POLICY("\"allOf\":[]"), ERR_DENIED },
    { POLICY("\"anyOf\":[]"), ERR_DENIED },
    { POLICY("\"x\":[]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"a\",\"equals\":\"x\"}],"
             "\"anyOf\":[{\"claim\":\"a\",\"equals\":\"x\"}]"),
      ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":\"a\",\"equals\":\"x\"},{\"claim\":\"n\",\"equals\":4}]"),
      ERR_DENIED },
    { POLICY("\"anyOf\":[{\"claim\":\"a\",\"equals\":\"y\"},{\"claim\":\"n\",\"equals\":3}]"),
      ERR_OK },
    { POLICY("\"allOf\":[{\"anyOf\":[{\"claim\":\"a\",\"equals\":\"y\"},"
             "{\"claim\":\"n\",\"equals\":3}]},{\"claim\":\"t\",\"equals\":true}]"),
      ERR_OK },
    { POLICY("\"allOf\":[1]"), ERR_DENIED },
    { POLICY("\"allOf\":[{\"claim\":1,\"equals\":\"x\"}]"), ERR_DENIED },
    { "{\"anyOf\":[{\"authority\":\"https://other\",\"allOf\":[{\"claim\":\"a\","
      "\"equals\":\"x\"}]}]}",
      ERR_DENIED },
    { "{\"anyOf\":[{\"authority\":\"" ISS "/\",\"allOf\":[{\"claim\":\"a\","
      "\"equals\":\"x\"}]}]}",
      ERR_DENIED },
    { "{\"anyOf\":[{\"allOf\":[{\"claim\":\"a\",\"equals\":\"x\"}]}]}", ERR_DENIED },
    { "{\"anyOf\":[]}", ERR_DENIED },
    { "{\"allOf\":[]}", ERR_FORMAT },
    { "[]", ERR_FORMAT },
    { "nonsense", ERR_FORMAT },
};

static enum err
check(const char *policy, const char *claims)
{
    struct jsn *root;
    enum err e;

    assert_int_equal(jsn_parse(span_str(claims), &root), ERR_OK);
    e = release_rule_check(span_str(policy), span_str(ISS), root);
    jsn_free(root);
    return e;
}

static void
policies_decide_as_their_grammar_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vecs) / sizeof(vecs[0]); i++)
        if (check(vecs[i].policy, CLAIMS) != vecs[i].want)
            fail_msg("%s", vecs[i].policy);
}

static void
no_claims_satisfy_nothing(void **state)
{
    (void)state;
    assert_int_equal(check(vecs[0].policy, "{}"), ERR_DENIED);
}

static void
depth_is_bounded(void **state)
{
    char policy[2048] = "{\"anyOf\":[{\"authority\":\"" ISS "\",\"allOf\":[";

    (void)state;
    for (int i = 0; i < MAX_RULE_DEPTH; i++)
        strncat(policy, "{\"allOf\":[", sizeof(policy) - strlen(policy) - 1);
    strncat(policy, "{\"claim\":\"a\",\"equals\":\"x\"}", sizeof(policy) - strlen(policy) - 1);
    for (int i = 0; i < MAX_RULE_DEPTH; i++)
        strncat(policy, "]}", sizeof(policy) - strlen(policy) - 1);
    strncat(policy, "]}]}", sizeof(policy) - strlen(policy) - 1);
    assert_int_not_equal(check(policy, CLAIMS), ERR_OK);
}

static int
set_up(void **state)
{
    (void)state;
    if (secmem_init(8 * 1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return 0;
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_decide_as_their_grammar_says),
        cmocka_unit_test(no_claims_satisfy_nothing),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests_name("auth/release_rule", tests, set_up, NULL);
}
