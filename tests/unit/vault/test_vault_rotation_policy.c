/* SPDX-License-Identifier: Apache-2.0 */
/* Durations over the calendar; what a rotation policy may say; its row. */
#include "codec/isotime.h"
#include "vault/rotation_policy.h"
#include "world.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ----------------------------------------------------------------- durations */

static void
durations_are_years_months_weeks_days(void **state)
{
    static const struct {
        const char *text;
        unsigned months, days;
    } rows[] = {
        { "P90D", 0, 90 },       { "P18M", 18, 0 },       { "P1Y", 12, 0 },
        { "P2Y3M4D", 27, 4 },    { "P1Y1W1D", 12, 8 },    { "P4W", 0, 28 },
        { "P100Y", 1200, 0 },    { "P0D", 0, 0 },         { "P007D", 0, 7 },
        { "P1Y11M30D", 23, 30 }, { "P36500D", 0, 36500 },
    };
    struct duration d;

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        assert_true(duration_parse(span_str(rows[i].text), &d));
        assert_string_equal(d.text, rows[i].text); /* answered as it came */
        assert_true(duration_is_set(&d));
        assert_int_equal(d.months, rows[i].months);
        assert_int_equal(d.days, rows[i].days);
    }
}

static void
other_durations_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "P",
                                       "90D",
                                       "p90D",
                                       "P90d",
                                       "PD",
                                       "P90",
                                       "P1D1Y",
                                       "P1M1M",
                                       "P1Y1Y",
                                       "P1DT1H",
                                       "PT24H",
                                       "P-1D",
                                       "P+1D",
                                       " P1D",
                                       "P1D ",
                                       "P1.5M",
                                       "P1,5Y",
                                       "P101Y",
                                       "P1201M",
                                       "P5215W",
                                       "P36501Y",
                                       "P99999999999D",
                                       "PP1D",
                                       "P1YM",
                                       "P1X",
                                       "P18446744073709551617D",
                                       "P1D\n",
                                       "P000000000000000000000000000001D" };
    struct duration d;

    (void)state;
    for (size_t i = 0; i < N(bad); i++) {
        if (duration_parse(span_str(bad[i]), &d))
            fail_msg("'%s'", bad[i]);
        assert_false(duration_is_set(&d));
    }
    assert_false(duration_parse(span_of("P1D\0", 4), &d));
}

static void
months_end_where_the_calendar_ends_them(void **state)
{
    static const struct {
        const char *from, *duration;
        int sign;
        const char *to;
    } rows[] = {
        { "2024-01-31T10:20:30Z", "P1M", 1, "2024-02-29T10:20:30Z" },
        { "2023-01-31T10:20:30Z", "P1M", 1, "2023-02-28T10:20:30Z" },
        { "1900-01-31T00:00:00Z", "P1M", 1, "1900-02-28T00:00:00Z" },
        { "2000-01-30T00:00:00Z", "P1M", 1, "2000-02-29T00:00:00Z" },
        { "2024-03-31T00:00:00Z", "P1M", -1, "2024-02-29T00:00:00Z" },
        { "2023-05-31T23:59:59Z", "P1M", 1, "2023-06-30T23:59:59Z" },
        { "2024-02-29T12:00:00Z", "P1Y", 1, "2025-02-28T12:00:00Z" },
        { "2024-02-29T12:00:00Z", "P4Y", 1, "2028-02-29T12:00:00Z" },
        { "2024-02-29T12:00:00Z", "P1Y", -1, "2023-02-28T12:00:00Z" },
        { "2023-12-31T00:00:00Z", "P2M", 1, "2024-02-29T00:00:00Z" },
        { "2023-11-30T00:00:00Z", "P3M", 1, "2024-02-29T00:00:00Z" },
        { "2023-12-15T00:00:00Z", "P1M", 1, "2024-01-15T00:00:00Z" },
        { "2024-01-15T00:00:00Z", "P1M", -1, "2023-12-15T00:00:00Z" },
        { "2024-01-15T00:00:00Z", "P13M", -1, "2022-12-15T00:00:00Z" },
        /* months first, then days */
        { "2023-01-31T00:00:00Z", "P1M1D", 1, "2023-03-01T00:00:00Z" },
        { "2023-03-31T00:00:00Z", "P1M1D", -1, "2023-02-27T00:00:00Z" },
        /* days are days, leap or not */
        { "2024-02-28T00:00:00Z", "P1D", 1, "2024-02-29T00:00:00Z" },
        { "2023-02-28T00:00:00Z", "P1D", 1, "2023-03-01T00:00:00Z" },
        { "2023-03-01T00:00:00Z", "P365D", 1, "2024-02-29T00:00:00Z" },
        { "2024-01-01T00:00:00Z", "P2W", 1, "2024-01-15T00:00:00Z" },
        { "9999-12-31T00:00:00Z", "P1M", 1, "9999-12-31T23:59:59Z" },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        char text[ISOTIME_MAX];
        struct duration d;
        int64_t t;

        assert_int_equal(isotime_get(span_str(rows[i].from), &t), ERR_OK);
        assert_true(duration_parse(span_str(rows[i].duration), &d));
        isotime_put(duration_shift(&d, t, rows[i].sign), text);
        assert_string_equal(text, rows[i].to);
    }
}

