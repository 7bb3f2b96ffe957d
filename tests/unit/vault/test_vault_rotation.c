/* SPDX-License-Identifier: Apache-2.0 */
/* Rotations: a version like the last, once for each time, whoever comes second. */
#include "keys.h"

static void
rotation_makes_a_version_like_the_last(void **state)
{
    struct object_change c = { .has_tags = true,
                               .attrs = { .has_enabled = true, /* disabled, and past its days */
                                          .has_nbf = true,
                                          .nbf = MADE + YEAR,
                                          .has_exp = true,
                                          .exp = MADE + DAY } };
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec(), got;
    struct rotation_due due;
    struct store_write w;
    struct vault_at at;
    struct hex32 first;
    struct object o;

    (void)state;
    d.exportable = true;
    d.nops = 1;
    d.release = (struct release_policy){ .is_set = true,
                                         .content_type = span_str("t"),
                                         .data = span_str("{}") };
    assert_true(tags_add(&c.tags, span_str("a"), span_str("b")));
    assert_int_equal(world_add_key("k1", &d, &c, MADE, &first), ERR_OK);
    keys_put_policy("k1", 90, 0, "P6M");
    keys_scheduled("n-29 r+90");
    /* 91 days later; the notice, long due, goes first. */
    assert_int_equal(keys_first_due(MADE + 91 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_NOTIFY);
    vault_unref(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(keys_first_due(MADE + 91 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_ROTATE);
    assert_true(store_write_is_empty(&w));
    vault_unref(due.vault);
    assert_string_equal(due.rotation.from.text, first.text);
    assert_int_equal(due.rotation.spec.type, KEY_EC);
    assert_int_equal(due.rotation.spec.curve, CURVE_P256);
    assert_int_equal(keys_finish(&due.rotation, MADE + 91 * DAY, &o), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_string_equal(o.v.id.text, due.rotation.id.text);
    assert_string_equal(o.v.previous.text, first.text);
    assert_true(o.v.attrs.enabled && !o.v.attrs.has_nbf && o.v.attrs.has_exp);
    /* 2024-02-13 and six months: to 2024-08-13 */
    assert_int_equal(o.v.attrs.exp, MADE + (91 + 182) * DAY);
    assert_int_equal(o.v.tags.n, 1);
    assert_int_equal(key_detail_read(o.v.detail, &got), ERR_OK);
    assert_true(got.exportable && got.release.is_set && got.nops == 1);
    keys_scheduled("r+181 n+243");
}

static void
rotation_without_a_policy_sets_no_expiry(void **state)
{
    struct object_name name = world_name("k1");
    struct key_rotation r;
    struct vault_at at;
    struct object o;

    (void)state;
    keys_add("k1", MADE + YEAR);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    assert_int_equal(keys_finish(&r, MADE + DAY, &o), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_false(o.v.attrs.has_exp);
    keys_scheduled("");
}

static void
rsa_keeps_size_and_exponent(void **state)
{
    static uint8_t n[384] = { 0xc1 };
    static const uint8_t e[] = { 1, 0, 3 };
    struct key_detail d = { .home = HOME_TOKEN,
                            .public = { .type = KEY_RSA,
                                        .bits = 3072,
                                        .n = span_of(n, sizeof(n)),
                                        .e = span_of(e, sizeof(e)) } };
    struct object_name name = world_name("k1");
    struct key_rotation r;
    struct vault_at at;
    struct secbuf ask;
    struct key_question q;

    (void)state;
    n[383] = 1;
    assert_int_equal(world_add_key("k1", &d, NULL, MADE, NULL), ERR_OK);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    assert_int_equal(r.home, HOME_TOKEN);
    assert_int_equal(r.spec.bits, 3072);
    assert_int_equal(r.spec.exponent, 0x10003);
    secbuf_init(&ask, 16 * 1024);
    key_rotate_ask(&at, &r, sink_sec(&ask));
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_NEW, secbuf_span(&ask), &q), ERR_OK);
    assert_true(span_is_str(q.place.id.name, "K1"));
    assert_true(span_is_str(q.place.id.version, r.id.text));
    assert_int_equal(q.spec.exponent, 0x10003);
    secbuf_release(&ask);
}

/* The clerk died between the provider's answer and the commit: all is as before, and the key
 * that was made is nobody's. */
static void
rotation_that_was_not_committed_is_due_again(void **state)
{
    struct rotation_due one, two;
    struct store_write w;
    struct object o;

    (void)state;
    keys_add("k1", 0);
    keys_put_policy("k1", 90, 0, NULL);
    assert_int_equal(keys_first_due(MADE + 90 * DAY, &w, &one), ERR_OK);
    vault_unref(one.vault);
    assert_int_equal(keys_first_due(MADE + 90 * DAY, &w, &two), ERR_OK);
    vault_unref(two.vault);
    assert_int_equal(keys_finish(&two.rotation, MADE + 90 * DAY, &o), ERR_OK);
    assert_int_equal(world_rows("kv/"), 2);
    /* The first one was only thought dead: it comes too late. */
    assert_int_equal(keys_finish(&one.rotation, MADE + 90 * DAY, &o), ERR_CONFLICT);
    assert_int_equal(world_rows("kv/"), 2);
    keys_scheduled("r+180");
}

static void
rotations_from_the_same_snapshot_make_one_version(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec();
    struct buf answer = keys_answer_of(&d), da, db;
    struct key_rotation a, b;
    struct store_write wa, wb;
    struct vault_at at;
    struct object o;

    (void)state;
    keys_add("k1", 0);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &a), ERR_OK);
    assert_int_equal(key_rotate_begin(&at, &name, &b), ERR_OK);
    store_write_init(&wa);
    store_write_init(&wb);
    buf_init(&da, DETAIL_MAX);
    buf_init(&db, DETAIL_MAX);
    assert_int_equal(key_rotate_compose(&at, &a, buf_span(&answer), MADE, &wa, &da, &o),
                     ERR_OK);
    assert_int_equal(key_rotate_compose(&at, &b, buf_span(&answer), MADE, &wb, &db, &o),
                     ERR_OK);
    assert_int_equal(world_commit(&wa), ERR_OK);
    assert_int_equal(world_commit(&wb), ERR_CONFLICT);
    assert_int_equal(world_rows("kv/"), 2);
    buf_release(&da);
    buf_release(&db);
    buf_release(&answer);
}

static void
rotation_of_what_is_not_there_is_refused(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec();
    struct object_change c = { .has_detail = true, .detail = span_str("no detail") };
    struct key_rotation r;
    struct vault_at at;

    (void)state;
    world.kind = KIND_KEY;
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_KEY_NOT_FOUND);
    assert_int_equal(world_add_key("k1", &d, NULL, MADE, NULL), ERR_OK);
    keys_act(DELETE, "k1");
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_KEY_NOT_FOUND);
    keys_act(RECOVER, "k1");
    assert_int_equal(keys_update("k1", NULL, &c), ERR_OK);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_FORMAT);
}

