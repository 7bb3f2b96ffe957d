/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapped keys open for their purpose and id under their root key, and for nothing else. */
#include "seal/wrap.h"
#include "secmem_fixture.h"

static struct root_key *root, *other;
static const char key_text[] = "0123456789abcdef0123456789abcdef";

static struct buf
wrapped_for(uint8_t purpose, const char *id)
{
    struct buf b;

    buf_init(&b, 4096);
    assert_int_equal(wrap_seal(root, purpose, span_str(id), span_str(key_text), sink_buf(&b)),
                     ERR_OK);
    return b;
}

static enum err
open_as(const struct root_key *r, uint8_t purpose, const char *id, struct span wrapped)
{
    struct secbuf *out = secbuf_new(4096);
    enum err e;

    secbuf_put(out, span_str("before"));
    e = wrap_open(r, purpose, span_str(id), wrapped, out);
    if (e == ERR_OK)
        assert_true(span_is_str(span_tail(secbuf_span(out), 6), key_text));
    else
        assert_int_equal(out->len, 6);
    secbuf_free(out);
    return e;
}

static void
wrapped_key_opens(void **state)
{
    struct buf w = wrapped_for(1, "vault-a");
    struct span id;

    (void)state;
    assert_int_equal(w.len, WRAP_OVERHEAD + strlen(key_text));
    assert_int_equal(open_as(root, 1, "vault-a", buf_span(&w)), ERR_OK);
    assert_int_equal(wrap_root_id(buf_span(&w), &id), ERR_OK);
    assert_true(span_is_equal(id, root_key_id(root)));
    buf_release(&w);
}

static void
other_purpose_or_id_is_refused(void **state)
{
    struct buf w = wrapped_for(1, "vault-a");

    (void)state;
    assert_int_equal(open_as(root, 2, "vault-a", buf_span(&w)), ERR_INTEGRITY);
    assert_int_equal(open_as(root, 1, "vault-b", buf_span(&w)), ERR_INTEGRITY);
    assert_int_equal(open_as(root, 1, "vault-", buf_span(&w)), ERR_INTEGRITY);
    assert_int_equal(open_as(root, 1, "", buf_span(&w)), ERR_INTEGRITY);
    buf_release(&w);
}

static void
other_root_key_is_told_apart_from_damage(void **state)
{
    struct buf w = wrapped_for(1, "vault-a");

    (void)state;
    assert_int_equal(open_as(other, 1, "vault-a", buf_span(&w)), ERR_WRONG_KEY);
    /* The id of the other root key written over ours does not help. */
    memcpy(w.ptr + 1, root_key_id(other).ptr, ROOT_ID_LEN);
    assert_int_equal(open_as(other, 1, "vault-a", buf_span(&w)), ERR_INTEGRITY);
    buf_release(&w);
}

static void
each_flipped_bit_is_refused(void **state)
{
    struct buf w = wrapped_for(3, "rows");

    (void)state;
    for (size_t i = 0; i < w.len; i++) {
        enum err want = i == 0 ? ERR_FORMAT : i <= ROOT_ID_LEN ? ERR_WRONG_KEY : ERR_INTEGRITY;

        w.ptr[i] ^= 0x20;
        assert_int_equal(open_as(root, 3, "rows", buf_span(&w)), want);
        w.ptr[i] ^= 0x20;
    }
    buf_release(&w);
}

static void
truncated_or_lengthened_is_refused(void **state)
{
    struct buf w = wrapped_for(3, "rows");

    (void)state;
    for (size_t len = 0; len < w.len; len++)
        assert_int_equal(open_as(root, 3, "rows", span_of(w.ptr, len)),
                         len < WRAP_OVERHEAD ? ERR_FORMAT : ERR_INTEGRITY);
    buf_put_byte(&w, 0);
    assert_int_equal(open_as(root, 3, "rows", buf_span(&w)), ERR_INTEGRITY);
    buf_release(&w);
}

static void
full_sink_leaves_nothing_behind(void **state)
{
    struct buf small;

    (void)state;
    buf_init(&small, 16);
    assert_int_equal(wrap_seal(root, 1, span_str("v"), span_str(key_text), sink_buf(&small)),
                     ERR_TOO_LARGE);
    assert_int_equal(small.len, 0);
    buf_release(&small);
}

static int
setup(void **state)
{
    return secmem_setup(state) != 0 || root_key_new(&root) != ERR_OK ||
                   root_key_new(&other) != ERR_OK
               ? -1
               : 0;
}

static int
teardown(void **state)
{
    root_key_free(root);
    root_key_free(other);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapped_key_opens),
        cmocka_unit_test(other_purpose_or_id_is_refused),
        cmocka_unit_test(other_root_key_is_told_apart_from_damage),
        cmocka_unit_test(each_flipped_bit_is_refused),
        cmocka_unit_test(truncated_or_lengthened_is_refused),
        cmocka_unit_test(full_sink_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("seal/wrap", tests, setup, teardown);
}