/* Against the plainest way to count: day by day. */
static void
adding_months_agrees_with_counting_days(void **state)
{
    int64_t t = 946684800; /* 2000-01-01 */
    struct duration month;

    (void)state;
    assert_true(duration_parse(span_str("P1M"), &month));
    for (int y = 2000; y < 2100; y++)
        for (int m = 1; m <= 12; m++) {
            int days = m == 2 ? (y % 4 == 0 ? 29 : 28)
                              : (m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31);

            assert_int_equal(duration_shift(&month, t, 1), t + days * INT64_C(86400));
            t += days * INT64_C(86400);
            assert_int_equal(duration_shift(&month, t, -1), t - days * INT64_C(86400));
        }
}

/* --------------------------------------------------------------------- rules */

static struct lifetime_trigger
after(const char *text)
{
    struct lifetime_trigger t = { .is_set = true };

    assert_true(duration_parse(span_str(text), &t.after_create));
    return t;
}

static struct lifetime_trigger
before(const char *text)
{
    struct lifetime_trigger t = { .is_set = true };

    assert_true(duration_parse(span_str(text), &t.before_expiry));
    return t;
}

static void
act(struct rotation_policy *p, enum lifetime_action a, struct lifetime_trigger t)
{
    p->order[p->norder++] = a;
    p->trigger[a] = t;
}

/* Empty text: no such part. "+P90D" is after creation, "-P30D" before expiry. */
static struct rotation_policy
policy(const char *rotate, const char *notify, const char *expiry)
{
    struct rotation_policy p = { .stored = true, .created = 5, .updated = 6 };

    if (rotate[0] != '\0')
        act(&p, ACTION_ROTATE, rotate[0] == '+' ? after(rotate + 1) : before(rotate + 1));
    if (notify[0] != '\0')
        act(&p, ACTION_NOTIFY, notify[0] == '+' ? after(notify + 1) : before(notify + 1));
    if (expiry[0] != '\0')
        assert_true(duration_parse(span_str(expiry), &p.expiry));
    return p;
}

static void
policies_within_the_rules_are_accepted(void **state)
{
    static const struct {
        const char *rotate, *notify, *expiry;
    } rows[] = {
        { "", "", "" },          { "", "-P30D", "" },         { "", "-P30D", "P90D" },
        { "+P7D", "", "" },      { "+P7D", "", "P28D" },      { "+P90D", "-P30D", "P1Y" },
        { "-P30D", "", "P90D" }, { "-P7D", "-P1D", "P28D" },  { "-P21D", "", "P28D" },
        { "+P27D", "", "P28D" }, { "+P18M", "-P30D", "P2Y" }, { "-P1M", "", "P1Y" },
        { "", "-P30D", "P28D" }, { "+P1Y", "", "P366D" },
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct rotation_policy p = policy(rows[i].rotate, rows[i].notify, rows[i].expiry);

        if (rotation_policy_check(&p, &why) != ERR_OK)
            fail_msg("%s %s %s: %s", rows[i].rotate, rows[i].notify, rows[i].expiry, why);
        assert_null(why);
        assert_true(p.trigger[ACTION_NOTIFY].is_set);
    }
}