static void
another_key_than_was_asked_for_is_refused(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail wrong = { .public = { .type = KEY_OCT, .bits = 256 } };
    struct buf answer = keys_answer_of(&wrong), detail;
    struct key_rotation r;
    struct store_write w;
    struct vault_at at;
    struct object o;

    (void)state;
    keys_add("k1", 0);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    store_write_init(&w);
    buf_init(&detail, DETAIL_MAX);
    assert_int_equal(key_rotate_compose(&at, &r, buf_span(&answer), MADE, &w, &detail, &o),
                     ERR_PROTOCOL);
    assert_int_equal(key_rotate_compose(&at, &r, span_str("?"), MADE, &w, &detail, &o),
                     ERR_PROTOCOL);
    assert_true(store_write_is_empty(&w));
    store_write_release(&w);
    buf_release(&detail);
    buf_release(&answer);
}

/* A day in the year 9999 is the last there is. */
static void
expiry_stays_within_the_years_that_there_are(void **state)
{
    struct object_name name = world_name("k1");
    struct key_rotation r;
    struct vault_at at;
    struct object o;

    (void)state;
    keys_add("k1", 0);
    keys_put_policy("k1", 90, 0, "P100Y");
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    assert_int_equal(keys_finish(&r, ATTRS_TIME_MAX - DAY, &o), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_int_equal(o.v.attrs.exp, ATTRS_TIME_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(rotation_makes_a_version_like_the_last),
        T(rotation_without_a_policy_sets_no_expiry),
        T(rsa_keeps_size_and_exponent),
        T(rotation_that_was_not_committed_is_due_again),
        T(rotations_from_the_same_snapshot_make_one_version),
        T(rotation_of_what_is_not_there_is_refused),
        T(another_key_than_was_asked_for_is_refused),
        T(expiry_stays_within_the_years_that_there_are),
    };

    return cmocka_run_group_tests_name("vault/rotation", tests, world_open, world_close);
}
