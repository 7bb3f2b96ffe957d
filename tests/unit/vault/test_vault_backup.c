/* SPDX-License-Identifier: Apache-2.0 */
/* Backup blobs: there and back, and everything that may not come back. */
#include "vault/backup.h"

#include "base/clock.h"
#include "vault/object_deleted.h"
#include "vault/object_list.h"
#include "vault/rotation_policy.h"
#include "world.h"

#define OTHER_SUBSCRIPTION "33333333-3333-4333-8333-333333333333"

static struct secbuf ask, answer;

static struct span
keeper(enum keeper_op op, enum err want)
{
    secbuf_clear(&answer);
    assert_int_equal(world_keeper(op, secbuf_span(&ask), &answer), want);
    secbuf_clear(&ask);
    return secbuf_span(&answer);
}

/* The subscription's key, made and stored if there is none. */
static void
key_of(struct backup_key *key)
{
    struct vault_at at = world_at();
    struct store_write w;

    if (backup_key_get(&at, key) == ERR_OK)
        return;
    backup_key_ask(&at, sink_sec(&ask));
    assert_int_equal(backup_key_adopt(&at, keeper(KEEPER_KEY_NEW, ERR_OK), key), ERR_OK);
    assert_true(key->fresh);
    store_write_init(&w);
    backup_key_store(&at, key, WORLD_NOW, &w);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static enum err
begin(const char *name, struct backup **out)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();

    return backup_begin(&at, &n, WORLD_NOW, out);
}

static struct buf
backup_of(const char *name)
{
    struct backup_key key;
    struct backup *b;
    struct vault_at at;
    struct span blob;
    struct buf copy;

    key_of(&key);
    assert_int_equal(begin(name, &b), ERR_OK);
    at = world_at();
    for (unsigned i = 0; i < backup_count(b); i++) {
        assert_int_equal(backup_ask(b, &at, i, &key, sink_sec(&ask)), ERR_OK);
        assert_int_equal(backup_add(b, i, keeper(KEEPER_TRANSFER, ERR_OK)), ERR_OK);
    }
    assert_int_equal(backup_end(b, world.rows, &blob), ERR_OK);
    buf_init(&copy, BACKUP_BLOB_MAX);
    buf_put(&copy, blob);
    backup_free(b);
    return copy;
}

static enum err
restore_of(struct span blob)
{
    struct vault_at at = world_at();
    struct backup_key key;
    struct store_write w;
    struct restore r;
    struct object out;
    enum err e;

    e = restore_read(world.rows, &world.vault->subscription, world.kind, blob, &r);
    if (e == ERR_OK)
        e = restore_check(&at, &r);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    assert_int_equal(backup_key_get(&at, &key), ERR_OK);
    while (restore_next(&r)) {
        restore_ask(&at, &r, &key, sink_sec(&ask));
        restore_add(&at, &r, keeper(KEEPER_TRANSFER, ERR_OK), &w);
    }
    assert_int_equal(restore_end(&at, &r, &w, &out), ERR_OK);
    assert_string_equal(out.v.id.text, r.current.text);
    return world_commit(&w);
}

