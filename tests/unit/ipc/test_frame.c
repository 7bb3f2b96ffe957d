/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame.c - only headers that we would have made are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/frame.h"

enum { BOUND = 1000 };

static const struct vec {
    const char *name;
    struct frame f;
    size_t behind; /* bytes behind the header */
    enum err want;
} vecs[] = {
    /* clang-format off */
    { "an empty message is read",      { .op = 1, .flags = FRAME_FIRST }, 0, ERR_OK },
    { "a whole message is read",       { .op = 1, .flags = FRAME_FIRST, .len = 9, .total = 9 }, 9, ERR_OK },
    { "bytes behind it are left",      { .op = 1, .flags = FRAME_FIRST, .len = 9, .total = 9 }, 40, ERR_OK },
    { "a first piece is read",         { .op = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 9, .total = 10 }, 9, ERR_OK },
    { "a middle piece is read",        { .op = 1, .flags = FRAME_MORE, .len = 9, .total = 99 }, 9, ERR_OK },
    { "a last piece is read",          { .op = 1, .flags = 0, .len = 9, .total = 99 }, 9, ERR_OK },
    { "the bound itself is read",      { .op = 1, .flags = FRAME_FIRST, .len = BOUND, .total = BOUND }, BOUND, ERR_OK },
    { "the largest status is read",    { .op = 1, .flags = FRAME_FIRST, .status = ERR__MAX - 1 }, 0, ERR_OK },
    { "operation 0 is refused",        { .op = 0, .flags = FRAME_FIRST }, 0, ERR_PROTOCOL },
    { "unknown status is refused",     { .op = 1, .flags = FRAME_FIRST, .status = ERR__MAX }, 0, ERR_PROTOCOL },
    { "unknown flag is refused",       { .op = 1, .flags = FRAME_FIRST | 4 }, 0, ERR_PROTOCOL },
    { "more than announced is refused",{ .op = 1, .flags = FRAME_FIRST, .len = 9, .total = 8 }, 9, ERR_PROTOCOL },
    { "a whole message with less is refused", { .op = 1, .flags = FRAME_FIRST, .len = 8, .total = 9 }, 9, ERR_PROTOCOL },
    { "more than is there is refused", { .op = 1, .flags = FRAME_FIRST, .len = 9, .total = 9 }, 8, ERR_PROTOCOL },
    { "the longest length is refused", { .op = 1, .flags = FRAME_FIRST, .len = UINT32_MAX, .total = UINT32_MAX }, 9, ERR_PROTOCOL },
    { "above the bound is refused",    { .op = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 9, .total = BOUND + 1 }, 9, ERR_PROTOCOL },
    { "a first piece with all is refused", { .op = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 9, .total = 9 }, 9, ERR_PROTOCOL },
    { "an empty first piece is refused",   { .op = 1, .flags = FRAME_FIRST | FRAME_MORE, .total = 9 }, 9, ERR_PROTOCOL },
    { "an empty middle piece is refused",  { .op = 1, .flags = FRAME_MORE, .total = 9 }, 9, ERR_PROTOCOL },
    { "an empty last piece is refused",    { .op = 1, .flags = 0, .total = 9 }, 9, ERR_PROTOCOL },
    { "a last piece with all is refused",  { .op = 1, .flags = 0, .len = 9, .total = 9 }, 9, ERR_PROTOCOL },
    /* clang-format on */
};
#define NVECS (sizeof(vecs) / sizeof(vecs[0]))

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    uint8_t bytes[FRAME_SIZE + BOUND + 64] = { 0 };
    struct span rest = span_of(bytes, FRAME_SIZE + v->behind), payload;
    struct frame f;

    frame_write(bytes, &v->f);
    assert_int_equal(frame_read(&rest, BOUND, &f, &payload), v->want);
    if (v->want != ERR_OK)
        return;
    assert_int_equal(f.id, v->f.id);
    assert_int_equal(payload.len, v->f.len);
    assert_int_equal(rest.len, v->behind - v->f.len);
}

static void
half_a_header_is_refused(void **state)
{
    uint8_t bytes[FRAME_SIZE] = { 0 };
    struct span payload;
    struct frame f = { .op = 1, .flags = FRAME_FIRST };

    (void)state;
    frame_write(bytes, &f);
    for (size_t len = 0; len < FRAME_SIZE; len++) {
        struct span rest = span_of(bytes, len);

        assert_int_equal(frame_read(&rest, BOUND, &f, &payload), ERR_PROTOCOL);
    }
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + 1];

    for (size_t i = 0; i < NVECS; i++)
        tests[i] = (struct CMUnitTest){ .name = vecs[i].name,
                                        .test_func = run_vec,
                                        .initial_state = (void *)(uintptr_t)&vecs[i] };
    tests[NVECS] = (struct CMUnitTest)cmocka_unit_test(half_a_header_is_refused);
    return cmocka_run_group_tests_name("ipc/frame", tests, NULL, NULL);
}
