/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_log.c - one line each, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

static char text[8192];
static int saved_stderr, ends[2];

static int
start(void **state)
{
    (void)state;
    saved_stderr = dup(STDERR_FILENO);
    if (saved_stderr < 0 || pipe2(ends, O_NONBLOCK) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    log_set_process("front");
    log_set_level(LOG_INFO);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    (void)dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What was logged since. */
static const char *
logged(void)
{
    ssize_t n = read(ends[0], text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void
a_line_names_time_process_and_level(void **state)
{
    const char *line;

    (void)state;
    log_error("vault %s: %d", "demo", 7);
    line = logged();
    assert_int_equal(line[4], '-');
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[23], 'Z');
    assert_string_equal(line + 25, "front error: vault demo: 7\n");
    log_warn("w");
    assert_string_equal(logged() + 25, "front warning: w\n");
}

static void
lines_below_the_threshold_are_not_written(void **state)
{
    (void)state;
    log_debug("no");
    assert_string_equal(logged(), "");
    log_info("yes");
    assert_string_not_equal(logged(), "");
    log_set_level(LOG_DEBUG);
    log_debug("yes");
    assert_string_not_equal(logged(), "");
    log_set_level(LOG_ERROR);
    log_warn("no");
    assert_string_equal(logged(), "");
}

static void
control_characters_cannot_forge_a_line(void **state)
{
    (void)state;
    log_info("name a\nb\r\tc\x1b[2J\x7f");
    assert_string_equal(logged() + 25, "front info: name a?b??c?[2J?\n");
}

static void
a_long_line_is_cut(void **state)
{
    char lots[3000];
    const char *line;

    (void)state;
    memset(lots, 'x', sizeof(lots) - 1);
    lots[sizeof(lots) - 1] = '\0';
    log_info("%s", lots);
    line = logged();
    assert_true(strlen(line) <= 1024);
    assert_true(strlen(line) > 1000);
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void
errno_survives_logging(void **state)
{
    (void)state;
    errno = EXDEV;
    log_info("x");
    assert_int_equal(errno, EXDEV);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_names_time_process_and_level, start, stop),
        cmocka_unit_test_setup_teardown(lines_below_the_threshold_are_not_written, start, stop),
        cmocka_unit_test_setup_teardown(control_characters_cannot_forge_a_line, start, stop),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(errno_survives_logging, start, stop),
    };

    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
