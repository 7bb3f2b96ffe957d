/* SPDX-License-Identifier: Apache-2.0 */
/* test_sweep.c - what has expired goes, what has not stays; and people of a seed. */
#include "rig.h"

#include "auth/attempts.h"
#include "auth/credential.h"
#include "auth/device.h"
#include "auth/expiry.h"
#include "auth/founding.h"
#include "auth/sso.h"
#include "base/clock.h"
#include "jobs/sweep.h"

enum { NOW = RIG_NOW };

static const char seed[] = "users:\n"
                           "  - {upn: Alice@Contoso.example, name: Alice, password: first}\n"
                           "  - {upn: bob@contoso.example, password: second, enabled: false}\n";

static int
setup(void **state)
{
    int code = rig_setup_founded(state);

    clock_set_offset(0);
    return code;
}

static void
commit(struct rig *r, struct store_write *w)
{
    struct desk_deed deed = { .operation = "Test" };

    assert_int_equal(desk_commit(&r->desk, w, &deed), ERR_OK);
    store_write_release(w);
}

/* One family with a token, one device code, one session, one counter. */
static void
fill(struct rig *r)
{
    struct family f = { .tid = guid_new(), .oid = guid_new(), .appid = guid_new() };
    struct device d = { .appid = f.appid };
    struct sso s = { .tid = f.tid, .oid = f.oid };
    char user_code[USER_CODE_LEN + 1];
    struct store_view *view;
    struct store_write w;
    struct attempts a;
    struct secbuf text;

    secbuf_init(&text, 256);
    store_write_init(&w);
    family_begin(r->desk.rows, &w, &f, NOW);
    assert_int_equal(
        refresh_new(r->desk.rows, &w, &f, &f.appid, NOW, span_str("openid"), &text), ERR_OK);
    assert_int_equal(device_new(r->desk.rows, &w, &d, NOW, &text, user_code), ERR_OK);
    assert_int_equal(sso_new(r->desk.rows, &w, &s, NOW, &text), ERR_OK);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(
        attempts_load(r->desk.rows, view, "password", &f.tid, span_str("x"), NOW, &a), ERR_OK);
    store_end(view);
    attempts_fail(r->desk.rows, &w, &a, NOW);
    commit(r, &w);
    secbuf_release(&text);
}

static unsigned
count_all(struct rig *r)
{
    unsigned n = 0;

    for (unsigned i = 0; expiry_prefixes[i] != NULL; i++)
        n += (unsigned)rig_count(r, expiry_prefixes[i]);
    return n;
}

static unsigned
sweep_round(struct rig *r, int64_t now, unsigned limit)
{
    struct sweep at = { .prefix = 0 };
    unsigned done, all = 0;

    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(sweep_expired(&r->desk, &at, now, limit, &done), ERR_OK);
        all += done;
    }
    return all;
}

static void
each_row_goes_in_its_time(void **state)
{
    struct rig *r = *state;

    fill(r);
    assert_int_equal(count_all(r), 6);
    assert_int_equal(sweep_round(r, NOW, 100), 0);
    assert_int_equal(sweep_round(r, NOW + DEVICE_LIFETIME, 100), 1); /* user code */
    assert_int_equal(sweep_round(r, NOW + DEVICE_LIFETIME + 3600, 100), 1);
    assert_int_equal(sweep_round(r, NOW + SESSION_LIFETIME, 100), 1);
    assert_int_equal(sweep_round(r, NOW + 24 * 3600, 100), 1);
    assert_int_equal(sweep_round(r, NOW + REFRESH_IDLE, 100), 1);
    assert_int_equal(sweep_round(r, NOW + REFRESH_ABSOLUTE, 100), 0); /* tokens still live */
    assert_int_equal(sweep_round(r, NOW + REFRESH_ABSOLUTE + 7200, 100), 1);
    assert_int_equal(count_all(r), 0);
}

static void
many_rows_go_by_and_by(void **state)
{
    struct rig *r = *state;
    struct sweep at = { .prefix = 0 };
    unsigned done;

    for (unsigned i = 0; i < 5; i++)
        fill(r);
    assert_int_equal(sweep_expired(&r->desk, &at, NOW + REFRESH_ABSOLUTE * 2, 7, &done),
                     ERR_OK);
    assert_int_equal(done, 7);
    assert_int_equal(sweep_round(r, NOW + REFRESH_ABSOLUTE * 2, 3), 23);
    assert_int_equal(count_all(r), 0);
}

