/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_secbuf.c - secret memory: room, exhaustion, and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "base/sink.h"

enum { ARENA = 64 * 1024 };

static int
start(void **state)
{
    (void)state;
    return secmem_init(ARENA) == ERR_OK ? 0 : -1;
}

static int
stop(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1;
}

static size_t
used_now(void)
{
    size_t used, total;

    secmem_usage(&used, &total);
    return used;
}

static bool
is_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void
the_arena_is_rounded_up_to_a_power_of_two(void **state)
{
    size_t used, total;

    (void)state;
    assert_int_equal(secmem_init(100000), ERR_OK);
    secmem_usage(&used, &total);
    assert_int_equal(total, 131072);
    assert_int_equal(used, 0);
    secmem_release();
    secmem_release();             /* once more is allowed */
    assert_null(secmem_alloc(1)); /* without an arena there is no secret memory */
}

static void
the_whole_arena_can_be_one_block(void **state)
{
    void *p = secmem_alloc(ARENA);

    (void)state;
    assert_non_null(p);
    assert_null(secmem_alloc(1));
    assert_null(secmem_alloc(ARENA + 1));
    assert_null(secmem_alloc(SIZE_MAX));
    secmem_free(p);
    p = secmem_alloc(ARENA);
    assert_non_null(p);
    secmem_free(p);
    secmem_free(NULL);
}

static void
an_exhausted_arena_recovers_when_blocks_come_back(void **state)
{
    static void *blocks[ARENA / 64];
    size_t n = 0;

    (void)state;
    for (void *p = secmem_alloc(1); p != NULL; p = secmem_alloc(1))
        blocks[n++] = p;
    assert_int_equal(n, ARENA / 64);
    assert_int_equal(used_now(), ARENA);
    /* Every other one: fragmented, so only the smallest fits. */
    for (size_t i = 0; i < n; i += 2)
        secmem_free(blocks[i]);
    assert_null(secmem_alloc(65));
    for (size_t i = 1; i < n; i += 2)
        secmem_free(blocks[i]);
    assert_int_equal(used_now(), 0);
    blocks[0] = secmem_alloc(ARENA); /* buddies have merged */
    assert_non_null(blocks[0]);
    secmem_free(blocks[0]);
}

/* The same numbers in every run (Numerical Recipes' generator). */
static size_t
next_below(size_t bound)
{
    static uint32_t seed = 1;

    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static void
blocks_do_not_overlap_and_come_back_as_zeros(void **state)
{
    struct {
        uint8_t *at;
        size_t len;
        uint8_t mark;
    } held[64] = { 0 };

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t i = next_below(64);

        if (held[i].at != NULL) {
            for (size_t j = 0; j < held[i].len; j++)
                assert_int_equal(held[i].at[j], held[i].mark);
            secmem_free(held[i].at);
            held[i].at = NULL;
            continue;
        }
        held[i].len = 1 + next_below(3000);
        held[i].mark = (uint8_t)(round | 1);
        held[i].at = secmem_alloc(held[i].len);
        if (held[i].at == NULL)
            continue;
        assert_true(is_zero(held[i].at, held[i].len));
        memset(held[i].at, held[i].mark, held[i].len);
    }
    for (size_t i = 0; i < 64; i++)
        secmem_free(held[i].at);
    assert_int_equal(used_now(), 0);
}

static void
what_is_freed_is_wiped(void **state)
{
    struct secbuf s;
    uint8_t *all;

    (void)state;
    secbuf_init(&s, 10000);
    for (int i = 0; i < 1000; i++)
        secbuf_put(&s, span_str("secret")); /* grows and moves several times */
    secbuf_release(&s);
    all = secmem_alloc(ARENA);
    assert_non_null(all);
    assert_true(is_zero(all, ARENA));
    secmem_free(all);
}

static void
what_is_outgrown_is_wiped(void **state)
{
    struct secbuf s;
    const uint8_t *old;

    (void)state;
    secbuf_init(&s, 10000);
    secbuf_put(&s, span_str("correct horse battery staple"));
    old = s.ptr;
    assert_non_null(secbuf_grow(&s, 5000));
    assert_true(s.ptr != old);
    assert_true(is_zero(old, 28));
    assert_true(span_is_str(span_head(secbuf_span(&s), 28), "correct horse battery staple"));
    secbuf_release(&s);
}

