/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - the words behind a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

enum { WORDS_MAX = 128 };

static struct options o;
static char words[4096];
static char *argv_of[WORDS_MAX];

/* Words, cut at spaces. */
static int
parse(const char *line, bool all)
{
    int n = 0;
    char *p = words;

    (void)snprintf(words, sizeof(words), "%s", line);
    while (*p != '\0') {
        argv_of[n++] = p;
        p += strcspn(p, " ");
        if (*p == ' ')
            *p++ = '\0';
    }
    argv_of[n] = NULL;
    return all ? options_parse_all(&o, n, argv_of) : options_parse(&o, n, argv_of);
}

static void
every_option_has_its_place(void **state)
{
    (void)state;
    assert_int_equal(parse("--config a --seed b --vault c --data-dir d --clock e "
                           "--passphrase-file f --json --ephemeral --set k=v",
                           true),
                     EX_OK);
    assert_string_equal(o.config, "a");
    assert_string_equal(o.seed, "b");
    assert_string_equal(o.vault, "c");
    assert_string_equal(o.data_dir, "d");
    assert_string_equal(o.clock, "e");
    assert_string_equal(o.passphrase, "f");
    assert_true(o.json && o.ephemeral);
    assert_int_equal(o.nset, 1);
    assert_string_equal(o.set[0].key, "k");
    assert_string_equal(o.set[0].value, "v");
}

static void
a_value_may_stand_behind_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(parse("--vault=prod --set=limits.idle_time=2m --config=", true), EX_OK);
    assert_string_equal(o.vault, "prod");
    assert_string_equal(o.set[0].key, "limits.idle_time");
    assert_string_equal(o.set[0].value, "2m");
    assert_string_equal(o.config, "");
}

static void
a_set_value_may_hold_equals_signs(void **state)
{
    (void)state;
    assert_int_equal(parse("--set a=b=c", true), EX_OK);
    assert_string_equal(o.set[0].key, "a");
    assert_string_equal(o.set[0].value, "b=c");
}

static void
what_stands_behind_two_dashes_is_the_commands(void **state)
{
    (void)state;
    assert_int_equal(parse("--json -- curl --config x", false), EX_OK);
    assert_true(o.dashes);
    assert_int_equal(o.nrest, 3);
    assert_string_equal(o.rest[0], "curl");
    assert_null(o.config);
    assert_int_equal(parse("word --json", false), EX_OK);
    assert_false(o.dashes);
    assert_false(o.json);
    assert_int_equal(o.nrest, 2);
}

static const struct vec {
    const char *name, *line;
} vecs[] = {
    { "an unknown option", "--what x" },
    { "an unknown option with a value", "--what=x" },
    { "a short option", "-j" },
    { "a beginning of a name", "--conf x" },
    { "a value that is missing", "--seed" },
    { "a set without a value", "--set" },
    { "a set without an equals sign", "--set key" },
    { "a flag with a value", "--json=yes" },
    { "a word that nobody asked for", "--json word" },
    { "words behind two dashes", "-- word" },
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]), FIRST = 7 };

static void
run_vec(void **state)
{
    const struct vec *v = *state;

    assert_int_equal(parse(v->line, true), EX_USAGE);
}

static void
many_settings_are_refused_before_the_room_for_the_commands_own_ends(void **state)
{
    char line[2048] = "";

    (void)state;
    for (int i = 0; i < OPTIONS_GIVEN_MAX; i++)
        (void)snprintf(line + strlen(line), sizeof(line) - strlen(line), "--set a=%d ", i);
    assert_int_equal(parse(line, true), EX_OK);
    while (o.nset < OPTIONS_SET_MAX)
        options_set(&o, "b", "c");
    (void)snprintf(line + strlen(line), sizeof(line) - strlen(line), "--set a=b");
    assert_int_equal(parse(line, true), EX_USAGE);
}

static void
data_dir_and_passphrase_reach_the_configuration(void **state)
{
    struct config *c;

    (void)state;
    assert_int_equal(parse("--data-dir /somewhere/else --set location=north", true), EX_OK);
    c = options_config(&o);
    assert_non_null(c);
    assert_string_equal(c->data_dir, "/somewhere/else");
    assert_string_equal(c->location, "north");
    config_free(c);
    assert_int_equal(parse("--set seal=passphrase --passphrase-file /etc/words", true), EX_OK);
    c = options_config(&o);
    assert_non_null(c);
    assert_string_equal(c->seal_passphrase, "/etc/words");
    config_free(c);
}

static void
a_bad_setting_gives_no_configuration(void **state)
{
    (void)state;
    assert_int_equal(parse("--set nonsense=1", true), EX_OK);
    assert_null(options_config(&o));
    assert_int_equal(parse("--config /nonexistent.conf", true), EX_OK);
    assert_null(options_config(&o));
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + FIRST] = {
        cmocka_unit_test(every_option_has_its_place),
        cmocka_unit_test(a_value_may_stand_behind_an_equals_sign),
        cmocka_unit_test(a_set_value_may_hold_equals_signs),
        cmocka_unit_test(what_stands_behind_two_dashes_is_the_commands),
        cmocka_unit_test(many_settings_are_refused_before_the_room_for_the_commands_own_ends),
        cmocka_unit_test(data_dir_and_passphrase_reach_the_configuration),
        cmocka_unit_test(a_bad_setting_gives_no_configuration),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i + FIRST] = (struct CMUnitTest){ .name = vecs[i].name,
                                                .test_func = run_vec,
                                                .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("cli/options", tests, NULL, NULL);
}
