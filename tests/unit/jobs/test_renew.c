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
keys_are(struct rig *r, unsigned n, const int64_t *signs_from)
{
    struct store_view *view;
    struct signing_keys keys;

    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(signing_keys_load(r->desk.rows, view, &keys), ERR_OK);
    assert_int_equal(keys.n, n);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(keys.key[i].signs_from, signs_from[i]);
    store_end(view);
}

static void
next_token_key_signs_when_due_and_the_old_one_stays_for_its_tokens(void **state)
{
    struct rig *r = *state;
    const int64_t due = RIG_NOW + TOKEN_KEY_DAYS * (int64_t)DAY;
    const int64_t later = due + TOKEN_KEY_DAYS * (int64_t)DAY;
    uint64_t before = rig_revision(r);

    keys_are(r, 2, (int64_t[]){ due, RIG_NOW });
    assert_int_equal(token_keys_rotate(&r->desk, due - 1, false), ERR_OK);
    assert_int_equal(rig_revision(r), before);
    assert_int_equal(token_keys_rotate(&r->desk, due + 5, false), ERR_OK);
    keys_are(r, 3, (int64_t[]){ later, due, RIG_NOW });
    assert_int_equal(rig_audited(r, "\"TokenSigningKeyRotate\""), 1);
    assert_int_equal(token_keys_rotate(&r->desk, due + 4 + TOKEN_KEY_RETIRED_S, false), ERR_OK);
    keys_are(r, 3, (int64_t[]){ later, due, RIG_NOW });
    assert_int_equal(token_keys_rotate(&r->desk, due + 5 + TOKEN_KEY_RETIRED_S, false), ERR_OK);
    keys_are(r, 2, (int64_t[]){ later, due });
    assert_int_equal(rig_audited(r, "\"TokenSigningKeyRotate\""), 1);
    assert_int_equal(rig_audited(r, "\"TokenSigningKeyRetire\""), 1);
}

static void
forced_rotation_lets_the_next_token_key_sign_now(void **state)
{
    struct rig *r = *state;
    const int64_t now = RIG_NOW + 1000 * (int64_t)DAY;

    assert_int_equal(token_keys_rotate(&r->desk, now, false), ERR_OK);
    assert_int_equal(token_keys_rotate(&r->desk, now + 1, true), ERR_OK);
    assert_int_equal(token_keys_rotate(&r->desk, now + 1 + TOKEN_KEY_RETIRED_S, false), ERR_OK);
    keys_are(r, 2, (int64_t[]){ now + 1 + TOKEN_KEY_DAYS * (int64_t)DAY, now + 1 });
    for (int64_t i = 1; i <= SIGNING_KEYS_MAX + 2; i++)
        assert_int_equal(token_keys_rotate(&r->desk, now + 1 + i, true), ERR_OK);
    assert_true(rig_count(r, "k/token/") < SIGNING_KEYS_MAX);
    assert_int_equal(
        token_keys_rotate(&r->desk, now + 2 * SIGNING_KEYS_MAX + TOKEN_KEY_RETIRED_S, false),
        ERR_OK);
    assert_int_equal(rig_count(r, "k/token/"), 2);
}

/* A store of the days when one key was published until the first rotation. */
static void
store_with_one_token_key_gets_its_next(void **state)
{
    struct rig *r = *state;
    const int64_t now = RIG_NOW + 2000 * (int64_t)DAY;
    const struct desk_deed deed = { .operation = "Test" };
    struct store_view *view;
    struct signing_keys keys;
    struct store_write w;

    assert_int_equal(token_keys_rotate(&r->desk, now, false), ERR_OK);
    store_write_init(&w);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(signing_keys_load(r->desk.rows, view, &keys), ERR_OK);
    for (unsigned i = 1; i < keys.n; i++)
        signing_key_drop(&w, &keys.key[i]);
    signing_key_retime(r->desk.rows, &w, &keys.key[0], now, 0);
    assert_int_equal(desk_commit(&r->desk, &w, &deed), ERR_OK);
    store_end(view);
    store_write_release(&w);
    keys_are(r, 1, &now);

    /* Nearly due already: the new one is published for a week all the same. */
    assert_int_equal(
        token_keys_rotate(&r->desk, now + (TOKEN_KEY_DAYS - 1) * (int64_t)DAY, false), ERR_OK);
    keys_are(
        r, 2,
        (int64_t[]){ now + (TOKEN_KEY_DAYS - 1 + TOKEN_KEY_AHEAD_DAYS) * (int64_t)DAY, now });
    assert_int_equal(rig_audited(r, "\"TokenSigningKeyCreate\""), 1);
}

static void
duties_wait_for_a_link(void **state)
{
    struct rig *r = *state;
    int64_t due = RIG_NOW + 4000 * (int64_t)DAY;

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
        cmocka_unit_test(next_token_key_signs_when_due_and_the_old_one_stays_for_its_tokens),
        cmocka_unit_test(forced_rotation_lets_the_next_token_key_sign_now),
        cmocka_unit_test(store_with_one_token_key_gets_its_next),
        cmocka_unit_test(duties_wait_for_a_link),
    };

    return cmocka_run_group_tests_name("jobs/renew", tests, rig_setup_founded, rig_teardown);
}
