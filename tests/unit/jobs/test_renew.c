/* SPDX-License-Identifier: Apache-2.0 */
/* test_renew.c - the listener's certificate and the token signing keys, kept fresh. */
#include "operator.h"
#include "rig.h"

#include "auth/signing_key.h"
#include "crypto/x509.h"
#include "jobs/renew.h"
#include "jobs/token_keys.h"
#include "vault/syskey.h"

enum { DAY = 86400 };

/* Copied out of the row: is it the operator's, and when does it end? */
struct leaf {
    bool foreign;
    int64_t not_after;
    uint64_t revision;
};

static struct leaf
leaf_of(const struct rig *r)
{
    struct store_view *view;
    struct syskey row;
    struct leaf l = { .foreign = false };

    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(syskey_get(r->desk.rows, view, span_str("k/tls"), &row, &l.revision),
                     ERR_OK);
    l.foreign = row.foreign;
    l.not_after = row.not_after;
    store_end(view);
    return l;
}

static void
a_fresh_leaf_is_left_alone(void **state)
{
    struct rig *r = *state;
    uint64_t before = rig_revision(r);
    int64_t last = RIG_NOW + (LEAF_DAYS - LEAF_RENEW_DAYS) * (int64_t)DAY - 1;

    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, RIG_NOW, true), ERR_OK);
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, last, true), ERR_OK);
    assert_int_equal(rig_revision(r), before);
}

static void
a_leaf_is_replaced_thirty_days_before_its_end(void **state)
{
    struct rig *r = *state;
    int64_t due = RIG_NOW + (LEAF_DAYS - LEAF_RENEW_DAYS) * (int64_t)DAY;

    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, "extra." RIG_DOMAIN, due, true), ERR_OK);
    assert_int_equal(leaf_of(r).not_after, due + LEAF_DAYS * (int64_t)DAY);
    assert_int_equal(rig_audited(r, "\"ListenerCertificateRenew\""), 1);
    /* Done for now. */
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, due, true), ERR_OK);
    assert_int_equal(rig_audited(r, "\"ListenerCertificateRenew\""), 1);
}

static void
the_operators_certificate_is_taken_and_left_alone(void **state)
{
    struct rig *r = *state;
    uint64_t revision;

    assert_int_equal(
        renew_import(&r->desk, span_str(operator_chain), span_str(operator_key), RIG_NOW),
        ERR_OK);
    assert_true(leaf_of(r).foreign);
    revision = leaf_of(r).revision;
    /* The same again is not written; and it is not ours to renew, whatever the day. */
    assert_int_equal(
        renew_import(&r->desk, span_str(operator_chain), span_str(operator_key), RIG_NOW),
        ERR_OK);
    assert_int_equal(
        renew_leaf(&r->desk, RIG_DOMAIN, NULL, RIG_NOW + 4000 * (int64_t)DAY, false), ERR_OK);
    assert_int_equal(leaf_of(r).revision, revision);
    assert_int_equal(rig_audited(r, "\"ListenerCertificateImport\""), 1);
}

static void
an_operators_certificate_that_is_no_longer_configured_is_replaced(void **state)
{
    struct rig *r = *state;

    assert_true(leaf_of(r).foreign);
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, RIG_NOW, true), ERR_OK);
    assert_false(leaf_of(r).foreign);
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
    struct rig *r = *state;
    uint64_t before = rig_revision(r);

    assert_int_equal(
        renew_import(&r->desk, span_str(operator_chain), span_str(another_key), RIG_NOW),
        ERR_ARG);
    assert_int_equal(rig_revision(r), before);
}

static void
what_is_no_certificate_or_no_key_is_refused(void **state)
{
    struct rig *r = *state;
    uint64_t before = rig_revision(r);

    assert_int_equal(renew_import(&r->desk, span_str("hello"), span_str(operator_key), RIG_NOW),
                     ERR_ARG);
    assert_int_not_equal(
        renew_import(&r->desk, span_str(operator_chain), span_str("hello"), RIG_NOW), ERR_OK);
    assert_int_equal(rig_revision(r), before);
}

static void
token_keys_are_rotated_when_due_and_two_are_published(void **state)
{
    struct rig *r = *state;
    int64_t due = RIG_NOW + TOKEN_KEY_DAYS * (int64_t)DAY;
    struct store_view *view;
    struct signing_keys keys;
    uint64_t before = rig_revision(r);

    assert_int_equal(token_keys_rotate(&r->desk, due - 1, false), ERR_OK);
    assert_int_equal(rig_revision(r), before);
    assert_int_equal(token_keys_rotate(&r->desk, due, false), ERR_OK);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(signing_keys_load(r->desk.rows, view, &keys), ERR_OK);
    assert_int_equal(keys.n, 2);
    assert_int_equal(keys.key[0].created, due);
    assert_int_equal(keys.key[1].created, RIG_NOW);
    store_end(view);
    /* The third drops the first. */
    assert_int_equal(token_keys_rotate(&r->desk, due + 1, true), ERR_OK);
    assert_int_equal(rig_count(r, "k/token/"), 2);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(signing_keys_load(r->desk.rows, view, &keys), ERR_OK);
    assert_int_equal(keys.key[0].created, due + 1);
    assert_int_equal(keys.key[1].created, due);
    store_end(view);
    assert_int_equal(rig_audited(r, "\"TokenSigningKeyRotate\""), 2);
}

static void
duties_wait_for_a_link(void **state)
{
    struct rig *r = *state;
    int64_t due = RIG_NOW + 500 * (int64_t)DAY;

    peer_free(r->desk.keeper);
    r->desk.keeper = NULL;
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, due, true), ERR_UNAVAILABLE);
    assert_int_equal(token_keys_rotate(&r->desk, due, false), ERR_UNAVAILABLE);
    assert_int_equal(
        renew_import(&r->desk, span_str(operator_chain), span_str(operator_key), RIG_NOW),
        ERR_UNAVAILABLE);
    rig_link_desk(r);
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, due, true), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_leaf_is_left_alone),
        cmocka_unit_test(a_leaf_is_replaced_thirty_days_before_its_end),
        cmocka_unit_test(the_operators_certificate_is_taken_and_left_alone),
        cmocka_unit_test(an_operators_certificate_that_is_no_longer_configured_is_replaced),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(what_is_no_certificate_or_no_key_is_refused),
        cmocka_unit_test(token_keys_are_rotated_when_due_and_two_are_published),
        cmocka_unit_test(duties_wait_for_a_link),
    };

    return cmocka_run_group_tests_name("jobs/renew", tests, rig_setup_founded, rig_teardown);
}
