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

static bool
note_key(void *arg, const struct store_row *row)
{
    struct row_key *k = arg;

    memcpy(k->text, row->key.ptr, row->key.len);
    k->len = row->key.len;
    return false;
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

/* A write that adds a version of that name to what the view sees. */
static void
compose(const char *name, enum key_home home, struct store_write *w)
{
    struct vault_at at = world_at();
    struct object_change c = { .has_detail = true };
    struct object_name n = world_name(name);
    struct hex32 version = hex32_new();
    struct key_detail d = world_ec();
    struct object out;
    struct buf detail;

    d.home = home;
    buf_init(&detail, 4096);
    key_detail_pack(sink_buf(&detail), &d);
    c.detail = buf_span(&detail);
    store_write_init(w);
    assert_int_equal(object_add(&at, &n, &version, &c, span_str("where it is"), MADE, w, &out),
                     ERR_OK);
    buf_release(&detail);
}

/* Two make a version of one key; whose commit comes second has a key too many in the token. */
static void
key_whose_row_was_not_written_is_left_over(void **state)
{
    struct store_write first, second, left;
    struct key_leftover l;
    struct vault_at at;
    bool lives = true;

    (void)state;
    world.kind = KIND_KEY;
    compose("both", HOME_TOKEN, &first);
    compose("both", HOME_TOKEN, &second);
    assert_int_equal(world_commit(&first), ERR_OK);
    store_write_init(&left);
    at = world_at();
    key_leftover_regret(at.rows, at.view, buf_span(&second.bytes), &left);
    assert_int_equal(left.count, 1);
    assert_int_equal(world_commit(&second), ERR_CONFLICT);
    assert_int_equal(world_commit(&left), ERR_OK);
    assert_int_equal(world_rows("kv/"), 1);
    assert_int_equal(world_rows("kq/"), 1);
    at = world_at();
    assert_int_equal(key_leftover_next(at.rows, at.view, (struct span){ 0 }, &l), ERR_OK);
    assert_true(span_is_str(l.sealed, "where it is"));
    assert_int_equal(key_leftover_lives(at.view, span_of(l.key.text, l.key.len), &lives),
                     ERR_OK);
    assert_false(lives);
}

/* However it came to be thought of as lost: a version that is there is not given away. */
static void
key_whose_row_is_there_is_none(void **state)
{
    struct store_write w, soft, left;
    struct row_key key = { .len = 0 };
    struct vault_at at;
    struct span packed;
    struct buf copy;
    bool lives = false;

    (void)state;
    world.kind = KIND_KEY;
    compose("there", HOME_TOKEN, &w);
    buf_init(&copy, 64 * 1024);
    buf_put(&copy, buf_span(&w.bytes));
    packed = buf_span(&copy);
    assert_int_equal(world_commit(&w), ERR_OK);
    compose("software", HOME_SOFTWARE, &soft);
    store_write_init(&left);
    at = world_at();
    key_leftover_regret(at.rows, at.view, packed, &left);
    key_leftover_regret(at.rows, at.view, buf_span(&soft.bytes), &left);
    assert_true(store_write_is_empty(&left));
    assert_int_equal(
        store_scan(at.view, span_str("kv/"), (struct span){ 0 }, 1, note_key, &key), ERR_OK);
    memcpy(key.text, "kq", 2);
    assert_int_equal(key_leftover_lives(at.view, span_of(key.text, key.len), &lives), ERR_OK);
    assert_true(lives);
    store_write_release(&soft);
    store_write_release(&left);
    buf_release(&copy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(purge_leaves_what_lies_in_a_token),
        T(purged_vault_leaves_what_lies_in_a_token),
        T(question_for_a_leftover_is_one_the_token_reads),
        T(key_whose_row_was_not_written_is_left_over),
        T(key_whose_row_is_there_is_none),
        T(leftover_that_cannot_be_read_can_be_passed_by),
    };

    return cmocka_run_group_tests_name("vault/key_leftover", tests, world_open, world_close);
}
