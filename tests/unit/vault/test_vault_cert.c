/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: three objects of one name that are one thing. */
#include "vault/cert.h"

#include "vault/backup.h"
#include "vault/cert_operation.h"
#include "vault/object_deleted.h"
#include "vault/object_list.h"
#include "world.h"

enum { DAY = 86400 };

/* A P-256 key, sealed to name and version as the keeper would. */
static void
seal_as(enum object_kind kind, const char *name, const struct hex32 *id, const char *plain,
        struct secbuf *out)
{
    struct object_name n = world_name(name);
    struct wrapped key = vault_key(world.vault);
    struct object_id oid = object_id_of(&world.vault->id, kind, n.key, id);
    struct secbuf ask;

    secbuf_init(&ask, 64 * 1024);
    secbuf_init(out, 64 * 1024);
    keeper_pack_seal(sink_sec(&ask), &key, &oid, span_str(plain));
    assert_int_equal(world_keeper(KEEPER_SEAL, secbuf_span(&ask), out), ERR_OK);
    secbuf_release(&ask);
}

static struct vault_at
at_certs(void)
{
    world.kind = KIND_CERTIFICATE;
    return world_at();
}

static struct cert_policy policy; /* too much for a stack */

/* Puts a version, complete or not; id "" makes a new one. */
static enum err
put(const char *name, struct hex32 *id, bool complete)
{
    struct object_name n = world_name(name);
    struct cert_parts p = { .key = world_ec(), .form = CERT_FORM_PEM };
    struct vault_at at = at_certs();
    struct secbuf key, secret;
    struct cert_heads heads;
    struct store_write w;
    struct object out;
    struct buf room;
    enum err e;

    if (id->text[0] == '\0')
        *id = hex32_new();
    p.id = *id;
    p.attrs.enabled = complete;
    assert_true(tags_add(&p.tags, span_str("t"), span_str("1")));
    p.detail = (struct cert_detail){ .complete = complete, .wants_enabled = true };
    if (complete) {
        p.detail.n = 2;
        p.detail.der[0] = span_str("leaf");
        p.detail.der[1] = span_str("root");
    }
    seal_as(KIND_KEY, name, id, "private", &key);
    seal_as(KIND_SECRET, name, id, "value", &secret);
    p.key_sealed = secbuf_span(&key);
    if (complete)
        p.secret_sealed = secbuf_span(&secret);
    buf_init(&room, DETAIL_MAX);
    store_write_init(&w);
    e = cert_check_add(&at, &n, &heads);
    if (e == ERR_OK)
        e = cert_put(&at, &heads, &p, WORLD_NOW, &w, &room, &out);
    if (e == ERR_OK && heads.head[0].revision == 0) {
        cert_policy_defaults(&policy);
        policy.subject = span_str("CN=x");
        cert_policy_put(&at, &w, n.key, &policy);
    }
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    buf_release(&room);
    secbuf_release(&key);
    secbuf_release(&secret);
    return e;
}

static struct hex32
add(const char *name, bool complete)
{
    struct hex32 id = { "" };

    assert_int_equal(put(name, &id, complete), ERR_OK);
    return id;
}

static struct object
get(enum object_kind kind, const char *name, const struct hex32 *id)
{
    struct object_name n = world_name(name);
    struct vault_at at;
    struct object o;

    world.kind = kind;
    at = world_at();
    assert_int_equal(object_get(&at, &n, id, &o), ERR_OK);
    return o;
}

static const enum object_kind three[] = { KIND_CERTIFICATE, KIND_KEY, KIND_SECRET };

static void
a_version_is_there_three_times_with_one_id(void **state)
{
    struct hex32 id = add("Web", true);

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct object o = get(three[i], "web", NULL);

        assert_string_equal(o.head.name.spelled, "Web");
        assert_string_equal(o.v.id.text, id.text);
        assert_int_equal(o.head.managed, three[i] != KIND_CERTIFICATE);
        assert_true(o.v.attrs.enabled);
        assert_int_equal(o.v.tags.n, 1);
    }
}

static void
the_detail_comes_back_as_it_was_put(void **state)
{
    struct hex32 id = add("web", true);
    struct object o = get(KIND_CERTIFICATE, "web", &id);
    struct cert_detail d;

    (void)state;
    assert_int_equal(cert_detail_read(o.v.detail, &d), ERR_OK);
    assert_true(d.complete);
    assert_int_equal(d.n, 2);
    assert_true(span_is_str(d.der[0], "leaf"));
    assert_int_equal(cert_detail_read(span_head(o.v.detail, o.v.detail.len - 1), &d),
                     ERR_FORMAT);
    assert_int_equal(cert_detail_read((struct span){ 0 }, &d), ERR_FORMAT);
}

