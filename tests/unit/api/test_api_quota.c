/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_quota.c - buckets of principals, vaults and subscriptions; costs; the tables'
 * bounds. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/quota.h"

#define SECOND UINT64_C(1000000)

static const uint64_t start = 1000 * SECOND;
static const struct guid tenant = { "11111111-1111-4111-8111-111111111111" };

static struct guid
guid_of(unsigned i)
{
    struct guid g;

    (void)snprintf(g.text, sizeof(g.text), "22222222-2222-4222-8222-%012x", i);
    return g;
}

static struct quota *
make(enum quota_profile profile, uint64_t rate, uint64_t burst)
{
    struct quota_config cfg = { .profile = profile,
                                .principal_rate = rate,
                                .principal_burst = burst };
    struct quota *q;

    assert_int_equal(quota_new(&cfg, &q), ERR_OK);
    return q;
}

static bool
ask(struct quota *q, unsigned who, uint64_t now, struct quota_refusal *r)
{
    struct guid oid = guid_of(who);

    return quota_take_principal(q, &tenant, &oid, now, r);
}

static unsigned
ask_many(struct quota *q, unsigned who, unsigned n, uint64_t now)
{
    struct quota_refusal r;
    unsigned ok = 0;

    for (unsigned i = 0; i < n; i++)
        ok += ask(q, who, now, &r);
    return ok;
}

static unsigned
use(struct quota *q, unsigned vault, unsigned sub, struct quota_cost cost, unsigned n,
    struct quota_refusal *r)
{
    struct guid v = guid_of(vault), s = guid_of(sub);
    unsigned ok = 0;

    while (ok < n && quota_take_vault(q, &v, &s, cost, start, r))
        ok++;
    return ok;
}

static void
off_takes_nothing(void **state)
{
    struct quota_refusal r;
    struct quota *q = make(QUOTA_OFF, 1, 1);

    (void)state;
    assert_null(q);
    assert_true(ask(q, 1, start, &r));
    assert_int_equal(use(q, 1, 2, quota_cost_new(true), 100, &r), 100);
    quota_free(q);
}

static void
a_burst_then_the_rate(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 10, 20);

    (void)state;
    assert_int_equal(ask_many(q, 1, 100, start), 20);
    assert_int_equal(ask_many(q, 1, 100, start), 0);
    assert_int_equal(ask_many(q, 1, 100, start + SECOND / 10), 1);
    assert_int_equal(ask_many(q, 1, 100, start + SECOND + SECOND / 10), 10);
    assert_int_equal(ask_many(q, 1, 100, start + 60 * SECOND), 20);
    quota_free(q);
}

static void
a_refusal_says_how_long_and_costs_nothing(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 1, 5);
    struct quota_refusal r = { 0 };

    (void)state;
    assert_int_equal(ask_many(q, 1, 5, start), 5);
    assert_int_equal(ask_many(q, 1, 1000, start), 0);
    assert_false(ask(q, 1, start, &r));
    assert_int_equal(r.whose, QUOTA_PRINCIPAL);
    assert_int_equal(r.retry_s, 1);
    assert_string_equal(quota_reason(r.whose), "PrincipalRequestLimitReached");
    assert_true(ask(q, 1, start + r.retry_s * SECOND, &r));
    quota_free(q);
}

static void
who_floods_stands_in_nobodys_way(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 10, 10);

    (void)state;
    assert_int_equal(ask_many(q, 1, 10000, start), 10);
    assert_int_equal(ask_many(q, 2, 10, start), 10);
    quota_free(q);
}

static void
two_tenants_have_two_buckets(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 1, 1);
    struct guid oid = guid_of(1), other = guid_of(77);
    struct quota_refusal r;

    (void)state;
    assert_true(quota_take_principal(q, &tenant, &oid, start, &r));
    assert_false(quota_take_principal(q, &tenant, &oid, start, &r));
    assert_true(quota_take_principal(q, &other, &oid, start, &r));
    quota_free(q);
}

static void
azure_counts_each_class_apart(void **state)
{
    static const struct {
        struct quota_cost cost;
        unsigned most;
    } rows[] = {
        { { QUOTA_OTHER, 1 }, 4000 }, { { QUOTA_NEW, 1 }, 300 },
        { { QUOTA_KEY_NEW, 1 }, 20 }, { { QUOTA_KEY_NEW_HSM, 1 }, 10 },
        { { QUOTA_KEY, 1 }, 4000 },   { { QUOTA_KEY_HSM, 1 }, 2000 },
    };
    struct quota *q = make(QUOTA_AZURE, 0, 0);
    struct quota_refusal r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(use(q, 1, 2, rows[i].cost, 5000, &r), rows[i].most);
        assert_int_equal(r.whose, QUOTA_VAULT);
        assert_string_equal(quota_reason(r.whose), "VaultRequestTypeLimitReached");
    }
    assert_int_equal(ask_many(q, 1, 100000, start), 100000);
    quota_free(q);
}

