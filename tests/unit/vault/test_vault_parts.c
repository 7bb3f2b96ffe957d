/* SPDX-License-Identifier: Apache-2.0 */
/* Names, attributes, tags and the bytes of a version's description. */
#include "vault/attrs.h"
#include "vault/due.h"
#include "vault/name.h"
#include "vault/object_kind.h"
#include "vault/object_version.h"
#include "vault/secret.h"
#include "vault/tags.h"
#include "world.h"

static void
names_keep_their_spelling_beside_the_key(void **state)
{
    struct object_name n;

    (void)state;
    assert_true(object_name_parse(span_str("aZ-09"), &n));
    assert_string_equal(n.spelled, "aZ-09");
    assert_string_equal(n.key, "AZ-09");
}

static void
bad_names_are_refused(void **state)
{
    static const char *const bad[] = { "",    "a_b", "a b", "a/b",  "a.b",
                                       "a%2", "\n",  "a\n", "\xff", "\xc3\xa4" };
    char text[MAX_OBJECT_NAME + 1];
    struct object_name n;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(object_name_parse(span_str(bad[i]), &n));
        assert_string_equal(n.key, "");
    }
    memset(text, 'a', sizeof(text));
    assert_true(object_name_parse(span_of(text, 127), &n));
    assert_false(object_name_parse(span_of(text, 128), &n));
    assert_false(object_name_parse(span_of("a\0b", 3), &n));
}

static void
characters_are_utf16_units(void **state)
{
    (void)state;
    assert_int_equal(utf16_len(span_str("")), 0);
    assert_int_equal(utf16_len(span_str("abc")), 3);
    assert_int_equal(utf16_len(span_str("\xc3\xa4")), 1);
    assert_int_equal(utf16_len(span_str("\xe2\x82\xac")), 1);
    assert_int_equal(utf16_len(span_str("\xf0\x9f\x98\x80")), 2);
    assert_int_equal(utf16_len(span_of("\0", 1)), 1);
}

static void
tags_stop_at_their_limits(void **state)
{
    char text[MAX_TAG_CHARS + 1], name[4];
    struct tags t = { 0 };

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_false(tags_add(&t, span_str(""), span_str("v")));
    assert_false(tags_add(&t, span_of(text, sizeof(text)), span_str("v")));
    assert_false(tags_add(&t, span_str("n"), span_of(text, sizeof(text))));
    assert_true(tags_add(&t, span_of(text, MAX_TAG_CHARS), span_of(text, MAX_TAG_CHARS)));
    for (int i = 1; i < MAX_TAGS; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        assert_true(tags_add(&t, span_str(name), span_str("")));
    }
    assert_false(tags_add(&t, span_str("more"), span_str("")));
    assert_int_equal(t.n, MAX_TAGS);
}

static void
attribute_times_have_bounds(void **state)
{
    (void)state;
    assert_true(attrs_time_is_ok(0));
    assert_true(attrs_time_is_ok(32503680000));
    assert_true(attrs_time_is_ok(ATTRS_TIME_MAX));
    assert_false(attrs_time_is_ok(-1));
    assert_false(attrs_time_is_ok(ATTRS_TIME_MAX + 1));
    assert_false(attrs_time_is_ok(INT64_MAX));
}

static struct buf
meta_of(const struct object_version *v)
{
    struct buf b;

    buf_init(&b, OBJECT_META_MAX);
    object_meta_pack(sink_buf(&b), v);
    assert_int_equal(b.err, ERR_OK);
    return b;
}

static void
description_survives_its_bytes(void **state)
{
    struct object_version v = {
        .previous = hex32_new(),
        .attrs = { .enabled = true, .has_nbf = true, .nbf = 5, .created = 6, .updated = 7 },
        .detail = span_str("\1")
    };
    struct object_version got = { 0 };
    struct buf b;

    (void)state;
    assert_true(tags_add(&v.tags, span_str("k"), span_str("\xe2\x82\xac")));
    b = meta_of(&v);
    assert_int_equal(object_meta_read(buf_span(&b), &got), ERR_OK);
    assert_string_equal(got.previous.text, v.previous.text);
    assert_true(got.attrs.enabled && got.attrs.has_nbf && !got.attrs.has_exp);
    assert_true(span_is_str(got.detail, "\1"));
    assert_int_equal(got.attrs.nbf, 5);
    assert_int_equal(got.attrs.created, 6);
    assert_int_equal(got.attrs.updated, 7);
    assert_int_equal(got.tags.n, 1);
    assert_true(span_is_equal(got.tags.tag[0].value, v.tags.tag[0].value));
    buf_release(&b);
}

