/* SPDX-License-Identifier: Apache-2.0 */
/* A row is what was put under its key, or it is refused. */
#include "vault/row.h"

#include "world.h"

static const char secret_text[] = "payload";

static void
put(const char *key, const char *payload)
{
    struct store_write w;

    store_write_init(&w);
    row_put(world.rows, &w, span_str(key), span_str(payload));
    assert_int_equal(world_commit(&w), ERR_OK);
}

static enum err
get(const char *key, struct row *row)
{
    struct vault_at at = world_at();

    return row_get(world.rows, at.view, span_str(key), row);
}

static void
row_comes_back_with_its_revision(void **state)
{
    struct row row;

    (void)state;
    put("sn/a", secret_text);
    assert_int_equal(get("sn/a", &row), ERR_OK);
    assert_true(span_is_str(row.payload, secret_text));
    assert_true(row.revision > 0);
    put("sn/empty", "");
    assert_int_equal(get("sn/empty", &row), ERR_OK);
    assert_int_equal(row.payload.len, 0);
    assert_int_equal(get("sn/b", &row), ERR_NOT_FOUND);
}

static void
every_changed_bit_is_refused(void **state)
{
    struct buf raw;
    struct row row;

    (void)state;
    put("sn/a", secret_text);
    raw = world_raw(span_str("sn/a"));
    assert_int_equal(raw.len, strlen(secret_text) + ROW_TAG_LEN);
    for (size_t i = 0; i < raw.len * 8; i++) {
        struct span changed = buf_span(&raw);

        raw.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
        world_tamper(span_str("sn/a"), &changed);
        assert_int_equal(get("sn/a", &row), ERR_INTEGRITY);
        assert_null(row.payload.ptr);
        raw.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    buf_release(&raw);
}

static void
row_moved_to_another_key_is_refused(void **state)
{
    struct buf raw;
    struct span value;
    struct row row;

    (void)state;
    put("sn/a", secret_text);
    raw = world_raw(span_str("sn/a"));
    value = buf_span(&raw);
    world_tamper(span_str("sn/b"), &value);
    assert_int_equal(get("sn/b", &row), ERR_INTEGRITY);
    assert_int_equal(get("sn/a", &row), ERR_OK);
    buf_release(&raw);
}

static void
row_cut_short_is_refused(void **state)
{
    struct buf raw;
    struct row row;

    (void)state;
    put("sn/a", secret_text);
    raw = world_raw(span_str("sn/a"));
    for (size_t n = 0; n < raw.len; n++) {
        struct span cut = span_head(buf_span(&raw), n);

        world_tamper(span_str("sn/a"), &cut);
        assert_int_equal(get("sn/a", &row), ERR_INTEGRITY);
    }
    buf_release(&raw);
}

static void
row_of_another_installation_is_refused(void **state)
{
    uint8_t key[ROW_KEY_LEN] = { 9 };
    struct rows *other;
    struct row row;
    struct vault_at at;

    (void)state;
    put("sn/a", secret_text);
    assert_int_equal(rows_new(span_of(key, sizeof(key)), &other), ERR_OK);
    at = world_at();
    assert_int_equal(row_get(other, at.view, span_str("sn/a"), &row), ERR_INTEGRITY);
    rows_free(other);
    assert_int_equal(rows_new(span_of(key, 31), &other), ERR_ARG);
    assert_null(other);
}

static void
tags_over_other_things_differ_by_label_and_part(void **state)
{
    struct span ab[] = { span_str("a"), span_str("b") }, a_b[] = { span_str("ab") };
    uint8_t t[4][ROW_TAG_LEN];

    (void)state;
    assert_int_equal(rows_mac(world.rows, "one", ab, 2, t[0]), ERR_OK);
    assert_int_equal(rows_mac(world.rows, "two", ab, 2, t[1]), ERR_OK);
    assert_int_equal(rows_mac(world.rows, "one", a_b, 1, t[2]), ERR_OK);
    assert_int_equal(rows_mac(world.rows, "one", ab, 2, t[3]), ERR_OK);
    assert_memory_not_equal(t[0], t[1], ROW_TAG_LEN);
    assert_memory_not_equal(t[0], t[2], ROW_TAG_LEN);
    assert_memory_equal(t[0], t[3], ROW_TAG_LEN);
}

static void
keys_are_parts_with_slashes_between(void **state)
{
    struct row_key k;

    (void)state;
    assert_true(span_is_str(row_key_make(&k, "sv", "v", "NAME", "1", NULL), "sv/v/NAME/1"));
    assert_true(span_is_str(row_key_make(&k, "sv", "v", "", NULL), "sv/v/"));
    assert_true(span_is_str(row_key_make(&k, "sv", NULL), "sv"));
}

static void
failure_to_compose_a_row_sticks_to_the_write(void **state)
{
    struct buf payload;
    struct store_write w;

    (void)state;
    buf_init(&payload, 2);
    buf_put_str(&payload, "three");
    store_write_init(&w);
    row_put_buf(world.rows, &w, span_str("sn/a"), &payload);
    assert_int_equal(world_commit(&w), ERR_TOO_LARGE);
    assert_int_equal(world_rows("sn/"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(row_comes_back_with_its_revision),
        T(every_changed_bit_is_refused),
        T(row_moved_to_another_key_is_refused),
        T(row_cut_short_is_refused),
        T(row_of_another_installation_is_refused),
        T(tags_over_other_things_differ_by_label_and_part),
        T(keys_are_parts_with_slashes_between),
        T(failure_to_compose_a_row_sticks_to_the_write),
    };

    return cmocka_run_group_tests_name("vault/row", tests, world_open, world_close);
}