static void
large_keys_weigh_more(void **state)
{
    static const struct {
        bool hsm, rsa;
        unsigned bits, most;
    } rows[] = { { false, true, 2048, 4000 }, { false, true, 3072, 1000 },
                 { false, true, 4096, 500 },  { true, true, 2048, 2000 },
                 { true, true, 3072, 500 },   { true, true, 4096, 250 },
                 { false, false, 521, 4000 }, { true, false, 256, 2000 } };
    struct quota_refusal r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quota *q = make(QUOTA_AZURE, 0, 0);
        struct quota_cost c = quota_cost_use(rows[i].hsm, rows[i].rsa, rows[i].bits);

        assert_int_equal(use(q, 1, 2, c, 5000, &r), rows[i].most);
        quota_free(q);
    }
}

/* H1: in one bucket 248 operations with RSA-4096 leave room for 16 with RSA-2048. */
static void
weights_add_up(void **state)
{
    struct quota *q = make(QUOTA_AZURE, 0, 0);
    struct quota_refusal r;

    (void)state;
    assert_int_equal(use(q, 1, 2, quota_cost_use(true, true, 4096), 248, &r), 248);
    assert_int_equal(use(q, 1, 2, quota_cost_use(true, true, 2048), 5000, &r), 16);
    quota_free(q);
}

static void
a_subscription_has_five_vaults_worth(void **state)
{
    struct quota *q = make(QUOTA_AZURE, 0, 0);
    const struct quota_cost c = { QUOTA_NEW, 1 };
    struct quota_refusal r = { 0 };

    (void)state;
    for (unsigned v = 1; v <= 5; v++)
        assert_int_equal(use(q, v, 99, c, 300, &r), 300);
    assert_int_equal(use(q, 6, 99, c, 300, &r), 0);
    assert_int_equal(r.whose, QUOTA_SUBSCRIPTION);
    assert_string_equal(quota_reason(r.whose), "SubscriptionRequestTypeLimitReached");
    /* What the subscription refused cost the vault nothing. */
    assert_int_equal(use(q, 6, 98, c, 5000, &r), 300);
    quota_free(q);
}

/* Idle entries make room first: who is being held back is not let off by newcomers. */
static void
the_table_is_bounded(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 1, 1000);
    struct quota_refusal r;

    (void)state;
    assert_int_equal(ask_many(q, 1, 2000, start), 1000);
    for (unsigned i = 2; i < 20 * QUOTA_PRINCIPALS; i++)
        assert_true(ask(q, i, start + i, &r));
    assert_false(ask(q, 1, start, &r));
    quota_free(q);
}

static void
every_permission_has_a_class(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PERM__MAX; p++) {
        struct quota_cost c = quota_cost_of((enum perm)p);

        assert_true(c.class > QUOTA_ANY && c.class < QUOTA_CLASS__MAX);
        assert_true(c.weight <= 1);
    }
    assert_int_equal(quota_cost_of(PERM_SECRET_GET).class, QUOTA_OTHER);
    assert_int_equal(quota_cost_of(PERM_CERT_CREATE).class, QUOTA_OTHER);
    assert_int_equal(quota_cost_of(PERM_SECRET_SET).class, QUOTA_NEW);
    assert_int_equal(quota_cost_of(PERM_KEY_LIST).class, QUOTA_KEY);
    assert_int_equal(quota_cost_of(PERM_KEY_SIGN).weight, 0);
    assert_int_equal(quota_cost_of(PERM_KEY_CREATE).weight, 0);
}

struct racer {
    struct quota *q;
    unsigned got;
};

static void *
race(void *arg)
{
    struct racer *r = arg;

    r->got = ask_many(r->q, 1, 20000, start);
    return NULL;
}

static void
loops_share_one_bucket(void **state)
{
    struct quota *q = make(QUOTA_CUSTOM, 1, 10000);
    struct racer racers[4];
    pthread_t threads[4];
    unsigned sum = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        racers[i] = (struct racer){ q, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum += racers[i].got;
    }
    assert_int_equal(sum, 10000);
    quota_free(q);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_takes_nothing),
        cmocka_unit_test(a_burst_then_the_rate),
        cmocka_unit_test(a_refusal_says_how_long_and_costs_nothing),
        cmocka_unit_test(who_floods_stands_in_nobodys_way),
        cmocka_unit_test(two_tenants_have_two_buckets),
        cmocka_unit_test(azure_counts_each_class_apart),
        cmocka_unit_test(large_keys_weigh_more),
        cmocka_unit_test(weights_add_up),
        cmocka_unit_test(a_subscription_has_five_vaults_worth),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(every_permission_has_a_class),
        cmocka_unit_test(loops_share_one_bucket),
    };

    return cmocka_run_group_tests_name("api/quota", tests, NULL, NULL);
}
