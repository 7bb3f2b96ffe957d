/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail_text.c - what a contact is written, and what no contact can make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/mail_text.h"

enum { LINE_MAX_OCTETS = 998, NOW = 1772600767 }; /* Wed, 04 Mar 2026 05:06:07 */
#define VERSION "0123456789abcdef0123456789abcdef"

static struct object_name name;
static struct hex32 version;

static struct mail_notice
notice(const char *to, const char *to_name)
{
    struct mail_notice n = { .from = "keyhold@example.com",
                             .domain = "kv.example",
                             .to = span_str(to),
                             .to_name = span_str(to_name),
                             .vault = "Prod",
                             .name = &name,
                             .version = &version,
                             .link = "https://prod.vault.kv.example/certificates/Web1/" VERSION,
                             .expires = NOW + 30 * 86400 + 5,
                             .now = NOW };

    assert_int_equal(mail_tag_make(&version, n.to, &n.tag), ERR_OK);
    return n;
}

static void
compose(const struct mail_notice *n, char out[static MAIL_TEXT_MAX])
{
    struct buf b;

    buf_init(&b, MAIL_TEXT_MAX - 1);
    assert_int_equal(mail_compose(n, &b), ERR_OK);
    assert_true(span_copy_str(buf_span(&b), out, MAIL_TEXT_MAX));
    buf_release(&b);
}

/* Every line ends in CR LF, and has no other control character; the header's lines are those
 * that we know, or go on with a blank. */
static void
check_form(const char *text)
{
    static const char *const heads[] = { "Date: ",
                                         "From: ",
                                         "To: ",
                                         "Message-ID: <expires.",
                                         "Subject: ",
                                         "Auto-Submitted: ",
                                         "MIME-Version: 1.0",
                                         "Content-Type: ",
                                         "Content-Transfer-Encoding: " };
    const size_t count = sizeof(heads) / sizeof(heads[0]);
    size_t seen = 0;
    bool body = false;

    while (*text != '\0') {
        const char *end = strstr(text, "\r\n");

        assert_non_null(end);
        assert_in_range(end - text, 0, LINE_MAX_OCTETS);
        for (const char *p = text; p < end; p++)
            assert_in_range(*p, ' ', '~');
        if (!body && end == text)
            body = true;
        else if (!body && *text != ' ') {
            assert_in_range(seen, 0, count - 1);
            assert_int_equal(strncmp(text, heads[seen], strlen(heads[seen])), 0);
            seen++;
        }
        text = end + 2;
    }
    assert_true(body);
    assert_int_equal(seen, count);
}

static void
a_contact_reads_what_expires_when_and_where(void **state)
{
    struct mail_notice n = notice("bob@example.com", "Bob");
    char text[MAIL_TEXT_MAX];

    (void)state;
    compose(&n, text);
    check_form(text);
    assert_non_null(strstr(text, "Date: Wed, 04 Mar 2026 05:06:07 +0000\r\n"));
    assert_non_null(strstr(text, "From: Keyhold <keyhold@example.com>\r\n"));
    assert_non_null(strstr(text, "To: =?utf-8?B?Qm9i?=\r\n <bob@example.com>\r\n"));
    assert_non_null(
        strstr(text, "Subject: Certificate Web1 in vault Prod expires on 2026-04-03\r\n"));
    assert_non_null(strstr(text, "Vault:       Prod\r\n"));
    assert_non_null(strstr(text, "Certificate: Web1\r\n"));
    assert_non_null(strstr(text, "Version:     " VERSION "\r\n"));
    assert_non_null(strstr(text, "Expires:     2026-04-03 05:06:12Z\r\n"));
    assert_non_null(strstr(text, "Days left:   30\r\n"));
    assert_non_null(strstr(text, "expires in 30 days.\r\n"));
    assert_non_null(strstr(
        text, "Link:        https://prod.vault.kv.example/certificates/Web1/" VERSION "\r\n"));
}

