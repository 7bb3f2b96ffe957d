/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_conn.c - every row of rows.c through a real connection: plain and TLS, whole and byte
 * by byte. A refusal is answered once and then the connection ends.
 */
#include "bed.h"
#include "rows.h"

#include <assert.h>

#include <event2/event.h>

static struct bed plain, secure;

static void
expect_row(struct bed *b, struct client *c, const struct row *v)
{
    struct answer a;

    if (v->status == 0) {
        client_say(b, c, "x");
        return; /* needs more: covered elsewhere */
    }
    client_take(b, c, &a, false);
    assert_int_equal(a.status, v->status);
    assert_non_null(strstr(a.head, "\r\nDate: "));
    if (v->status == 200) {
        if (b->tls == NULL)
            assert_string_equal(a.body, v->echo);
        return;
    }
    assert_string_equal(a.body, "bad");
    assert_int_equal(b->bad_status, v->status);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(b, c));
    assert_int_equal(c->len, 0);
}

static void
run_row(struct bed *b, const struct row *v, size_t step)
{
    unsigned bad = b->bad, requests = b->requests;
    struct client c;

    client_open(b, &c);
    for (size_t i = 0; i < v->len; i += step)
        client_send(b, &c, v->bytes + i, v->len - i < step ? v->len - i : step);
    expect_row(b, &c, v);
    client_close(&c);
    assert_int_equal(b->requests - requests, v->status == 200);
    assert_int_equal(b->bad - bad, v->status > 200);
}

static void
run_rows(void **state)
{
    const struct row *v = *state;

    run_row(&plain, v, v->len);
    run_row(&plain, v, 1);
    run_row(&secure, v, v->len);
    run_row(&secure, v, 7); /* a record for each byte would only take longer */
}

static int
setup(void **state)
{
    if (bed_setup(state) != 0)
        return -1;
    bed_open(&plain, false, NULL);
    bed_open(&secure, true, NULL);
    return 0;
}

static int
teardown(void **state)
{
    http_server_free(secure.server);
    secure.server = NULL;
    http_tls_free(secure.tls);
    secure.tls = NULL;
    http_response_release(&secure.answer);
    event_base_free(secure.base);
    bed_close(&plain);
    return bed_teardown(state);
}

int
main(void)
{
    struct CMUnitTest tests[200] = { 0 };

    assert(nrows <= 200);
    for (size_t i = 0; i < nrows; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, run_rows, NULL, NULL,
                                        (void *)(uintptr_t)&rows[i] };
    return _cmocka_run_group_tests("conn", tests, nrows, setup, teardown);
}