static void
wipe_out(const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object s;

    store_write_init(&w);
    assert_int_equal(object_delete(&at, &n, WORLD_NOW, &w, &s), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    store_write_init(&w);
    assert_int_equal(object_purge(&at, &n, &w), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
restored_secret_is_what_was_backed_up(void **state)
{
    struct object_change c = world_typed("t");
    struct object_name db = world_name("db");
    struct hex32 one, two;
    struct vault_at at;
    struct object s;
    struct buf blob;
    char value[8];

    (void)state;
    assert_true(tags_add(&c.tags, span_str("a"), span_str("b")));
    assert_int_equal(world_set("Db", "1", &c, WORLD_NOW, &one), ERR_OK);
    clock_set_offset(1); /* of ids made in one moment either may come first */
    assert_int_equal(world_set("Db", "2", NULL, WORLD_NOW + 1, &two), ERR_OK);
    clock_set_offset(0);
    blob = backup_of("DB");
    wipe_out("db");
    assert_int_equal(world_rows("s"), 0);
    assert_int_equal(restore_of(buf_span(&blob)), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &db, NULL, &s), ERR_OK);
    assert_string_equal(s.head.name.spelled, "Db");
    assert_string_equal(s.v.id.text, two.text);
    assert_string_equal(s.v.previous.text, one.text);
    assert_string_equal(s.v.older.text, one.text);
    assert_string_equal(s.head.newest.text, two.text);
    assert_int_equal(s.v.attrs.created, WORLD_NOW + 1);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "2");
    assert_int_equal(object_get(&at, &db, &one, &s), ERR_OK);
    assert_string_equal(world_type(&s), "t");
    assert_int_equal(s.v.tags.n, 1);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "1");
    assert_int_equal(world_set("db", "3", NULL, WORLD_NOW, NULL), ERR_OK);
    buf_release(&blob);
}

static enum err
count_version(void *arg, const struct object *o)
{
    (void)o;
    ++*(unsigned *)arg;
    return ERR_OK;
}

/* The clock was set back between them, or both are of one millisecond: the first of the blob
 * has a previous version, which comes behind it. The chain still ends. */
static void
versions_whose_ids_are_not_in_order_come_back_once_each(void **state)
{
    struct object_name db = world_name("db");
    struct list_page page = { .max = PAGE_MAX };
    struct hex32 one, two;
    struct vault_at at;
    struct buf blob;
    unsigned n = 0;

    (void)state;
    clock_set_offset(7);
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &one), ERR_OK);
    clock_set_offset(0);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, &two), ERR_OK);
    assert_true(strcmp(two.text, one.text) < 0);
    blob = backup_of("db");
    wipe_out("db");
    assert_int_equal(restore_of(buf_span(&blob)), ERR_OK);
    at = world_at();
    assert_int_equal(object_list_versions(&at, &db, &page, count_version, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_false(page.more);
    wipe_out("db");
    assert_int_equal(world_rows("s"), 0);
    buf_release(&blob);
}

static void
blob_restores_into_another_vault_of_the_subscription(void **state)
{
    struct object_name db = world_name("db");
    struct vault_at at;
    struct object s;
    struct buf blob;
    char value[8];

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("db");
    world_add_vault("second", WORLD_SUBSCRIPTION, 90, false);
    assert_int_equal(restore_of(buf_span(&blob)), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &db, NULL, &s), ERR_OK);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "1");
    world_add_vault("third", OTHER_SUBSCRIPTION, 90, false);
    assert_int_equal(restore_of(buf_span(&blob)), ERR_BAD_BACKUP);
    buf_release(&blob);
}

