/* SPDX-License-Identifier: Apache-2.0 */
/* test_mailbox.c - addresses that are written to, and those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dial/mailbox.h"

static void
plain_addresses_are_taken(void **state)
{
    static const char *const texts[] = { "a@b", "first.last@example.com", "a+b=c@x-y.example",
                                         "o'brien@1.example",
                                         "!#$%&'*+-/=?^_`{|}~@example.com" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!mailbox_is_ok(span_str(texts[i])))
            fail_msg("refused: %s", texts[i]);
}

static const char *const bad[] = {
    "",
    "@",
    "a",
    "a@",
    "@b",
    "a@b@c",
    "a b@c",
    "a@b c",
    " a@b",
    "a@b ",
    "<a@b>",
    "a@b>",
    "a@b,c@d",
    "a@b;c@d",
    "a@b\r\nBcc: c@d",
    "a\n@b",
    "a@b\n",
    "a@b\r",
    "a@b\t",
    ".a@b",
    "a.@b",
    "a..b@c",
    "a@.b",
    "a@b.",
    "a@b..c",
    "a@-b",
    "a@b-",
    "a@b_c",
    "a@[127.0.0.1]",
    "\"a b\"@c",
    "a(b)@c",
    "a\\@c",
    "a:b@c",
    "a@b:25",
    "\xc3\xa9@b",
    "a@\xc3\xa9",
    "a@b\x7f",
};

static void
what_could_end_a_line_or_a_bracket_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (mailbox_is_ok(span_str(bad[i])))
            fail_msg("taken: %s", bad[i]);
    assert_false(mailbox_is_ok(span_of("a@b\0c", 5)));
    assert_false(mailbox_is_ok(span_of("a\0@b", 4)));
}

static void
lengths_are_bounded(void **state)
{
    char text[MAILBOX_MAX + 2];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[MAILBOX_LOCAL_MAX] = '@';
    assert_true(mailbox_is_ok(span_of(text, MAILBOX_LOCAL_MAX + 1 + 63)));
    assert_false(mailbox_is_ok(span_of(text, MAILBOX_LOCAL_MAX + 1 + 64)));
    for (size_t i = MAILBOX_LOCAL_MAX + 2; i < sizeof(text); i += 2)
        text[i] = '.';
    assert_true(mailbox_is_ok(span_of(text, MAILBOX_MAX)));
    assert_false(mailbox_is_ok(span_of(text, MAILBOX_MAX + 1)));
    memset(text, 'a', sizeof(text));
    text[MAILBOX_LOCAL_MAX + 1] = '@';
    assert_false(mailbox_is_ok(span_of(text, MAILBOX_LOCAL_MAX + 4)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_addresses_are_taken),
        cmocka_unit_test(what_could_end_a_line_or_a_bracket_is_refused),
        cmocka_unit_test(lengths_are_bounded),
    };

    return cmocka_run_group_tests_name("dial/mailbox", tests, NULL, NULL);
}
