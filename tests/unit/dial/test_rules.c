/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules.c - what a stranger's host name may lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "dial/rules.h"

static bool
admits(const struct dial_rules *r, const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    union {
        struct sockaddr any;
        struct sockaddr_in6 v6;
        struct sockaddr_in v4;
    } at;

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        at.v4 = v4;
    else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        at.v6 = v6;
    }
    return dial_rules_admit(r, &at.any);
}

static struct dial_rules
rules_of(const char *allow, const char *deny)
{
    struct dial_rules r;

    assert_int_equal(dial_nets_parse(span_str(allow), &r.allow), ERR_OK);
    assert_int_equal(dial_nets_parse(span_str(deny), &r.deny), ERR_OK);
    return r;
}

static void
public_addresses_are_admitted(void **state)
{
    static const char *const texts[] = {
        "1.1.1.1", "93.184.216.34",       "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111",
        "2a00::1", "::ffff:93.184.216.34"
    };
    struct dial_rules r = rules_of("", "");

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!admits(&r, texts[i]))
            fail_msg("%s is refused", texts[i]);
}

static void
everything_special_is_refused(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0",
        "127.0.0.1",
        "127.255.255.255",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "203.0.113.9",
        "::",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "2002:a00:1::1",
        "2001::1",
        "64:ff9b::a00:1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
    };
    struct dial_rules r = rules_of("", "");

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (admits(&r, texts[i]))
            fail_msg("%s is admitted", texts[i]);
}

static void
what_is_allowed_is_admitted_and_its_neighbours_are_not(void **state)
{
    struct dial_rules r = rules_of("10.0.0.0/8, 127.0.0.1,fd00:1::/32", "");

    (void)state;
    assert_true(admits(&r, "10.255.0.1"));
    assert_true(admits(&r, "::ffff:10.0.0.1"));
    assert_true(admits(&r, "127.0.0.1"));
    assert_false(admits(&r, "127.0.0.2"));
    assert_true(admits(&r, "fd00:1::5"));
    assert_false(admits(&r, "fd00:2::5"));
    assert_false(admits(&r, "11.0.0.1") && admits(&r, "192.168.0.1"));
}

static void
denial_comes_before_allowance(void **state)
{
    struct dial_rules r = rules_of("0.0.0.0/0", "169.254.0.0/16,1.1.1.0/24");

    (void)state;
    assert_true(admits(&r, "127.0.0.1"));
    assert_false(admits(&r, "169.254.169.254"));
    assert_false(admits(&r, "1.1.1.1"));
    assert_false(admits(&r, "::1"));
}

static void
other_families_are_refused(void **state)
{
    struct dial_rules r = rules_of("0.0.0.0/0,::/0", "");
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_storage room = { 0 };

    (void)state;
    memcpy(&room, &local, sizeof(local));
    assert_false(dial_rules_admit(&r, (struct sockaddr *)&room));
}

static void
lists_that_cannot_be_meant_are_refused(void **state)
{
    static const char *const texts[] = { ",",           "10.0.0.0/8,", "10.0.0.1/8",
                                         "10.0.0.0/33", "fd00::/129",  "10.0.0.0/",
                                         "10.0.0",      "example.com", "10.0.0.0/8 x",
                                         "10.0.0.0/-1", "::1/127" };
    struct dial_nets n;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (dial_nets_parse(span_str(texts[i]), &n) != ERR_SYNTAX)
            fail_msg("\"%s\" is taken", texts[i]);
}

static void
hosts_that_are_numbers_are_judged_by_their_text(void **state)
{
    struct dial_rules r = rules_of("", "");

    (void)state;
    assert_true(dial_rules_admit_host(&r, span_str("example.com")));
    assert_true(dial_rules_admit_host(&r, span_str("8.8.8.8")));
    assert_false(dial_rules_admit_host(&r, span_str("127.0.0.1")));
    assert_false(dial_rules_admit_host(&r, span_str("2130706433")));
    assert_false(dial_rules_admit_host(&r, span_str("0x7f.1")));
    assert_false(dial_rules_admit_host(&r, span_str("127.1.")));
    assert_false(dial_rules_admit_host(&r, span_str("::1")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses_are_admitted),
        cmocka_unit_test(everything_special_is_refused),
        cmocka_unit_test(what_is_allowed_is_admitted_and_its_neighbours_are_not),
        cmocka_unit_test(denial_comes_before_allowance),
        cmocka_unit_test(other_families_are_refused),
        cmocka_unit_test(lists_that_cannot_be_meant_are_refused),
        cmocka_unit_test(hosts_that_are_numbers_are_judged_by_their_text),
    };

    return cmocka_run_group_tests_name("dial/rules", tests, NULL, NULL);
}
