/* SPDX-License-Identifier: Apache-2.0 */
/* test_pki_issue.c - what authorities issue, and what they do not. */
#include "town.h"

#include <stdio.h>
#include <string.h>

static char why[CA_WHY_MAX];

static struct alt_name
dns(const char *text)
{
    return (struct alt_name){ ALT_DNS, span_str(text) };
}

static void
found(const char *name, const char *parent, int path_length)
{
    struct town_ca c = { .name = name, .parent = parent, .path_length = path_length };

    assert_int_equal(town_found(&c, why), ERR_OK);
}

/* What is issued for one name to a new key of that kind; verified under its chain. */
static enum err
issue_for(const char *ca, struct issue_asked *a, enum key_type type, unsigned bits)
{
    static struct ca authority;
    struct span chain[CA_CHAIN_MAX + 1];
    struct key_public key;
    struct issue_made m;
    struct hex32 id;
    enum err e;

    key = town_key("leaf", type, type == KEY_EC ? (enum key_curve)bits : 0,
                   type == KEY_EC ? 0 : bits, &id);
    a->key = &key;
    issue_made_init(&m);
    why[0] = '\0';
    e = town_issue(ca, a, &m, why);
    if (e == ERR_OK) {
        town_load(ca, &authority);
        assert_int_equal(
            cert_chain_verify(chain, issue_chain(&authority, &m, chain), WORLD_NOW), ERR_OK);
    } else {
        assert_true(why[0] != '\0');
    }
    issue_made_release(&m);
    return e;
}

static enum err
issue_name(const char *ca, struct alt_name name)
{
    struct issue_asked a = { .subject = span_str("O=Test"), .alts = &name, .alt_count = 1 };

    return issue_for(ca, &a, KEY_EC, CURVE_P256);
}

static void
a_leaf_verifies_under_a_root_and_two_subordinates(void **state)
{
    (void)state;
    found("root", NULL, -1);
    found("middle", "root", 1);
    found("low", "middle", 0);
    assert_int_equal(issue_name("root", dns("a.example.test")), ERR_OK);
    assert_int_equal(issue_name("middle", dns("a.example.test")), ERR_OK);
    assert_int_equal(issue_name("low", dns("a.example.test")), ERR_OK);
}

static void
the_path_length_of_every_authority_above_counts(void **state)
{
    struct town_ca c = { .name = "third", .parent = "second", .path_length = -1 };

    (void)state;
    found("first", NULL, 1);
    found("second", "first", -1);
    assert_int_equal(town_found(&c, why), ERR_DENIED);
    assert_non_null(strstr(why, "path length"));
    c = (struct town_ca){ .name = "third", .parent = "first", .path_length = 1 };
    assert_int_equal(town_found(&c, why), ERR_DENIED);
}

static void
names_outside_the_constraints_of_any_authority_are_refused(void **state)
{
    struct town_ca root = { .name = "root",
                            .path_length = -1,
                            .permitted = { { ALT_DNS, span_str("example.test") },
                                           { ALT_IP, span_str("10.0.0.0/8") } },
                            .npermitted = 2 };
    struct town_ca low = { .name = "low",
                           .parent = "root",
                           .path_length = 0,
                           .excluded = { { ALT_DNS, span_str("secret.example.test") } },
                           .nexcluded = 1 };

    (void)state;
    assert_int_equal(town_found(&root, why), ERR_OK);
    assert_int_equal(town_found(&low, why), ERR_OK);
    assert_int_equal(issue_name("low", dns("a.example.test")), ERR_OK);
    assert_int_equal(issue_name("low", (struct alt_name){ ALT_IP, span_str("10.1.2.3") }),
                     ERR_OK);
    assert_int_equal(issue_name("low", dns("example.org")), ERR_DENIED);
    assert_int_equal(issue_name("low", dns("a.secret.example.test")), ERR_DENIED);
    assert_int_equal(issue_name("root", dns("a.secret.example.test")), ERR_OK);
    assert_int_equal(issue_name("low", dns("badexample.test")), ERR_DENIED);
    assert_int_equal(issue_name("low", (struct alt_name){ ALT_IP, span_str("11.1.2.3") }),
                     ERR_DENIED);
}

static void
a_common_name_that_is_a_host_is_constrained_as_one(void **state)
{
    struct town_ca root = { .name = "root",
                            .path_length = 0,
                            .permitted = { { ALT_DNS, span_str("example.test") } },
                            .npermitted = 1 };
    struct issue_asked a = { .subject = span_str("CN=www.example.org") };

    (void)state;
    assert_int_equal(town_found(&root, why), ERR_OK);
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.subject = span_str("CN=www.example.test");
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_OK);
}

static void
what_is_beyond_the_profile_is_refused(void **state)
{
    static const struct span code[] = { { (const uint8_t *)"1.3.6.1.5.5.7.3.3", 17 } };
    struct alt_name name = dns("a.example.test");
    struct issue_asked a = { .alts = &name, .alt_count = 1 };

    (void)state;
    found("root", NULL, -1);
    a.not_after = WORLD_NOW + 400 * TOWN_DAY;
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.not_after = WORLD_NOW - 1;
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.not_after = 0;
    a.ekus = code;
    a.eku_count = 1;
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.eku_count = 0;
    a.key_usage = USAGE_KEY_CERT_SIGN;
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.key_usage = 0;
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256K), ERR_DENIED);
    a.profile = span_str("email");
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.profile = span_str("nothing");
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
    a.profile = span_str("subordinate");
    a.alt_count = 0;
    a.subject = span_str("CN=me too");
    assert_int_equal(issue_for("root", &a, KEY_EC, CURVE_P256), ERR_DENIED);
}