static void
policies_against_the_rules_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *rotate, *notify, *expiry, *why;
    } rows[] = {
        { "+P6D", "", "P90D", "timeAfterCreate must be at least 7 days." },
        { "+P0D", "", "", "timeAfterCreate must be at least 7 days." },
        { "+P90D", "", "P90D", "timeAfterCreate must be less than expiryTime." },
        { "+P1Y", "", "P12M", "timeAfterCreate must be less than expiryTime." },
        { "-P30D", "", "", "timeBeforeExpiry of Rotate needs an expiryTime." },
        { "-P6D", "", "P90D", "timeBeforeExpiry must be at least 7 days." },
        { "-P22D", "", "P28D",
          "timeBeforeExpiry must leave at least 7 days after the creation." },
        { "-P90D", "", "P90D",
          "timeBeforeExpiry must leave at least 7 days after the creation." },
        { "-P2Y", "", "P1Y",
          "timeBeforeExpiry must leave at least 7 days after the creation." },
        { "", "+P30D", "P90D", "Notify has timeBeforeExpiry only." },
        { "", "-P0D", "P90D", "timeBeforeExpiry must be at least one day." },
        { "", "", "P27D", "expiryTime must be at least 28 days." },
        { "", "-P30D", "P0D", "expiryTime must be at least 28 days." },
        { "+P8D", "", "P20D", "expiryTime must be at least 28 days." },
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct rotation_policy p = policy(rows[i].rotate, rows[i].notify, rows[i].expiry);

        assert_int_equal(rotation_policy_check(&p, &why), ERR_ARG);
        assert_string_equal(why, rows[i].why);
    }
}

static void
malformed_actions_are_refused(void **state)
{
    struct rotation_policy twice = { .order = { ACTION_ROTATE, ACTION_ROTATE }, .norder = 2 };
    struct rotation_policy both = policy("", "", "P1Y"), none = policy("", "", "P1Y");
    struct rotation_policy three = { .norder = 3 };
    const char *why;

    (void)state;
    twice.trigger[ACTION_ROTATE] = after("P30D");
    assert_int_equal(rotation_policy_check(&twice, &why), ERR_ARG);
    assert_string_equal(why, "An action may be named only once.");
    act(&both, ACTION_ROTATE, after("P30D"));
    both.trigger[ACTION_ROTATE].before_expiry = before("P30D").before_expiry;
    assert_int_equal(rotation_policy_check(&both, &why), ERR_ARG);
    act(&none, ACTION_ROTATE, (struct lifetime_trigger){ .is_set = true });
    assert_int_equal(rotation_policy_check(&none, &why), ERR_ARG);
    assert_string_equal(why,
                        "A trigger has exactly one of timeAfterCreate and timeBeforeExpiry.");
    assert_int_equal(rotation_policy_check(&three, &why), ERR_ARG);
}

/* As recorded: PUT {Rotate P30D before expiry, P90D} answers Rotate, then Notify P30D. */
static void
notice_of_thirty_days_is_added_behind(void **state)
{
    struct rotation_policy p = policy("-P30D", "", "P90D");
    const char *why;

    (void)state;
    assert_int_equal(rotation_policy_check(&p, &why), ERR_OK);
    assert_int_equal(p.norder, 2);
    assert_int_equal(p.order[0], ACTION_ROTATE);
    assert_int_equal(p.order[1], ACTION_NOTIFY);
    assert_string_equal(p.trigger[ACTION_NOTIFY].before_expiry.text, "P30D");
    p = policy("", "-P10D", "P90D");
    assert_int_equal(rotation_policy_check(&p, &why), ERR_OK);
    assert_int_equal(p.norder, 1);
    assert_string_equal(p.trigger[ACTION_NOTIFY].before_expiry.text, "P10D");
}

