/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each kind of row has a reader, and each reader an example in the fuzzer's corpus, as a server
 * wrote it: read as it is, refused when it is cut short anywhere, longer, or of another format.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/row_kinds.h"

enum { EXAMPLE_MAX = 64 * 1024 };

static uint8_t example[EXAMPLE_MAX + 1];

/* Without its first line, which names the kind. */
static struct span
read_example(const struct row_kind *kind)
{
    char path[512];
    size_t n;
    FILE *f;

    (void)snprintf(path, sizeof(path), CORPUS "/%.2s", kind->prefix);
    f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    n = fread(example, 1, EXAMPLE_MAX, f);
    (void)fclose(f);
    assert_true(n > 4 && n < EXAMPLE_MAX);
    assert_memory_equal(example, kind->prefix, 3);
    return span_of(example + 4, n - 4);
}

static void
every_kind_reads_what_a_server_wrote(void **state)
{
    (void)state;
    for (unsigned i = 0; i < row_kinds_count; i++)
        if (row_kinds[i].read(read_example(&row_kinds[i])) != ERR_OK)
            fail_msg("%s", row_kinds[i].prefix);
}

static void
no_kind_reads_less_or_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < row_kinds_count; i++) {
        struct span p = read_example(&row_kinds[i]);

        for (size_t len = 0; len < p.len; len++)
            if (row_kinds[i].read(span_head(p, len)) == ERR_OK)
                fail_msg("%s: %zu of %zu bytes are taken for all", row_kinds[i].prefix, len,
                         p.len);
        example[4 + p.len] = 0;
        if (row_kinds[i].read(span_of(p.ptr, p.len + 1)) == ERR_OK)
            fail_msg("%s: a byte more is not seen", row_kinds[i].prefix);
    }
}

static void
no_kind_reads_another_format(void **state)
{
    (void)state;
    for (unsigned i = 0; i < row_kinds_count; i++) {
        struct span p = read_example(&row_kinds[i]);

        for (unsigned format = 0; format < 256; format += 85) {
            example[4] = (uint8_t)format;
            if (row_kinds[i].read(p) == ERR_OK)
                fail_msg("%s: format %u is read", row_kinds[i].prefix, format);
        }
    }
}

static void
keys_are_of_the_kind_that_they_begin_with(void **state)
{
    (void)state;
    assert_string_equal(row_kind_of(span_str("pa/x"))->prefix, "pa/");
    assert_string_equal(row_kind_of(span_str("ao/x/y/z"))->what, "ACME orders");
    assert_null(row_kind_of(span_str("pa")));
    assert_null(row_kind_of(span_str("sp/x")));
    assert_null(row_kind_of(span_str("")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_reads_what_a_server_wrote),
        cmocka_unit_test(no_kind_reads_less_or_more),
        cmocka_unit_test(no_kind_reads_another_format),
        cmocka_unit_test(keys_are_of_the_kind_that_they_begin_with),
    };

    return cmocka_run_group_tests_name("jobs/row_kinds", tests, NULL, NULL);
}