static void
put_text(struct rig *r, struct store_write *w, const char *prefix, const struct guid *ca,
         const char *rest)
{
    struct row_key k;

    row_put(r->desk.rows, w, row_key_make(&k, prefix, ca->text, rest, NULL), span_str("x"));
}

static const char *const of_authorities[] = { "ae", "ai", "an", "pl" };

static void
what_belonged_to_an_authority_goes_after_it(void **state)
{
    struct rig *r = *state;
    struct guid lives = guid_new(), gone = guid_new();
    struct store_write w;
    struct row_key k;

    store_write_init(&w);
    row_put(r->desk.rows, &w, row_key_make(&k, "pa", lives.text, NULL), span_str("x"));
    for (unsigned i = 0; i < 4; i++)
        for (unsigned n = 0; n < 5; n++) {
            char rest[] = { (char)('a' + n), '\0' };

            put_text(r, &w, of_authorities[i], &lives, rest);
            put_text(r, &w, of_authorities[i], &gone, rest);
        }
    put_text(r, &w, "pc", &gone, "1"); /* a serial never comes back */
    put_text(r, &w, "pr", &gone, "1");
    commit(r, &w);
    assert_int_equal(sweep_round(r, NOW, 3), 20);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rig_count(r, of_authorities[i]), 5);
    assert_int_equal(rig_count(r, "pc/") + rig_count(r, "pr/"), 2);
    assert_int_equal(sweep_round(r, NOW, 3), 0);
}

static void
people_of_a_seed_have_passwords(void **state)
{
    struct rig *r = *state;
    struct store_view *view;
    struct credential c;
    struct principal p;
    struct guid tid;

    assert_int_equal(rig_seed(r, seed), ERR_OK);
    assert_int_equal(rig_seed(r, seed), ERR_OK);
    assert_int_equal(rig_count(r, "uc/"), 2);
    assert_int_equal(rig_count(r, "un/"), 2);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(tenant_default(r->desk.rows, view, &tid), ERR_OK);
    assert_int_equal(
        principal_find_user(r->desk.rows, view, &tid, span_str("aLICE@contoso.EXAMPLE"), &p),
        ERR_OK);
    assert_string_equal(p.upn, "Alice@Contoso.example");
    assert_string_equal(p.name, "Alice");
    assert_true(p.enabled);
    assert_int_equal(credential_load(r->desk.rows, view, &tid, &p.oid, &c), ERR_OK);
    assert_true(strncmp(c.record, "$scrypt$", 8) == 0);
    assert_int_equal(
        principal_find_user(r->desk.rows, view, &tid, span_str("bob@contoso.example"), &p),
        ERR_OK);
    assert_false(p.enabled);
    store_end(view);
}

static void
bad_people_are_refused(void **state)
{
    static const char *const bad[] = {
        "users: [{upn: alice, password: x}]",
        "users: [{upn: 'a/b@c.example', password: x}]",
        "users: [{upn: 'a@b@c.example', password: x}]",
        "users: [{upn: 'a b@c.example', password: x}]",
        "users: [{upn: a@c.example}]",
        "users: [{upn: a@c.example, password: ''}]",
        "users: [{password: x}]",
        "users: [{upn: a@c.example, password: x}, {upn: A@C.example, password: x}]",
        "applications: [{name: a, redirectUris: [{uri: 'http://evil.example/'}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'https://a.example/#x'}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'https://*.example/'}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'https://u@a.example/'}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'javascript:x', kind: public}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'com.example.a://x', kind: web}]}]",
        "applications: [{name: a, redirectUris: [{uri: 'https://a.example/', kind: x}]}]",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(rig_seed(*state, bad[i]), ERR_ARG);
    assert_int_equal(rig_seed(*state,
                              "applications: [{name: b, publicClient: true, redirectUris: "
                              "[{uri: 'com.example.a://x', kind: public}, "
                              "{uri: 'https://a.example/cb'}, {uri: 'http://localhost/x'}]}]"),
                     ERR_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_row_goes_in_its_time),
        T(many_rows_go_by_and_by),
        T(what_belonged_to_an_authority_goes_after_it),
        T(people_of_a_seed_have_passwords),
        T(bad_people_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
