/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over names, and the rows of the ACME server: what was put comes back, nothing else
 * does. */
#include "pki/acme.h"

#include "auth/expiry.h"
#include "town.h"

static const struct name_case {
    const char *what, *rule, *name;
    enum alt_kind kind;
    bool wildcards, within;
} names[] = {
    /* clang-format off */
    { "a host is itself", "host.example", "host.example", ALT_DNS, false, true },
    { "a host is no other", "host.example", "ghost.example", ALT_DNS, false, false },
    { "a host is not what lies below it", "host.example", "a.host.example", ALT_DNS, true, false },
    { "a zone has what lies below it", ".corp.example", "a.corp.example", ALT_DNS, false, true },
    { "and deeper", ".corp.example", "b.a.corp.example", ALT_DNS, false, true },
    { "a zone is not itself", ".corp.example", "corp.example", ALT_DNS, false, false },
    { "a zone ends at a dot", ".corp.example", "evilcorp.example", ALT_DNS, false, false },
    { "a zone is a suffix, not an infix", ".corp.example", "a.corp.example.evil", ALT_DNS, false, false },
    { "a wildcard wants permission", ".corp.example", "*.corp.example", ALT_DNS, false, false },
    { "a wildcard over the zone, with it", ".corp.example", "*.corp.example", ALT_DNS, true, true },
    { "a wildcard deeper, with it", ".corp.example", "*.a.corp.example", ALT_DNS, true, true },
    { "a wildcard above the zone", ".corp.example", "*.example", ALT_DNS, true, false },
    { "a wildcard at a host", "host.example", "*.host.example", ALT_DNS, true, false },
    { "an address is itself", "10.1.2.3", "10.1.2.3", ALT_IP, false, true },
    { "an address is no other", "10.1.2.3", "10.1.2.30", ALT_IP, false, false },
    { "a net has its addresses", "10.0.0.0/8", "10.200.3.4", ALT_IP, false, true },
    { "a net has no others", "10.0.0.0/8", "11.0.0.1", ALT_IP, false, false },
    { "a net cut inside a byte", "192.168.16.0/20", "192.168.31.255", ALT_IP, false, true },
    { "and what is behind the cut", "192.168.16.0/20", "192.168.32.0", ALT_IP, false, false },
    { "a net of the other family", "10.0.0.0/8", "a00::1", ALT_IP, false, false },
    { "IPv6", "2001:db8::/32", "2001:db8::1", ALT_IP, false, true },
    { "everything of a family is still no name", "0.0.0.0/0", "a.example", ALT_DNS, true, false },
    /* clang-format on */
};

static void
run_name(void **state)
{
    const struct name_case *c = *state;
    struct alt_name name = { c->kind, span_str(c->name) };

    assert_true(acme_rule_is_ok(span_str(c->rule)));
    assert_true(acme_name_is_ok(&name));
    assert_int_equal(acme_rule_has(span_str(c->rule), c->wildcards, &name), c->within);
}

