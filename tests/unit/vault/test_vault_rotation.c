/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule of rotations and notices: right after every change, done once whatever happens.
 */
#include "vault/backup.h"
#include "vault/key_leftover.h"
#include "vault/object_deleted.h"
#include "vault/rotation.h"
#include "vault/vault_deleted.h"
#include "world.h"

enum { DAY = 86400, YEAR = 365 * DAY, MADE = WORLD_NOW };

/* ----------------------------------------------------------------- the schedule */

struct schedule {
    char keys[8][MAX_STORE_KEY + 1];
    size_t n;
};

static bool
note_row(void *arg, const struct store_row *row)
{
    struct schedule *s = arg;

    assert_true(s->n < 8);
    assert_true(span_copy_str(row->key, s->keys[s->n++], sizeof(s->keys[0])));
    return true;
}

static struct schedule
schedule(void)
{
    struct schedule s = { .n = 0 };
    struct vault_at at = world_at();

    assert_int_equal(store_scan(at.view, span_str("kr/"), (struct span){ 0 }, 9, note_row, &s),
                     ERR_OK);
    return s;
}

/* The whole schedule, as "r+90 n+335": letters and days after MADE, in order of time. */
static void
scheduled(const char *want)
{
    struct schedule s = schedule();
    char text[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char when[17];

        memcpy(when, s.keys[i] + 3, 16);
        when[16] = '\0';
        n +=
            (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%+lld", i > 0 ? " " : "",
                             s.keys[i][20], ((long long)strtoull(when, NULL, 16) - MADE) / DAY);
    }
    assert_string_equal(text, want);
}

/* ---------------------------------------------------------------------- deeds */

static struct object_change
expiring(int64_t exp)
{
    return (struct object_change){ .attrs = { .has_exp = true, .exp = exp } };
}

static void
add(const char *name, int64_t exp)
{
    struct object_change c = expiring(exp), none = { .has_tags = false };
    struct key_detail d = world_ec();

    assert_int_equal(world_add_key(name, &d, exp != 0 ? &c : &none, MADE, NULL), ERR_OK);
}

static enum err
update(const char *name, const struct hex32 *version, const struct object_change *c)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e;

    store_write_init(&w);
    e = object_update(&at, &n, version, c, MADE, &w, &out);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

/* Rotate after that many days, notify that many before expiry; 0: no such action. */
static void
put_policy(const char *name, unsigned rotate_after, unsigned notify_before, const char *expiry)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct rotation_policy p = { .created = MADE, .updated = MADE }, old;
    struct store_write w;
    const char *why;
    char text[16];

    if (rotate_after > 0) {
        (void)snprintf(text, sizeof(text), "P%uD", rotate_after);
        p.trigger[ACTION_ROTATE].is_set = true;
        assert_true(duration_parse(span_str(text), &p.trigger[ACTION_ROTATE].after_create));
        p.order[p.norder++] = ACTION_ROTATE;
    }
    if (notify_before > 0) {
        (void)snprintf(text, sizeof(text), "P%uD", notify_before);
        p.trigger[ACTION_NOTIFY].is_set = true;
        assert_true(duration_parse(span_str(text), &p.trigger[ACTION_NOTIFY].before_expiry));
        p.order[p.norder++] = ACTION_NOTIFY;
    }
    if (expiry != NULL)
        assert_true(duration_parse(span_str(expiry), &p.expiry));
    assert_int_equal(rotation_policy_check(&p, &why), ERR_OK);
    assert_int_equal(rotation_policy_get(&at, n.key, &old), ERR_OK);
    p.revision = old.revision;
    store_write_init(&w);
    rotation_policy_put(&at, &w, n.key, &p);
    assert_int_equal(world_commit(&w), ERR_OK);
}

enum deed { DELETE, RECOVER, PURGE };

