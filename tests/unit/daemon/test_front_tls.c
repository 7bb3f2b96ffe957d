/* SPDX-License-Identifier: Apache-2.0 */
/* test_front_tls.c - which certificate a loop takes up from the store, and when. */
#include "rig.h"

#include <unistd.h>

#include "daemon/front_tls.h"
#include "jobs/renew.h"

enum { DAY = 86400 };

static void
certificate_of_the_store_is_taken_up_once(void **state)
{
    struct rig *r = *state;
    struct http_tls *context;
    struct front_tls *t;

    assert_int_equal(front_tls_new(&t), ERR_OK);
    assert_null(front_tls_context(t));
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    context = front_tls_context(t);
    assert_non_null(context);
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    assert_ptr_equal(front_tls_context(t), context);
    front_tls_free(t);
}

static void
renewed_certificate_goes_into_the_same_context(void **state)
{
    struct rig *r = *state;
    struct http_tls *context;
    struct front_tls *t;

    assert_int_equal(front_tls_new(&t), ERR_OK);
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    context = front_tls_context(t);
    rig_listen();
    assert_int_equal(renew_leaf(&r->desk, RIG_DOMAIN, NULL, RIG_NOW + 80 * (int64_t)DAY, true),
                     ERR_OK);
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    assert_ptr_equal(front_tls_context(t), context);
    assert_null(strstr(rig_logged(), "cannot be used"));
    front_tls_free(t);
}

static void
link_is_there_from_giving_to_breaking(void **state)
{
    struct rig *r = *state;
    struct front_tls *t;

    assert_int_equal(front_tls_new(&t), ERR_OK);
    assert_false(front_tls_has_link(t));
    front_tls_set_link(t, rig_keeper_link(r, ROLE_FRONT));
    assert_true(front_tls_has_link(t));
    front_tls_set_link(t, rig_keeper_link(r, ROLE_FRONT));
    assert_true(front_tls_has_link(t));
    front_tls_free(t);
    front_tls_free(NULL);
}

/* The last test: the row is not mended. */
static void
damaged_row_is_said_once_and_leaves_what_was(void **state)
{
    struct rig *r = *state;
    struct front_tls *t, *fresh;
    struct http_tls *context;

    assert_int_equal(front_tls_new(&t), ERR_OK);
    assert_int_equal(front_tls_new(&fresh), ERR_OK);
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    context = front_tls_context(t);
    rig_put(r, "k/tls", span_str("no row of ours, long enough to have a tag"));
    rig_listen();
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    assert_ptr_equal(front_tls_context(t), context);
    assert_non_null(strstr(rig_logged(), "certificate cannot be used"));
    rig_listen();
    assert_int_equal(front_tls_refresh(t, r->desk.rows, r->desk.store), ERR_OK);
    assert_null(strstr(rig_logged(), "certificate cannot be used"));
    assert_int_not_equal(front_tls_refresh(fresh, r->desk.rows, r->desk.store), ERR_OK);
    assert_null(front_tls_context(fresh));
    front_tls_free(fresh);
    front_tls_free(t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_of_the_store_is_taken_up_once),
        cmocka_unit_test(renewed_certificate_goes_into_the_same_context),
        cmocka_unit_test(link_is_there_from_giving_to_breaking),
        cmocka_unit_test(damaged_row_is_said_once_and_leaves_what_was),
    };

    return cmocka_run_group_tests_name("daemon/front_tls", tests, rig_setup_founded,
                                       rig_teardown);
}