/* ----------------------------------------------------------------------- due */

enum { DAY = 86400, MADE = WORLD_NOW };

static int64_t
due(const char *rotate, const char *notify, enum lifetime_action a, int64_t exp)
{
    struct rotation_policy p = policy(rotate, notify, "P1Y");
    struct attrs v = { .created = MADE, .has_exp = exp != 0, .exp = exp };
    int64_t when = -1;

    return rotation_policy_due(&p, a, &v, &when) ? when : -1;
}

static void
actions_are_due_by_creation_or_expiry(void **state)
{
    (void)state;
    assert_int_equal(due("+P90D", "", ACTION_ROTATE, 0), MADE + 90 * DAY);
    assert_int_equal(due("+P90D", "", ACTION_ROTATE, MADE + DAY), MADE + 90 * DAY);
    assert_int_equal(due("-P30D", "", ACTION_ROTATE, MADE + 90 * DAY), MADE + 60 * DAY);
    assert_int_equal(due("", "-P30D", ACTION_NOTIFY, MADE + 90 * DAY), MADE + 60 * DAY);
    assert_int_equal(due("", "-P30D", ACTION_NOTIFY, MADE + 10 * DAY), MADE - 20 * DAY);
}

static void
without_expiry_nothing_before_it_is_due(void **state)
{
    (void)state;
    assert_int_equal(due("-P30D", "", ACTION_ROTATE, 0), -1);
    assert_int_equal(due("", "-P30D", ACTION_NOTIFY, 0), -1);
    assert_int_equal(due("", "-P30D", ACTION_ROTATE, MADE + 90 * DAY), -1);
    assert_int_equal(due("+P90D", "", ACTION_NOTIFY, MADE + 90 * DAY), -1);
}

/* Or a key whose exp is set by hand to tomorrow would rotate for ever. */
static void
a_version_is_left_alone_for_a_week(void **state)
{
    (void)state;
    assert_int_equal(due("-P30D", "", ACTION_ROTATE, MADE + DAY), MADE + 7 * DAY);
    assert_int_equal(due("-P30D", "", ACTION_ROTATE, 1), MADE + 7 * DAY);
    assert_int_equal(due("", "-P30D", ACTION_NOTIFY, 1), 1); /* 0 would mean: not scheduled */
}

/* ----------------------------------------------------------------------- row */

