/* SPDX-License-Identifier: Apache-2.0 */
/* What a purge leaves in a token, until the clerk has it destroyed there. */
#include "vault/key_leftover.h"

#include "keys.h"
#include "vault/vault_deleted.h"

static void
add_token_version(const char *name)
{
    struct key_detail d = world_ec();

    d.home = HOME_TOKEN;
    assert_int_equal(world_add_key(name, &d, NULL, MADE, NULL), ERR_OK);
}

static void
purge_leaves_what_lies_in_a_token(void **state)
{
    struct key_leftover l;
    struct key_place place;
    struct store_write w;
    struct vault_at at;
    unsigned n = 0;

    (void)state;
    keys_add("soft", 0);
    add_token_version("hard");
    add_token_version("hard");
    keys_add("hard", 0); /* a version that is kept here: nothing to destroy */
    keys_act(DELETE, "soft");
    keys_act(PURGE, "soft");
    assert_int_equal(world_rows("kq/"), 0);
    keys_act(DELETE, "hard");
    assert_int_equal(world_rows("kq/"), 0);
    keys_act(PURGE, "hard");
    assert_int_equal(world_rows("kv/"), 0);
    assert_int_equal(world_rows("kq/"), 2);
    for (;; n++) {
        at = world_at();
        if (key_leftover_next(at.rows, at.view, (struct span){ 0 }, &l) == ERR_NOT_FOUND)
            break;
        place = key_leftover_place(&l);
        assert_true(span_is_str(place.id.name, "HARD"));
        assert_true(guid_is_equal(&place.id.vault, &world.vault->id));
        assert_int_equal(place.id.version.len, VERSION_LEN);
        assert_true(place.sealed.len > 0);
        store_write_init(&w);
        key_leftover_drop(&w, &l);
        assert_int_equal(world_commit(&w), ERR_OK);
    }
    assert_int_equal(n, 2);
}

static void
purged_vault_leaves_what_lies_in_a_token(void **state)
{
    struct row_key key;
    struct vault_at at;
    struct store_write w;

    (void)state;
    keys_add("soft", 0);
    add_token_version("hard");
    keys_delete_vault();
    keys_purge_vault();
    at = world_at();
    store_write_init(&w);
    assert_int_equal(purged_vault_sweep(at.rows, at.view,
                                        row_key_make(&key, "vp", world.vault->id.text, NULL),
                                        &w),
                     ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("kv/"), 0);
    assert_int_equal(world_rows("kn/"), 0);
    assert_int_equal(world_rows("kq/"), 1);
}

static void
question_for_a_leftover_is_one_the_token_reads(void **state)
{
    struct key_question q;
    struct key_leftover l;
    struct key_place place;
    struct secbuf ask;
    struct vault_at at;

    (void)state;
    add_token_version("hard");
    keys_act(DELETE, "hard");
    keys_act(PURGE, "hard");
    at = world_at();
    assert_int_equal(key_leftover_next(at.rows, at.view, (struct span){ 0 }, &l), ERR_OK);
    place = key_leftover_place(&l);
    secbuf_init(&ask, 16 * 1024);
    keeper_pack_key_destroy(sink_sec(&ask), &place);
    assert_int_equal(keeper_unpack_key(KEEPER_KEY_DESTROY, secbuf_span(&ask), &q), ERR_OK);
    assert_true(span_is_equal(q.place.sealed, l.sealed));
    secbuf_release(&ask);
}

static void
leftover_that_cannot_be_read_can_be_passed_by(void **state)
{
    struct span forged = span_str("0123456789abcdefgh");
    struct key_leftover l;
    struct vault_at at;

    (void)state;
    add_token_version("hard");
    keys_act(DELETE, "hard");
    keys_act(PURGE, "hard");
    world_tamper(span_str("kq/0"), &forged);
    at = world_at();
    assert_int_equal(key_leftover_next(at.rows, at.view, (struct span){ 0 }, &l),
                     ERR_INTEGRITY);
    assert_int_equal(key_leftover_next(at.rows, at.view, span_of(l.key.text, l.key.len), &l),
                     ERR_OK);
    assert_int_equal(key_leftover_next(at.rows, at.view, span_of(l.key.text, l.key.len), &l),
                     ERR_NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(purge_leaves_what_lies_in_a_token),
        T(purged_vault_leaves_what_lies_in_a_token),
        T(question_for_a_leftover_is_one_the_token_reads),
        T(leftover_that_cannot_be_read_can_be_passed_by),
    };

    return cmocka_run_group_tests_name("vault/key_leftover", tests, world_open, world_close);
}
