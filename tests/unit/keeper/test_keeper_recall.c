/* SPDX-License-Identifier: Apache-2.0 */
/* Right passwords are remembered for ten minutes, bound to their record; bounded in number. */
#include "keeper/recall.h"
#include "keeper_fixture.h"

static struct recall *recall;
static struct mac_key *key, *other;

static void
tag(const struct mac_key *k, const char *record, const char *password, uint8_t *out)
{
    assert_int_equal(recall_tag(k, span_str(record), span_str(password), out), ERR_OK);
}

static void
remembered_until_its_time_is_up(void **state)
{
    uint8_t t[MAC_LEN];

    (void)state;
    tag(key, "record", "password", t);
    assert_false(recall_has(recall, t, 1000));
    recall_put(recall, t, 1000);
    assert_true(recall_has(recall, t, 1000));
    assert_true(recall_has(recall, t, 999 + RECALL_MS));
    assert_false(recall_has(recall, t, 1000 + RECALL_MS));
}

static void
other_record_password_or_key_is_not_remembered(void **state)
{
    uint8_t t[MAC_LEN], u[MAC_LEN];

    (void)state;
    tag(key, "record", "password", t);
    recall_put(recall, t, 1000);
    tag(key, "recorD", "password", u);
    assert_false(recall_has(recall, u, 1000));
    tag(key, "record", "passworD", u);
    assert_false(recall_has(recall, u, 1000));
    tag(key, "recordp", "assword", u);
    assert_false(recall_has(recall, u, 1000));
    tag(other, "record", "password", u);
    assert_false(recall_has(recall, u, 1000));
}

static void
newest_of_many_are_kept(void **state)
{
    uint8_t t[MAC_LEN];
    char record[16];

    (void)state;
    for (unsigned i = 0; i < 3 * RECALL_MAX; i++) {
        (void)snprintf(record, sizeof(record), "%u", i);
        tag(key, record, "p", t);
        recall_put(recall, t, 1000 + i);
        assert_true(recall_has(recall, t, 1000 + i));
    }
}

static int
fresh(void **state)
{
    (void)state;
    return recall_new(&recall) == ERR_OK ? 0 : -1;
}

static int
drop(void **state)
{
    (void)state;
    recall_free(recall);
    return 0;
}

static int
setup(void **state)
{
    return secmem_setup(state) != 0 || mac_key_new(span_str("one"), &key) != ERR_OK ||
                   mac_key_new(span_str("two"), &other) != ERR_OK
               ? -1
               : 0;
}

static int
teardown(void **state)
{
    mac_key_free(key);
    mac_key_free(other);
    return secmem_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(remembered_until_its_time_is_up, fresh, drop),
        cmocka_unit_test_setup_teardown(other_record_password_or_key_is_not_remembered, fresh,
                                        drop),
        cmocka_unit_test_setup_teardown(newest_of_many_are_kept, fresh, drop),
    };

    return cmocka_run_group_tests_name("keeper/recall", tests, setup, teardown);
}
