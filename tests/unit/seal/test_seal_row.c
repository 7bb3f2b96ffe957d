/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed row opens as the object it was sealed for, and as no other. */
#include "seal/row.h"
#include "secmem_fixture.h"

static struct seal_row_key *vault, *other_vault;

static struct row_id
id_of(const char *v, uint8_t kind, const char *name, const char *version)
{
    return (struct row_id){ span_str(v), kind, span_str(name), span_str(version) };
}

static enum err
open_as(const struct seal_row_key *k, struct row_id id, struct span sealed, const char *want)
{
    struct secbuf *out = secbuf_new(4096);
    enum err e;

    secbuf_put(out, span_str("before"));
    e = row_open(k, &id, sealed, out);
    if (e == ERR_OK)
        assert_true(span_is_str(span_tail(secbuf_span(out), 6), want));
    else
        assert_int_equal(out->len, 6);
    secbuf_free(out);
    return e;
}

static struct buf
sealed_for(struct row_id id, const char *plain)
{
    struct buf b;

    buf_init(&b, 4096);
    assert_int_equal(row_seal(vault, &id, span_str(plain), sink_buf(&b)), ERR_OK);
    assert_int_equal(b.len, strlen(plain) + ROW_OVERHEAD);
    return b;
}

static void
row_opens_as_itself(void **state)
{
    struct row_id id = id_of("g1", 1, "NAME", "v1");
    struct buf full = sealed_for(id, "secret"), empty = sealed_for(id, "");

    (void)state;
    assert_int_equal(open_as(vault, id, buf_span(&full), "secret"), ERR_OK);
    assert_int_equal(open_as(vault, id, buf_span(&empty), ""), ERR_OK);
    buf_release(&full);
    buf_release(&empty);
}

static void
same_value_seals_differently_each_time(void **state)
{
    struct row_id id = id_of("g1", 1, "NAME", "v1");
    struct buf a = sealed_for(id, "secret"), b = sealed_for(id, "secret");

    (void)state;
    assert_false(span_is_equal(buf_span(&a), buf_span(&b)));
    buf_release(&a);
    buf_release(&b);
}

static void
row_moved_elsewhere_does_not_open(void **state)
{
    struct buf s = sealed_for(id_of("g1", 1, "NAME", "v1"), "secret");
    const struct row_id moved[] = {
        id_of("g2", 1, "NAME", "v1"), id_of("g1", 2, "NAME", "v1"),
        id_of("g1", 1, "NAMF", "v1"), id_of("g1", 1, "NAME", "v2"),
        id_of("g1", 1, "NAM", "Ev1"), id_of("g1N", 1, "AME", "v1"),
        id_of("g1", 1, "name", "v1"), id_of("g1", 1, "", "v1"),
        id_of("g1", 1, "NAME", ""),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++)
        assert_int_equal(open_as(vault, moved[i], buf_span(&s), NULL), ERR_INTEGRITY);
    assert_int_equal(open_as(other_vault, id_of("g1", 1, "NAME", "v1"), buf_span(&s), NULL),
                     ERR_INTEGRITY);
    buf_release(&s);
}

static void
each_flipped_bit_is_refused(void **state)
{
    struct row_id id = id_of("g1", 1, "NAME", "v1");
    struct buf s = sealed_for(id, "secret");

    (void)state;
    for (size_t i = 0; i < s.len; i++) {
        s.ptr[i] ^= 0x40;
        assert_int_equal(open_as(vault, id, buf_span(&s), NULL),
                         i == 0 ? ERR_FORMAT : ERR_INTEGRITY);
        s.ptr[i] ^= 0x40;
    }
    buf_release(&s);
}

static void
truncated_row_is_refused(void **state)
{
    struct row_id id = id_of("g1", 1, "NAME", "v1");
    struct buf s = sealed_for(id, "secret");

    (void)state;
    for (size_t len = 0; len < s.len; len++)
        assert_int_equal(open_as(vault, id, span_of(s.ptr, len), NULL),
                         len < ROW_OVERHEAD ? ERR_FORMAT : ERR_INTEGRITY);
    buf_release(&s);
}

static void
overlong_identity_is_refused(void **state)
{
    static const char name[ROW_ID_MAX] = { 0 };
    struct row_id id = { span_str("g"), 1, span_of(name, sizeof(name)), span_str("v") };
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    assert_int_equal(row_seal(vault, &id, span_str("x"), sink_buf(&b)), ERR_ARG);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static int
setup(void **state)
{
    return secmem_setup(state) != 0 ||
                   seal_row_key_new(span_str("11111111111111111111111111111111"), &vault) !=
                       ERR_OK ||
                   seal_row_key_new(span_str("22222222222222222222222222222222"),
                                    &other_vault) != ERR_OK
               ? -1
               : 0;
}

static int
teardown(void **state)
{
    seal_row_key_free(vault);
    seal_row_key_free(other_vault);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_opens_as_itself),
        cmocka_unit_test(same_value_seals_differently_each_time),
        cmocka_unit_test(row_moved_elsewhere_does_not_open),
        cmocka_unit_test(each_flipped_bit_is_refused),
        cmocka_unit_test(truncated_row_is_refused),
        cmocka_unit_test(overlong_identity_is_refused),
    };

    return cmocka_run_group_tests_name("seal/row", tests, setup, teardown);
}
