/* SPDX-License-Identifier: Apache-2.0 */
/* The slow pool runs what it took, refuses what it cannot hold, and finishes before it stops.
 */
#include "keeper/pool.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "keeper_fixture.h"

static sem_t started, go;
static atomic_int done;

static void
wait_for_go(void *job)
{
    (void)job;
    sem_post(&started);
    sem_wait(&go);
    atomic_fetch_add(&done, 1);
}

static void
full_queue_is_refused_and_the_rest_is_done(void **state)
{
    struct pool *p = NULL;
    int job;

    (void)state;
    sem_init(&started, 0, 0);
    sem_init(&go, 0, 0);
    assert_int_equal(pool_new(1, 2, wait_for_go, &p), ERR_OK);
    assert_int_equal(pool_submit(p, &job), ERR_OK);
    sem_wait(&started); /* now the queue itself is empty */
    assert_int_equal(pool_submit(p, &job), ERR_OK);
    assert_int_equal(pool_submit(p, &job), ERR_OK);
    assert_int_equal(pool_submit(p, &job), ERR_BUSY);
    for (int i = 0; i < 3; i++)
        sem_post(&go);
    pool_stop(p);
    assert_int_equal(atomic_load(&done), 3);
    assert_int_equal(pool_submit(p, &job), ERR_BUSY);
    pool_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_queue_is_refused_and_the_rest_is_done),
    };

    return cmocka_run_group_tests_name("keeper/pool", tests, NULL, NULL);
}