static void
the_id_is_that_of_version_and_contact(void **state)
{
    struct mail_notice n = notice("bob@example.com", "Bob");
    struct mail_notice other = notice("eve@example.com", "Bob");
    char text[MAIL_TEXT_MAX], id[128], *at;

    (void)state;
    compose(&n, text);
    at = strstr(text, "Message-ID: ");
    assert_non_null(at);
    assert_true(span_copy_str(span_of(at, strcspn(at, "\r")), id, sizeof(id)));
    n.now += 86400; /* another day, the same mail */
    compose(&n, text);
    assert_non_null(strstr(text, id));
    compose(&other, text);
    assert_null(strstr(text, id));
}

static void
an_address_that_is_none_is_refused(void **state)
{
    static const char *const addresses[] = { "",
                                             "bob",
                                             "bob@",
                                             "bob@example.com\r\nBcc: eve@example.com",
                                             "bob@example.com>\r\n\r\nbody",
                                             "<bob@example.com>",
                                             "bob@example.com, eve@example.com",
                                             "\xc3\xb6@example.com" };

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct mail_notice n = notice(addresses[i], "");
        struct buf b;

        buf_init(&b, MAIL_TEXT_MAX);
        assert_int_equal(mail_compose(&n, &b), ERR_ARG);
        assert_int_equal(b.len, 0);
        buf_release(&b);
    }
}

static void
a_hostile_name_is_left_out(void **state)
{
    static const char *const names[] = {
        "Bob\r\nBcc: eve@example.com",
        "Bob\n",
        "\r",
        "\x1b[31m",
        "a\x7f",
        "\xc3",
        "\xc0\x80",
        "\xed\xa0\x80",
        "\xf5\x80\x80\x80",
        "a\xc2\x85z",
        "\xe2\x82",
        "\xff",
    };
    char text[MAIL_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct mail_notice n = notice("bob@example.com", names[i]);

        compose(&n, text);
        check_form(text);
        assert_non_null(strstr(text, "\r\nTo: <bob@example.com>\r\n"));
    }
}

static void
a_long_name_is_folded_between_characters(void **state)
{
    char longest[512 + 1], text[MAIL_TEXT_MAX];
    struct mail_notice n;

    (void)state;
    for (size_t i = 0; i + 4 < sizeof(longest); i += 4)
        memcpy(longest + i, "\xf0\x9f\x94\x91", 4);
    longest[512] = '\0';
    n = notice("bob@example.com", longest);
    compose(&n, text);
    check_form(text);
    for (const char *p = strstr(text, "=?utf-8?B?"); p != NULL; p = strstr(p + 1, "=?utf-8?B?"))
        assert_in_range(strcspn(p, "\r"), 12, 75);
    assert_non_null(strstr(text, " =?utf-8?B?8J+UkfCflJHwn5SR8J+UkfCflJHwn5SR8J+UkfCflJHwn5SR"
                                 "8J+UkfCflJE=?=\r\n"));
}

static void
days_are_told_as_people_count_them(void **state)
{
    static const struct {
        int64_t left;
        const char *want, *days;
    } rows[] = {
        { 2 * 86400, "expires in 2 days.", "Days left:   2\r\n" },
        { 2 * 86400 - 1, "expires in 1 day.", "Days left:   1\r\n" },
        { 86400 - 1, "expires in less than a day.", "Days left:   0\r\n" },
        { 0, "expires in less than a day.", "Days left:   0\r\n" },
        { -1, "has expired.", "Days left:   0\r\n" },
    };
    char text[MAIL_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mail_notice n = notice("bob@example.com", "");

        n.expires = n.now + rows[i].left;
        compose(&n, text);
        assert_non_null(strstr(text, rows[i].want));
        assert_non_null(strstr(text, rows[i].days));
    }
}

static int
setup(void **state)
{
    (void)state;
    return object_name_parse(span_str("Web1"), &name) &&
                   hex32_parse(span_str(VERSION), &version)
               ? 0
               : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contact_reads_what_expires_when_and_where),
        cmocka_unit_test(the_id_is_that_of_version_and_contact),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(a_hostile_name_is_left_out),
        cmocka_unit_test(a_long_name_is_folded_between_characters),
        cmocka_unit_test(days_are_told_as_people_count_them),
    };

    return cmocka_run_group_tests_name("jobs/mail_text", tests, setup, NULL);
}