static void
linked_objects_change_through_the_certificate_alone(void **state)
{
    struct object_name n = world_name("web");
    struct object_change none = { .has_detail = false };
    struct vault_at at;
    struct store_write w;
    struct object o;
    struct backup *b;

    (void)state;
    (void)add("web", true);
    store_write_init(&w);
    for (int i = 1; i < 3; i++) {
        world.kind = three[i];
        at = world_at();
        assert_int_equal(object_update(&at, &n, NULL, &none, 1, &w, &o), ERR_MANAGED);
        assert_int_equal(object_delete(&at, &n, 1, &w, &o), ERR_MANAGED);
        assert_int_equal(backup_begin(&at, &n, 1, &b), ERR_MANAGED);
        assert_int_equal(
            object_add(&at, &n, &(struct hex32){ "0" }, &none, span_str("x"), 1, &w, &o),
            ERR_MANAGED);
    }
    store_write_release(&w);
}

static void
what_waits_is_disabled_and_takes_the_names(void **state)
{
    struct hex32 id = add("web", false);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_false(get(three[i], "web", NULL).v.attrs.enabled);
    assert_int_equal(get(KIND_SECRET, "web", NULL).v.sealed.len, 0);
    assert_int_equal(world_set("web", "v", NULL, WORLD_NOW, NULL), ERR_MANAGED);
    assert_int_equal(put("web", &id, true), ERR_OK); /* the same version, complete */
    for (int i = 0; i < 3; i++) {
        struct object o = get(three[i], "web", NULL);

        assert_true(o.v.attrs.enabled);
        assert_string_equal(o.v.id.text, id.text);
        assert_int_equal(o.v.generation, 2);
    }
    assert_int_equal(world_rows("cv/"), 1);
}

static void
a_complete_version_stays_current_while_the_next_waits(void **state)
{
    struct hex32 one = add("web", true), two = add("web", false);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_string_equal(get(three[i], "web", NULL).v.id.text, one.text);
        assert_string_equal(get(three[i], "web", &two).v.previous.text, one.text);
    }
    assert_int_equal(put("web", &two, true), ERR_OK);
    for (int i = 0; i < 3; i++)
        assert_string_equal(get(three[i], "web", NULL).v.id.text, two.text);
}

static void
of_two_that_wait_the_newer_is_current(void **state)
{
    struct hex32 one = add("web", false), two = add("web", false);

    (void)state;
    assert_string_not_equal(one.text, two.text);
    assert_string_equal(get(KIND_CERTIFICATE, "web", NULL).v.id.text, two.text);
}

struct listed {
    unsigned n;
    struct hex32 id[PAGE_MAX];
};

static enum err
note_version(void *arg, const struct object *o)
{
    struct listed *l = arg;

    l->id[l->n++] = o->v.id;
    return ERR_OK;
}

/* Two waited upon the same current one, and the older was given up: no link of it is lost. */
static void
versions_that_were_given_up_stay_in_the_list(void **state)
{
    struct hex32 id[3] = { add("web", true), add("web", false), add("web", false) };
    struct object_name n = world_name("web");

    (void)state;
    assert_string_equal(get(KIND_SECRET, "web", &id[2]).v.previous.text, id[0].text);
    for (int complete = 0; complete < 2; complete++) {
        for (int i = 0; i < 3; i++) {
            struct list_page page = { .max = PAGE_MAX };
            struct listed have = { 0 };
            struct vault_at at;

            world.kind = three[i];
            at = world_at();
            assert_int_equal(object_list_versions(&at, &n, &page, note_version, &have), ERR_OK);
            assert_int_equal(have.n, 3);
            for (int k = 0; k < 3; k++)
                assert_string_equal(have.id[k].text, id[2 - k].text);
        }
        assert_int_equal(put("web", &id[2], true), ERR_OK);
    }
}