static void
what_is_cut_is_wiped(void **state)
{
    struct secbuf s;

    (void)state;
    secbuf_init(&s, 100);
    secbuf_put(&s, span_str("abcdefgh"));
    secbuf_truncate(&s, 9); /* no effect */
    assert_int_equal(s.len, 8);
    secbuf_truncate(&s, 5);
    assert_true(span_is_str(secbuf_span(&s), "abcde"));
    assert_true(is_zero(s.ptr + 5, 3));
    secbuf_drop_head(&s, 2);
    assert_true(span_is_str(secbuf_span(&s), "cde"));
    assert_true(is_zero(s.ptr + 3, 5));
    secbuf_drop_head(&s, 99);
    assert_int_equal(s.len, 0);
    assert_true(is_zero(s.ptr, 8));
    secbuf_put(&s, span_str("x"));
    secbuf_clear(&s);
    assert_true(is_zero(s.ptr, 8));
    secbuf_release(&s);
}

static void
the_maximum_is_kept(void **state)
{
    struct secbuf s;

    (void)state;
    secbuf_init(&s, 3);
    secbuf_put(&s, span_str("abc"));
    assert_int_equal(s.err, ERR_OK);
    secbuf_put_byte(&s, 'd');
    assert_int_equal(s.err, ERR_TOO_LARGE);
    assert_null(secbuf_grow(&s, SIZE_MAX));
    assert_true(span_is_str(secbuf_span(&s), "abc"));
    secbuf_clear(&s);
    assert_int_equal(s.err, ERR_OK);
    secbuf_release(&s);
}

static void
a_full_arena_is_out_of_memory_and_keeps_the_content(void **state)
{
    struct secbuf s;

    (void)state;
    secbuf_init(&s, 1024 * 1024);
    secbuf_put(&s, span_str("kept"));
    assert_null(secbuf_grow(&s, ARENA));
    assert_int_equal(s.err, ERR_NOMEM);
    secbuf_put(&s, span_str("lost"));
    assert_true(span_is_str(secbuf_span(&s), "kept"));
    secbuf_release(&s);
}

static void
moving_leaves_nothing_behind(void **state)
{
    struct secbuf *to = secbuf_new(100), from;

    (void)state;
    assert_non_null(to);
    secbuf_init(&from, 100);
    secbuf_put(to, span_str("old"));
    secbuf_put(&from, span_str("new"));
    secbuf_move(to, &from);
    assert_true(span_is_str(secbuf_span(to), "new"));
    assert_int_equal(from.len, 0);
    assert_null(from.ptr);
    secbuf_release(&from);
    secbuf_free(to);
    secbuf_free(NULL);
}

static void
a_sink_of_a_secret_writes_there(void **state)
{
    struct secbuf s;
    struct sink k;

    (void)state;
    secbuf_init(&s, 100);
    k = sink_sec(&s);
    sink_put_str(k, "....z");
    sink_patch_u32(k, 0, 0x61626364);
    assert_true(span_is_str(secbuf_span(&s), "abcdz"));
    assert_int_equal(sink_len(k), 5);
    secbuf_release(&s);
}

static void
a_forked_child_finds_zeros(void **state)
{
    struct secbuf s;
    int status;
    pid_t pid;

    (void)state;
    secbuf_init(&s, 100);
    secbuf_put(&s, span_str("secret"));
    pid = fork();
    if (pid == 0)
        _exit(is_zero(s.ptr, s.cap) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(span_is_str(secbuf_span(&s), "secret"));
    secbuf_release(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arena_is_rounded_up_to_a_power_of_two),
        cmocka_unit_test_setup_teardown(the_whole_arena_can_be_one_block, start, stop),
        cmocka_unit_test_setup_teardown(an_exhausted_arena_recovers_when_blocks_come_back,
                                        start, stop),
        cmocka_unit_test_setup_teardown(blocks_do_not_overlap_and_come_back_as_zeros, start,
                                        stop),
        cmocka_unit_test_setup_teardown(what_is_freed_is_wiped, start, stop),
        cmocka_unit_test_setup_teardown(what_is_outgrown_is_wiped, start, stop),
        cmocka_unit_test_setup_teardown(what_is_cut_is_wiped, start, stop),
        cmocka_unit_test_setup_teardown(the_maximum_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(a_full_arena_is_out_of_memory_and_keeps_the_content,
                                        start, stop),
        cmocka_unit_test_setup_teardown(moving_leaves_nothing_behind, start, stop),
        cmocka_unit_test_setup_teardown(a_sink_of_a_secret_writes_there, start, stop),
        cmocka_unit_test_setup_teardown(a_forked_child_finds_zeros, start, stop),
    };

    return cmocka_run_group_tests_name("base/secbuf", tests, NULL, NULL);
}