static void
act(enum deed deed, const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e = ERR_OK;

    store_write_init(&w);
    switch (deed) {
    case DELETE:
        e = object_delete(&at, &n, MADE, &w, &out);
        break;
    case RECOVER:
        e = object_recover(&at, &n, &w, &out);
        break;
    case PURGE:
        e = object_purge(&at, &n, &w);
        break;
    }
    assert_int_equal(e, ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
}

/* The first row of the schedule; *w is composed. */
static enum err
first_due(int64_t now, struct store_write *w, struct rotation_due *out)
{
    struct schedule s = schedule();
    struct vault_at at = world_at();

    store_write_init(w);
    *out = (struct rotation_due){ .vault = NULL };
    if (s.n == 0)
        return ERR_NOT_FOUND;
    return rotation_due(at.rows, at.view, span_str(s.keys[0]), now, w, out);
}

/* What a provider answers: a public half like `d`'s, and somewhere to find the private one. */
static struct buf
answer_of(const struct key_detail *d)
{
    struct buf b;

    buf_init(&b, 4096);
    pack_bytes(sink_buf(&b), span_str("the new private part"));
    key_public_pack(sink_buf(&b), &d->public);
    return b;
}

static enum err
finish(const struct key_rotation *r, int64_t now, struct object *out)
{
    struct vault_at at = world_at();
    struct key_detail d = world_ec();
    struct buf answer = answer_of(&d), detail;
    struct store_write w;
    enum err e;

    buf_init(&detail, DETAIL_MAX);
    store_write_init(&w);
    e = key_rotate_compose(&at, r, buf_span(&answer), now, &w, &detail, out);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    buf_release(&detail);
    buf_release(&answer);
    return e;
}

/* ------------------------------------------------------- what changes the schedule */

static void
key_with_expiry_has_a_notice_and_others_have_nothing(void **state)
{
    (void)state;
    add("plain", 0);
    scheduled("");
    add("k1", MADE + YEAR);
    scheduled("n+335");
    add("k2", MADE + 10 * DAY);
    scheduled("n-20 n+335");
}

static void
secrets_have_no_schedule(void **state)
{
    struct object_change c = expiring(MADE + YEAR);

    (void)state;
    assert_int_equal(world_set("s1", "v", &c, MADE, NULL), ERR_OK);
    scheduled("");
}

static void
policy_is_planned_when_it_is_put(void **state)
{
    (void)state;
    add("k1", MADE + YEAR);
    put_policy("k1", 90, 15, "P1Y");
    scheduled("r+90 n+350");
    put_policy("k1", 0, 15, "P1Y");
    scheduled("n+350");
    put_policy("k1", 120, 0, NULL);
    scheduled("r+120 n+335");
}

static void
new_version_starts_anew(void **state)
{
    struct object_change c = expiring(MADE + 200 * (int64_t)DAY);
    struct key_detail d = world_ec();

    (void)state;
    add("k1", 0);
    put_policy("k1", 90, 0, NULL);
    scheduled("r+90");
    assert_int_equal(world_add_key("k1", &d, &c, MADE + 10 * DAY, NULL), ERR_OK);
    scheduled("r+100 n+170");
}

static void
expiry_of_the_current_version_moves_what_it_bears(void **state)
{
    struct object_change later = expiring(MADE + 2 * (int64_t)YEAR),
                         tags = { .has_tags = true };
    struct hex32 old;
    struct key_detail d = world_ec();

    (void)state;
    assert_int_equal(world_add_key("k1", &d, NULL, MADE, &old), ERR_OK);
    add("k1", MADE + YEAR);
    scheduled("n+335");
    assert_int_equal(update("k1", NULL, &later), ERR_OK);
    scheduled("n+700");
    assert_int_equal(update("k1", NULL, &tags), ERR_OK);
    scheduled("n+700");
    later = expiring(MADE + 40 * DAY); /* an older version's is nobody's business */
    assert_int_equal(update("k1", &old, &later), ERR_OK);
    scheduled("n+700");
}

static void
deleted_keys_rest_and_recovered_ones_go_on(void **state)
{
    (void)state;
    add("k1", MADE + YEAR);
    put_policy("k1", 90, 0, "P1Y");
    act(DELETE, "k1");
    scheduled("");
    act(RECOVER, "k1");
    scheduled("r+90 n+335");
    act(DELETE, "k1");
    act(PURGE, "k1");
    scheduled("");
    assert_int_equal(world_rows("k"), 0);
    add("k1", MADE + YEAR); /* the purged policy does not come back */
    scheduled("n+335");
}

/* ----------------------------------------------------------------------- notices */

static void
notice_is_given_once(void **state)
{
    struct object_change tags = { .has_tags = true }, later = expiring(MADE + 100 * DAY);
    struct rotation_due due;
    struct store_write w;

    (void)state;
    add("K1", MADE + 60 * DAY);
    assert_int_equal(first_due(MADE + 30 * DAY - 1, &w, &due), ERR_NOT_FOUND);
    assert_int_equal(first_due(MADE + 30 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_NOTIFY);
    assert_string_equal(due.name.spelled, "K1");
    assert_string_equal(due.vault->name, "Contoso");
    assert_int_equal(due.when, MADE + 30 * DAY);
    assert_true(due.has_exp);
    assert_int_equal(due.exp, MADE + 60 * DAY);
    vault_unref(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    scheduled("");
    assert_int_equal(update("k1", NULL, &tags), ERR_OK);
    put_policy("k1", 0, 30, NULL); /* the same due time: done already */
    act(DELETE, "k1");
    act(RECOVER, "k1");
    scheduled("");
    assert_int_equal(update("k1", NULL, &later), ERR_OK);
    scheduled("n+70");
}

/* Two clerks, or one that was thought dead. */
static void
second_notice_from_the_same_snapshot_conflicts(void **state)
{
    struct rotation_due one, two;
    struct store_write a, b;

    (void)state;
    add("k1", MADE + 60 * DAY);
    assert_int_equal(first_due(MADE + YEAR, &a, &one), ERR_OK);
    vault_unref(one.vault);
    assert_int_equal(first_due(MADE + YEAR, &b, &two), ERR_OK);
    vault_unref(two.vault);
    assert_int_equal(world_commit(&a), ERR_OK);
    assert_int_equal(world_commit(&b), ERR_CONFLICT);
}

static void
notice_and_a_change_of_the_key_do_not_pass_each_other(void **state)
{
    struct object_change later = expiring(MADE + YEAR);
    struct rotation_due due;
    struct store_write w;

    (void)state;
    add("k1", MADE + 60 * DAY);
    assert_int_equal(first_due(MADE + 30 * DAY, &w, &due), ERR_OK);
    vault_unref(due.vault);
    assert_int_equal(update("k1", NULL, &later), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    scheduled("n+335");
}

/* --------------------------------------------------------------------- rotations */

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
    put_policy("k1", 90, 0, "P6M");
    scheduled("n-29 r+90");
    /* 91 days later; the notice, long due, goes first. */
    assert_int_equal(first_due(MADE + 91 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_NOTIFY);
    vault_unref(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(first_due(MADE + 91 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_ROTATE);
    assert_true(store_write_is_empty(&w));
    vault_unref(due.vault);
    assert_string_equal(due.rotation.from.text, first.text);
    assert_int_equal(due.rotation.spec.type, KEY_EC);
    assert_int_equal(due.rotation.spec.curve, CURVE_P256);
    assert_int_equal(finish(&due.rotation, MADE + 91 * DAY, &o), ERR_OK);
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
    scheduled("r+181 n+243");
}

static void
rotation_without_a_policy_sets_no_expiry(void **state)
{
    struct object_name name = world_name("k1");
    struct key_rotation r;
    struct vault_at at;
    struct object o;

    (void)state;
    add("k1", MADE + YEAR);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    assert_int_equal(finish(&r, MADE + DAY, &o), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_false(o.v.attrs.has_exp);
    scheduled("");
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
    add("k1", 0);
    put_policy("k1", 90, 0, NULL);
    assert_int_equal(first_due(MADE + 90 * DAY, &w, &one), ERR_OK);
    vault_unref(one.vault);
    assert_int_equal(first_due(MADE + 90 * DAY, &w, &two), ERR_OK);
    vault_unref(two.vault);
    assert_int_equal(finish(&two.rotation, MADE + 90 * DAY, &o), ERR_OK);
    assert_int_equal(world_rows("kv/"), 2);
    /* The first one was only thought dead: it comes too late. */
    assert_int_equal(finish(&one.rotation, MADE + 90 * DAY, &o), ERR_CONFLICT);
    assert_int_equal(world_rows("kv/"), 2);
    scheduled("r+180");
}

static void
rotations_from_the_same_snapshot_make_one_version(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec();
    struct buf answer = answer_of(&d), da, db;
    struct key_rotation a, b;
    struct store_write wa, wb;
    struct vault_at at;
    struct object o;

    (void)state;
    add("k1", 0);
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
    act(DELETE, "k1");
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_KEY_NOT_FOUND);
    act(RECOVER, "k1");
    assert_int_equal(update("k1", NULL, &c), ERR_OK);
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_FORMAT);
}

static void
another_key_than_was_asked_for_is_refused(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail wrong = { .public = { .type = KEY_OCT, .bits = 256 } };
    struct buf answer = answer_of(&wrong), detail;
    struct key_rotation r;
    struct store_write w;
    struct vault_at at;
    struct object o;

    (void)state;
    add("k1", 0);
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
    add("k1", 0);
    put_policy("k1", 90, 0, "P100Y");
    at = world_at();
    assert_int_equal(key_rotate_begin(&at, &name, &r), ERR_OK);
    assert_int_equal(finish(&r, ATTRS_TIME_MAX - DAY, &o), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_int_equal(o.v.attrs.exp, ATTRS_TIME_MAX);
}

/* ------------------------------------------------------------------- stale and forged */

static void
row_whose_key_says_otherwise_is_dropped(void **state)
{
    struct rotation_due due;
    struct store_write w;
    struct row_key k;

    (void)state;
    add("k1", MADE + 60 * DAY);
    world_tamper(row_key_make(&k, "kn", world.vault->id.text, "K1", NULL), NULL);
    assert_int_equal(first_due(MADE + YEAR, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_DROP);
    assert_null(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    scheduled("");
}

static void
keys_of_a_deleted_vault_wait_and_those_of_a_purged_one_are_dropped(void **state)
{
    struct rotation_due due;
    struct deleted_vault gone;
    struct store_write w;

    (void)state;
    add("k1", MADE + 60 * DAY);
    (void)world_at();
    store_write_init(&w);
    vault_delete(world.rows, &w, world.vault, MADE);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(first_due(MADE + YEAR, &w, &due), ERR_NO_VAULT);
    assert_true(store_write_is_empty(&w));
    assert_int_equal(
        deleted_vault_load(world.rows, world_at().view, span_str("contoso"), &gone), ERR_OK);
    assert_int_equal(deleted_vault_purge(world.rows, &w, &gone, false), ERR_OK);
    deleted_vault_release(&gone);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(first_due(MADE + YEAR, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_DROP);
    assert_int_equal(world_commit(&w), ERR_OK);
    scheduled("");
}

static void
forged_rows_rotate_nothing(void **state)
{
    static const char *const keys[] = { "",
                                        "kr/",
                                        "kr/0000000000000001/x/a/K1",
                                        "kr/0000000000000001/r",
                                        "kr/000000000000000G/r/a/K1",
                                        "kr/ffffffffffffffff/r/a/K1",
                                        "pq/0000000000000001/r/a/K1",
                                        "kr/1/r/a/K1" };
    struct span forged = span_str("0123456789abcdefgh");
    struct rotation_due due;
    struct store_write w;
    struct vault_at at;

    (void)state;
    add("k1", MADE + YEAR);
    at = world_at();
    store_write_init(&w);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_int_equal(rotation_due(at.rows, at.view, span_str(keys[i]), INT64_MAX, &w, &due),
                         ERR_FORMAT);
    assert_true(store_write_is_empty(&w));
    assert_int_equal(rotation_due(at.rows, at.view, span_str("kr/0000000000000001/r/a/K1"),
                                  INT64_MAX, &w, &due),
                     ERR_NOT_FOUND);
    store_write_release(&w);
    world_tamper(span_str("kr/0000000000000001/r/a/K1"), &forged);
    assert_int_equal(first_due(MADE, &w, &due), ERR_INTEGRITY);
    assert_true(store_write_is_empty(&w));
    store_write_release(&w);
}

/* ------------------------------------------------------------------ left in the token */

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
    add("soft", 0);
    add_token_version("hard");
    add_token_version("hard");
    add("hard", 0); /* a version that is kept here: nothing to destroy */
    act(DELETE, "soft");
    act(PURGE, "soft");
    assert_int_equal(world_rows("kq/"), 0);
    act(DELETE, "hard");
    assert_int_equal(world_rows("kq/"), 0);
    act(PURGE, "hard");
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
question_for_a_leftover_is_one_the_token_reads(void **state)
{
    struct key_question q;
    struct key_leftover l;
    struct key_place place;
    struct secbuf ask;
    struct vault_at at;

    (void)state;
    add_token_version("hard");
    act(DELETE, "hard");
    act(PURGE, "hard");
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
    act(DELETE, "hard");
    act(PURGE, "hard");
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
        T(key_with_expiry_has_a_notice_and_others_have_nothing),
        T(secrets_have_no_schedule),
        T(policy_is_planned_when_it_is_put),
        T(new_version_starts_anew),
        T(expiry_of_the_current_version_moves_what_it_bears),
        T(deleted_keys_rest_and_recovered_ones_go_on),
        T(notice_is_given_once),
        T(second_notice_from_the_same_snapshot_conflicts),
        T(notice_and_a_change_of_the_key_do_not_pass_each_other),
        T(rotation_makes_a_version_like_the_last),
        T(rotation_without_a_policy_sets_no_expiry),
        T(rsa_keeps_size_and_exponent),
        T(rotation_that_was_not_committed_is_due_again),
        T(rotations_from_the_same_snapshot_make_one_version),
        T(rotation_of_what_is_not_there_is_refused),
        T(another_key_than_was_asked_for_is_refused),
        T(expiry_stays_within_the_years_that_there_are),
        T(row_whose_key_says_otherwise_is_dropped),
        T(keys_of_a_deleted_vault_wait_and_those_of_a_purged_one_are_dropped),
        T(forged_rows_rotate_nothing),
        T(purge_leaves_what_lies_in_a_token),
        T(question_for_a_leftover_is_one_the_token_reads),
        T(leftover_that_cannot_be_read_can_be_passed_by),
    };

    return cmocka_run_group_tests_name("vault/rotation", tests, world_open, world_close);
}