static void
put(struct rotation_policy *p)
{
    struct vault_at at = world_at();
    struct store_write w;

    store_write_init(&w);
    rotation_policy_put(&at, &w, "K1", p);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
policy_survives_its_row(void **state)
{
    struct rotation_policy p = policy("+P90D", "-P15D", "P1Y"), got;
    struct key_detail d = world_ec();
    struct vault_at at;

    (void)state;
    assert_int_equal(world_add_key("k1", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    put(&p);
    at = world_at();
    assert_int_equal(rotation_policy_get(&at, "K1", &got), ERR_OK);
    assert_true(got.stored && got.revision != 0);
    assert_int_equal(got.norder, 2);
    assert_int_equal(got.order[0], ACTION_ROTATE);
    assert_string_equal(got.trigger[ACTION_ROTATE].after_create.text, "P90D");
    assert_string_equal(got.trigger[ACTION_ROTATE].before_expiry.text, "");
    assert_string_equal(got.trigger[ACTION_NOTIFY].before_expiry.text, "P15D");
    assert_string_equal(got.expiry.text, "P1Y");
    assert_int_equal(got.expiry.months, 12);
    assert_int_equal(got.created, 5);
    assert_int_equal(got.updated, 6);
    p = policy("", "-P30D", "");
    p.revision = got.revision;
    put(&p);
    at = world_at();
    assert_int_equal(rotation_policy_get(&at, "K1", &got), ERR_OK);
    assert_int_equal(got.norder, 1);
    assert_false(got.trigger[ACTION_ROTATE].is_set);
    assert_false(duration_is_set(&got.expiry));
}

static void
a_key_without_a_policy_has_the_default(void **state)
{
    struct vault_at at = world_at();
    struct rotation_policy got;

    (void)state;
    assert_int_equal(rotation_policy_get(&at, "K1", &got), ERR_OK);
    assert_false(got.stored);
    assert_int_equal(got.revision, 0);
    assert_int_equal(got.norder, 1);
    assert_int_equal(got.order[0], ACTION_NOTIFY);
    assert_string_equal(got.trigger[ACTION_NOTIFY].before_expiry.text, "P30D");
}

static void
a_policy_needs_a_live_key_of_its_own(void **state)
{
    struct rotation_policy p = policy("+P90D", "", "");
    struct vault_at at;
    struct store_write w;

    (void)state;
    world.kind = KIND_KEY;
    at = world_at();
    store_write_init(&w);
    rotation_policy_put(&at, &w, "K1", &p);
    assert_int_equal(store_write_err(&w), ERR_KEY_NOT_FOUND);
    assert_int_equal(world_commit(&w), ERR_KEY_NOT_FOUND);
    assert_int_equal(world_rows("kp/"), 0);
}

static void
rows_that_make_no_sense_are_refused(void **state)
{
    /* format, count, [action, trigger, u32 length, text], u32 length expiry, created, updated
     */
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
#define ROW(x) { x, sizeof(x) - 1 }
#define TIMES  "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1"
        ROW(""),
        ROW("\2\0\0\0\0\0" TIMES),
        ROW("\1\3\0\0\0\0" TIMES),
        ROW("\1\0\0\0\0\1" TIMES),
        ROW("\1\0\0\0\0\2P1" TIMES),
        ROW("\1\1\2\1\0\0\0\4P90D\0\0\0\0" TIMES),
        ROW("\1\1\0\0\0\0\0\4P90D\0\0\0\0" TIMES),
        ROW("\1\1\0\3\0\0\0\4P90D\0\0\0\0" TIMES),
        ROW("\1\1\0\1\0\0\0\0\0\0\0\0" TIMES),
        ROW("\1\1\0\1\0\0\0\4P90X\0\0\0\0" TIMES),
        ROW("\1\1\1\1\0\0\0\4P90D\0\0\0\0" TIMES),
        ROW("\1\2\0\1\0\0\0\4P90D\0\1\0\0\0\4P90D\0\0\0\0" TIMES),
        ROW("\1\1\0\1\0\0\0\4P90D\0\0\0\0" TIMES "x"),
        ROW("\1\1\0\1\0\0\0\4P90D\0\0\0\0"),
    };
    struct span good = span_of("\1\1\0\1\0\0\0\4P90D\0\0\0\0" TIMES, 32);
    struct rotation_policy p;

    (void)state;
    assert_int_equal(rotation_policy_read(good, &p), ERR_OK);
    for (size_t i = 0; i < N(bad); i++) {
        assert_int_equal(rotation_policy_read(span_of(bad[i].bytes, bad[i].len), &p),
                         ERR_FORMAT);
        assert_int_equal(p.norder, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(durations_are_years_months_weeks_days),
        T(other_durations_are_refused),
        T(months_end_where_the_calendar_ends_them),
        T(adding_months_agrees_with_counting_days),
        T(policies_within_the_rules_are_accepted),
        T(policies_against_the_rules_are_refused_with_a_reason),
        T(malformed_actions_are_refused),
        T(notice_of_thirty_days_is_added_behind),
        T(actions_are_due_by_creation_or_expiry),
        T(without_expiry_nothing_before_it_is_due),
        T(a_version_is_left_alone_for_a_week),
        T(policy_survives_its_row),
        T(a_key_without_a_policy_has_the_default),
        T(a_policy_needs_a_live_key_of_its_own),
        T(rows_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests_name("vault/rotation_policy", tests, world_open, world_close);
}