static void
the_end_is_cut_to_the_end_of_the_authority(void **state)
{
    struct issue_asked a = { .profile = span_str("subordinate"),
                             .subject = span_str("CN=sub"),
                             .may_be_ca = true,
                             .path_length = -1 };
    static struct ca root;
    struct key_public key;
    struct issue_made m;
    struct cert *c;
    struct hex32 id;

    (void)state;
    found("root", NULL, -1);
    key = town_key("leaf", KEY_EC, CURVE_P256, 0, &id);
    a.key = &key;
    issue_made_init(&m);
    assert_int_equal(town_issue("root", &a, &m, why), ERR_OK);
    town_load("root", &root);
    assert_int_equal(cert_new(root.chain[0], &c), ERR_OK);
    assert_true(m.not_after == cert_not_after(c));
    cert_free(c);
    issue_made_release(&m);
}

static void
an_authority_that_is_disabled_or_revoked_issues_nothing(void **state)
{
    struct revoked r = { .reason = REASON_SUPERSEDED, .at = WORLD_NOW };
    static struct ca ca;
    struct store_write w;

    (void)state;
    found("root", NULL, -1);
    found("low", "root", 0);
    town_load("low", &ca);
    store_write_init(&w);
    ca.enabled = false;
    ca_put(world.rows, &w, &ca);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(issue_name("low", dns("a.example.test")), ERR_DISABLED);
    town_load("low", &ca);
    store_write_init(&w);
    ca.enabled = true;
    ca_put(world.rows, &w, &ca);
    memcpy(r.serial, ca.above[0].serial, sizeof(ca.above[0].serial));
    revoked_put(world.rows, &w, &ca.above[0].id, &r);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(issue_name("low", dns("a.example.test")), ERR_DISABLED);
    assert_non_null(strstr(why, "revoked"));
    assert_int_equal(issue_name("root", dns("a.example.test")), ERR_OK);
}

/* Another key under the same name, or the vault of another name: what the row says is not
 * believed when it does not fit the certificate. */
static void
an_authority_with_another_key_issues_nothing(void **state)
{
    static struct ca ca;
    struct store_write w;
    struct hex32 id;

    (void)state;
    found("root", NULL, -1);
    (void)town_key("root", KEY_EC, CURVE_P256, 0, &id);
    assert_int_equal(issue_name("root", dns("a.example.test")), ERR_OK);
    town_load("root", &ca);
    ca.key_version = id;
    store_write_init(&w);
    ca_put(world.rows, &w, &ca);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(issue_name("root", dns("a.example.test")), ERR_DISABLED);
    town_load("root", &ca);
    ca.vault = guid_new();
    store_write_init(&w);
    ca_put(world.rows, &w, &ca);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(issue_name("root", dns("a.example.test")), ERR_DISABLED);
    assert_non_null(strstr(why, "vault"));
}

static void
rows_that_were_edited_are_not_believed(void **state)
{
    static struct ca ca;
    struct row_key k;
    struct buf raw;
    struct span edited;
    struct span key;

    (void)state;
    found("root", NULL, -1);
    town_load("root", &ca);
    key = row_key_make(&k, "pa", ca.id.text, NULL);
    raw = world_raw(key);
    raw.ptr[80] ^= 1;
    edited = buf_span(&raw);
    world_tamper(key, &edited);
    (void)world_at();
    assert_int_equal(ca_find(world.rows, world.view, span_str(town_id("root")), &ca),
                     ERR_INTEGRITY);
    buf_release(&raw);
}

static void
rsa_signs_for_ec_and_the_other_way_round(void **state)
{
    struct town_ca c = { .name = "rsa", .path_length = -1, .type = KEY_RSA };
    struct alt_name name = dns("a.example.test");
    struct issue_asked a = { .alts = &name, .alt_count = 1 };

    (void)state;
    assert_int_equal(town_found(&c, why), ERR_OK);
    found("ec", "rsa", 0);
    assert_int_equal(issue_for("rsa", &a, KEY_EC, CURVE_P384), ERR_OK);
    assert_int_equal(issue_for("ec", &a, KEY_RSA, 2048), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_leaf_verifies_under_a_root_and_two_subordinates),
        T(the_path_length_of_every_authority_above_counts),
        T(names_outside_the_constraints_of_any_authority_are_refused),
        T(a_common_name_that_is_a_host_is_constrained_as_one),
        T(what_is_beyond_the_profile_is_refused),
        T(the_end_is_cut_to_the_end_of_the_authority),
        T(an_authority_that_is_disabled_or_revoked_issues_nothing),
        T(an_authority_with_another_key_issues_nothing),
        T(rows_that_were_edited_are_not_believed),
        T(rsa_signs_for_ec_and_the_other_way_round),
    };

    return cmocka_run_group_tests_name("pki/issue", tests, world_open, world_close);
}