static void
what_is_no_rule_is_refused(void **state)
{
    static const char *const bad[] = { "",           ".",           "*",          "*.a.example",
                                       ".*.example", "A.example",   "a b.c",      "10.0.0.0/33",
                                       "10.0.0.0/",  "/8",          "10.0.0.300", "..a.example",
                                       "localhost",  "2001:DB8::1", "a.example.", ".a..b" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(acme_rule_is_ok(span_str(bad[i])));
    assert_true(acme_rule_is_ok(span_str(".example")));
}

static void
what_is_no_name_is_refused(void **state)
{
    static const struct alt_name bad[] = {
        { ALT_DNS, { (const uint8_t *)"A.example", 9 } },
        { ALT_DNS, { (const uint8_t *)"localhost", 9 } },
        { ALT_DNS, { (const uint8_t *)"10.1.2.3", 8 } },
        { ALT_DNS, { (const uint8_t *)"a.example.", 10 } },
        { ALT_DNS, { (const uint8_t *)"a.*.example", 11 } },
        { ALT_DNS, { (const uint8_t *)"", 0 } },
        { ALT_IP, { (const uint8_t *)"010.1.2.3", 9 } },
        { ALT_IP, { (const uint8_t *)"2001:DB8::1", 11 } },
        { ALT_IP, { (const uint8_t *)"2001:db8:0::1", 13 } },
        { ALT_EMAIL, { (const uint8_t *)"a@b.example", 11 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(acme_name_is_ok(&bad[i]));
}

/* ---------------------------------------------------------------------------- rows */

#define KID     "00000000000000000000000000000001"
#define ACCOUNT "00000000000000000000000000000002"
#define ORDER   "00000000000000000000000000000003"

static struct guid
authority(void)
{
    struct guid g;

    assert_true(guid_parse(span_str("77777777-7777-4777-8777-777777777777"), &g));
    return g;
}

static struct hex32
hex(const char *text)
{
    struct hex32 h;

    assert_true(hex32_parse(span_str(text), &h));
    return h;
}

static struct acme_account
account_of(const struct key *key)
{
    return (struct acme_account){ .id = hex(ACCOUNT),
                                  .kid = hex(KID),
                                  .state = ACME_ACCOUNT_VALID,
                                  .created = 5,
                                  .terms = true,
                                  .key = *key_public(key),
                                  .ncontacts = 1,
                                  .contact = { span_str("mailto:a@b.test") } };
}

static struct key *
ec_key(void)
{
    struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256 };
    struct key *k = NULL;

    assert_int_equal(key_new(&spec, &k), ERR_OK);
    return k;
}

static void
a_credential_comes_back_and_goes(void **state)
{
    struct guid ca = authority();
    struct hex32 kid = hex(KID);
    struct acme_credential c = { .kid = kid,
                                 .principal = ca,
                                 .maker = ca,
                                 .created = 1,
                                 .expires = 2,
                                 .wildcards = true,
                                 .accounts = 3,
                                 .profile = span_str("server"),
                                 .sealed = span_str("sealed"),
                                 .nrules = 2,
                                 .rule = { span_str(".corp.test"), span_str("10.0.0.0/8") } },
                           back;
    struct alt_name inside = { ALT_DNS, span_str("a.corp.test") },
                    outside = { ALT_DNS, span_str("a.test") };
    struct vault_at at;
    struct store_write w;

    (void)state;
    store_write_init(&w);
    at = world_at();
    acme_credential_put(at.rows, &w, &ca, &c);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(acme_credential_load(at.rows, at.view, &ca, &kid, &back), ERR_OK);
    assert_int_equal(back.accounts, 3);
    assert_int_equal(back.expires, 2);
    assert_true(span_is_equal(back.sealed, c.sealed) && span_is_equal(back.profile, c.profile));
    assert_true(acme_credential_has(&back, &inside));
    assert_false(acme_credential_has(&back, &outside));
    store_write_init(&w);
    acme_credential_put(at.rows, &w, &ca, &c); /* as if it were new */
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    at = world_at();
    store_write_init(&w);
    acme_credential_drop(&w, &ca, &back);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(acme_credential_load(at.rows, at.view, &ca, &kid, &back), ERR_NOT_FOUND);
}

static void
an_account_is_found_by_its_key_alone(void **state)
{
    struct key *key = ec_key(), *other = ec_key();
    struct acme_account a = account_of(key), back;
    struct guid ca = authority();
    struct store_write w;
    struct vault_at at;

    (void)state;
    store_write_init(&w);
    at = world_at();
    acme_account_put(at.rows, &w, &ca, &a);
    assert_int_equal(acme_account_index(at.rows, &w, &ca, &a), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(acme_account_find(at.rows, at.view, &ca, &a.key, &back), ERR_OK);
    assert_string_equal(back.id.text, ACCOUNT);
    assert_true(key_public_is_same(&back.key, &a.key));
    assert_true(back.terms && span_is_equal(back.contact[0], a.contact[0]));
    assert_int_equal(acme_account_find(at.rows, at.view, &ca, key_public(other), &back),
                     ERR_NOT_FOUND);
    store_write_init(&w);
    assert_int_equal(acme_account_index(at.rows, &w, &ca, &a), ERR_OK); /* a second account */
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    at = world_at();
    store_write_init(&w);
    assert_int_equal(acme_account_forget(&w, &ca, &a.key), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(acme_account_find(at.rows, at.view, &ca, &a.key, &back), ERR_NOT_FOUND);
    key_free(other);
    key_free(key);
}

static bool
count(void *arg, const struct hex32 *id)
{
    assert_string_equal(id->text, ORDER);
    ++*(unsigned *)arg;
    return true;
}

static void
an_order_comes_back_and_ends_by_itself(void **state)
{
    static struct acme_order o, back;
    struct guid ca = authority();
    struct hex32 account = hex(ACCOUNT), another = hex(KID);
    struct store_write w;
    struct vault_at at;
    struct store_row row;
    struct row_key k;
    int64_t expires;
    unsigned n = 0;

    (void)state;
    o = (struct acme_order){ .id = hex(ORDER),
                             .state = ACME_ORDER_VALID,
                             .created = 1,
                             .expires = 1 + ACME_ORDER_LIFE,
                             .profile = "server",
                             .serial = "AB",
                             .nnames = 2,
                             .name = { { ALT_DNS, span_str("*.corp.test") },
                                       { ALT_IP, span_str("10.0.0.1") } } };
    store_write_init(&w);
    at = world_at();
    acme_order_put(at.rows, &w, &ca, &account, &o);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(acme_order_load(at.rows, at.view, &ca, &account, &o.id, &back), ERR_OK);
    assert_int_equal(back.nnames, 2);
    assert_int_equal(back.name[1].kind, ALT_IP);
    assert_string_equal(back.serial, "AB");
    assert_int_equal(acme_order_load(at.rows, at.view, &ca, &another, &o.id, &back),
                     ERR_NOT_FOUND);
    assert_int_equal(acme_order_each(at.view, &ca, &account, count, &n), ERR_OK);
    assert_int_equal(acme_order_each(at.view, &ca, &another, count, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(
        store_get(at.view, row_key_make(&k, "ao", ca.text, ACCOUNT, ORDER, NULL), &row),
        ERR_OK);
    assert_int_equal(expiry_read(at.rows, &row, &expires), ERR_OK);
    assert_int_equal(expires, 1 + ACME_ORDER_LIFE);
}

static void
what_is_cut_or_strange_is_not_read(void **state)
{
    static const uint8_t strange[] = { 2, 0, 0, 0, 0 };
    static struct acme_order o;
    struct acme_credential c;
    struct acme_account a;

    (void)state;
    for (size_t n = 0; n <= sizeof(strange); n++) {
        assert_int_equal(acme_credential_read(span_of(strange, n), &c), ERR_FORMAT);
        assert_int_equal(acme_account_read(span_of(strange, n), &a), ERR_FORMAT);
        assert_int_equal(acme_order_read(span_of(strange, n), &o), ERR_FORMAT);
    }
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(what_is_cut_or_strange_is_not_read),
        cmocka_unit_test_setup_teardown(a_credential_comes_back_and_goes, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(an_account_is_found_by_its_key_alone, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(an_order_comes_back_and_ends_by_itself, world_setup,
                                        world_teardown),
    };
    enum { PLAIN = sizeof(plain) / sizeof(plain[0]), NAMES = sizeof(names) / sizeof(names[0]) };
    struct CMUnitTest tests[PLAIN + NAMES];

    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < NAMES; i++)
        tests[PLAIN + i] = (struct CMUnitTest){ .name = names[i].what,
                                                .test_func = run_name,
                                                .initial_state = (void *)(uintptr_t)&names[i] };
    return cmocka_run_group_tests_name("pki/acme", tests, world_open, world_close);
}