static void
names_of_keys_and_secrets_without_a_certificate_are_taken(void **state)
{
    struct key_detail ec = world_ec();
    struct hex32 id = { "" };
    struct store_write w;
    struct object_name n = world_name("gone");
    struct vault_at at;
    struct object o;

    (void)state;
    assert_int_equal(world_set("secret", "v", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("gone", "v", NULL, WORLD_NOW, NULL), ERR_OK);
    world.kind = KIND_SECRET;
    at = world_at();
    store_write_init(&w);
    assert_int_equal(object_delete(&at, &n, WORLD_NOW, &w, &o), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_add_key("key", &ec, NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(put("secret", &id, true), ERR_NAME_TAKEN);
    assert_int_equal(put("key", &id, true), ERR_NAME_TAKEN);
    assert_int_equal(put("gone", &id, true), ERR_NAME_TAKEN);
    assert_int_equal(world_rows("c"), 0);
}

static enum err
act(char what, const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = at_certs();
    struct store_write w;
    struct object o;
    enum err e;

    store_write_init(&w);
    e = what == 'd'   ? object_delete(&at, &n, WORLD_NOW, &w, &o)
        : what == 'r' ? object_recover(&at, &n, &w, &o)
                      : object_purge(&at, &n, &w);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static void
delete_and_recover_act_on_all_three(void **state)
{
    struct hex32 id = add("Web", true);

    (void)state;
    assert_int_equal(act('d', "web"), ERR_OK);
    assert_int_equal(world_rows("cn/") + world_rows("kn/") + world_rows("sn/"), 0);
    assert_int_equal(world_rows("cd/") + world_rows("kd/") + world_rows("sd/"), 3);
    assert_int_equal(world_rows("pq/"), 1);
    assert_int_equal(put("web", &id, true), ERR_SOFT_DELETED);
    assert_int_equal(world_set("web", "v", NULL, WORLD_NOW, NULL), ERR_SOFT_DELETED);
    assert_int_equal(act('d', "web"), ERR_CERTIFICATE_NOT_FOUND);
    assert_int_equal(act('r', "web"), ERR_OK);
    assert_int_equal(world_rows("pq/"), 0);
    for (int i = 0; i < 3; i++)
        assert_string_equal(get(three[i], "web", NULL).v.id.text, id.text);
    assert_int_equal(act('r', "web"), ERR_DELETED_NOT_FOUND);
}

static void
linked_objects_are_neither_recovered_nor_purged_alone(void **state)
{
    struct object_name n = world_name("web");
    struct vault_at at;
    struct store_write w;
    struct object o;

    (void)state;
    (void)add("web", true);
    assert_int_equal(act('d', "web"), ERR_OK);
    store_write_init(&w);
    for (int i = 1; i < 3; i++) {
        world.kind = three[i];
        at = world_at();
        assert_int_equal(object_get_deleted(&at, &n, &o), ERR_OK);
        assert_int_equal(object_recover(&at, &n, &w, &o), ERR_MANAGED);
        assert_int_equal(object_purge(&at, &n, &w), ERR_MANAGED);
    }
    store_write_release(&w);
}

static void
put_operation(const char *name, enum operation_state s)
{
    struct object_name n = world_name(name);
    struct vault_at at = at_certs();
    struct cert_operation op = { .state = s,
                                 .request = hex32_new(),
                                 .version = hex32_new(),
                                 .issuer = span_str("Self"),
                                 .csr = span_str("request") };
    struct store_write w;

    store_write_init(&w);
    cert_operation_put(&at, &w, n.key, &op);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
purge_leaves_nothing_of_the_three(void **state)
{
    (void)state;
    (void)add("web", true);
    (void)add("web", false);
    (void)add("web", false);
    (void)add("web-2", true);
    put_operation("web", OPERATION_RUNS);
    assert_int_equal(act('p', "web"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(act('d', "web"), ERR_OK);
    assert_int_equal(act('p', "web"), ERR_OK);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_rows("co/"), 0);
    for (const char *const *p =
             (const char *const[]){ "cn/", "cv/", "cp/", "kn/", "kv/", "sn/", "sv/", NULL };
         *p != NULL; p++)
        assert_int_equal(world_rows(*p), 1); /* of web-2 */
    assert_int_equal(world_rows("cd/") + world_rows("kd/") + world_rows("sd/"), 0);
    (void)add("web", true);
}

static bool
note_key(void *arg, const struct store_row *row)
{
    struct row_key *k = arg;

    memcpy(k->text, row->key.ptr, row->key.len);
    k->len = row->key.len;
    return false;
}

static enum err
purge_due(int64_t now)
{
    struct vault_at at = world_at();
    struct row_key k = { .len = 0 };
    struct store_write w;
    enum err e;

    assert_int_equal(store_scan(at.view, span_str("pq/"), (struct span){ 0 }, 1, note_key, &k),
                     ERR_OK);
    store_write_init(&w);
    e = object_purge_due(world.rows, at.view, span_of(k.text, k.len), now, &w);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static void
the_clock_purges_the_three_at_once(void **state)
{
    (void)state;
    (void)add("web", true);
    assert_int_equal(act('d', "web"), ERR_OK);
    assert_int_equal(purge_due(WORLD_NOW + 90 * DAY - 1), ERR_NOT_FOUND);
    assert_int_equal(purge_due(WORLD_NOW + 90 * DAY), ERR_OK);
    assert_int_equal(world_rows("c") + world_rows("k") + world_rows("s"), 0);
    assert_int_equal(world_rows("pq/"), 0);
}

static enum err
set_enabled(const char *name, bool enabled)
{
    struct object_change c = {
        .attrs = { .has_enabled = true, .enabled = enabled, .has_nbf = true, .nbf = 5 }
    };
    struct object_name n = world_name(name);
    struct vault_at at = at_certs();
    struct store_write w;
    struct object o;
    struct buf room;
    enum err e;

    buf_init(&room, DETAIL_MAX);
    store_write_init(&w);
    e = cert_update(&at, &n, NULL, &c, NULL, WORLD_NOW + 1, &w, &room, &o);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    buf_release(&room);
    return e;
}

static void
enabled_is_mirrored_and_days_are_the_certificates_own(void **state)
{
    (void)state;
    (void)add("web", true);
    assert_int_equal(set_enabled("web", false), ERR_OK);
    for (int i = 0; i < 3; i++) {
        struct object o = get(three[i], "web", NULL);

        assert_false(o.v.attrs.enabled);
        assert_false(o.v.attrs.has_nbf);
        assert_int_equal(o.v.attrs.updated, WORLD_NOW + 1);
    }
    assert_int_equal(set_enabled("web", true), ERR_OK);
    assert_true(get(KIND_SECRET, "web", NULL).v.attrs.enabled);
    assert_int_equal(set_enabled("nothing", true), ERR_CERTIFICATE_NOT_FOUND);
}

static void
what_waits_cannot_be_enabled_before_its_time(void **state)
{
    struct cert_detail d;
    struct object o;

    (void)state;
    (void)add("web", false);
    assert_int_equal(set_enabled("web", false), ERR_OK);
    o = get(KIND_CERTIFICATE, "web", NULL);
    assert_int_equal(cert_detail_read(o.v.detail, &d), ERR_OK);
    assert_false(d.wants_enabled);
    assert_int_equal(set_enabled("web", true), ERR_OK);
    for (int i = 0; i < 3; i++)
        assert_false(get(three[i], "web", NULL).v.attrs.enabled);
}

static void
two_writers_of_one_certificate_do_not_both_succeed(void **state)
{
    struct object_change c = { .attrs = { .has_enabled = true } };
    struct object_name n = world_name("web");
    struct store_write w;
    struct vault_at at;
    struct object o;
    struct buf room;

    (void)state;
    (void)add("web", true);
    at = at_certs();
    buf_init(&room, DETAIL_MAX);
    store_write_init(&w);
    assert_int_equal(cert_update(&at, &n, NULL, &c, NULL, 1, &w, &room, &o), ERR_OK);
    assert_int_equal(act('d', "web"), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    buf_release(&room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_version_is_there_three_times_with_one_id),
        T(the_detail_comes_back_as_it_was_put),
        T(linked_objects_change_through_the_certificate_alone),
        T(what_waits_is_disabled_and_takes_the_names),
        T(a_complete_version_stays_current_while_the_next_waits),
        T(of_two_that_wait_the_newer_is_current),
        T(versions_that_were_given_up_stay_in_the_list),
        T(names_of_keys_and_secrets_without_a_certificate_are_taken),
        T(delete_and_recover_act_on_all_three),
        T(linked_objects_are_neither_recovered_nor_purged_alone),
        T(purge_leaves_nothing_of_the_three),
        T(the_clock_purges_the_three_at_once),
        T(enabled_is_mirrored_and_days_are_the_certificates_own),
        T(what_waits_cannot_be_enabled_before_its_time),
        T(two_writers_of_one_certificate_do_not_both_succeed),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