static void
description_cut_anywhere_is_refused(void **state)
{
    struct object_version v = { .attrs = { .enabled = true } }, got = { 0 };
    struct buf b;

    (void)state;
    assert_true(tags_add(&v.tags, span_str("k"), span_str("v")));
    b = meta_of(&v);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(object_meta_read(span_head(buf_span(&b), n), &got), ERR_FORMAT);
    buf_put_byte(&b, 0);
    assert_int_equal(object_meta_read(buf_span(&b), &got), ERR_FORMAT);
    b.ptr[0] = 0xff; /* unknown flags */
    assert_int_equal(object_meta_read(span_head(buf_span(&b), b.len - 1), &got), ERR_FORMAT);
    buf_release(&b);
}

static void
largest_description_fits(void **state)
{
    struct object_version v = { 0 };
    char text[MAX_TAG_CHARS * 3];
    char *detail = calloc(1, DETAIL_MAX);
    struct buf b;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    assert_non_null(detail);
    v.detail = span_of(detail, DETAIL_MAX);
    for (int i = 0; i < MAX_TAGS; i++)
        assert_true(
            tags_add(&v.tags, span_of(text, sizeof(text)), span_of(text, sizeof(text))));
    b = meta_of(&v);
    assert_int_equal(object_meta_read(buf_span(&b), &v), ERR_OK);
    buf_release(&b);
    free(detail);
}

static void
details_of_secrets_are_empty_or_a_content_type(void **state)
{
    static const char *const bad[] = { "\2text", "t", "\377" };
    char text[MAX_CONTENT_TYPE_BYTES + 2];
    uint8_t room[SECRET_DETAIL_MAX];
    struct object_change c = { 0 };
    struct secret_detail d;

    (void)state;
    assert_int_equal(secret_detail_read(span_str(""), &d), ERR_OK);
    assert_false(d.has_type);
    assert_true(secret_detail_set(&c, span_str(""), room));
    assert_int_equal(secret_detail_read(c.detail, &d), ERR_OK);
    assert_true(d.has_type && d.content_type.len == 0);
    memset(text, 1, sizeof(text));
    assert_true(secret_detail_set(&c, span_of(text, MAX_CONTENT_TYPE_BYTES), room));
    assert_int_equal(secret_detail_read(c.detail, &d), ERR_OK);
    assert_int_equal(d.content_type.len, MAX_CONTENT_TYPE_BYTES);
    c = (struct object_change){ 0 };
    assert_false(secret_detail_set(&c, span_of(text, MAX_CONTENT_TYPE_BYTES + 1), room));
    assert_false(c.has_detail);
    assert_int_equal(secret_detail_read(span_of(text, sizeof(text)), &d), ERR_FORMAT);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(secret_detail_read(span_str(bad[i]), &d), ERR_FORMAT);
}

/* As they stand in stores. */
static void
kinds_have_rows_of_their_own(void **state)
{
    static const enum object_kind kinds[] = { KIND_SECRET, KIND_KEY, KIND_CERTIFICATE };
    enum object_kind found;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct object_kind_info *k = object_kind_info(kinds[i]);

        assert_int_equal(k->live_prefix[0], k->purge_letter);
        assert_int_equal(k->word[0], k->purge_letter);
        assert_string_equal(k->live_prefix + 1, "n");
        assert_string_equal(k->gone_prefix + 1, "d");
        assert_string_equal(k->version_prefix + 1, "v");
        assert_true(object_kind_of_letter(k->purge_letter, &found));
        assert_int_equal(found, kinds[i]);
    }
    assert_false(object_kind_of_letter('x', &found));
    assert_false(object_kind_of_letter('\0', &found));
    assert_false(object_kind_of_letter('S', &found));
}

static void
times_in_keys_sort_as_bytes(void **state)
{
    static const char *const bad[] = { "",
                                       "0000000065530f80",
                                       "000000006553f10/s",
                                       "000000006553F100/",
                                       "ffffffffffffffff/",
                                       "00000000655 f100/",
                                       "0000000065530f80 " };
    char a[DUE_TEXT], b[DUE_TEXT];
    int64_t t;

    (void)state;
    due_text(1700000000, a);
    assert_string_equal(a, "000000006553f100");
    due_text(1700000001, b);
    assert_true(strcmp(a, b) < 0);
    due_text(INT64_MAX, b);
    assert_true(strcmp(a, b) < 0);
    assert_true(due_read(span_str("000000006553f100/s/x"), &t));
    assert_int_equal(t, 1700000000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(due_read(span_str(bad[i]), &t));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_their_spelling_beside_the_key),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(characters_are_utf16_units),
        cmocka_unit_test(tags_stop_at_their_limits),
        cmocka_unit_test(attribute_times_have_bounds),
        cmocka_unit_test(description_survives_its_bytes),
        cmocka_unit_test(description_cut_anywhere_is_refused),
        cmocka_unit_test(largest_description_fits),
        cmocka_unit_test(details_of_secrets_are_empty_or_a_content_type),
        cmocka_unit_test(kinds_have_rows_of_their_own),
        cmocka_unit_test(times_in_keys_sort_as_bytes),
    };

    return cmocka_run_group_tests_name("vault/parts", tests, NULL, NULL);
}