static void
taken_names_are_not_restored_over(void **state)
{
    struct object_name db = world_name("db");
    struct store_write w;
    struct vault_at at;
    struct object s;
    struct buf blob;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("db");
    assert_int_equal(restore_of(buf_span(&blob)), ERR_RESTORE_CONFLICT);
    at = world_at();
    store_write_init(&w);
    assert_int_equal(object_delete(&at, &db, WORLD_NOW, &w, &s), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(restore_of(buf_span(&blob)), ERR_SOFT_DELETED);
    buf_release(&blob);
}

static void
no_bit_of_a_blob_can_change(void **state)
{
    struct restore r;
    struct buf blob;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("db");
    for (size_t i = 0; i < blob.len * 8; i++) {
        blob.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(restore_read(world.rows, &world.vault->subscription, KIND_SECRET,
                                      buf_span(&blob), &r),
                         ERR_BAD_BACKUP);
        blob.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t n = 0; n < blob.len; n++)
        assert_int_equal(restore_read(world.rows, &world.vault->subscription, KIND_SECRET,
                                      span_head(buf_span(&blob), n), &r),
                         ERR_BAD_BACKUP);
    buf_put_byte(&blob, 0);
    assert_int_equal(
        restore_read(world.rows, &world.vault->subscription, KIND_SECRET, buf_span(&blob), &r),
        ERR_BAD_BACKUP);
    buf_release(&blob);
}

static void
value_of_one_version_does_not_open_as_another(void **state)
{
    struct vault_at at;
    struct backup_key key;
    struct restore r;
    struct buf blob;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("db");
    key_of(&key);
    at = world_at();
    assert_int_equal(
        restore_read(world.rows, &world.vault->subscription, KIND_SECRET, buf_span(&blob), &r),
        ERR_OK);
    assert_true(restore_next(&r));
    r.version.id = hex32_new();
    restore_ask(&at, &r, &key, sink_sec(&ask));
    (void)keeper(KEEPER_TRANSFER, ERR_INTEGRITY);
    buf_release(&blob);
}

static void
blob_holds_no_value_in_the_clear(void **state)
{
    static const char canary[] = "canary-of-the-backup";
    struct buf blob;

    (void)state;
    assert_int_equal(world_set("db", canary, NULL, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("db");
    for (size_t i = 0; i + sizeof(canary) <= blob.len; i++)
        assert_false(span_has_prefix(span_tail(buf_span(&blob), i), span_str(canary)));
    buf_release(&blob);
}

static void
backup_stops_at_500_versions(void **state)
{
    struct backup *b;

    (void)state;
    assert_int_equal(begin("db", &b), ERR_SECRET_NOT_FOUND);
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    world_add_versions("db", MAX_BACKUP_VERSIONS - 1);
    assert_int_equal(begin("db", &b), ERR_OK);
    assert_int_equal(backup_count(b), MAX_BACKUP_VERSIONS);
    backup_free(b);
    assert_int_equal(world_set("db", "501", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(begin("db", &b), ERR_TOO_MANY_VERSIONS);
    assert_null(b);
}

static void
backup_key_row_is_made_once(void **state)
{
    struct backup_key one, two;
    struct vault_at at = world_at();
    struct store_write w;

    (void)state;
    assert_int_equal(backup_key_get(&at, &one), ERR_NOT_FOUND);
    backup_key_ask(&at, sink_sec(&ask));
    assert_int_equal(backup_key_adopt(&at, keeper(KEEPER_KEY_NEW, ERR_OK), &two), ERR_OK);
    key_of(&one);
    at = world_at();
    store_write_init(&w);
    backup_key_store(&at, &two, WORLD_NOW, &w);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    assert_int_equal(backup_key_adopt(&at, span_str("x"), &two), ERR_PROTOCOL);
}

static int
setup(void **state)
{
    if (world_open(state) != 0)
        return -1;
    secbuf_init(&ask, 256 * 1024);
    secbuf_init(&answer, 256 * 1024);
    return 0;
}

static int
teardown(void **state)
{
    secbuf_release(&ask);
    secbuf_release(&answer);
    return world_close(state);
}

/* --------------------------------------------------------------------------- keys */

static void
put_policy(const char *key)
{
    struct rotation_policy p = { .created = 7, .updated = 8, .order = { ACTION_ROTATE } };
    struct vault_at at = world_at();
    struct store_write w;
    const char *why;

    p.norder = 1;
    p.trigger[ACTION_ROTATE].is_set = true;
    assert_true(duration_parse(span_str("P90D"), &p.trigger[ACTION_ROTATE].after_create));
    assert_int_equal(rotation_policy_check(&p, &why), ERR_OK);
    store_write_init(&w);
    rotation_policy_put(&at, &w, key, &p);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
key_comes_back_with_its_policy_and_schedule(void **state)
{
    struct key_detail d = world_ec(), got;
    struct object_name name = world_name("k1");
    struct rotation_policy p;
    struct vault_at at;
    struct hex32 id;
    struct object o;
    struct buf blob;

    (void)state;
    assert_int_equal(world_add_key("K1", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_add_key("K1", &d, NULL, WORLD_NOW, &id), ERR_OK);
    put_policy("K1");
    blob = backup_of("k1");
    assert_int_equal(restore_of(buf_span(&blob)), ERR_RESTORE_CONFLICT);
    wipe_out("k1");
    assert_int_equal(world_rows("k"), 1); /* the backup key */
    assert_int_equal(restore_of(buf_span(&blob)), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_string_equal(o.v.id.text, id.text);
    assert_string_equal(o.head.name.spelled, "K1");
    assert_int_equal(key_detail_read(o.v.detail, &got), ERR_OK);
    assert_int_equal(got.public.curve, CURVE_P256);
    assert_int_equal(rotation_policy_get(&at, "K1", &p), ERR_OK);
    assert_true(p.stored);
    assert_int_equal(p.created, 7);
    assert_string_equal(p.trigger[ACTION_ROTATE].after_create.text, "P90D");
    assert_int_equal(world_rows("kr/"), 1);
    buf_release(&blob);
}

static void
key_without_a_policy_comes_back_without(void **state)
{
    struct object_change c = { .attrs = { .has_exp = true, .exp = WORLD_NOW + 9999999 } };
    struct key_detail d = world_ec();
    struct buf blob;

    (void)state;
    assert_int_equal(world_add_key("k1", &d, &c, WORLD_NOW, NULL), ERR_OK);
    blob = backup_of("k1");
    wipe_out("k1");
    assert_int_equal(restore_of(buf_span(&blob)), ERR_OK);
    assert_int_equal(world_rows("kp/"), 0);
    assert_int_equal(world_rows("kr/"), 1); /* the notice that all keys with an exp have */
    buf_release(&blob);
}

static void
blob_of_one_kind_is_not_restored_as_another(void **state)
{
    struct key_detail d = world_ec();
    struct buf key, secret;
    struct restore r;

    (void)state;
    assert_int_equal(world_set("s1", "v", NULL, WORLD_NOW, NULL), ERR_OK);
    secret = backup_of("s1");
    assert_int_equal(world_add_key("k1", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    key = backup_of("k1");
    assert_int_equal(
        restore_read(world.rows, &world.vault->subscription, KIND_KEY, buf_span(&secret), &r),
        ERR_BAD_BACKUP);
    assert_int_equal(
        restore_read(world.rows, &world.vault->subscription, KIND_SECRET, buf_span(&key), &r),
        ERR_BAD_BACKUP);
    assert_int_equal(restore_read(world.rows, &world.vault->subscription, KIND_CERTIFICATE,
                                  buf_span(&key), &r),
                     ERR_BAD_BACKUP);
    assert_int_equal(
        restore_read(world.rows, &world.vault->subscription, KIND_KEY, buf_span(&key), &r),
        ERR_OK);
    buf_release(&key);
    buf_release(&secret);
}

static void
key_in_a_token_is_not_backed_up(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec();
    struct vault_at at;
    struct backup *b;

    (void)state;
    d.home = HOME_TOKEN; /* an older version is enough */
    assert_int_equal(world_add_key("k1", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    d.home = HOME_SOFTWARE;
    assert_int_equal(world_add_key("k1", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    assert_int_equal(backup_begin(&at, &name, WORLD_NOW, &b), ERR_UNSUPPORTED);
    assert_null(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(restored_secret_is_what_was_backed_up),
        T(versions_whose_ids_are_not_in_order_come_back_once_each),
        T(blob_restores_into_another_vault_of_the_subscription),
        T(taken_names_are_not_restored_over),
        T(no_bit_of_a_blob_can_change),
        T(value_of_one_version_does_not_open_as_another),
        T(blob_holds_no_value_in_the_clear),
        T(backup_stops_at_500_versions),
        T(backup_key_row_is_made_once),
        T(key_comes_back_with_its_policy_and_schedule),
        T(key_without_a_policy_comes_back_without),
        T(blob_of_one_kind_is_not_restored_as_another),
        T(key_in_a_token_is_not_backed_up),
    };

    return cmocka_run_group_tests_name("vault/backup", tests, setup, teardown);
}
