/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over names, and the rows of the ACME server: what was put comes back, nothing else
 * does. */
#include "pki/acme.h"

#include "auth/expiry.h"
#include "town.h"

static const struct name_case {
    const char *what, *rule, *name;
    enum alt_kind kind;
    bool wildcards, within;
} names[] = {
    /* clang-format off */
    { "a host is itself", "host.example", "host.example", ALT_DNS, false, true },
    { "a host is no other", "host.example", "ghost.example", ALT_DNS, false, false },
    { "a host is not what lies below it", "host.example", "a.host.example", ALT_DNS, true, false },
    { "a zone has what lies below it", ".corp.example", "a.corp.example", ALT_DNS, false, true },
    { "and deeper", ".corp.example", "b.a.corp.example", ALT_DNS, false, true },
    { "a zone is not itself", ".corp.example", "corp.example", ALT_DNS, false, false },
    { "a zone ends at a dot", ".corp.example", "evilcorp.example", ALT_DNS, false, false },
    { "a zone is a suffix, not an infix", ".corp.example", "a.corp.example.evil", ALT_DNS, false, false },
    { "a wildcard wants permission", ".corp.example", "*.corp.example", ALT_DNS, false, false },
    { "a wildcard over the zone, with it", ".corp.example", "*.corp.example", ALT_DNS, true, true },
    { "a wildcard deeper, with it", ".corp.example", "*.a.corp.example", ALT_DNS, true, true },
    { "a wildcard above the zone", ".corp.example", "*.example", ALT_DNS, true, false },
    { "a wildcard at a host", "host.example", "*.host.example", ALT_DNS, true, false },
    { "an address is itself", "10.1.2.3", "10.1.2.3", ALT_IP, false, true },
    { "an address is no other", "10.1.2.3", "10.1.2.30", ALT_IP, false, false },
    { "a net has its addresses", "10.0.0.0/8", "10.200.3.4", ALT_IP, false, true },
    { "a net has no others", "10.0.0.0/8", "11.0.0.1", ALT_IP, false, false },
    { "a net cut inside a byte", "192.168.16.0/20", "192.168.31.255", ALT_IP, false, true },
    { "and what is behind the cut", "192.168.16.0/20", "192.168.32.0", ALT_IP, false, false },
    { "a net of the other family", "10.0.0.0/8", "a00::1", ALT_IP, false, false },
    { "IPv6", "2001:db8::/32", "2001:db8::1", ALT_IP, false, true },
    { "everything of a family is still no name", "0.0.0.0/0", "a.example", ALT_DNS, true, false },
    /* clang-format on */
};

static void
run_name(void **state)
{
    const struct name_case *c = *state;
    struct alt_name name = { c->kind, span_str(c->name) };

    assert_true(acme_rule_is_ok(span_str(c->rule)));
    assert_true(acme_name_is_ok(&name));
    assert_int_equal(acme_rule_has(span_str(c->rule), c->wildcards, &name), c->within);
}

static void
what_is_no_rule_is_refused(void **state)
{
    static const char *const bad[] = { "",           ".",           "*",          "*.a.example",
                                       ".*.example", "A.example",   "a b.c",      "10.0.0.0/33",
                                       "10.0.0.0/",  "/8",          "10.0.0.300", "..a.example",
                                       "localhost",  "2001:DB8::1", "a.example.", ".a..b" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(acme_rule_is_ok(span_str(bad[i])));
    assert_true(acme_rule_is_ok(span_str(".example")));
}

static void
what_is_no_name_is_refused(void **state)
{
    static const struct alt_name bad[] = {
        { ALT_DNS, { (const uint8_t *)"A.example", 9 } },
        { ALT_DNS, { (const uint8_t *)"localhost", 9 } },
        { ALT_DNS, { (const uint8_t *)"10.1.2.3", 8 } },
        { ALT_DNS, { (const uint8_t *)"a.example.", 10 } },
        { ALT_DNS, { (const uint8_t *)"a.*.example", 11 } },
        { ALT_DNS, { (const uint8_t *)"", 0 } },
        { ALT_IP, { (const uint8_t *)"010.1.2.3", 9 } },
        { ALT_IP, { (const uint8_t *)"2001:DB8::1", 11 } },
        { ALT_IP, { (const uint8_t *)"2001:db8:0::1", 13 } },
        { ALT_EMAIL, { (const uint8_t *)"a@b.example", 11 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(acme_name_is_ok(&bad[i]));
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(what_is_no_name_is_refused),
    };
    enum { PLAIN = sizeof(plain) / sizeof(plain[0]), NAMES = sizeof(names) / sizeof(names[0]) };
    struct CMUnitTest tests[PLAIN + NAMES];

    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < NAMES; i++)
        tests[PLAIN + i] = (struct CMUnitTest){ .name = names[i].what,
                                                .test_func = run_name,
                                                .initial_state = (void *)(uintptr_t)&names[i] };
    return cmocka_run_group_tests_name("pki/acme", tests, NULL, NULL);
}
